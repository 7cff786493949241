import { StreamcellError, type Batch, type DataType, type TsColumn } from '../types/index.js';
import { compileKernel, type BoundExpr, type EvalEnvironment, type Kernel } from '../expressions/index.js';
import type { SnapshotReader, SnapshotWriter } from '../state/snapshot.js';
import { MAX_WATERMARK, Operator, type OperatorContext } from './operator.js';
import { sliceBatch } from './slice-batch.js';

export interface WatermarkAssignerSpec {
  readonly watermark: {
    /** Column of the rowtime. */
    readonly rowtime: number;
    readonly expression: BoundExpr;
  };
  /** pipeline.auto-watermark-interval, ms. */
  readonly watermarkInterval: number;
  /** table.exec.source.idle-timeout, ms; 0 = off. */
  readonly idleTimeout: number;
  readonly inputTypes: readonly (readonly DataType[])[];
  readonly env: EvalEnvironment;
}

/**
 * Emits watermarks from an expression over the rows: after a row that raised it by more than the interval, every interval of wall time, and
 * the last one at the end. Watermarks of its own input are ignored, but for the one that ends event time.
 *
 * State: the highest value of the expression so far, and what was emitted. Both start at 0, as in Flink: times before 1970 emit nothing.
 * Maintains the invariant that a watermark follows the very row that caused it: batches are cut there.
 */
export class WatermarkAssigner extends Operator {
  private readonly kernel: Kernel;
  private highest = 0;
  private emitted = 0;
  private idle = false;
  private lastRow = 0;

  constructor(private readonly spec: WatermarkAssignerSpec) {
    super(1);
    const projections = [spec.watermark.expression];
    this.kernel = compileKernel({ inputTypes: spec.inputTypes[0], condition: null, projections }, spec.env);
  }

  override open(context: OperatorContext): void {
    super.open(context);
    this.lastRow = context.processingTime();
    this.schedule();
  }

  override processBatch(batch: Batch): void {
    const n = batch.length;
    if (n === 0) return;
    this.lastRow = this.context.processingTime();
    if (this.idle) {
      this.idle = false;
      this.output.idle(false);
    }
    const rowtimeNulls = batch.columns[this.spec.watermark.rowtime].nulls;
    if (rowtimeNulls !== null) for (let i = 0; i < n; i++) if (rowtimeNulls[i] !== 0) throw nullRowtime();
    const times = this.kernel.run(batch).columns[0] as TsColumn;
    const { millis, nulls } = times;
    const interval = this.spec.watermarkInterval;
    let start = 0;
    for (let i = 0; i < n; i++) {
      if ((nulls === null || nulls[i] === 0) && millis[i] > this.highest) this.highest = millis[i];
      if (this.highest - this.emitted > interval) {
        this.output.batch(sliceBatch(batch, start, i + 1));
        start = i + 1;
        this.emitHighest();
      }
    }
    if (start < n) this.output.batch(sliceBatch(batch, start, n));
  }

  /** Only the end of event time passes; everything else is assigned here. */
  override processWatermark(time: number): void {
    if (time < MAX_WATERMARK || this.emitted === MAX_WATERMARK) return;
    this.highest = this.emitted = MAX_WATERMARK;
    this.output.watermark(MAX_WATERMARK);
  }

  override finish(): void {
    this.processWatermark(MAX_WATERMARK);
  }

  override onProcessingTime(now: number): void {
    this.emitHighest();
    const { idleTimeout } = this.spec;
    if (idleTimeout > 0 && !this.idle && now - this.lastRow >= idleTimeout) {
      this.idle = true;
      this.output.idle(true);
    }
    this.schedule();
  }

  override snapshot(writer: SnapshotWriter): void {
    writer.json('watermark', { highest: this.highest, emitted: this.emitted });
  }

  /** Any subtask may go on from the lowest: watermarks may be repeated, not overtaken. */
  override restore(readers: readonly SnapshotReader[]): void {
    const saved = readers.map((r) => r.json<{ highest: number; emitted: number }>('watermark'));
    if (saved.length === 0) return;
    this.highest = Math.min(...saved.map((s) => s.highest));
    this.emitted = Math.min(...saved.map((s) => s.emitted));
  }

  private emitHighest(): void {
    if (this.highest <= this.emitted) return;
    this.emitted = this.highest;
    this.context.metrics.watermark = this.highest;
    this.output.watermark(this.highest);
  }

  private schedule(): void {
    const period = this.spec.watermarkInterval || this.spec.idleTimeout;
    if (period > 0) this.context.requestProcessingTime(this.context.processingTime() + period);
  }
}

function nullRowtime(): StreamcellError {
  return new StreamcellError('NULL_ROWTIME', 'a row has NULL in its rowtime column; event time needs one in every row');
}
