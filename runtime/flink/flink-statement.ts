import {
  JOB_ID_COLUMNS,
  type LocalView,
  type ResultView,
  type Statement,
  type StatementEnd,
  type StatementKind,
  type StatementPlace,
} from '../session/index.js';
import { StreamcellError, type ChangelogMode, type Schema, type Span } from '../types/index.js';
import type { ClusterJob } from './cluster-job.js';

export interface FlinkStatementShape {
  readonly kind: StatementKind;
  readonly columns: Schema;
  readonly changelog: ChangelogMode;
  readonly upsertKey: readonly number[] | null;
  readonly bounded: boolean;
  readonly notices: readonly string[];
}

/** What an INSERT shows besides its end: nothing. */
export function insertShape(bounded: boolean, notices: readonly string[]): FlinkStatementShape {
  return { kind: 'insert', columns: JOB_ID_COLUMNS, changelog: 'append', upsertKey: null, bounded, notices };
}

/** A statement that runs as a job on the cluster. */
export class FlinkStatement implements Statement {
  readonly index: number;
  readonly span: Span;
  readonly text: string;
  readonly kind: StatementKind;
  readonly columns: Schema;
  readonly changelog: ChangelogMode;
  readonly upsertKey: readonly number[] | null;
  readonly bounded: boolean;
  readonly notices: readonly string[];
  readonly view: ResultView | null;
  readonly done: Promise<StatementEnd>;

  constructor(
    place: StatementPlace,
    shape: FlinkStatementShape,
    private readonly job: ClusterJob,
    /** Null for INSERT. */
    private readonly result: LocalView | null,
  ) {
    this.index = place.index;
    this.span = place.span;
    this.text = place.text;
    this.kind = shape.kind;
    this.columns = shape.columns;
    this.changelog = shape.changelog;
    this.upsertKey = shape.upsertKey;
    this.bounded = shape.bounded;
    this.notices = shape.notices;
    this.view = result?.view ?? null;
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

  private async awaitEnd(): Promise<StatementEnd> {
    const { state, error } = await this.job.ended;
    const placed = error?.at(this.span);
    this.result?.finish(state, placed?.toData());
    if (state === 'failed') throw placed ?? new StreamcellError('CLUSTER_JOB_FAILED', 'The job failed.');
    const milliseconds = (this.job.endedAt ?? Date.now()) - this.job.startedAt;
    if (this.result === null) {
      const written = await this.job.written();
      return { state, rows: written ?? 0, changes: written ?? 0, milliseconds, counted: written !== null };
    }
    const { rows, changes } = await this.result.view.status();
    return { state, rows, changes, milliseconds };
  }
}
