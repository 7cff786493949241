import type { MessagePort } from 'node:worker_threads';
import { MessagePortTransport } from '@streamcell/runtime/protocol/index';
import type {
  Completion,
  ExecuteOptions,
  ExplainStage,
  JobInfo,
  Session,
  Statement,
} from '@streamcell/runtime/session/session';
import type { ErrorData } from '@streamcell/runtime/types/index';

/**
 * The kernel's session, as TypeScript cells have it on the main thread.
 *
 * State: the connection to the protocol thread, made with the first call, and again with the first after it was closed or could not be made.
 * The other side follows %connect, so this one need not.
 */
export class MainSession implements Session {
  readonly id = 'kernel';
  private opened: Promise<Session> | null = null;

  /** @param connect gives the near end of a new connection to the protocol thread */
  constructor(private readonly connect: () => MessagePort) {}

  async *execute(text: string, options?: ExecuteOptions): AsyncGenerator<Statement> {
    yield* (await this.open()).execute(text, options);
  }

  async validate(text: string): Promise<readonly ErrorData[]> {
    return (await this.open()).validate(text);
  }

  async complete(text: string, offset: number): Promise<readonly Completion[]> {
    return (await this.open()).complete(text, offset);
  }

  async explain(text: string, stage?: ExplainStage): Promise<string> {
    return (await this.open()).explain(text, stage);
  }

  async jobs(): Promise<readonly JobInfo[]> {
    return (await this.open()).jobs();
  }

  async stopJob(id: string): Promise<void> {
    await (await this.open()).stopJob(id);
  }

  async options(): Promise<Readonly<Record<string, string>>> {
    return (await this.open()).options();
  }

  /** The session is the kernel's: a cell that closes it only lets its own results go. */
  async close(): Promise<void> {
    const { opened } = this;
    this.opened = null;
    await (await opened)?.close();
  }

  private open(): Promise<Session> {
    if (this.opened !== null) return this.opened;
    const opening = this.openNow();
    this.opened = opening;
    opening.catch(() => {
      if (this.opened === opening) this.opened = null;
    });
    return opening;
  }

  private async openNow(): Promise<Session> {
    const { GatewaySession } = await import('@streamcell/runtime/session/gateway-session');
    return GatewaySession.open({
      connect: async () => new MessagePortTransport(this.connect()),
      reconnect: 0,
      client: 'cells',
    });
  }
}
