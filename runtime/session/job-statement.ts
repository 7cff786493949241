import type { Job } from '../dataflow/index.js';
import { STRING, StreamcellError, type ChangelogMode, type Schema, type Span } from '../types/index.js';
import { JobView } from './job-view.js';
import type { ResultView, Statement, StatementEnd, StatementKind } from './session.js';
import { changelogRows, type SmallResult } from './small-result.js';

export interface StatementPlace {
  readonly index: number;
  readonly span: Span;
  readonly text: string;
  /** Where a place of the text that was planned stands in the text as written. */
  readonly original?: (span: Span) => Span;
}

/** A statement that ran no job, or is over already: its result is complete. */
export class CompleteStatement implements Statement {
  readonly index: number;
  readonly span: Span;
  readonly text: string;
  readonly columns: Schema;
  readonly bounded = true;
  readonly changelog: ChangelogMode = 'append';
  readonly upsertKey = null;
  readonly jobId = null;
  readonly view: ResultView;
  readonly done: Promise<StatementEnd>;

  constructor(
    place: StatementPlace,
    readonly kind: StatementKind,
    result: SmallResult,
    readonly notices: readonly string[] = [],
  ) {
    this.index = place.index;
    this.span = place.span;
    this.text = place.text;
    this.columns = result.columns;
    const rows = changelogRows(result);
    this.view = JobView.complete(result.columns, rows);
    this.done = Promise.resolve({ state: 'finished', rows: rows.length, changes: rows.length, milliseconds: 0 });
  }

  async cancel(): Promise<void> {}
}

/** What INSERT answers, as Flink does. */
export const JOB_ID_COLUMNS: Schema = [{ name: 'job id', type: STRING() }];

/** A statement that runs a job. */
export class JobStatement implements Statement {
  readonly index: number;
  readonly span: Span;
  readonly text: string;
  readonly done: Promise<StatementEnd>;
  readonly upsertKey: readonly number[] | null;
  private readonly original: (span: Span) => Span;

  constructor(
    place: StatementPlace,
    readonly kind: StatementKind,
    readonly columns: Schema,
    readonly changelog: ChangelogMode,
    upsertKey: readonly number[] | null,
    readonly bounded: boolean,
    private readonly job: Job,
    /** The result's view; null for INSERT. */
    readonly view: JobView | null,
    readonly notices: readonly string[] = [],
  ) {
    this.index = place.index;
    this.span = place.span;
    this.text = place.text;
    this.upsertKey = upsertKey;
    this.original = place.original ?? ((span) => span);
    this.done = this.awaitEnd();
    // Whoever does not look at `done` still sees the failure in the view and in the job's state.
    this.done.catch(() => undefined);
  }

  get jobId(): string {
    return this.job.id;
  }

  async cancel(): Promise<void> {
    await this.job.cancel();
  }

  private failure(): StreamcellError {
    const error = this.job.error ?? new StreamcellError('INTERNAL', 'The job failed.');
    if (error.span === undefined) return error.at(this.span);
    const span = this.original(error.span);
    return new StreamcellError(error.code, error.message, { ...error.toData(), span, cause: error });
  }

  private async awaitEnd(): Promise<StatementEnd> {
    const state = await this.job.ended;
    this.view?.abandon(this.job.error);
    if (state === 'failed') throw this.failure();
    const milliseconds = (this.job.endedAt ?? Date.now()) - this.job.startedAt;
    if (this.view !== null) {
      const { rows, changes } = await this.view.status();
      return { state, rows, changes, milliseconds };
    }
    const sinks = this.job.plan.nodes.map((node, i) => (node.op === 'sink' ? this.job.nodeMetrics()[i].rowsIn : 0));
    const written = sinks.reduce((sum, n) => sum + n, 0);
    return { state, rows: written, changes: written, milliseconds };
  }
}
