import {
  BOOLEAN,
  DOUBLE,
  F64Column,
  INSERT,
  createColumn,
  physicalType,
  type Batch,
  type Column,
  type TsColumn,
} from '../types/index.js';
import { gather, resetColumn, stringTarget } from '../state/gather.js';
import { subtaskOfHash } from '../state/hash.js';
import { KeyBatch } from '../state/key-table.js';
import { readRows, writeRows } from '../state/row-snapshot.js';
import { RowStore } from '../state/row-store.js';
import type { SnapshotReader, SnapshotWriter } from '../state/snapshot.js';
import { TimerQueue } from '../state/timers.js';
import { AggregatePlan, AggregateState } from './aggregate-state.js';
import { allRows } from './keyed-state.js';
import { MIN_WATERMARK, Operator, type OperatorContext } from './operator.js';
import { OutputBuilder } from './output-builder.js';
import type { OverAggregateSpec } from './over-aggregate.js';
import { Partitions } from './partitions.js';
import { ResultBuffer } from './result-buffer.js';

/** Steps gathered before the accumulators run over them. */
const STEPS = 4096;

/** Rows of a partition that are still in its frame: a queue. */
class History {
  ids: number[] = [];
  head = 0;
  lastTime = MIN_WATERMARK;
  waiting = 0;
  /** Bounded RANGE by rowtime: event time at which the partition is forgotten; NaN while it has no rows. */
  cleanup = NaN;

  constructor(readonly slot: number) {}

  get size(): number {
    return this.ids.length - this.head;
  }

  shift(): number {
    const id = this.ids[this.head++];
    if (this.head > 64 && this.head * 2 > this.ids.length) {
      this.ids = this.ids.slice(this.head);
      this.head = 0;
    }
    return id;
  }
}

/**
 * OVER windows along a time attribute: each row is sent once, with the aggregates over the rows before it.
 *
 * Algorithm: when rows are due (by rowtime: when the watermark passes them; by processing time: as they come, for RANGE at the end of
 * their millisecond), they are turned into steps: rows that leave a frame are taken back, rows that enter are added, in order of time and
 * arrival. The steps are gathered into columns and run through the accumulators in one loop per call, which writes the result after each step; a row's
 * result is that after its own step (ROWS) or after the last of its time (RANGE).
 *
 * State: accumulators by partition; rows waiting for their time; for bounded frames, the rows in the frame, in order.
 *
 * Correctness: late is a row at or before the watermark for unbounded frames, one at or before the last time its partition sent for bounded
 * ones (so Flink has it); late rows are dropped. A bounded RANGE by rowtime forgets a partition, and with it what is late, one to one and a half
 * frames after its last row; Flink's timers for that also count as times sent when they turn out to be early, and so they do here.
 */
export class TimeOver extends Operator {
  private readonly store: RowStore;
  private readonly partitions: Partitions;
  private readonly state: AggregateState;
  private readonly results: ResultBuffer;
  private readonly builder: OutputBuilder;
  private readonly bounded: boolean;
  private readonly range: boolean;
  /** Columns the aggregates read, and buffers to gather them into. */
  private readonly used: readonly number[];
  private readonly stepColumns: Column[] = [];
  private readonly histories: History[] = [];
  private readonly waiting = new Map<number, number[]>();
  private readonly times = new TimerQueue();
  /** Event times at which partitions may have to be forgotten. */
  private readonly cleanups = new Map<number, History[]>();
  private stepRows: Int32Array = new Int32Array(STEPS);
  private stepSlots: Int32Array = new Int32Array(STEPS);
  private stepKinds: Uint8Array = new Uint8Array(STEPS);
  private steps = 0;
  /** Rows to send: id, and the step after which the result is theirs. */
  private readonly due: number[] = [];
  private readonly dueStep: number[] = [];
  private readonly spent: number[] = [];
  private progress = MIN_WATERMARK;

  constructor(private readonly spec: OverAggregateSpec) {
    super(1);
    const types = spec.inputTypes[0];
    this.bounded = spec.frame.preceding !== null;
    this.range = spec.frame.unit === 'range';
    this.store = new RowStore(types, { counters: 1, times: true });
    this.state = new AggregateState(new AggregatePlan(spec.aggregates, this.bounded, true));
    const resultTypes = spec.aggregates.map((a) => a.type);
    this.results = new ResultBuffer(resultTypes);
    this.builder = new OutputBuilder([types, resultTypes], [], () => this.output);
    this.used = [...new Set(spec.aggregates.flatMap((a) => (a.filter === null ? a.args : [...a.args, a.filter])))];
    this.partitions = new Partitions(
      types,
      spec.partitionKeys,
      spec.ttl,
      (slot) => {
        this.state.ensure(this.partitions.table.capacity);
        this.state.reset(slot);
        this.histories[slot] = new History(slot);
      },
      (slot) => {
        const history = this.histories[slot];
        if (history.waiting > 0) return false;
        for (let k = history.head; k < history.ids.length; k++) this.store.release(history.ids[k]);
        this.state.reset(slot);
        this.histories[slot] = new History(slot);
        return true;
      },
    );
    this.growSteps(STEPS);
  }

  override open(context: OperatorContext): void {
    super.open(context);
    this.state.ensure(this.partitions.table.capacity);
  }

  private growSteps(capacity: number): void {
    const types = this.spec.inputTypes[0];
    for (const c of this.used) {
      const type = types[c];
      this.stepColumns[c] =
        physicalType(type) === 'str'
          ? stringTarget(capacity)
          : createColumn(type.root === 'NULL' ? BOOLEAN() : type, capacity);
    }
  }

  override processBatch(batch: Batch): void {
    const { rowtime } = this.spec;
    const slots = this.partitions.resolve(batch, this.context);
    const now = this.context.processingTime();
    const millis = rowtime ? (batch.columns[this.spec.time] as TsColumn).millis : null;
    const immediate = !rowtime && !(this.bounded && this.range);
    const passing: number[] = [];
    for (let i = 0; i < batch.length; i++) {
      const slot = slots[i];
      const time = millis === null ? now : millis[i];
      if (rowtime && this.isLate(time, slot)) {
        this.context.metrics.lateRows++;
        continue;
      }
      const id = this.store.add(batch.columns, i);
      (this.store.times as Float64Array)[id] = time;
      this.store.counters[0][id] = slot;
      if (immediate) passing.push(id);
      else this.wait(time, id);
    }
    if (immediate) {
      for (const id of passing) this.enter([id], now);
      this.run();
    } else if (!rowtime) this.context.requestProcessingTime(now + 1);
    this.store.reclaim();
    const { metrics } = this.context;
    metrics.stateKeys = this.partitions.table.size;
    metrics.stateBytes = this.store.bytes + this.partitions.bytes() + this.state.bytes();
  }

  private isLate(time: number, slot: number): boolean {
    if (!this.bounded) return time <= this.progress;
    return time <= Math.max(0, this.histories[slot].lastTime);
  }

  private wait(time: number, id: number): void {
    const history = this.histories[this.store.counters[0][id]];
    history.waiting++;
    const { preceding } = this.spec.frame;
    if (this.spec.rowtime && this.range && preceding !== null && !(history.cleanup >= time + preceding + 1))
      this.setCleanup(history, time + Math.floor(preceding * 1.5) + 1);
    const rows = this.waiting.get(time);
    if (rows !== undefined) {
      rows.push(id);
      return;
    }
    this.waiting.set(time, [id]);
    this.times.add(time, 0);
  }

  private setCleanup(history: History, time: number): void {
    history.cleanup = time;
    const others = this.cleanups.get(time);
    if (others !== undefined) {
      others.push(history);
      return;
    }
    this.cleanups.set(time, [history]);
    this.times.add(time, 1);
  }

  override processWatermark(time: number): void {
    if (this.spec.rowtime) {
      this.progress = time;
      this.fireUpTo(time);
    }
    this.output.watermark(time);
  }

  override onProcessingTime(now: number): void {
    if (!this.spec.rowtime) {
      this.fireUpTo(now - 1);
      if (this.times.size > 0) this.context.requestProcessingTime(this.times.next + 1);
    }
    this.partitions.sweep(now, this.context);
    this.store.reclaim();
  }

  private fireUpTo(instant: number): void {
    while (this.times.next <= instant) {
      const time = this.times.next;
      this.times.pop();
      const rows = this.waiting.get(time) ?? [];
      this.waiting.delete(time);
      this.clean(time);
      for (const group of this.byPartition(rows)) {
        this.histories[this.store.counters[0][group[0]]].waiting -= group.length;
        this.enter(group, time);
      }
    }
    this.run();
    this.store.reclaim();
  }

  /** Forgets partitions whose time has come; for others the timer was set before later rows came. */
  private clean(time: number): void {
    const histories = this.cleanups.get(time);
    if (histories === undefined) return;
    this.cleanups.delete(time);
    for (const history of histories) {
      const { slot } = history;
      if (this.histories[slot] !== history) continue;
      if (history.cleanup > time) {
        history.lastTime = time;
        continue;
      }
      // Steps not run yet may belong to this partition.
      this.run();
      for (let k = history.head; k < history.ids.length; k++) this.store.release(history.ids[k]);
      this.state.reset(slot);
      this.histories[slot] = new History(slot);
      this.partitions.table.remove(slot);
    }
  }

  /** Rows of one time, those of a partition together, in order of arrival. */
  private byPartition(rows: readonly number[]): Iterable<readonly number[]> {
    if (rows.length < 2) return rows.length === 0 ? [] : [rows];
    const groups = new Map<number, number[]>();
    for (const id of rows) {
      const slot = this.store.counters[0][id];
      const group = groups.get(slot);
      if (group === undefined) groups.set(slot, [id]);
      else group.push(id);
    }
    return groups.values();
  }

  /** Turns rows of one partition and time into steps. */
  private enter(rows: readonly number[], time: number): void {
    if (this.steps + rows.length * 2 > STEPS) this.run();
    const slot = this.store.counters[0][rows[0]];
    const history = this.histories[slot];
    history.lastTime = time;
    const { preceding } = this.spec.frame;
    if (this.range && preceding !== null) {
      const times = this.store.times as Float64Array;
      while (history.size > 0 && times[history.ids[history.head]] < time - preceding) this.leave(history.shift(), slot);
    }
    for (const id of rows) {
      if (!this.range && preceding !== null && history.size > preceding) this.leave(history.shift(), slot);
      this.step(id, slot, 0);
      if (this.bounded) history.ids.push(id);
      this.due.push(id);
      this.dueStep.push(this.steps - 1);
    }
    // Rows of one time are peers in a RANGE: all of them see the last.
    if (this.range)
      for (let k = this.due.length - rows.length; k < this.due.length; k++) this.dueStep[k] = this.steps - 1;
  }

  private leave(id: number, slot: number): void {
    this.step(id, slot, 1);
    this.spent.push(id);
  }

  private step(id: number, slot: number, kind: number): void {
    if (this.steps === this.stepRows.length) {
      const capacity = this.steps * 2;
      const rows = new Int32Array(capacity);
      rows.set(this.stepRows);
      this.stepRows = rows;
      const slots = new Int32Array(capacity);
      slots.set(this.stepSlots);
      this.stepSlots = slots;
      const kinds = new Uint8Array(capacity);
      kinds.set(this.stepKinds);
      this.stepKinds = kinds;
      this.growSteps(capacity);
    }
    this.stepRows[this.steps] = id;
    this.stepSlots[this.steps] = slot;
    this.stepKinds[this.steps++] = kind;
  }

  /** Runs the steps through the accumulators, and sends the rows that are due. */
  private run(): void {
    const n = this.steps;
    if (n === 0) return;
    const { store, builder } = this;
    for (const c of this.used) {
      resetColumn(this.stepColumns[c]);
      gather(store.columns[c], this.stepRows, n, this.stepColumns[c]);
    }
    const outs = this.results.prepare(2 * n);
    const kinds = this.bounded ? this.stepKinds : null;
    this.state.trace(this.stepColumns, n, kinds, allRows(n), n, this.stepSlots, outs);
    builder.bind(0, store.columns, null);
    builder.bind(1, outs, null);
    for (let k = 0; k < this.due.length; k++) builder.addPair(INSERT, this.due[k], 2 * this.dueStep[k] + 1);
    builder.flush();
    if (!this.bounded) for (const id of this.due) store.release(id);
    for (const id of this.spent) store.release(id);
    this.due.length = this.dueStep.length = this.spent.length = this.steps = 0;
  }

  override snapshot(writer: SnapshotWriter): void {
    const { store } = this;
    const slots = this.partitions.table.liveSlots();
    this.partitions.saveKeys(writer, 'keys', () => true);
    this.state.save(writer, 'state', slots, slots.length);
    const lastTimes = new F64Column(Float64Array.from(slots, (s) => this.histories[s].lastTime));
    writeRows(writer, 'lastTimes', [DOUBLE()], [lastTimes], allRows(slots.length), slots.length);
    const kept: number[] = [];
    for (const slot of slots) {
      const history = this.histories[slot];
      for (let k = history.head; k < history.ids.length; k++) kept.push(history.ids[k]);
    }
    const ids = Int32Array.from([...kept, ...[...this.waiting.values()].flat()]);
    writeRows(writer, 'rows', store.types, store.columns, ids, ids.length);
    writeRows(writer, 'times', [DOUBLE()], [new F64Column(store.times as Float64Array)], ids, ids.length);
    const position = new Map(Array.from(slots, (slot, k) => [this.histories[slot], k]));
    writer.json('over', {
      kept: kept.length,
      progress: this.progress,
      cleanups: [...this.cleanups].flatMap(([time, histories]) =>
        histories.flatMap((h) => (position.has(h) ? [[time, position.get(h)]] : [])),
      ),
    });
  }

  override restore(readers: readonly SnapshotReader[]): void {
    const { subtask, parallelism } = this.context;
    const batch = new KeyBatch();
    let progress = Infinity;
    for (const reader of readers) {
      const targets = this.partitions.loadKeys(reader, 'keys', this.context, () => {});
      this.state.ensure(this.partitions.table.capacity);
      this.state.load(reader, 'state', targets);
      const lastTimes = (readRows(reader, 'lastTimes', [DOUBLE()]).columns[0] as F64Column).values;
      for (let k = 0; k < targets.length; k++) if (targets[k] >= 0) this.histories[targets[k]].lastTime = lastTimes[k];
      const rows = readRows(reader, 'rows', this.store.types);
      const times = (readRows(reader, 'times', [DOUBLE()]).columns[0] as F64Column).values;
      const saved = reader.json<{ kept: number; progress: number; cleanups: [number, number][] }>('over');
      // In order of time: the last one set is the one that holds.
      for (const [time, k] of saved.cleanups.sort((a, b) => a[0] - b[0]))
        if (targets[k] >= 0) this.setCleanup(this.histories[targets[k]], time);
      const n = rows.length;
      batch.prepare(rows.columns, this.spec.partitionKeys, n);
      const slots = new Int32Array(n);
      this.partitions.table.find(batch, allRows(n), n, slots);
      for (let i = 0; i < n; i++) {
        if (parallelism > 1 && subtaskOfHash(batch.hashes[i], parallelism) !== subtask) continue;
        const id = this.store.add(rows.columns, i);
        (this.store.times as Float64Array)[id] = times[i];
        this.store.counters[0][id] = slots[i];
        if (i < saved.kept) this.histories[slots[i]].ids.push(id);
        else this.wait(times[i], id);
      }
      progress = Math.min(progress, saved.progress);
    }
    if (readers.length > 0) this.progress = progress;
    if (!this.spec.rowtime && this.times.size > 0) this.context.requestProcessingTime(this.times.next + 1);
  }
}
