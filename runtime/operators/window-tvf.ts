import type { Batch, DataType, TsColumn } from '../types/index.js';
import type { EvalEnvironment } from '../expressions/index.js';
import { Operator } from './operator.js';
import { OutputBuilder, passing } from './output-builder.js';
import { SessionWindowTvf } from './session-window-tvf.js';
import { WindowClock, periodStart, type Windowing } from './windowing.js';

export interface WindowTvfSpec {
  readonly windowing: Windowing;
  readonly inputTypes: readonly (readonly DataType[])[];
  readonly outputTypes: readonly DataType[];
  readonly env: EvalEnvironment;
}

export function createWindowTvf(spec: WindowTvfSpec): Operator {
  return spec.windowing.spec.kind === 'session' ? new SessionWindowTvf(spec) : new WindowTvf(spec);
}

/**
 * TUMBLE, HOP, CUMULATE as table functions: every row once per window that holds it, with window_start, window_end and window_time. No state,
 * and no row is late. A row without a time has no windows and is dropped.
 */
export class WindowTvf extends Operator {
  private readonly windowing: Extract<Windowing, { kind: 'time' }>;
  private readonly clock: WindowClock;
  private readonly builder: OutputBuilder;
  private starts: number[] = [];
  private ends: number[] = [];

  constructor(spec: WindowTvfSpec) {
    super(1);
    if (spec.windowing.kind !== 'time') throw new Error('a windowing table function cuts windows itself');
    this.windowing = spec.windowing;
    const inputTypes = spec.inputTypes[0];
    this.clock = new WindowClock(spec.windowing, inputTypes, spec.env.timeZone);
    this.builder = new OutputBuilder([inputTypes], spec.outputTypes.slice(inputTypes.length), () => this.output);
  }

  override processBatch(batch: Batch): void {
    const { windowing, clock, builder } = this;
    const n = batch.length;
    const now = windowing.rowtime ? 0 : this.context.processingTime();
    const column = windowing.rowtime ? (batch.columns[windowing.time] as TsColumn) : null;
    const proctime = clock.toLocal(now);
    builder.bind(0, null, batch.columns);
    for (let i = 0; i < n; i++) {
      if (column !== null && column.nulls !== null && column.nulls[i] !== 0) continue;
      this.assign(column === null ? proctime : clock.toLocal(column.millis[i]));
      const kind = batch.kinds === null ? 0 : batch.kinds[i];
      for (let w = 0; w < this.starts.length; w++) {
        const end = this.ends[w];
        builder.add(kind, passing(i));
        builder.compute(0, this.starts[w]);
        builder.compute(1, end);
        builder.compute(2, column === null ? now : clock.windowTime(end));
      }
    }
    builder.flush();
  }

  /** The windows of a local time, in Flink's order. */
  private assign(time: number): void {
    const { starts, ends } = this;
    const { spec } = this.windowing;
    starts.length = ends.length = 0;
    switch (spec.kind) {
      case 'tumble': {
        const start = periodStart(time, spec.size, spec.offset);
        starts.push(start);
        ends.push(start + spec.size);
        break;
      }
      case 'hop':
        for (let s = periodStart(time, spec.slide, spec.offset); s > time - spec.size; s -= spec.slide) {
          starts.push(s);
          ends.push(s + spec.size);
        }
        break;
      case 'cumulate': {
        const start = periodStart(time, spec.size, spec.offset);
        const first = start + Math.floor((time - start) / spec.step) * spec.step + spec.step;
        for (let end = first; end <= start + spec.size; end += spec.step) {
          starts.push(start);
          ends.push(end);
        }
        break;
      }
      case 'session':
        break;
    }
  }
}
