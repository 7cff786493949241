import { EmbeddedSession, type Session } from '@streamcell/runtime/session/index';
import { GatewaySession } from '@streamcell/runtime/session/gateway-session';
import type { Sessions } from './host.js';

interface Connected {
  readonly session: Session;
  readonly cluster: string;
}

/**
 * The session of the kernel's cells.
 *
 * State: the embedded engine, which is there for the kernel's whole life, and the sessions at gateways. Those that were left are kept, since
 * their jobs go on and their live results are still looked at.
 * Maintains the invariant that a failing connect leaves the current session as it was.
 */
export class KernelSessions implements Sessions {
  private readonly listeners = new Set<() => void>();
  private readonly gateways = new Set<Session>();
  private connected: Connected | null = null;

  constructor(
    private readonly embedded: Session = new EmbeddedSession(),
    private readonly open: (address: string, token: string | null) => Promise<Connected> = openGateway,
  ) {}

  get current(): Session {
    return this.connected?.session ?? this.embedded;
  }

  get cluster(): string {
    return this.connected?.cluster ?? 'embedded';
  }

  async connect(address: string, token: string | null): Promise<void> {
    const opened = await this.open(address, token);
    this.gateways.add(opened.session);
    this.connected = opened;
    this.changed();
  }

  async disconnect(): Promise<void> {
    this.connected = null;
    this.changed();
  }

  onChange(listener: () => void): void {
    this.listeners.add(listener);
  }

  /** Stops all jobs: nobody could look at them or end them any more. */
  async close(): Promise<void> {
    this.connected = null;
    const sessions = [this.embedded, ...this.gateways];
    this.gateways.clear();
    await Promise.allSettled(sessions.map((session) => session.close()));
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
  }
}

/** `ws://host:port?cluster=NAME` */
async function openGateway(address: string, token: string | null): Promise<Connected> {
  const url = new URL(address);
  const cluster = url.searchParams.get('cluster') ?? undefined;
  url.searchParams.delete('cluster');
  const session = await GatewaySession.connect(url.href, { cluster, token: token ?? undefined, client: 'kernel' });
  // A gateway's own engine is not the kernel's.
  return { session, cluster: session.cluster === 'embedded' ? `embedded at ${url.host}` : session.cluster };
}
