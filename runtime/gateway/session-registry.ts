import { randomBytes } from 'node:crypto';
import type { FeedLimits } from '../session/change-feed.js';
import { HostedSession } from '../session/hosted-session.js';
import type { SessionHost } from '../session/session-host.js';
import type { Session } from '../session/session.js';
import { StreamcellError } from '../types/index.js';
import type { Log } from './log.js';

export interface RegistryOptions {
  readonly clusters: readonly string[];
  /** Milliseconds. */
  readonly sessionTimeout: number;
  readonly maxSessions: number;
  /** @throws StreamcellError CLUSTER_NOT_FOUND, or why the cluster does not answer. */
  readonly open: (cluster: string, options: Readonly<Record<string, string>>) => Promise<Session>;
  readonly feeds?: FeedLimits;
  readonly log: Log;
}

/**
 * The sessions of a gateway, with and without a connection.
 *
 * State: the sessions, and when those without a connection end. Maintains the invariant that a session without a connection ends: after
 * `sessionTimeout`, or so long after the last job of it when its user has left it on purpose.
 */
export class SessionRegistry implements SessionHost {
  private readonly sessions = new Map<string, HostedSession>();
  private readonly timers = new Map<HostedSession, NodeJS.Timeout>();
  private opening = 0;
  private closed = false;

  constructor(private readonly options: RegistryOptions) {}

  get clusters(): readonly string[] {
    return this.options.clusters;
  }

  get sessionTimeout(): number {
    return this.options.sessionTimeout;
  }

  list(): readonly HostedSession[] {
    return [...this.sessions.values()];
  }

  async open(cluster: string = this.clusters[0], options: Readonly<Record<string, string>>): Promise<HostedSession> {
    const { maxSessions } = this.options;
    if (this.closed) throw goingDown();
    if (this.sessions.size + this.opening >= maxSessions)
      throw new StreamcellError('GATEWAY_LIMIT', `The gateway has ${maxSessions} sessions, which is all it may have.`);
    this.opening++;
    try {
      const session = await this.options.open(cluster, options);
      if (this.isClosed()) {
        await session.close();
        throw goingDown();
      }
      const hosted = new HostedSession(randomBytes(16).toString('hex'), cluster, session, this.options.feeds);
      this.sessions.set(hosted.id, hosted);
      return hosted;
    } finally {
      this.opening--;
    }
  }

  find(id: string): HostedSession | undefined {
    return this.sessions.get(id);
  }

  disconnected(session: HostedSession): void {
    if (this.sessions.has(session.id)) this.expireLater(session);
  }

  detached(session: HostedSession): void {
    session.abandonFeeds();
    session.onIdle = () => this.expireLater(session);
    session.detached = true;
    if (session.busy === 0) this.expireLater(session);
  }

  resumed(session: HostedSession): void {
    session.onIdle = null;
    session.detached = false;
    clearTimeout(this.timers.get(session));
    this.timers.delete(session);
  }

  async close(session: HostedSession): Promise<void> {
    this.forget(session);
    await session.close();
  }

  /** Ends all; jobs that were left to a cluster on purpose go on there. */
  async shutdown(): Promise<void> {
    this.closed = true;
    const all = this.list();
    for (const session of all) session.end('shutdown');
    await Promise.allSettled(all.map((session) => (session.detached ? this.leave(session) : this.close(session))));
  }

  private async leave(session: HostedSession): Promise<void> {
    this.forget(session);
    await session.leave();
  }

  private forget(session: HostedSession): void {
    this.resumed(session);
    this.sessions.delete(session.id);
  }

  /** Apart, since it changes while others wait. */
  private isClosed(): boolean {
    return this.closed;
  }

  private expireLater(session: HostedSession): void {
    clearTimeout(this.timers.get(session));
    this.timers.set(
      session,
      setTimeout(() => {
        // Left on purpose: what began since goes on, and its end sets this anew.
        if (session.connected || (session.detached && session.busy > 0)) return;
        this.options.log('info', 'session expired', { session: session.id });
        this.close(session).catch((thrown: unknown) =>
          this.options.log('error', 'session not closed', { session: session.id, message: String(thrown) }),
        );
      }, this.options.sessionTimeout),
    );
  }
}

function goingDown(): StreamcellError {
  return new StreamcellError('GATEWAY_LOST', 'The gateway is being shut down.');
}
