import { KeyBatch, KeyTable } from '../state/key-table.js';
import { hashColumns } from '../state/hash.js';
import { rowsEqual } from '../state/column-equality.js';
import { RowChains } from '../state/row-chains.js';
import { ownRowNumbers, readRows, writeRows } from '../state/row-snapshot.js';
import { RowStore } from '../state/row-store.js';
import type { SnapshotReader, SnapshotWriter } from '../state/snapshot.js';
import { DELETE, INSERT, UPDATE_AFTER, isRetraction, type Batch, type DataType } from '../types/index.js';
import { allRows } from './keyed-state.js';
import { Operator } from './operator.js';
import { OutputBuilder, passing } from './output-builder.js';

export interface SinkUpsertMaterializerSpec {
  /** The sink's primary key. */
  readonly primaryKey: readonly number[];
  /** Upsert key of the input, null when it has none: rows are then told apart by their whole content. */
  readonly upsertKey: readonly number[] | null;
  /** Milliseconds; 0 = kept for ever. */
  readonly ttl: number;
  readonly inputTypes: readonly (readonly DataType[])[];
}

const HASH = 0;

/**
 * Puts changes right that reach a sink's primary key out of order, because the query's own key is another one.
 *
 * State: per primary key the rows that are there now, in order of arrival; the last one is what the sink shows. Emits +I for a key's first row,
 * +U for each row after it and for the row that shows again when the last one goes, -D with the last row; a row taken back that is not the last
 * changes nothing that shows. Maintains the invariant that the sink holds, for each key, the latest row not taken back.
 */
export class SinkUpsertMaterializer extends Operator {
  private readonly table: KeyTable;
  private readonly store: RowStore;
  private readonly chains = new RowChains(true);
  private readonly keyBatch = new KeyBatch();
  /** Columns by which rows of one primary key are told apart. */
  private readonly identity: readonly number[];
  private readonly builder: OutputBuilder;
  private hashes: Int32Array = new Int32Array(4096);
  private slots: Int32Array = new Int32Array(4096);
  private sweepAt = 0;
  private readonly emptied = new Set<number>();

  constructor(private readonly spec: SinkUpsertMaterializerSpec) {
    super(1);
    const types = spec.inputTypes[0];
    this.table = new KeyTable(spec.primaryKey.map((c) => types[c]));
    this.store = new RowStore(types, { counters: 2, times: spec.ttl > 0 });
    this.identity = spec.upsertKey ?? types.map((_, c) => c);
    this.builder = new OutputBuilder([types], [], () => this.output);
  }

  override processBatch(batch: Batch): void {
    const n = batch.length;
    if (this.slots.length < n) {
      this.slots = new Int32Array(n * 2);
      this.hashes = new Int32Array(n * 2);
    }
    hashColumns(
      this.identity.map((c) => batch.columns[c]),
      n,
      this.hashes,
    );
    this.keyBatch.prepare(batch.columns, this.spec.primaryKey, n);
    this.table.upsert(this.keyBatch, allRows(n), n, this.slots);
    this.builder.bind(0, this.store.columns, batch.columns);
    const now = this.spec.ttl > 0 ? this.context.processingTime() : 0;
    for (let i = 0; i < n; i++) {
      const slot = this.slots[i];
      if (this.spec.ttl > 0) this.forgetExpired(slot, now);
      if (batch.kinds !== null && isRetraction(batch.kinds[i])) this.takeBack(batch, i, slot, now);
      else this.add(batch, i, slot, now);
    }
    this.builder.flush();
    this.sweep(n * 2 + 64, now);
    this.store.reclaim();
    for (const slot of this.emptied) if (this.chains.first(slot) < 0) this.table.remove(slot);
    this.emptied.clear();
    this.context.metrics.stateBytes = this.store.bytes + this.chains.bytes + this.table.bytes();
    this.context.metrics.stateKeys = this.table.size;
  }

  private add(batch: Batch, i: number, slot: number, now: number): void {
    this.builder.add(this.chains.first(slot) < 0 ? INSERT : UPDATE_AFTER, passing(i));
    const known = this.spec.upsertKey === null ? -1 : this.find(batch, i, slot);
    const id = this.store.add(batch.columns, i);
    this.store.counters[HASH][id] = this.hashes[i];
    if (known >= 0) {
      this.chains.replace(slot, known, id);
      this.store.release(known);
    } else this.chains.append(slot, id);
    this.refresh(slot, now);
  }

  private takeBack(batch: Batch, i: number, slot: number, now: number): void {
    const known = this.find(batch, i, slot);
    if (known < 0) {
      this.emptied.add(slot);
      return;
    }
    const before = this.chains.before(known);
    const last = this.chains.next[known] < 0;
    this.chains.remove(slot, known);
    this.store.release(known);
    if (this.chains.first(slot) < 0) {
      this.builder.add(DELETE, passing(i));
      this.emptied.add(slot);
    } else if (last) this.builder.add(UPDATE_AFTER, before);
    this.refresh(slot, now);
  }

  /** The first row of the key that row i names. */
  private find(batch: Batch, i: number, slot: number): number {
    const { identity, chains, store } = this;
    for (let id = chains.first(slot); id >= 0; id = chains.next[id]) {
      if (store.counters[HASH][id] !== this.hashes[i]) continue;
      if (rowsEqual(batch.columns, identity, i, store.columns, identity, id)) return id;
    }
    return -1;
  }

  /** A key's rows live and expire together: a write refreshes them all. The time is kept with the first one. */
  private refresh(slot: number, now: number): void {
    const { times, counters } = this.store;
    if (times === null) return;
    const first = this.chains.first(slot);
    if (first < 0) return;
    times[first] = now;
    counters[1][first] = slot;
  }

  private forgetExpired(slot: number, now: number): void {
    const first = this.chains.first(slot);
    if (first < 0 || (this.store.times as Float64Array)[first] + this.spec.ttl > now) return;
    this.chains.forEach(slot, (id) => this.store.release(id));
    this.chains.clear(slot);
    this.emptied.add(slot);
  }

  private sweep(count: number, now: number): void {
    const { store } = this;
    if (store.times === null) return;
    const end = store.highWater;
    for (let k = Math.min(count, end); k > 0; k--) {
      if (this.sweepAt >= end) this.sweepAt = 0;
      const id = this.sweepAt++;
      const slot = store.counters[1][id];
      if (store.times[id] + this.spec.ttl <= now && this.chains.first(slot) === id) this.forgetExpired(slot, now);
    }
  }

  override snapshot(writer: SnapshotWriter): void {
    const ids = new Int32Array(this.store.live);
    const times = new Float64Array(this.store.live);
    let n = 0;
    for (const slot of this.table.liveSlots()) {
      const first = this.chains.first(slot);
      this.chains.forEach(slot, (id) => {
        times[n] = this.store.times?.[first] ?? 0;
        ids[n++] = id;
      });
    }
    writeRows(writer, 'rows', this.spec.inputTypes[0], this.store.columns, ids, n);
    writer.array('times', times);
  }

  override restore(readers: readonly SnapshotReader[]): void {
    for (const reader of readers) {
      const batch = readRows(reader, 'rows', this.spec.inputTypes[0]);
      const times = reader.array<Float64Array>('times');
      const rows = new Int32Array(batch.length);
      const count = ownRowNumbers(batch, this.spec.primaryKey, this.context, rows);
      const slots = new Int32Array(batch.length);
      const hashes = new Int32Array(batch.length);
      hashColumns(
        this.identity.map((c) => batch.columns[c]),
        batch.length,
        hashes,
      );
      this.keyBatch.prepare(batch.columns, this.spec.primaryKey, batch.length);
      this.table.upsert(this.keyBatch, rows, count, slots);
      for (let k = 0; k < count; k++) {
        const row = rows[k];
        const id = this.store.add(batch.columns, row);
        this.store.counters[HASH][id] = hashes[row];
        this.chains.append(slots[row], id);
        this.refresh(slots[row], times[row]);
      }
    }
  }
}
