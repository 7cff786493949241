import { EmbeddedSession, type Session } from '@streamcell/runtime/session/index';
import type { Sessions } from './host.js';

/** What a gateway's session is made by. */
export type Connect = (
  address: string,
  token: string | null,
) => Promise<{ readonly session: Session; readonly cluster: string }>;

/**
 * The session of the kernel's cells.
 *
 * State: the embedded engine, which is there for the kernel's whole life, and the session that was connected to instead.
 * Maintains the invariant that a failing connect leaves the current session as it was.
 */
export class KernelSessions implements Sessions {
  private readonly embedded: Session;
  private readonly listeners = new Set<() => void>();
  private connected: { readonly session: Session; readonly cluster: string } | null = null;

  constructor(
    private readonly open: Connect,
    embedded: Session = new EmbeddedSession(),
  ) {
    this.embedded = embedded;
  }

  get current(): Session {
    return this.connected?.session ?? this.embedded;
  }

  get cluster(): string {
    return this.connected?.cluster ?? 'embedded';
  }

  async connect(address: string, token: string | null): Promise<void> {
    this.connected = await this.open(address, token);
    this.changed();
  }

  async disconnect(): Promise<void> {
    this.connected = null;
    this.changed();
  }

  onChange(listener: () => void): void {
    this.listeners.add(listener);
  }

  /** Stops the embedded engine's jobs. */
  async close(): Promise<void> {
    this.connected = null;
    await this.embedded.close();
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
  }
}
