import { BIGINT, I64Column, INSERT, type Batch, type DataType, type TsColumn } from '../types/index.js';
import type { AggregateCall } from '../expressions/bound.js';
import { KeyBatch, KeyTable } from '../state/key-table.js';
import type { SnapshotReader, SnapshotWriter } from '../state/snapshot.js';
import { TimerQueue } from '../state/timers.js';
import { AggregatePlan, AggregateState } from './aggregate-state.js';
import { allRows, readKeys, writeKeys } from './keyed-state.js';
import { MIN_WATERMARK, Operator } from './operator.js';
import { OutputBuilder } from './output-builder.js';
import { ResultBuffer } from './result-buffer.js';
import { sliceAssigner, type SliceAssigner } from './slice-assigner.js';
import type { WindowAggregateSpec } from './window-aggregate.js';
import { WindowClock, localTimes } from './windowing.js';

/** Keys and accumulators of one slice (or of several, merged). */
class Slice {
  readonly table: KeyTable;
  readonly state: AggregateState;

  constructor(
    keyTypes: readonly DataType[],
    plan: AggregatePlan,
    /** Of an attached window, as its rows say. */
    public start = NaN,
  ) {
    this.table = new KeyTable(keyTypes);
    this.state = new AggregateState(plan);
  }

  /** Readies the slots of keys that the last upsert made. */
  enterCreated(): void {
    const { table, state } = this;
    if (table.createdCount === 0) return;
    state.ensure(table.capacity);
    for (let k = 0; k < table.createdCount; k++) state.reset(table.created[k]);
  }

  clear(): void {
    for (let slot = 0; slot < this.table.used; slot++) this.state.reset(slot);
    this.table.clear();
  }

  bytes(): number {
    return this.table.bytes() + this.state.bytes();
  }
}

/**
 * Aggregation over tumbling, hopping and cumulating windows, and over windows that the rows carry already.
 *
 * Algorithm: a row goes to the one slice that holds it, whatever the number of its windows; when a window is over, its slices are merged.
 * Tumbling and attached windows are their slice. A cumulating window adds its newest slice to what the earlier ones of its period came to.
 *
 * State: per slice a key table and accumulators of its own, given up as a whole once its last window has fired; the window ends still to
 * fire, in order; the time reached.
 *
 * Correctness: a row is late when the last window of its slice has fired; one whose slice has partly fired still counts for the windows to
 * come. After a hopping window fired, the next one is due while any slice of it exists; a cumulating one always has its
 * successor, new rows or not. When the input retracts, a hidden row count per key says whether a window still has rows.
 */
export class SliceWindowAggregate extends Operator {
  /** The keys, and behind them the start of a session window, since another key's session may end with it. */
  private readonly keys: readonly number[];
  private readonly startsAreKeys: boolean;
  private readonly keyTypes: DataType[];
  private readonly plan: AggregatePlan;
  private readonly assigner: SliceAssigner;
  private readonly clock: WindowClock;
  private readonly rowtime: boolean;
  private readonly slices = new Map<number, Slice>();
  /** Cumulating windows: what the fired slices of a period came to, by start of the period. */
  private readonly running = new Map<number, Slice>();
  /** Ends of windows to fire, and in which order: a bounded input may leave tens of thousands of them to its end. */
  private readonly due = new Set<number>();
  private readonly dueOrder = new TimerQueue();
  /** Instant up to which windows have fired. */
  private progress = MIN_WATERMARK;
  private readonly merged: Slice;
  private readonly keyBatch = new KeyBatch();
  private readonly mergeBatch = new KeyBatch();
  private readonly results: ResultBuffer;
  private readonly builder: OutputBuilder;
  private times: Float64Array = new Float64Array(0);
  private slots: Int32Array = new Int32Array(0);
  private targets: Int32Array = new Int32Array(0);
  private rows: Int32Array = new Int32Array(0);
  private batches = 0;

  constructor(private readonly spec: WindowAggregateSpec) {
    super(1);
    const inputTypes = spec.inputTypes[0];
    const { windowing } = spec;
    this.startsAreKeys = windowing.kind === 'attached' && windowing.spec.kind === 'session';
    this.keys = windowing.kind === 'attached' && this.startsAreKeys ? [...spec.keys, windowing.start] : spec.keys;
    this.keyTypes = this.keys.map((k) => inputTypes[k]);
    const calls = spec.inputRetracts ? [...spec.aggregates, ROW_COUNT] : spec.aggregates;
    this.plan = new AggregatePlan(calls, spec.inputRetracts);
    this.assigner = sliceAssigner(spec.windowing);
    this.clock = new WindowClock(spec.windowing, inputTypes, spec.env.timeZone);
    this.rowtime = spec.windowing.rowtime;
    this.merged = new Slice(this.keyTypes, this.plan);
    this.results = new ResultBuffer(calls.map((a) => a.type));
    const propertyTypes = spec.outputTypes.slice(spec.keys.length + spec.aggregates.length);
    this.builder = new OutputBuilder(
      [this.keyTypes.slice(0, spec.keys.length), spec.aggregates.map((a) => a.type)],
      propertyTypes,
      () => this.output,
    );
  }

  override processBatch(batch: Batch): void {
    const n = batch.length;
    if (n === 0) return;
    if (this.slots.length < n) {
      this.times = new Float64Array(n);
      this.slots = new Int32Array(n);
      this.rows = new Int32Array(n);
    }
    this.keyBatch.prepare(batch.columns, this.keys, n);
    const ends = this.sliceEnds(batch);
    this.deal(batch, ends);
    // With many live slices, counting them for every batch would cost more than the batch.
    if (this.slices.size < 32 || this.batches++ % 64 === 0) this.measure();
  }

  private measure(): void {
    let keys = 0;
    let bytes = 0;
    for (const slice of this.slices.values()) {
      keys += slice.table.size;
      bytes += slice.bytes();
    }
    for (const slice of this.running.values()) bytes += slice.bytes();
    this.context.metrics.stateKeys = keys;
    this.context.metrics.stateBytes = bytes;
  }

  private sliceEnds(batch: Batch): Float64Array {
    const { windowing } = this.spec;
    const n = batch.length;
    if (windowing.kind === 'attached') return (batch.columns[windowing.end] as TsColumn).millis;
    const times = this.times;
    localTimes(batch, windowing, this.clock, this.context.processingTime(), times);
    // Rows mostly come in order: the slice of the row before is tried first.
    let end = NaN;
    let start = NaN;
    const { assigner } = this;
    for (let i = 0; i < n; i++) {
      const t = times[i];
      if (!(t >= start && t < end)) {
        end = assigner.sliceEnd(t);
        start = end - (assigner.interval || end - assigner.windowStart(end));
      }
      times[i] = end;
    }
    return times;
  }

  /** Deals the rows to their slices, those of one slice together, in order. */
  private deal(batch: Batch, ends: Float64Array): void {
    const n = batch.length;
    let same = true;
    for (let i = 1; i < n && same; i++) same = ends[i] === ends[0];
    if (same) {
      this.accumulate(batch, ends[0], allRows(n), n);
      return;
    }
    const groups = new Map<number, number>();
    for (let i = 0; i < n; i++) groups.set(ends[i], (groups.get(ends[i]) ?? 0) + 1);
    const order = [...groups.keys()];
    let at = 0;
    const next = new Map<number, number>();
    for (const end of order) {
      next.set(end, at);
      at += groups.get(end) as number;
    }
    const rows = this.rows;
    let last = NaN;
    let to = 0;
    for (let i = 0; i < n; i++) {
      const end = ends[i];
      if (end !== last) {
        if (last === last) next.set(last, to);
        last = end;
        to = next.get(end) as number;
      }
      rows[to++] = i;
    }
    at = 0;
    for (const end of order) {
      const count = groups.get(end) as number;
      this.accumulate(batch, end, rows.subarray(at, at + count), count);
      at += count;
    }
  }

  private isFired(end: number): boolean {
    return this.rowtime && this.clock.lastInstant(end) <= this.progress;
  }

  private accumulate(batch: Batch, sliceEnd: number, rows: Int32Array, n: number): void {
    const { assigner } = this;
    let windowEnd = sliceEnd;
    let target: Slice;
    if (this.isFired(sliceEnd)) {
      const last = assigner.lastWindowEnd(sliceEnd);
      if (this.isFired(last)) {
        this.context.metrics.lateRows += n;
        return;
      }
      while (this.isFired(windowEnd)) windowEnd += assigner.interval;
      target = assigner.cumulative
        ? this.slice(this.running, assigner.windowStart(sliceEnd), batch, rows[0])
        : this.slice(this.slices, sliceEnd, batch, rows[0]);
    } else target = this.slice(this.slices, sliceEnd, batch, rows[0]);
    this.schedule(windowEnd);
    target.table.upsert(this.keyBatch, rows, n, this.slots);
    target.enterCreated();
    target.state.update(batch.columns, batch.length, this.spec.inputRetracts ? batch.kinds : null, rows, n, this.slots);
  }

  private slice(slices: Map<number, Slice>, name: number, batch: Batch, row: number): Slice {
    let slice = slices.get(name);
    if (slice === undefined) {
      const { windowing } = this.spec;
      const start = windowing.kind === 'attached' ? (batch.columns[windowing.start] as TsColumn).millis[row] : NaN;
      slice = new Slice(this.keyTypes, this.plan, start);
      slices.set(name, slice);
    }
    return slice;
  }

  private schedule(end: number): void {
    if (this.due.has(end)) return;
    this.due.add(end);
    const first = end < this.dueOrder.next;
    this.dueOrder.add(end, 0);
    if (first && !this.rowtime) this.context.requestProcessingTime(this.clock.lastInstant(end) + 1);
  }

  override processWatermark(time: number): void {
    if (this.rowtime) {
      this.progress = time;
      this.fireUpTo(time);
    }
    this.output.watermark(time);
  }

  override onProcessingTime(now: number): void {
    this.fireUpTo(now - 1);
    const { next } = this.dueOrder;
    if (next !== Infinity) this.context.requestProcessingTime(this.clock.lastInstant(next) + 1);
  }

  private fireUpTo(instant: number): void {
    const { dueOrder } = this;
    while (dueOrder.size > 0 && this.clock.lastInstant(dueOrder.next) <= instant) {
      const end = dueOrder.next;
      dueOrder.pop();
      this.due.delete(end);
      this.fire(end);
    }
    this.builder.flush();
  }

  private fire(end: number): void {
    const { assigner } = this;
    if (assigner.interval === 0) {
      const slice = this.slices.get(end);
      if (slice === undefined) return;
      this.emit(slice, slice.start === slice.start ? slice.start : assigner.windowStart(end), end);
      this.slices.delete(end);
      return;
    }
    const start = assigner.windowStart(end);
    if (assigner.cumulative) {
      this.fireCumulative(start, end);
      return;
    }
    const { merged } = this;
    let alive = false;
    for (let e = start + assigner.interval; e <= end; e += assigner.interval) {
      const slice = this.slices.get(e);
      if (slice === undefined) continue;
      this.mergeInto(merged, slice);
      if (e > start + assigner.interval) alive = true;
    }
    this.emit(merged, start, end);
    merged.clear();
    this.slices.delete(start + assigner.interval);
    if (alive) this.schedule(end + assigner.interval);
  }

  private fireCumulative(start: number, end: number): void {
    const { assigner } = this;
    let running = this.running.get(start);
    const slice = this.slices.get(end);
    if (slice !== undefined) {
      this.slices.delete(end);
      if (running === undefined) this.running.set(start, (running = slice));
      else this.mergeInto(running, slice);
    }
    if (running === undefined) return;
    this.emit(running, start, end);
    if (end === assigner.lastWindowEnd(end)) this.running.delete(start);
    else this.schedule(end + assigner.interval);
  }

  private mergeInto(target: Slice, slice: Slice): void {
    const live = slice.table.liveSlots();
    if (this.targets.length < slice.table.used) this.targets = new Int32Array(slice.table.used * 2);
    this.mergeBatch.adopt(slice.table);
    target.table.upsert(this.mergeBatch, live, live.length, this.targets);
    target.enterCreated();
    target.state.merge(this.targets, slice.state, live, live.length);
  }

  /** Sends the results of all keys of a window. */
  private emit(slice: Slice, start: number, end: number): void {
    const { builder, spec } = this;
    const live = slice.table.liveSlots();
    const n = live.length;
    if (n === 0) return;
    const outs = this.results.prepare(n);
    slice.state.gather(live, n, outs);
    const counts = spec.inputRetracts ? (outs[spec.aggregates.length] as I64Column).values : null;
    builder.bind(
      0,
      slice.table.columns.slice(0, spec.keys.length).map((c) => c.column),
      null,
    );
    builder.bind(1, outs, null);
    const starts = this.startsAreKeys ? (slice.table.columns[spec.keys.length].column as TsColumn).millis : null;
    const properties = spec.properties.map((p) => this.property(p, start, end));
    const startAt = starts === null ? -1 : spec.properties.indexOf('start');
    for (let k = 0; k < n; k++) {
      if (counts !== null && counts[k] <= 0) continue;
      builder.addPair(INSERT, live[k], k);
      if (starts !== null && startAt >= 0) properties[startAt] = starts[live[k]];
      for (let p = 0; p < properties.length; p++) builder.compute(p, properties[p]);
    }
    // The result columns serve the next window.
    builder.flush();
  }

  private property(property: 'start' | 'end' | 'time', start: number, end: number): number {
    if (property === 'start') return start;
    if (property === 'end') return end;
    return this.rowtime ? this.clock.windowTime(end) : this.context.processingTime();
  }

  override snapshot(writer: SnapshotWriter): void {
    const save = (name: string, slices: Map<number, Slice>): void => {
      writer.json(
        name,
        [...slices].map(([end, s]) => [end, s.start === s.start ? s.start : null]),
      );
      let k = 0;
      for (const slice of slices.values()) {
        const live = slice.table.liveSlots();
        writeKeys(writer, `${name}.${k}.keys`, slice.table, live);
        slice.state.save(writer, `${name}.${k}.state`, live, live.length);
        k++;
      }
    };
    save('slices', this.slices);
    save('running', this.running);
    writer.json('windows', { due: [...this.due], progress: this.progress });
  }

  override restore(readers: readonly SnapshotReader[]): void {
    for (const reader of readers) {
      const load = (name: string, slices: Map<number, Slice>): void => {
        reader.json<[number, number | null][]>(name).forEach(([end, start], k) => {
          const slice = slices.get(end) ?? new Slice(this.keyTypes, this.plan, start ?? NaN);
          const targets = readKeys(reader, `${name}.${k}.keys`, slice.table, this.context);
          slice.enterCreated();
          slice.state.ensure(slice.table.capacity);
          slice.state.load(reader, `${name}.${k}.state`, targets);
          if (slice.table.size > 0) slices.set(end, slice);
        });
      };
      load('slices', this.slices);
      load('running', this.running);
      const { due, progress } = reader.json<{ due: number[]; progress: number }>('windows');
      for (const end of due) this.schedule(end);
      this.progress = this.progress === MIN_WATERMARK ? progress : Math.min(this.progress, progress);
    }
  }
}

/** Hidden call that tells whether a key still has rows in a window. */
const ROW_COUNT: AggregateCall = {
  fn: 'COUNT',
  args: [],
  argTypes: [],
  distinct: false,
  filter: null,
  type: BIGINT(false),
  name: '$rows',
};
