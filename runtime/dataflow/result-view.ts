import { MaterializedView } from '../state/materialized-view.js';
import {
  rowsFromBatch,
  type Batch,
  type ChangelogRow,
  type DataType,
  type ErrorData,
  type Schema,
  type Value,
} from '../types/index.js';
import { decodeFrame, encodeFrame } from './exchange/frame-codec.js';
import type { ResultConsumer } from './result-consumer.js';

/** A part of the result that a subscriber looks at; the session's Viewport. */
export interface ViewWindow {
  readonly from: number;
  readonly to: number;
  readonly mode?: 'table' | 'changelog';
  readonly sort?: readonly { readonly column: number; readonly ascending: boolean }[];
  readonly filter?: readonly { readonly column: number; readonly contains: string }[];
}

export interface ViewState {
  readonly state: 'running' | 'finished' | 'cancelled' | 'failed';
  readonly rows: number;
  readonly changes: number;
  readonly truncated: boolean;
  readonly watermark: number | null;
  readonly error?: ErrorData;
}

export interface WindowFrame {
  readonly seq: number;
  readonly from: number;
  readonly rowCount: number;
  readonly status: ViewState;
  readonly arrow: Uint8Array;
}

export type ViewCommand =
  | { readonly type: 'status'; readonly id: number }
  | { readonly type: 'snapshot'; readonly id: number }
  | { readonly type: 'subscribe' | 'update'; readonly subscription: number; readonly window: ViewWindow }
  | { readonly type: 'acknowledge'; readonly subscription: number; readonly seq: number }
  | { readonly type: 'unsubscribe'; readonly subscription: number }
  /** Nobody reads the changes. */
  | { readonly type: 'discardChanges' }
  /** So many runs of changes were read. */
  | { readonly type: 'changesRead'; readonly runs: number };

export type ViewReply =
  | { readonly type: 'status'; readonly id: number; readonly status: ViewState }
  | { readonly type: 'snapshot'; readonly id: number; readonly rows: ArrayBuffer }
  | { readonly type: 'frame'; readonly subscription: number; readonly frame: WindowFrame }
  | { readonly type: 'changes'; readonly rows: ArrayBuffer }
  /** The job is over: all there will ever be, for the other side to serve the view from. */
  | { readonly type: 'final'; readonly content: ViewContent };

/** A view as it is handed from one thread to another. */
export interface ViewContent {
  readonly rows: ArrayBuffer;
  /** The last changes kept. */
  readonly log: readonly ArrayBuffer[];
  readonly status: ViewState;
}

/** Arrow IPC stream of rows; with kinds as a first column `op`. */
export type FrameEncoder = (schema: Schema, rows: readonly ChangelogRow[], kinds: boolean) => Uint8Array;

export interface ViewOptions {
  readonly schema: Schema;
  /** Columns that identify a row; null: a multiset. */
  readonly upsertKey: readonly number[] | null;
  /** Only insertions come. */
  readonly appendOnly: boolean;
  readonly maxRows: number;
  /** Whether changes are sent from the start. */
  readonly changes: boolean;
  /** Loads the encoder of frames when the first subscriber comes: most results are never watched, and Arrow takes 50 ms to load. */
  readonly encoder: () => Promise<FrameEncoder>;
  /** A value as a table shows it. */
  readonly text: (value: Value, type: DataType) => string;
  readonly post: (reply: ViewReply, transfer: readonly ArrayBuffer[]) => void;
}

/** At most 20 frames a second per subscription. */
const FRAME_INTERVAL = 50;
const FRAMES_IN_FLIGHT = 2;
/** Runs of changes on the way to their reader; then the job waits. */
const RUNS_IN_FLIGHT = 4;
/** Changes kept for viewports of mode changelog. */
const LOG_ROWS = 2000;
/** Share of the worker's time that frames may take. */
const FRAME_SHARE = 0.2;

interface Subscription {
  window: ViewWindow;
  seq: number;
  acknowledged: number;
  dirty: boolean;
  /** Monotonic ms before which no frame is sent. */
  notBefore: number;
  timer: NodeJS.Timeout | null;
}

/**
 * The materialised result beside the changelog, where the job runs. Folds changes into rows, keeps the last changes, serves viewports, and
 * sends the changes themselves to a reader if there is one.
 *
 * State: the materialised rows (at most maxRows; the newest when only insertions come), the last changes as encoded frames, per subscription what is in flight. It maintains the
 * invariant that a subscriber has at most two unacknowledged frames and 20 a second, and that only the latest state waits for it: a slow
 * reader costs nothing but its own freshness. Only the reader of `changes` holds the job back.
 */
export class ResultViewHost implements ResultConsumer {
  private readonly types: readonly DataType[];
  private readonly rows: MaterializedView;
  private log: { readonly frame: ArrayBuffer; readonly rows: number }[] = [];
  private logged = 0;
  private changes = 0;
  private time: number | null = null;
  private status: Pick<ViewState, 'state' | 'error'> = { state: 'running' };
  private sendsChanges: boolean;
  private inFlight = 0;
  private released: { readonly promise: Promise<void>; readonly resolve: () => void } | null = null;
  private readonly subscriptions = new Map<number, Subscription>();

  constructor(private readonly options: ViewOptions) {
    this.types = options.schema.map((c) => c.type);
    this.sendsChanges = options.changes;
    this.rows = new MaterializedView({ types: this.types, ...options });
  }

  /** A view over content that is complete. */
  static of(options: Omit<ViewOptions, 'changes'>, content: ViewContent): ResultViewHost {
    const host = new ResultViewHost({ ...options, changes: false });
    host.rows.apply(decodeFrame(content.rows));
    host.log = content.log.map((frame) => ({ frame, rows: decodeFrame(frame).length }));
    host.logged = host.log.reduce((sum, l) => sum + l.rows, 0);
    host.restoredStatus = content.status;
    return host;
  }

  private restoredStatus: ViewState | null = null;

  batch(batch: Batch): void {
    this.changes += batch.length;
    this.rows.apply(batch);
    const frame = encodeFrame(batch);
    this.log.push({ frame, rows: batch.length });
    this.logged += batch.length;
    while (this.log.length > 1 && this.logged - this.log[0].rows >= LOG_ROWS)
      this.logged -= (this.log.shift() as { rows: number }).rows;
    if (this.sendsChanges) {
      this.inFlight++;
      this.options.post({ type: 'changes', rows: frame }, []);
    }
    this.touch();
  }

  watermark(time: number): void {
    this.time = time;
    this.touch();
  }

  ready(): Promise<void> | null {
    if (!this.sendsChanges || this.inFlight < RUNS_IN_FLIGHT) return null;
    if (this.released === null) {
      let resolve = (): void => undefined;
      const promise = new Promise<void>((r) => (resolve = r));
      this.released = { promise, resolve };
    }
    return this.released.promise;
  }

  command(command: unknown): void {
    const c = command as ViewCommand;
    switch (c.type) {
      case 'status':
        this.options.post({ type: 'status', id: c.id, status: this.state() }, []);
        break;
      case 'snapshot': {
        const rows = encodeFrame(this.rows.toBatch());
        this.options.post({ type: 'snapshot', id: c.id, rows }, [rows]);
        break;
      }
      case 'subscribe':
        this.subscriptions.set(c.subscription, {
          window: c.window,
          seq: 0,
          acknowledged: 0,
          dirty: true,
          notBefore: 0,
          timer: null,
        });
        this.schedule(c.subscription);
        break;
      case 'update': {
        const subscription = this.subscriptions.get(c.subscription);
        if (subscription !== undefined) {
          subscription.window = c.window;
          subscription.dirty = true;
          this.schedule(c.subscription);
        }
        break;
      }
      case 'acknowledge': {
        const subscription = this.subscriptions.get(c.subscription);
        if (subscription !== undefined) {
          subscription.acknowledged = Math.max(subscription.acknowledged, c.seq);
          this.schedule(c.subscription);
        }
        break;
      }
      case 'unsubscribe':
        this.unsubscribe(c.subscription);
        break;
      case 'discardChanges':
        this.sendsChanges = false;
        this.inFlight = 0;
        this.release();
        break;
      case 'changesRead':
        this.inFlight = Math.max(0, this.inFlight - c.runs);
        if (this.inFlight < RUNS_IN_FLIGHT) this.release();
        break;
    }
  }

  finish(state: 'finished' | 'cancelled' | 'failed', error?: ErrorData): void {
    this.status = error === undefined ? { state } : { state, error };
    const content = this.content();
    this.options.post({ type: 'final', content }, [content.rows, ...content.log]);
    for (const id of [...this.subscriptions.keys()]) this.unsubscribe(id);
    this.release();
  }

  content(): ViewContent {
    return { rows: encodeFrame(this.rows.toBatch()), log: this.log.map((l) => l.frame), status: this.state() };
  }

  state(): ViewState {
    if (this.restoredStatus !== null) return this.restoredStatus;
    return {
      ...this.status,
      rows: this.rows.rowCount,
      changes: this.changes,
      truncated: this.rows.truncated,
      watermark: this.time,
    };
  }

  private release(): void {
    this.released?.resolve();
    this.released = null;
  }

  private unsubscribe(id: number): void {
    const subscription = this.subscriptions.get(id);
    if (subscription?.timer) clearTimeout(subscription.timer);
    this.subscriptions.delete(id);
  }

  private touch(): void {
    for (const [id, subscription] of this.subscriptions) {
      subscription.dirty = true;
      this.schedule(id);
    }
  }

  private schedule(id: number): void {
    const subscription = this.subscriptions.get(id);
    if (subscription === undefined || !subscription.dirty || subscription.timer !== null) return;
    if (subscription.seq - subscription.acknowledged >= FRAMES_IN_FLIGHT) return;
    const wait = Math.max(0, subscription.notBefore - performance.now());
    subscription.timer = setTimeout(() => {
      void this.options.encoder().then((encode) => {
        subscription.timer = null;
        if (this.subscriptions.get(id) === subscription) this.send(id, subscription, encode);
      });
    }, wait);
  }

  private send(id: number, subscription: Subscription, encode: FrameEncoder): void {
    const began = performance.now();
    subscription.dirty = false;
    subscription.seq++;
    const { rows, from, total } = this.windowRows(subscription.window);
    const arrow = encode(this.options.schema, rows, subscription.window.mode === 'changelog');
    const frame = { seq: subscription.seq, from, rowCount: total, status: this.state(), arrow };
    this.options.post({ type: 'frame', subscription: id, frame }, [arrow.buffer as ArrayBuffer]);
    // An expensive view (a sort over many rows) is shown less often rather than slowing the query.
    const cost = performance.now() - began;
    subscription.notBefore = began + Math.max(FRAME_INTERVAL, cost / FRAME_SHARE);
  }

  private windowRows(window: ViewWindow): { rows: ChangelogRow[]; from: number; total: number } {
    if (window.mode === 'changelog') {
      const log = this.log.flatMap((l) => rowsFromBatch(this.types, decodeFrame(l.frame)));
      const kept = this.filtered(log, window);
      const from = Math.max(0, Math.min(window.from, kept.length));
      return { rows: kept.slice(from, window.to), from, total: kept.length };
    }
    const { batch, from, total } = this.rows.window(window, this.options.text);
    return { rows: rowsFromBatch(this.types, batch), from, total };
  }

  private filtered(rows: ChangelogRow[], window: ViewWindow): ChangelogRow[] {
    let kept = rows;
    for (const { column, contains } of window.filter ?? []) {
      const wanted = contains.toLowerCase();
      const type = this.types[column];
      kept = kept.filter((row) => this.options.text(row.fields[column], type).toLowerCase().includes(wanted));
    }
    return kept;
  }
}
