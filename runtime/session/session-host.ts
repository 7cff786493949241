import { randomBytes } from 'node:crypto';
import { HostedSession } from './hosted-session.js';
import type { Session } from './session.js';

/** Where the sessions of connections come from, and what becomes of them. */
export interface SessionHost {
  /** The first is the default. */
  readonly clusters: readonly string[];
  /** Milliseconds that a session outlives its connection. */
  readonly sessionTimeout: number;
  /** @throws StreamcellError CLUSTER_NOT_FOUND, GATEWAY_LIMIT, or why the cluster does not answer. */
  open(cluster: string | undefined, options: Readonly<Record<string, string>>): Promise<HostedSession>;
  find(id: string): HostedSession | undefined;
  /** Its connection is gone without a word. */
  disconnected(session: HostedSession): void;
  /** Its connection is gone, and its jobs go on. */
  detached(session: HostedSession): void;
  /** Its connection is there again. */
  resumed(session: HostedSession): void;
  close(session: HostedSession): Promise<void>;
}

/**
 * Lets a connection use a session that belongs to somebody else: threads of one process. Closing it there leaves it as it is, and who is
 * disconnected stays so.
 */
export class SharedSessionHost implements SessionHost {
  readonly sessionTimeout = 0;
  readonly clusters: readonly string[];

  /** @param session asked for at each opening. */
  constructor(
    private readonly session: () => { readonly session: Session; readonly cluster: string },
    cluster = 'embedded',
  ) {
    this.clusters = [cluster];
  }

  async open(): Promise<HostedSession> {
    const { session, cluster } = this.session();
    return new HostedSession(randomBytes(8).toString('hex'), cluster, session);
  }

  find(): undefined {
    return undefined;
  }

  disconnected(session: HostedSession): void {
    session.abandonFeeds();
  }

  detached(session: HostedSession): void {
    session.abandonFeeds();
  }

  resumed(): void {}

  async close(session: HostedSession): Promise<void> {
    session.abandonFeeds();
  }
}
