import {
  decodeFrame,
  encodeFrame,
  ResultViewHost,
  type ViewCommand,
  type ViewContent,
  type ViewOptions,
  type ViewReply,
} from '../dataflow/index.js';
import {
  batchFromRows,
  rowsFromBatch,
  StreamcellError,
  type ChangelogRow,
  type DataType,
  type Schema,
  type Span,
} from '../types/index.js';
import type { ResultView, ViewFrame, Viewport, ViewStatus, ViewSubscription } from './session.js';
import { VIEW_ENCODING } from './view-encoding.js';

export interface ViewShape {
  readonly columns: Schema;
  readonly upsertKey: readonly number[] | null;
  readonly maxRows: number;
  /** The statement's place, which its failure shows. */
  readonly span?: Span;
  /** What the job has left out by now. */
  readonly losses?: () => Losses;
  /** How far a query without a result has come. */
  readonly progress?: () => Progress;
}

export type Losses = Pick<ViewStatus, 'lateRows' | 'malformed'>;

export type Progress = Pick<ViewStatus, 'rowsIn' | 'why'>;

type Post = (command: ViewCommand) => void;

interface Listener {
  viewport: Viewport;
  readonly onFrame: (frame: ViewFrame) => void;
  /** Number of the last frame. */
  seq: number;
  /** Frames that came from the job: those made here afterwards go on counting. */
  base: number;
}

/**
 * A query's result as its session sees it: asks the view beside the job, and once the job is over serves what that view has left behind.
 *
 * State: what waits for an answer, the subscriptions, runs of changes that were not read yet. Changes are held until it is known whether
 * anybody reads them (`settle`); from then on they are either read, with back pressure, or not sent at all.
 */
export class JobView implements ResultView {
  readonly columns: Schema;
  private readonly types: readonly DataType[];
  private nextId = 1;
  private readonly statusWaiters = new Map<number, (status: ViewStatus) => void>();
  private readonly snapshotWaiters = new Map<number, (rows: ChangelogRow[]) => void>();
  private readonly listeners = new Map<number, Listener>();
  private local: ResultViewHost | null = null;
  private content: ViewContent | null = null;
  private runs: ArrayBuffer[] = [];
  private reader: 'undecided' | 'reading' | 'none' = 'undecided';
  private wakeReader: (() => void) | null = null;
  private over = false;
  private error: StreamcellError | null = null;

  constructor(
    private readonly shape: ViewShape,
    /** To the view beside the job; null for content that is complete from the start. */
    private readonly post: Post | null,
  ) {
    this.columns = shape.columns;
    this.types = shape.columns.map((c) => c.type);
  }

  /** A complete result, in memory from the start. */
  static complete(columns: Schema, rows: readonly ChangelogRow[]): JobView {
    const view = new JobView({ columns, upsertKey: null, maxRows: Math.max(rows.length, 1) }, null);
    const frame = encodeFrame(batchFromRows(view.types, rows));
    if (rows.length > 0) view.runs.push(frame);
    const status = {
      state: 'finished',
      rows: rows.length,
      changes: rows.length,
      truncated: false,
      watermark: null,
    } as const;
    view.finish({ rows: frame, log: [frame], status });
    return view;
  }

  /** Answers of the view beside the job. */
  receive(reply: ViewReply): void {
    switch (reply.type) {
      case 'status':
        this.statusWaiters.get(reply.id)?.(this.withLosses(reply.status));
        this.statusWaiters.delete(reply.id);
        break;
      case 'snapshot':
        this.snapshotWaiters.get(reply.id)?.(rowsFromBatch(this.types, decodeFrame(reply.rows)));
        this.snapshotWaiters.delete(reply.id);
        break;
      case 'frame':
        this.deliver(reply.subscription, reply.frame);
        break;
      case 'changes':
        if (this.reader !== 'none') this.runs.push(reply.rows);
        this.wakeReader?.();
        break;
      case 'final':
        this.finish(reply.content);
        break;
    }
  }

  /** The job died without leaving its view behind. */
  abandon(error: StreamcellError | null): void {
    if (this.over) return;
    this.finish({
      rows: encodeFrame(batchFromRows(this.types, [])),
      log: [],
      status: {
        state: error === null ? 'cancelled' : 'failed',
        rows: 0,
        changes: 0,
        truncated: false,
        watermark: null,
        error: error?.toData(),
      },
    });
  }

  /** Now is the time by which a reader of the changes must have come. */
  settle(): void {
    if (this.reader !== 'undecided') return;
    this.reader = 'none';
    this.runs = [];
    if (!this.over) this.post?.({ type: 'discardChanges' });
  }

  async status(): Promise<ViewStatus> {
    if (this.content !== null) return this.withLosses(this.content.status);
    const id = this.nextId++;
    return new Promise((resolve) => {
      this.statusWaiters.set(id, resolve);
      this.post?.({ type: 'status', id });
    });
  }

  async snapshot(): Promise<readonly ChangelogRow[]> {
    if (this.content !== null) return rowsFromBatch(this.types, decodeFrame(this.content.rows));
    const id = this.nextId++;
    return new Promise((resolve) => {
      this.snapshotWaiters.set(id, resolve);
      this.post?.({ type: 'snapshot', id });
    });
  }

  changes(): AsyncIterable<readonly ChangelogRow[]> {
    if (this.reader === 'reading')
      throw new StreamcellError('INTERNAL', 'The changes of a result have one reader only.');
    if (this.reader === 'none')
      throw new StreamcellError('INTERNAL', 'The changes of this result have passed already: ask for them at once.');
    this.reader = 'reading';
    return this.read();
  }

  subscribe(viewport: Viewport, onFrame: (frame: ViewFrame) => void): ViewSubscription {
    const id = this.nextId++;
    this.listeners.set(id, { viewport, onFrame, seq: 0, base: 0 });
    this.command({ type: 'subscribe', subscription: id, window: viewport });
    return {
      update: (next) => {
        const listener = this.listeners.get(id);
        if (listener === undefined) return;
        listener.viewport = next;
        this.command({ type: 'update', subscription: id, window: next });
      },
      acknowledge: (seq) =>
        this.command({ type: 'acknowledge', subscription: id, seq: seq - (this.listeners.get(id)?.base ?? 0) }),
      close: () => {
        this.listeners.delete(id);
        this.command({ type: 'unsubscribe', subscription: id });
      },
    };
  }

  private command(command: ViewCommand): void {
    if (this.content !== null) this.localHost().command(command);
    else this.post?.(command);
  }

  private deliver(id: number, frame: ViewFrame): void {
    const listener = this.listeners.get(id);
    if (listener === undefined) return;
    listener.seq = frame.seq + listener.base;
    listener.onFrame({ ...frame, seq: listener.seq, status: this.withLosses(frame.status) });
  }

  private withLosses(status: ViewStatus): ViewStatus {
    const waits = status.state === 'running' && status.changes === 0;
    return { ...status, ...this.shape.losses?.(), ...(waits ? this.shape.progress?.() : {}) };
  }

  private async *read(): AsyncGenerator<readonly ChangelogRow[]> {
    try {
      for (;;) {
        const run = this.runs.shift();
        if (run !== undefined) {
          yield rowsFromBatch(this.types, decodeFrame(run));
          if (!this.over) this.post?.({ type: 'changesRead', runs: 1 });
          continue;
        }
        if (this.over) break;
        await new Promise<void>((resolve) => (this.wakeReader = resolve));
        this.wakeReader = null;
      }
    } finally {
      this.reader = 'none';
      this.runs = [];
      if (!this.over) this.post?.({ type: 'discardChanges' });
    }
    if (this.error !== null) throw this.error;
  }

  private finish(content: ViewContent): void {
    if (this.over) return;
    this.over = true;
    this.content = content;
    if (content.status.error !== undefined) {
      const error = StreamcellError.fromData(content.status.error);
      this.error = this.shape.span === undefined ? error : error.at(this.shape.span);
    }
    for (const resolve of this.statusWaiters.values()) resolve(this.withLosses(content.status));
    this.statusWaiters.clear();
    for (const resolve of this.snapshotWaiters.values()) resolve(rowsFromBatch(this.types, decodeFrame(content.rows)));
    this.snapshotWaiters.clear();
    // Whoever looks on gets the last state, from here.
    for (const [subscription, listener] of this.listeners) {
      listener.base = listener.seq;
      this.localHost().command({ type: 'subscribe', subscription, window: listener.viewport });
    }
    this.wakeReader?.();
  }

  /** Made when somebody looks: most results are never looked at again. */
  private localHost(): ResultViewHost {
    const options: Omit<ViewOptions, 'changes'> = {
      schema: this.columns,
      upsertKey: this.shape.upsertKey,
      // What is left of a result are its rows, which no change comes after.
      appendOnly: false,
      maxRows: this.shape.maxRows,
      ...VIEW_ENCODING,
      post: (reply) => {
        if (reply.type === 'frame') this.deliver(reply.subscription, reply.frame);
      },
    };
    this.local ??= ResultViewHost.of(options, this.content as ViewContent);
    return this.local;
  }
}
