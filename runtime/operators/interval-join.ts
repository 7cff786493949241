import type { EvalEnvironment } from '../expressions/index.js';
import { KeyBatch, KeyTable } from '../state/key-table.js';
import { RowChains } from '../state/row-chains.js';
import { readRows, writeRows } from '../state/row-snapshot.js';
import { RowStore } from '../state/row-store.js';
import { SlotTimers } from '../state/slot-timers.js';
import type { SnapshotReader, SnapshotWriter } from '../state/snapshot.js';
import { INSERT, StreamcellError, type Batch, type DataType, type TsColumn } from '../types/index.js';
import { joinCondition, leftIsOuter, rightIsOuter, rowsWithKey, type JoinSpec, type Matches } from './join-spec.js';
import { readKeys, writeKeys } from './keyed-state.js';
import { MAX_WATERMARK, Operator } from './operator.js';
import { NULLS, OutputBuilder, passing } from './output-builder.js';

export interface IntervalJoinSpec {
  readonly join: JoinSpec;
  readonly rowtime: boolean;
  readonly leftTime: number;
  readonly rightTime: number;
  /** left.time + lower <= right.time <= left.time + upper, milliseconds. */
  readonly lower: number;
  readonly upper: number;
  readonly inputTypes: readonly (readonly DataType[])[];
  readonly env: EvalEnvironment;
}

/** Counter of a stored row: whether it had a partner. */
const JOINED = 0;

/**
 * Joins rows whose times lie within an interval of each other.
 *
 * Algorithm: Flink's, timer by timer, since what a late row still meets depends on when rows are forgotten. A row meets the other side's kept
 * rows of its key in its interval, and is itself kept while the watermark may still bring it partners. A row that is forgotten without ever
 * having had a partner is sent NULL-padded, where its side is outer.
 *
 * State: per side the kept rows, chained by key in order of time, and one clean-up timer per key and side.
 *
 * Correctness: maintains the invariant that a row is kept as long as a row of the other side that is not late may match it. The output only
 * inserts; its watermark is held back by the larger reach of the interval, so that no joined row is late downstream.
 */
export class IntervalJoin extends Operator {
  private readonly stores: readonly [RowStore, RowStore];
  private readonly chains: readonly [RowChains, RowChains] = [new RowChains(true), new RowChains(true)];
  private readonly timers: readonly [SlotTimers, SlotTimers] = [new SlotTimers(), new SlotTimers()];
  private readonly keys: readonly [readonly number[], readonly number[]];
  private readonly timeColumns: readonly [number, number];
  private readonly outer: readonly [boolean, boolean];
  /** How far the other side's time may lie ahead of this side's. */
  private readonly reach: readonly [number, number];
  private readonly cleanUpDelay: number;
  private readonly table: KeyTable;
  private readonly keyed: boolean;
  private readonly keyBatch = new KeyBatch();
  private readonly matches: Matches | null;
  private readonly builder: OutputBuilder;
  /** Rows of a side at or before this time count as forgotten. Moves only when rows are looked at, as Flink's does. */
  private expired: [number, number] = [0, 0];
  private rows: Int32Array = new Int32Array(4096);
  private slots: Int32Array = new Int32Array(4096);
  private hasKey: Uint8Array = new Uint8Array(4096);

  constructor(private readonly spec: IntervalJoinSpec) {
    super(2);
    const { join, inputTypes } = spec;
    if (join.type === 'semi' || join.type === 'anti') throw new Error('an interval join has no semi or anti form');
    this.keys = [join.leftKeys, join.rightKeys];
    this.timeColumns = [spec.leftTime, spec.rightTime];
    this.outer = [leftIsOuter(join.type), rightIsOuter(join.type)];
    this.reach = [spec.upper, -spec.lower];
    this.cleanUpDelay = Math.trunc((spec.upper - spec.lower) / 2) + 1;
    this.keyed = join.leftKeys.length > 0;
    this.table = new KeyTable(join.leftKeys.map((c) => inputTypes[0][c]));
    this.stores = [
      new RowStore(inputTypes[0], { counters: 1, times: true }),
      new RowStore(inputTypes[1], { counters: 1, times: true }),
    ];
    this.matches = joinCondition(join, inputTypes, spec.env);
    this.builder = new OutputBuilder(inputTypes, [], () => this.output);
  }

  /** Rows from which the interval is empty never meet. */
  private get never(): boolean {
    return this.spec.lower > this.spec.upper;
  }

  override processBatch(batch: Batch, input: number): void {
    const n = batch.length;
    if (this.rows.length < n) {
      this.rows = new Int32Array(n * 2);
      this.slots = new Int32Array(n * 2);
      this.hasKey = new Uint8Array(n * 2);
    }
    this.builder.bind(0, this.stores[0].columns, input === 0 ? batch.columns : null);
    this.builder.bind(1, this.stores[1].columns, input === 1 ? batch.columns : null);
    this.findSlots(batch, input);
    const now = this.operatorTime();
    const times = this.spec.rowtime ? rowtimes(batch, this.timeColumns[input]) : null;
    for (let i = 0; i < n; i++) {
      const time = times === null ? now : times[i];
      if (this.never) {
        if (this.outer[input]) this.sendPadded(passing(i), input);
      } else this.joinRow(batch, i, time, input, now);
    }
    this.afterOutput();
    if (!this.spec.rowtime) this.askForTime();
  }

  private joinRow(batch: Batch, i: number, time: number, input: number, now: number): void {
    const slot = this.slots[i];
    const from = time - this.reach[1 - input];
    const to = time + this.reach[input];
    let joined = false;
    if (this.expired[1 - input] < to) joined = this.meet(batch, i, slot, from, to, input, now);
    if (now < to) {
      const store = this.stores[input];
      const id = store.add(batch.columns, i);
      (store.times as Float64Array)[id] = time;
      store.counters[JOINED][id] = joined ? 1 : 0;
      this.chains[input].insertByTime(slot, id, store.times as Float64Array);
      if (this.timers[input].get(slot) === Infinity) this.setCleanUp(input, slot, time);
    } else {
      if (!joined && this.outer[input]) this.sendPadded(passing(i), input);
      this.forgetKey(slot);
    }
  }

  /** Joins row i with the other side's rows in [from, to], and forgets its expired ones. @returns whether there was a partner. */
  private meet(batch: Batch, i: number, slot: number, from: number, to: number, input: number, now: number): boolean {
    const other = 1 - input;
    const expired = (this.expired[other] = this.expiry(other, now));
    const store = this.stores[other];
    const times = store.times as Float64Array;
    const chain = this.chains[other];
    const last = Math.max(to, expired);
    let joined = false;
    for (let id = chain.first(slot); id >= 0 && times[id] <= last;) {
      const next = chain.next[id];
      const time = times[id];
      if (time >= from && time <= to && this.hasKey[i] !== 0 && this.pair(batch, i, id, input)) {
        joined = true;
        store.counters[JOINED][id] = 1;
        if (input === 0) this.builder.addPair(INSERT, passing(i), id);
        else this.builder.addPair(INSERT, id, passing(i));
      }
      if (time <= expired) this.forget(other, slot, id);
      id = next;
    }
    return joined;
  }

  private pair(batch: Batch, i: number, id: number, input: number): boolean {
    if (this.matches === null) return true;
    return input === 0
      ? this.matches(batch.columns, i, this.stores[1].columns, id)
      : this.matches(this.stores[0].columns, id, batch.columns, i);
  }

  private forget(side: number, slot: number, id: number): void {
    const store = this.stores[side];
    if (this.outer[side] && store.counters[JOINED][id] === 0) this.sendPadded(id, side);
    this.chains[side].remove(slot, id);
    store.release(id);
  }

  private sendPadded(ref: number, side: number): void {
    if (side === 0) this.builder.addPair(INSERT, ref, NULLS);
    else this.builder.addPair(INSERT, NULLS, ref);
  }

  /** Event or processing time as Flink's operator sees it: never before 1970. */
  private operatorTime(): number {
    return this.spec.rowtime ? Math.max(0, this.currentWatermark) : this.context.processingTime();
  }

  private expiry(side: number, now: number): number {
    return now >= MAX_WATERMARK ? Infinity : now - this.reach[side] - 1;
  }

  private setCleanUp(side: number, slot: number, time: number): void {
    this.timers[side].set(slot, time + this.reach[side] + this.cleanUpDelay);
  }

  private fireTimers(now: number): void {
    this.builder.bind(0, this.stores[0].columns, null);
    this.builder.bind(1, this.stores[1].columns, null);
    for (;;) {
      const [left, right] = [this.timers[0].next, this.timers[1].next];
      if (Math.min(left, right) > now) break;
      const side = right <= left ? 1 : 0;
      this.cleanUp(side, this.timers[side].due(now));
    }
    this.afterOutput();
  }

  private cleanUp(side: number, slot: number): void {
    const expired = (this.expired[side] = this.expiry(side, this.operatorTime()));
    const times = this.stores[side].times as Float64Array;
    const chain = this.chains[side];
    for (let id = chain.first(slot); id >= 0 && times[id] <= expired;) {
      const next = chain.next[id];
      this.forget(side, slot, id);
      id = next;
    }
    const first = chain.first(slot);
    if (first >= 0) this.setCleanUp(side, slot, times[first]);
    else this.forgetKey(slot);
  }

  /** Slots to look at when the batch is through: until then its slots are in use. */
  private readonly emptied = new Set<number>();

  private forgetKey(slot: number): void {
    if (this.keyed) this.emptied.add(slot);
  }

  private afterOutput(): void {
    this.builder.flush();
    for (const store of this.stores) store.reclaim();
    for (const slot of this.emptied) {
      const bare = [0, 1].every((s) => this.chains[s].first(slot) < 0 && this.timers[s].get(slot) === Infinity);
      if (bare) this.table.remove(slot);
    }
    this.emptied.clear();
    const { metrics } = this.context;
    metrics.stateBytes =
      this.stores[0].bytes +
      this.stores[1].bytes +
      this.chains[0].bytes +
      this.chains[1].bytes +
      this.timers[0].bytes +
      this.timers[1].bytes +
      this.table.bytes();
    metrics.stateKeys = this.keyed ? this.table.size : 1;
  }

  override processWatermark(time: number): void {
    if (!this.spec.rowtime) {
      this.output.watermark(time);
      return;
    }
    this.fireTimers(time);
    const delay = Math.max(0, this.reach[0], this.reach[1]);
    this.output.watermark(time >= MAX_WATERMARK ? time : time - delay);
  }

  override onProcessingTime(now: number): void {
    this.fireTimers(now);
    this.askForTime();
  }

  private askForTime(): void {
    const next = Math.min(this.timers[0].next, this.timers[1].next);
    if (next !== Infinity) this.context.requestProcessingTime(next);
  }

  private findSlots(batch: Batch, input: number): void {
    const n = batch.length;
    const keyed = rowsWithKey(batch.columns, this.keys[input], this.spec.join.nullSafe, n, this.rows);
    this.hasKey.fill(0, 0, n);
    for (let k = 0; k < keyed; k++) this.hasKey[this.rows[k]] = 1;
    if (!this.keyed) {
      this.slots.fill(0, 0, n);
      return;
    }
    for (let i = 0; i < n; i++) this.rows[i] = i;
    this.keyBatch.prepare(batch.columns, this.keys[input], n);
    this.table.upsert(this.keyBatch, this.rows, n, this.slots);
  }

  override snapshot(writer: SnapshotWriter): void {
    const slots = this.keyed ? this.table.liveSlots() : Int32Array.of(0);
    writer.json('interval', {
      watermarks: this.watermarks,
      expired: this.expired.map((e) => (e === Infinity ? null : e)),
    });
    if (this.keyed) writeKeys(writer, 'keys', this.table, slots);
    for (const side of [0, 1]) {
      const store = this.stores[side];
      const chain = this.chains[side];
      const ids = new Int32Array(store.live);
      const keyOf = new Int32Array(store.live);
      let n = 0;
      slots.forEach((slot, k) => {
        for (let id = chain.first(slot); id >= 0; id = chain.next[id]) {
          keyOf[n] = k;
          ids[n++] = id;
        }
      });
      const times = store.times as Float64Array;
      writeRows(writer, `rows${side}`, this.spec.inputTypes[side], store.columns, ids, n);
      writer.array(`key${side}`, keyOf);
      writer.array(
        `time${side}`,
        Float64Array.from(ids, (id) => times[id]),
      );
      writer.array(
        `joined${side}`,
        ids.map((id) => store.counters[JOINED][id]),
      );
      writer.array(
        `timer${side}`,
        Float64Array.from(slots, (slot) => this.timers[side].get(slot)),
      );
    }
  }

  override restore(readers: readonly SnapshotReader[]): void {
    const saved = readers.map((r) => r.json<{ watermarks: number[]; expired: (number | null)[] }>('interval'));
    if (saved.length === 0) return;
    this.restoreWatermarks(saved[0].watermarks.map((_, i) => Math.min(...saved.map((s) => s.watermarks[i]))));
    this.expired = [0, 1].map((s) => Math.min(...saved.map((v) => v.expired[s] ?? Infinity))) as [number, number];
    for (const reader of readers) {
      const targets = this.keyed
        ? readKeys(reader, 'keys', this.table, this.context)
        : this.context.subtask === 0
          ? Int32Array.of(0)
          : Int32Array.of(-1);
      for (const side of [0, 1]) {
        const store = this.stores[side];
        const batch = readRows(reader, `rows${side}`, this.spec.inputTypes[side]);
        const keyOf = reader.array<Int32Array>(`key${side}`);
        const times = reader.array<Float64Array>(`time${side}`);
        const joined = reader.array<Int32Array>(`joined${side}`);
        for (let i = 0; i < batch.length; i++) {
          const slot = targets[keyOf[i]];
          if (slot < 0) continue;
          const id = store.add(batch.columns, i);
          (store.times as Float64Array)[id] = times[i];
          store.counters[JOINED][id] = joined[i];
          this.chains[side].append(slot, id);
        }
        reader.array<Float64Array>(`timer${side}`).forEach((time, k) => {
          if (targets[k] >= 0 && time !== Infinity) this.timers[side].set(targets[k], time);
        });
      }
    }
    if (!this.spec.rowtime) this.askForTime();
  }
}

function rowtimes(batch: Batch, column: number): Float64Array {
  const { millis, nulls } = batch.columns[column] as TsColumn;
  if (nulls !== null && nulls.subarray(0, batch.length).includes(1))
    throw new StreamcellError(
      'NULL_ROWTIME',
      'a row has NULL in its rowtime column; event time needs one in every row',
    );
  return millis;
}
