import { EmbeddedSession, type Session } from '@streamcell/runtime/session/index';
import { GatewaySession } from '@streamcell/runtime/session/gateway-session';
import type { Sessions } from './host.js';

interface Connected {
  readonly session: Session;
  readonly cluster: string;
}

interface Gateway extends Connected {
  readonly address: string;
  readonly token: string | null;
}

/**
 * The session of the kernel's cells.
 *
 * State: the embedded engine, which is there for the kernel's whole life, and the sessions at gateways. Those that were left are kept if they
 * have jobs, since these go on and their live results are still looked at; connecting there again finds the same session.
 * Maintains the invariant that a failing or interrupted connect leaves the current session as it was.
 */
export class KernelSessions implements Sessions {
  private readonly listeners = new Set<() => void>();
  private readonly gateways = new Set<Gateway>();
  private connected: Gateway | null = null;

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

  async connect(address: string, token: string | null, signal?: AbortSignal): Promise<void> {
    const known = await this.known(address, token);
    const gateway = known ?? { ...(await this.open(address, token)), address, token };
    if (signal?.aborted === true) {
      if (known === null) await gateway.session.close();
      return;
    }
    this.gateways.add(gateway);
    this.enter(gateway);
  }

  async disconnect(): Promise<void> {
    this.enter(null);
  }

  onChange(listener: () => void): void {
    this.listeners.add(listener);
  }

  /** Stops all jobs: nobody could look at them or end them any more. */
  async close(): Promise<void> {
    this.connected = null;
    const sessions = [this.embedded, ...[...this.gateways].map(({ session }) => session)];
    this.gateways.clear();
    await Promise.allSettled(sessions.map((session) => session.close()));
  }

  private enter(gateway: Gateway | null): void {
    const left = this.connected;
    this.connected = gateway;
    this.changed();
    if (left !== null && left !== gateway) void this.letGo(left);
  }

  /** The session that is there already, if it answers. */
  private async known(address: string, token: string | null): Promise<Gateway | null> {
    for (const gateway of this.gateways) {
      if (gateway.address !== address || gateway.token !== token) continue;
      if (!(gateway.session instanceof GatewaySession) || gateway.session.state === 'connected') {
        const answers = await gateway.session.jobs().then(
          () => true,
          () => false,
        );
        if (answers) return gateway;
      }
    }
    return null;
  }

  /** Closes a session that was left and never had a job: there is nothing to go on and nothing to be looked at. */
  private async letGo(gateway: Gateway): Promise<void> {
    const jobs = await gateway.session.jobs().catch(() => null);
    if (jobs === null || jobs.length > 0 || gateway === this.connected) return;
    this.gateways.delete(gateway);
    await gateway.session.close().catch(() => undefined);
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
