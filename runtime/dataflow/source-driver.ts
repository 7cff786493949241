import type { Poll, SourceReader, SplitOffset } from '../connectors/connector.js';
import { compileKernel, type Kernel } from '../expressions/index.js';
import type { EvalEnvironment } from '../expressions/index.js';
import { MAX_WATERMARK, MIN_WATERMARK, type Output, type OperatorMetrics } from '../operators/operator.js';
import type { SourceNode } from '../planner/physical.js';
import { StreamcellError, type Batch, type TsColumn } from '../types/index.js';
import type { SourceCheckpoint } from './job-protocol.js';

interface SplitState {
  watermark: number;
  idle: boolean;
  /** Wall time of its last row. */
  lastRow: number;
}

export interface SourceTiming {
  /** Wall milliseconds between watermarks; 0 = none but the last. */
  readonly watermarkInterval: number;
  /** Wall milliseconds without rows after which a split is idle; 0 = never. */
  readonly idleTimeout: number;
}

/**
 * Drives one reader: pulls batches, keeps a watermark per split, and sends rows and event time downstream.
 *
 * State: per split the highest generated watermark and when it last had rows; what was emitted. It maintains the invariant that an emitted
 * watermark is at most the minimum over active splits at that moment, and only rises. Emission follows Flink's: every interval of wall
 * time, and the maximum once when bounded input ends.
 */
export class SourceDriver {
  private readonly kernel: Kernel | null;
  private readonly splits = new Map<string, SplitState>();
  private emitted = MIN_WATERMARK;
  private nextEmission: number;
  private idle = false;
  private asked = false;
  private atEnd = false;
  ended = false;

  constructor(
    readonly node: SourceNode & { readonly id: number },
    readonly name: string,
    readonly reader: SourceReader,
    private readonly output: Output,
    private readonly metrics: OperatorMetrics,
    inputTypes: SourceSchema,
    env: EvalEnvironment,
    private readonly timing: SourceTiming,
    private readonly now: () => number,
  ) {
    this.kernel =
      node.watermark === null
        ? null
        : compileKernel({ inputTypes, condition: null, projections: [node.watermark.expression] }, env);
    this.nextEmission = now() + timing.watermarkInterval;
  }

  async open(restored: readonly SourceCheckpoint[] | null): Promise<void> {
    const offsets = restored === null ? null : restored.flatMap((r) => r.offsets as SplitOffset[]);
    await this.reader.open(offsets);
    const watermarks = new Map(restored?.flatMap((r) => r.watermarks.map((w) => [w.split, w.watermark] as const)));
    this.adoptSplits(watermarks);
    // Subtasks that had no split never emitted, and held nothing back.
    const emitted = (restored ?? []).map((r) => r.emitted).filter((time) => time !== MIN_WATERMARK);
    if (emitted.length > 0) this.emitted = Math.min(...emitted);
    this.atEnd = restored !== null && restored.length > 0 && restored.every((r) => r.ended);
  }

  /** After everything is open: tells downstream again how far event time had come at the checkpoint. */
  resume(): void {
    if (this.emitted > MIN_WATERMARK) {
      this.metrics.watermark = this.emitted;
      this.output.watermark(this.emitted);
    }
    if (this.atEnd) this.end();
  }

  /** One poll. @returns whether there was anything. */
  step(): boolean {
    let poll: Poll;
    try {
      poll = this.reader.poll();
    } catch (thrown) {
      throw StreamcellError.from(thrown).inOperator(this.name);
    }
    switch (poll.kind) {
      case 'batch':
        this.deliver(poll.batch, poll.split);
        return true;
      case 'empty':
        return false;
      case 'splitEnd':
        this.splits.delete(poll.split);
        return true;
      case 'end':
        this.end();
        return true;
    }
  }

  /** Bounded input is at its end, or a drain makes it so. */
  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.setIdle(false);
    this.output.watermark(MAX_WATERMARK);
    this.metrics.watermark = MAX_WATERMARK;
    this.output.end();
  }

  /** Calls `wake` once when the reader may have more. */
  whenReady(wake: () => void): void {
    if (this.asked) return;
    this.asked = true;
    const answered = (): void => {
      this.asked = false;
      wake();
    };
    // A reader that failed says so on the next poll.
    this.reader.ready().then(answered, answered);
  }

  /** Emits what is due. @returns the wall time at which to ask again, Infinity for never. */
  tick(now: number): number {
    if (this.ended) return Infinity;
    let next = Infinity;
    if (this.kernel !== null && this.timing.watermarkInterval > 0) {
      if (now >= this.nextEmission) {
        this.emit();
        this.nextEmission = now + this.timing.watermarkInterval;
      }
      next = this.nextEmission;
    }
    return Math.min(next, this.checkIdle(now));
  }

  snapshot(): SourceCheckpoint {
    return {
      offsets: this.reader.snapshotOffsets(),
      watermarks: [...this.splits].map(([split, s]) => ({ split, watermark: s.watermark })),
      emitted: this.emitted,
      ended: this.ended,
    };
  }

  private deliver(batch: Batch, split: string): void {
    if (batch.length > 0) {
      let state = this.splits.get(split);
      if (state === undefined) {
        this.adoptSplits(new Map());
        state = this.splits.get(split) ?? this.adopt(split, MIN_WATERMARK);
      }
      state.idle = false;
      if (this.timing.idleTimeout > 0) state.lastRow = this.now();
      if (this.idle) this.setIdle(false);
      this.metrics.rowsIn += batch.length;
      if (this.kernel !== null) this.readWatermarks(this.kernel, batch, state);
      this.output.batch(batch);
    }
  }

  private readWatermarks(kernel: Kernel, batch: Batch, state: SplitState): void {
    // Where the source itself makes the watermarks, Flink passes over a NULL rowtime; only its separate assigner fails the job.
    const result = kernel.run(batch).columns[0] as TsColumn;
    const { millis, nulls } = result;
    let highest = state.watermark;
    for (let i = 0; i < batch.length; i++)
      if (millis[i] > highest && (nulls === null || nulls[i] === 0)) highest = millis[i];
    state.watermark = highest;
  }

  private emit(): void {
    let lowest = Infinity;
    for (const split of this.splits.values()) if (!split.idle && split.watermark < lowest) lowest = split.watermark;
    if (lowest === Infinity || lowest <= this.emitted) return;
    this.emitted = lowest;
    this.metrics.watermark = lowest;
    this.output.watermark(lowest);
  }

  private checkIdle(now: number): number {
    let next = Infinity;
    let active = 0;
    for (const split of this.splits.values()) {
      if (split.idle) continue;
      if (this.timing.idleTimeout > 0) {
        const due = split.lastRow + this.timing.idleTimeout;
        if (now >= due) {
          split.idle = true;
          continue;
        }
        next = Math.min(next, due);
      }
      active++;
    }
    // A subtask without splits holds nothing back.
    this.setIdle(active === 0);
    return next;
  }

  private setIdle(idle: boolean): void {
    if (this.idle === idle) return;
    this.idle = idle;
    this.output.idle(idle);
  }

  private adoptSplits(watermarks: ReadonlyMap<string, number>): void {
    for (const split of this.reader.splits())
      if (!this.splits.has(split)) this.adopt(split, watermarks.get(split) ?? MIN_WATERMARK);
  }

  private adopt(split: string, watermark: number): SplitState {
    const state = { watermark, idle: false, lastRow: this.now() };
    this.splits.set(split, state);
    return state;
  }
}

type SourceSchema = Parameters<typeof compileKernel>[0]['inputTypes'];
