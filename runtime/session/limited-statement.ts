import { DELETE, INSERT, type ChangelogMode, type ChangelogRow, type Schema, type Span } from '../types/index.js';
import { JobView } from './job-view.js';
import type {
  ResultView,
  Statement,
  StatementEnd,
  StatementKind,
  ViewFrame,
  Viewport,
  ViewStatus,
  ViewSubscription,
} from './session.js';

/**
 * A query that is stopped as soon as its result has so many rows; to its users it then simply finished, with these rows.
 *
 * State: the query's own view while it runs, afterwards the rows kept. No frame ever shows more than `limit` rows: those that would are
 * held back until the rest is cut off.
 */
export class LimitedStatement implements Statement {
  readonly index: number;
  readonly kind: StatementKind;
  readonly span: Span;
  readonly text: string;
  readonly columns: Schema;
  readonly bounded = true;
  readonly changelog: ChangelogMode;
  readonly upsertKey: readonly number[] | null;
  readonly jobId: string | null;
  readonly notices: readonly string[];
  readonly view: LimitedView;
  readonly done: Promise<StatementEnd>;

  /** @param inner a query; `view` is its view. */
  constructor(
    private readonly inner: Statement,
    view: ResultView,
    limit: number,
  ) {
    this.index = inner.index;
    this.kind = inner.kind;
    this.span = inner.span;
    this.text = inner.text;
    this.columns = inner.columns;
    this.changelog = inner.changelog;
    this.upsertKey = inner.upsertKey;
    this.jobId = inner.jobId;
    this.notices = inner.notices ?? [];
    this.view = new LimitedView(view, limit, () => inner.cancel());
    this.done = inner.done
      .finally(() => this.view.unwatch())
      .then(async (end) => {
        const kept = await this.view.ended();
        return kept === null ? end : { ...end, state: 'finished', rows: kept, changes: kept };
      });
    this.done.catch(() => undefined);
  }

  async cancel(): Promise<void> {
    await this.inner.cancel();
  }
}

interface Listener {
  viewport: Viewport;
  readonly onFrame: (frame: ViewFrame) => void;
  subscription: ViewSubscription | null;
  seq: number;
  /** Frames that came before the rows were cut off. */
  base: number;
}

class LimitedView implements ResultView {
  readonly columns: Schema;
  private readonly listeners = new Set<Listener>();
  private readonly watch: ViewSubscription;
  private cutting: Promise<JobView> | null = null;
  private cut: JobView | null = null;

  constructor(
    private readonly inner: ResultView,
    private readonly limit: number,
    private readonly cancel: () => Promise<void>,
  ) {
    this.columns = inner.columns;
    this.watch = inner.subscribe({ from: 0, to: 0 }, (frame) => {
      if (frame.status.rows >= limit) void this.reached();
      else queueMicrotask(() => this.watch.acknowledge(frame.seq));
    });
  }

  unwatch(): void {
    this.watch.close();
  }

  /** The query is over. @returns how many rows were kept; null when there were fewer than the limit. */
  async ended(): Promise<number | null> {
    const { rows } = await this.inner.status();
    if (rows < this.limit && this.cutting === null) return null;
    return (await (await this.reached()).status()).rows;
  }

  async status(): Promise<ViewStatus> {
    if (this.cut !== null) return this.cut.status();
    const status = await this.inner.status();
    return status.rows < this.limit ? status : (await this.reached()).status();
  }

  async snapshot(): Promise<readonly ChangelogRow[]> {
    if (this.cut !== null) return this.cut.snapshot();
    const rows = await this.inner.snapshot();
    return rows.length < this.limit ? rows : (await this.reached()).snapshot();
  }

  async *changes(): AsyncGenerator<readonly ChangelogRow[]> {
    let rows = 0;
    for await (const run of this.inner.changes()) {
      const kept: ChangelogRow[] = [];
      for (const row of run) {
        kept.push(row);
        rows += row.kind === INSERT ? 1 : row.kind === DELETE ? -1 : 0;
        if (rows >= this.limit) break;
      }
      yield kept;
      if (rows < this.limit) continue;
      void this.reached();
      return;
    }
  }

  subscribe(viewport: Viewport, onFrame: (frame: ViewFrame) => void): ViewSubscription {
    const listener: Listener = { viewport, onFrame, subscription: null, seq: 0, base: 0 };
    this.listeners.add(listener);
    this.listen(listener, this.cut ?? this.inner);
    return {
      update: (next) => {
        listener.viewport = next;
        listener.subscription?.update(next);
      },
      acknowledge: (seq) => {
        if (seq > listener.base) listener.subscription?.acknowledge(seq - listener.base);
      },
      close: () => {
        this.listeners.delete(listener);
        listener.subscription?.close();
      },
    };
  }

  private listen(listener: Listener, view: ResultView): void {
    listener.base = listener.seq;
    listener.subscription = view.subscribe(listener.viewport, (frame) => {
      if (view !== (this.cut ?? this.inner)) return;
      if (this.cut === null && frame.status.rows >= this.limit) {
        void this.reached();
        return;
      }
      listener.seq = listener.base + frame.seq;
      listener.onFrame({ ...frame, seq: listener.seq });
    });
  }

  private reached(): Promise<JobView> {
    if (this.cutting === null) {
      this.cutting = this.cutOff();
      // Not everybody who comes this far waits for it; who does is told that it failed, as is `done`.
      this.cutting.catch(() => undefined);
    }
    return this.cutting;
  }

  private async cutOff(): Promise<JobView> {
    await this.cancel();
    const rows = await this.inner.snapshot();
    this.cut = JobView.complete(this.columns, rows.slice(0, this.limit));
    this.watch.close();
    for (const listener of this.listeners) {
      listener.subscription?.close();
      this.listen(listener, this.cut);
    }
    return this.cut;
  }
}
