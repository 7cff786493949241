import type {
  Completion,
  ExecuteOptions,
  ExplainStage,
  JobInfo,
  Session,
  Statement,
} from '@streamcell/runtime/session/session';
import type { ErrorData } from '@streamcell/runtime/types/index';
import type { Sessions } from './host.js';

/** Whatever session the kernel has at the time of each call; closing it is the kernel's. */
export class CurrentSession implements Session {
  constructor(private readonly sessions: Sessions) {}

  get id(): string {
    return this.sessions.current.id;
  }

  execute(text: string, options?: ExecuteOptions): AsyncIterable<Statement> {
    return this.sessions.current.execute(text, options);
  }

  validate(text: string): Promise<readonly ErrorData[]> {
    return this.sessions.current.validate(text);
  }

  complete(text: string, offset: number): Promise<readonly Completion[]> {
    return this.sessions.current.complete(text, offset);
  }

  explain(text: string, stage?: ExplainStage): Promise<string> {
    return this.sessions.current.explain(text, stage);
  }

  jobs(): Promise<readonly JobInfo[]> {
    return this.sessions.current.jobs();
  }

  stopJob(id: string): Promise<void> {
    return this.sessions.current.stopJob(id);
  }

  options(): Promise<Readonly<Record<string, string>>> {
    return this.sessions.current.options();
  }

  async close(): Promise<void> {}
}
