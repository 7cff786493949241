import type { StatementMessage } from '../protocol/index.js';
import type { ChangelogMode, Schema, Span, StreamcellError } from '../types/index.js';
import { RemoteView, type ViewRoom } from './remote-view.js';
import type { Statement, StatementEnd, StatementKind } from './session.js';

/** A statement that runs on the other side of a connection. */
export class RemoteStatement implements Statement {
  readonly index: number;
  readonly kind: StatementKind;
  readonly span: Span;
  readonly text: string;
  readonly columns: Schema;
  readonly bounded: boolean;
  readonly changelog: ChangelogMode;
  readonly upsertKey: readonly number[] | null;
  readonly jobId: string | null;
  readonly view: RemoteView | null;
  readonly notices: readonly string[];
  readonly done: Promise<StatementEnd>;
  /** Names the result over there. */
  readonly stream: string;
  private resolve: (end: StatementEnd) => void = () => undefined;
  private reject: (error: StreamcellError) => void = () => undefined;
  private over = false;

  constructor(
    private readonly room: ViewRoom,
    message: StatementMessage,
  ) {
    this.stream = message.stream;
    this.index = message.index;
    this.kind = message.kind;
    this.span = message.span;
    this.text = message.text;
    this.columns = message.columns.map(({ name, logical }) => ({ name, type: logical }));
    this.bounded = message.bounded;
    this.changelog = message.changelog;
    this.upsertKey = message.upsertKey;
    this.jobId = message.jobId;
    this.notices = message.notices;
    this.view = message.hasView ? new RemoteView(room, this, this.columns) : null;
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // Whoever does not look at `done` still sees the failure in the view's status.
    this.done.catch(() => undefined);
  }

  get ended(): boolean {
    return this.over;
  }

  async cancel(): Promise<void> {
    if (!this.over) await this.room.connection.request('cancel', { stream: this.stream });
  }

  end(outcome: { readonly end: StatementEnd } | { readonly error: StreamcellError }): void {
    if (this.over) return;
    this.over = true;
    if ('error' in outcome) this.reject(outcome.error);
    else this.resolve(outcome.end);
  }
}
