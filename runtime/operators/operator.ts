import type { Batch } from '../types/index.js';
import type { SnapshotReader, SnapshotWriter } from '../state/snapshot.js';

/** Watermark that ends event time: no more rows at all. */
export const MAX_WATERMARK = Number.MAX_SAFE_INTEGER;
/** Before any watermark was seen. */
export const MIN_WATERMARK = Number.MIN_SAFE_INTEGER;

/**
 * Where an operator sends what it makes. Calls are synchronous and depth first: when `batch` returns, everything downstream in this worker
 * has seen it, and the batch's buffers may be reused.
 *
 * Callers owe: batches of the declared types; watermarks that only rise, and no batch with rows that the operator itself would call late
 * after one; nothing after `end`.
 */
export interface Output {
  batch(batch: Batch): void;
  /** No more rows with a rowtime at or before `time` (epoch ms). */
  watermark(time: number): void;
  /** The stream is idle (does not hold watermarks back), or active again. */
  idle(idle: boolean): void;
  /** Bounded input is at its end. Comes after the last watermark. */
  end(): void;
}

/** An operator that was never connected: dropping rows in silence would be our mistake. */
export const UNCONNECTED: Output = {
  batch: () => {
    throw new Error('output is not connected');
  },
  watermark: () => {
    throw new Error('output is not connected');
  },
  idle: () => {
    throw new Error('output is not connected');
  },
  end: () => {
    throw new Error('output is not connected');
  },
};

/** Counters that every operator keeps; read by metrics, EXPLAIN's live graph and "why no rows?". */
export interface OperatorMetrics {
  rowsIn: number;
  rowsOut: number;
  /** Rows dropped because their window or time had passed. */
  lateRows: number;
  /** Bytes of keyed state, estimated by the operator itself. */
  stateBytes: number;
  stateKeys: number;
  watermark: number;
}

/** What the host gives an operator. One context per operator and subtask. */
export interface OperatorContext {
  readonly name: string;
  readonly subtask: number;
  readonly parallelism: number;
  readonly metrics: OperatorMetrics;
  /** Epoch milliseconds; the host may drive it in tests. */
  processingTime(): number;
  /** Asks for `onProcessingTime` at or soon after `time`; one pending request per operator, the earliest wins. */
  requestProcessingTime(time: number): void;
}

/**
 * A stage of a running job: takes batches and control events of one or more inputs, keeps state, emits to one output.
 *
 * The base class combines watermarks: the minimum over inputs that are neither idle nor ended; `processWatermark` is called when that
 * minimum rises, and must forward it (after what it caused was emitted). `finish` is called once when every input has ended, after the
 * last watermark.
 *
 * Subclasses implement processBatch and, as needed, the rest. They update state before they emit.
 */
export abstract class Operator {
  output: Output = UNCONNECTED;
  protected context!: OperatorContext;
  /** Combined watermark of all inputs. */
  protected currentWatermark = MIN_WATERMARK;
  private readonly inputWatermarks: number[];
  private readonly inputIdle: boolean[];
  private readonly inputEnded: boolean[];
  private forwardedIdle = false;

  constructor(readonly inputCount: number = 1) {
    this.inputWatermarks = new Array<number>(inputCount).fill(MIN_WATERMARK);
    this.inputIdle = new Array<boolean>(inputCount).fill(false);
    this.inputEnded = new Array<boolean>(inputCount).fill(false);
  }

  open(context: OperatorContext): void {
    this.context = context;
  }

  abstract processBatch(batch: Batch, input: number): void;

  /** The combined watermark rose to `time`. Fire event-time timers, then forward. */
  processWatermark(time: number): void {
    this.output.watermark(time);
  }

  /** A requested processing time has come. */
  onProcessingTime(_now: number): void {}

  /** One input ended (others may go on). */
  endInput(_input: number): void {}

  /** Every input ended; emit what is left. The base class then ends the output. */
  finish(): void {}

  /** Writes the state, so that `restore` on a fresh operator of the same spec goes on as if nothing had happened. */
  snapshot(_writer: SnapshotWriter): void {}

  /**
   * Reads what `snapshot` wrote. `readers` holds one reader per subtask of the run that wrote it; an operator with keyed state takes the keys
   * whose group belongs to this subtask (context.subtask of context.parallelism). Called after open, before any input.
   */
  restore(_readers: readonly SnapshotReader[]): void {}

  /** Releases what is held outside the heap. */
  close(): void {}

  /** Entry points for the host. */
  receiveWatermark(time: number, input: number): void {
    if (time <= this.inputWatermarks[input]) return;
    this.inputWatermarks[input] = time;
    this.advance();
  }

  receiveIdle(idle: boolean, input: number): void {
    if (this.inputIdle[input] === idle) return;
    this.inputIdle[input] = idle;
    this.advance();
    const allIdle = this.inputIdle.every((value, i) => value || this.inputEnded[i]);
    if (allIdle !== this.forwardedIdle) {
      this.forwardedIdle = allIdle;
      this.output.idle(allIdle);
    }
  }

  receiveEnd(input: number): void {
    if (this.inputEnded[input]) return;
    this.inputEnded[input] = true;
    this.endInput(input);
    if (this.inputEnded.every(Boolean)) {
      this.finish();
      this.output.end();
    } else {
      this.advance();
    }
  }

  /** For restore: watermarks are part of a snapshot. An idle input that event time has passed has no way back behind it. */
  protected get watermarks(): readonly number[] {
    return this.inputWatermarks.map((time) => Math.max(time, this.currentWatermark));
  }

  protected restoreWatermarks(values: readonly number[]): void {
    values.forEach((value, i) => (this.inputWatermarks[i] = value));
    this.currentWatermark = Math.min(...this.inputWatermarks);
  }

  private advance(): void {
    let minimum = Infinity;
    for (let i = 0; i < this.inputCount; i++) {
      if (this.inputIdle[i] || this.inputEnded[i]) continue;
      if (this.inputWatermarks[i] < minimum) minimum = this.inputWatermarks[i];
    }
    // When nothing active holds event time back, the ended inputs' last watermarks are all there is to go by; idle ones still may come back.
    if (minimum === Infinity) {
      for (let i = 0; i < this.inputCount; i++) {
        if (this.inputEnded[i] && !this.inputIdle[i]) continue;
        if (this.inputWatermarks[i] < minimum) minimum = this.inputWatermarks[i];
      }
      if (minimum === Infinity) return;
    }
    if (minimum > this.currentWatermark) {
      this.currentWatermark = minimum;
      this.context.metrics.watermark = minimum;
      this.processWatermark(minimum);
    }
  }
}
