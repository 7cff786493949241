import { ResultViewHost } from '../dataflow/index.js';
import { batchFromRows, type ChangelogRow, type DataType, type ErrorData } from '../types/index.js';
import { JobView, type ViewShape } from './job-view.js';
import { VIEW_ENCODING } from './view-encoding.js';

export interface LocalViewShape extends ViewShape {
  /** Only insertions come. */
  readonly appendOnly: boolean;
}

/**
 * A result whose changes come from elsewhere and are folded in this very thread: a session on a cluster fetches rows and feeds them here.
 *
 * State: the view's host, which folds, and the view that the statement shows. The feeder owes it `await ready()` before each batch: that is
 * the back pressure of a slow reader of the changes.
 */
export class LocalView {
  readonly view: JobView;
  private readonly types: readonly DataType[];
  private readonly host: ResultViewHost;
  private over = false;

  constructor(shape: LocalViewShape) {
    this.types = shape.columns.map((c) => c.type);
    this.view = new JobView(shape, (command) => this.host.command(command));
    this.host = new ResultViewHost({
      schema: shape.columns,
      upsertKey: shape.upsertKey,
      appendOnly: shape.appendOnly,
      maxRows: shape.maxRows,
      changes: true,
      ...VIEW_ENCODING,
      post: (reply) => this.view.receive(reply),
    });
  }

  get rows(): number {
    return this.host.state().rows;
  }

  get changes(): number {
    return this.host.state().changes;
  }

  add(rows: readonly ChangelogRow[]): void {
    if (rows.length > 0 && !this.over) this.host.batch(batchFromRows(this.types, rows));
  }

  watermark(time: number): void {
    if (!this.over) this.host.watermark(time);
  }

  /** Null when more may come now. */
  ready(): Promise<void> | null {
    return this.over ? null : this.host.ready();
  }

  /** Nothing follows. The first end counts. */
  finish(state: 'finished' | 'cancelled' | 'failed', error?: ErrorData): void {
    if (this.over) return;
    this.over = true;
    this.host.finish(state, error);
  }
}
