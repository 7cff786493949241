import type { EvalEnvironment } from '../expressions/index.js';
import { KeyBatch, KeyTable } from '../state/key-table.js';
import { RowChains } from '../state/row-chains.js';
import { ownRowNumbers, readRows, writeRows } from '../state/row-snapshot.js';
import { RowStore } from '../state/row-store.js';
import { SlotTimers } from '../state/slot-timers.js';
import type { SnapshotReader, SnapshotWriter } from '../state/snapshot.js';
import { INSERT, UPDATE_BEFORE, isRetraction, type Batch, type DataType, type TsColumn } from '../types/index.js';
import { joinCondition, rowsWithKey, type JoinSpec, type Matches } from './join-spec.js';
import { Operator } from './operator.js';
import { NULLS, OutputBuilder } from './output-builder.js';

export interface TemporalJoinSpec {
  readonly join: JoinSpec;
  readonly rowtime: boolean;
  readonly leftTime: number;
  readonly rightTime: number | null;
  readonly inputTypes: readonly (readonly DataType[])[];
  readonly env: EvalEnvironment;
}

/** Per-row counter of the left store: the row's kind; of the right store: whether the version is a deletion. */
const KIND = 0;

/**
 * Joins each left row with the version of the right table that was valid at the left row's time.
 *
 * Algorithm: rows of both inputs are kept until the watermark passes them on both sides; then a key's due left rows, in order of arrival, each
 * take the latest version at or before their time. A deletion is a version that nothing joins. Versions older than the one that is valid at
 * the watermark are forgotten.
 *
 * State: left rows not yet due, chained by key; right versions, chained by key in order of time, one per time (the latest to come); a timer
 * per key at its earliest row. Late left rows are not dropped: they take the oldest version that is still known.
 *
 * Correctness: maintains the invariant that a left row is sent once, with its own kind, after everything at or before its time is known.
 */
export class TemporalJoin extends Operator {
  private readonly left: RowStore;
  private readonly right: RowStore;
  private readonly leftChains = new RowChains(true);
  private readonly rightChains = new RowChains(true);
  private readonly timers = new SlotTimers();
  private readonly table: KeyTable;
  private readonly keyed: boolean;
  private readonly keyBatch = new KeyBatch();
  private readonly matches: Matches | null;
  private readonly builder: OutputBuilder;
  private readonly outer: boolean;
  private rows: Int32Array = new Int32Array(4096);
  private slots: Int32Array = new Int32Array(4096);
  private ids: Int32Array = new Int32Array(4096);
  private versions: Int32Array = new Int32Array(64);

  constructor(private readonly spec: TemporalJoinSpec) {
    super(2);
    const { join, inputTypes } = spec;
    if (!spec.rowtime || spec.rightTime === null)
      throw new Error('a temporal join by processing time is another operator');
    this.left = new RowStore(inputTypes[0], { counters: 1, times: true });
    this.right = new RowStore(inputTypes[1], { counters: 1, times: true });
    this.keyed = join.leftKeys.length > 0;
    this.table = new KeyTable(join.leftKeys.map((c) => inputTypes[0][c]));
    this.outer = join.type === 'left';
    this.matches = joinCondition(join, inputTypes, spec.env);
    this.builder = new OutputBuilder(inputTypes, [], () => this.output);
  }

  override processBatch(batch: Batch, input: number): void {
    const n = batch.length;
    if (this.rows.length < n) {
      this.rows = new Int32Array(n * 2);
      this.slots = new Int32Array(n * 2);
      this.ids = new Int32Array(n * 2);
    }
    this.findSlots(batch, input);
    if (input === 0) this.keepLeft(batch);
    else this.keepVersions(batch);
    this.account();
  }

  private keepLeft(batch: Batch): void {
    const { left, slots, ids } = this;
    const { kinds } = batch;
    const times = (batch.columns[this.spec.leftTime] as TsColumn).millis;
    left.addRows(batch.columns, null, batch.length, ids);
    const stored = left.times as Float64Array;
    const kind = left.counters[KIND];
    for (let i = 0; i < batch.length; i++) {
      const id = ids[i];
      kind[id] = kinds === null ? INSERT : kinds[i];
      stored[id] = times[i];
      this.leftChains.append(slots[i], id);
      this.remind(slots[i], times[i]);
    }
  }

  private keepVersions(batch: Batch): void {
    const { right, rightChains } = this;
    const times = (batch.columns[this.spec.rightTime as number] as TsColumn).millis;
    const keyed = rowsWithKey(
      batch.columns,
      this.spec.join.rightKeys,
      this.spec.join.nullSafe,
      batch.length,
      this.rows,
    );
    for (let k = 0; k < keyed; k++) {
      const i = this.rows[k];
      const kind = batch.kinds === null ? INSERT : batch.kinds[i];
      // The +U that follows ends the old version.
      if (kind === UPDATE_BEFORE) continue;
      const slot = this.slots[i];
      const id = right.add(batch.columns, i);
      const stored = right.times as Float64Array;
      stored[id] = times[i];
      right.counters[KIND][id] = isRetraction(kind) ? 1 : 0;
      rightChains.insertByTime(slot, id, stored);
      const before = rightChains.before(id);
      if (before >= 0 && stored[before] === times[i]) {
        rightChains.remove(slot, before);
        right.release(before);
      }
      this.remind(slot, times[i]);
    }
    right.reclaim();
  }

  private remind(slot: number, time: number): void {
    if (time < this.timers.get(slot)) this.timers.set(slot, time);
  }

  override processWatermark(time: number): void {
    this.builder.bind(0, this.left.columns, null);
    this.builder.bind(1, this.right.columns, null);
    for (let slot = this.timers.due(time); slot >= 0; slot = this.timers.due(time)) this.fire(slot, time);
    this.builder.flush();
    this.left.reclaim();
    this.right.reclaim();
    this.account();
    this.output.watermark(time);
  }

  private fire(slot: number, watermark: number): void {
    const { left, leftChains } = this;
    const times = left.times as Float64Array;
    const versions = this.collectVersions(slot);
    let unprocessed = Infinity;
    for (let id = leftChains.first(slot); id >= 0;) {
      const next = leftChains.next[id];
      if (times[id] > watermark) unprocessed = Math.min(unprocessed, times[id]);
      else {
        this.send(id, this.versionAt(times[id], versions));
        leftChains.remove(slot, id);
        left.release(id);
      }
      id = next;
    }
    this.forgetOldVersions(slot, versions, watermark);
    if (unprocessed !== Infinity) this.timers.set(slot, unprocessed);
    else if (this.keyed && leftChains.first(slot) < 0 && this.rightChains.first(slot) < 0) this.table.remove(slot);
  }

  private send(id: number, version: number): void {
    const kind = this.left.counters[KIND][id];
    const found =
      version >= 0 &&
      this.right.counters[KIND][version] === 0 &&
      (this.matches === null || this.matches(this.left.columns, id, this.right.columns, version)) &&
      this.hasKey(id);
    if (found) this.builder.addPair(kind, id, version);
    else if (this.outer) this.builder.addPair(kind, id, NULLS);
  }

  private hasKey(id: number): boolean {
    const { leftKeys, nullSafe } = this.spec.join;
    return leftKeys.every((c, k) => {
      const { nulls } = this.left.columns[c];
      return nullSafe[k] || nulls === null || nulls[id] === 0;
    });
  }

  /** Fills `versions` with the key's versions in order of time. @returns how many. */
  private collectVersions(slot: number): number {
    let n = 0;
    for (let id = this.rightChains.first(slot); id >= 0; id = this.rightChains.next[id]) {
      if (n === this.versions.length) {
        const larger = new Int32Array(n * 2);
        larger.set(this.versions);
        this.versions = larger;
      }
      this.versions[n++] = id;
    }
    return n;
  }

  /** The latest of `count` versions at or before `time`, or -1. */
  private versionAt(time: number, count: number): number {
    const times = this.right.times as Float64Array;
    let low = 0;
    let high = count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times[this.versions[middle]] <= time) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? -1 : this.versions[low - 1];
  }

  private forgetOldVersions(slot: number, count: number, watermark: number): void {
    const times = this.right.times as Float64Array;
    let newer = 0;
    while (newer < count && times[this.versions[newer]] <= watermark) newer++;
    for (let k = 0; k < newer - 1; k++) {
      this.rightChains.remove(slot, this.versions[k]);
      this.right.release(this.versions[k]);
    }
  }

  private findSlots(batch: Batch, input: number): void {
    const n = batch.length;
    if (!this.keyed) {
      this.slots.fill(0, 0, n);
      return;
    }
    for (let i = 0; i < n; i++) this.rows[i] = i;
    this.keyBatch.prepare(batch.columns, input === 0 ? this.spec.join.leftKeys : this.spec.join.rightKeys, n);
    this.table.upsert(this.keyBatch, this.rows, n, this.slots);
  }

  private account(): void {
    const { metrics } = this.context;
    metrics.stateBytes =
      this.left.bytes +
      this.right.bytes +
      this.leftChains.bytes +
      this.rightChains.bytes +
      this.timers.bytes +
      this.table.bytes();
    metrics.stateKeys = this.keyed ? this.table.size : 1;
  }

  override snapshot(writer: SnapshotWriter): void {
    writer.json('watermarks', this.watermarks);
    const slots = this.keyed ? this.table.liveSlots() : Int32Array.of(0);
    for (const side of [0, 1]) {
      const store = side === 0 ? this.left : this.right;
      const chains = side === 0 ? this.leftChains : this.rightChains;
      const ids = new Int32Array(store.live);
      const timers = new Float64Array(store.live);
      let n = 0;
      for (const slot of slots) {
        for (let id = chains.first(slot); id >= 0; id = chains.next[id]) {
          timers[n] = this.timers.get(slot);
          ids[n++] = id;
        }
      }
      writeRows(writer, `rows${side}`, this.spec.inputTypes[side], store.columns, ids, n);
      writer.array(
        `kind${side}`,
        ids.map((id) => store.counters[KIND][id]),
      );
      writer.array(`timer${side}`, timers);
    }
  }

  override restore(readers: readonly SnapshotReader[]): void {
    const saved = readers.map((r) => r.json<number[]>('watermarks'));
    if (saved.length > 0) this.restoreWatermarks(saved[0].map((_, i) => Math.min(...saved.map((w) => w[i]))));
    for (const reader of readers) {
      for (const side of [0, 1]) {
        const batch = readRows(reader, `rows${side}`, this.spec.inputTypes[side]);
        const kinds = reader.array<Int32Array>(`kind${side}`);
        const timers = reader.array<Float64Array>(`timer${side}`);
        const keys = side === 0 ? this.spec.join.leftKeys : this.spec.join.rightKeys;
        const own = new Int32Array(batch.length);
        const count = ownRowNumbers(batch, keys, this.context, own);
        if (this.slots.length < batch.length) this.slots = new Int32Array(batch.length);
        if (this.keyed) {
          this.keyBatch.prepare(batch.columns, keys, batch.length);
          this.table.upsert(this.keyBatch, own, count, this.slots);
        } else this.slots.fill(0);
        const store = side === 0 ? this.left : this.right;
        const chains = side === 0 ? this.leftChains : this.rightChains;
        const times = (batch.columns[side === 0 ? this.spec.leftTime : (this.spec.rightTime as number)] as TsColumn)
          .millis;
        for (let k = 0; k < count; k++) {
          const row = own[k];
          const id = store.add(batch.columns, row);
          store.counters[KIND][id] = kinds[row];
          (store.times as Float64Array)[id] = times[row];
          chains.append(this.slots[row], id);
          if (timers[row] < this.timers.get(this.slots[row])) this.timers.set(this.slots[row], timers[row]);
        }
      }
    }
  }
}
