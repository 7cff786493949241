import { KeyBatch, KeyTable } from '../state/key-table.js';
import { ownRowNumbers, readRows, writeRows } from '../state/row-snapshot.js';
import { RowStore } from '../state/row-store.js';
import type { SnapshotReader, SnapshotWriter } from '../state/snapshot.js';
import { INSERT, isRetraction, type Batch } from '../types/index.js';
import { joinCondition, rowsWithKey, type Matches } from './join-spec.js';
import { Operator } from './operator.js';
import { NULLS, OutputBuilder, passing } from './output-builder.js';
import type { TemporalJoinSpec } from './temporal-join.js';

/** Marks a slot that the key table may give to another key. */
const GIVEN_UP = -2;

/**
 * Joins each left row with what the right table holds for its key when the row comes (processing time).
 *
 * State: the latest right row per key; a deletion removes it. Left rows are not kept, and keep their kind.
 */
export class ProcessingTimeTemporalJoin extends Operator {
  private readonly right: RowStore;
  private readonly table: KeyTable;
  /** Right row per slot, -1 = none. */
  private current: Int32Array = new Int32Array(16).fill(-1);
  private readonly keyBatch = new KeyBatch();
  private readonly matches: Matches | null;
  private readonly builder: OutputBuilder;
  private rows: Int32Array = new Int32Array(4096);
  private slots: Int32Array = new Int32Array(4096);

  constructor(private readonly spec: TemporalJoinSpec) {
    super(2);
    this.right = new RowStore(spec.inputTypes[1]);
    this.table = new KeyTable(spec.join.leftKeys.map((c) => spec.inputTypes[0][c]));
    this.matches = joinCondition(spec.join, spec.inputTypes, spec.env);
    this.builder = new OutputBuilder(spec.inputTypes, [], () => this.output);
  }

  override processBatch(batch: Batch, input: number): void {
    const n = batch.length;
    if (this.rows.length < n) {
      this.rows = new Int32Array(n * 2);
      this.slots = new Int32Array(n * 2);
    }
    const { leftKeys, rightKeys, nullSafe } = this.spec.join;
    const keys = input === 0 ? leftKeys : rightKeys;
    const count = rowsWithKey(batch.columns, keys, nullSafe, n, this.rows);
    this.keyBatch.prepare(batch.columns, keys, n);
    if (input === 0) {
      this.slots.fill(-1, 0, n);
      this.table.find(this.keyBatch, this.rows, count, this.slots);
      this.joinLeft(batch);
    } else {
      this.table.upsert(this.keyBatch, this.rows, count, this.slots);
      for (let k = 0; k < count; k++) this.change(batch, this.rows[k]);
      this.right.reclaim();
      for (let k = 0; k < count; k++) this.forgetDeleted(this.slots[this.rows[k]]);
    }
    this.context.metrics.stateBytes = this.right.bytes + this.table.bytes() + this.current.byteLength;
    this.context.metrics.stateKeys = this.table.size;
  }

  private change(batch: Batch, i: number): void {
    const slot = this.slots[i];
    if (slot >= this.current.length) {
      const larger = new Int32Array(Math.max(slot + 1, this.current.length * 2)).fill(-1);
      larger.set(this.current);
      this.current = larger;
    }
    const known = this.current[slot];
    if (known >= 0) this.right.release(known);
    this.current[slot] = batch.kinds !== null && isRetraction(batch.kinds[i]) ? -1 : this.right.add(batch.columns, i);
  }

  /** A key without a row is given up at the batch's end: until then its slot is in use. */
  private forgetDeleted(slot: number): void {
    if (this.current[slot] !== -1) return;
    this.current[slot] = GIVEN_UP;
    this.table.remove(slot);
  }

  private joinLeft(batch: Batch): void {
    this.builder.bind(0, null, batch.columns);
    this.builder.bind(1, this.right.columns, null);
    for (let i = 0; i < batch.length; i++) {
      const kind = batch.kinds === null ? INSERT : batch.kinds[i];
      const slot = this.slots[i];
      const id = slot < 0 ? -1 : this.current[slot];
      if (id >= 0 && (this.matches === null || this.matches(batch.columns, i, this.right.columns, id)))
        this.builder.addPair(kind, passing(i), id);
      else if (this.spec.join.type === 'left') this.builder.addPair(kind, passing(i), NULLS);
    }
    this.builder.flush();
  }

  override snapshot(writer: SnapshotWriter): void {
    const ids = this.table
      .liveSlots()
      .map((slot) => this.current[slot])
      .filter((id) => id >= 0);
    writeRows(writer, 'right', this.spec.inputTypes[1], this.right.columns, ids, ids.length);
  }

  override restore(readers: readonly SnapshotReader[]): void {
    for (const reader of readers) {
      const batch = readRows(reader, 'right', this.spec.inputTypes[1]);
      const rows = new Int32Array(batch.length);
      const count = ownRowNumbers(batch, this.spec.join.rightKeys, this.context, rows);
      if (this.slots.length < batch.length) this.slots = new Int32Array(batch.length);
      this.keyBatch.prepare(batch.columns, this.spec.join.rightKeys, batch.length);
      this.table.upsert(this.keyBatch, rows, count, this.slots);
      for (let k = 0; k < count; k++) this.change(batch, rows[k]);
    }
  }
}
