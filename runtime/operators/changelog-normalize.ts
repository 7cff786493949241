import {
  DELETE,
  INSERT,
  UPDATE_AFTER,
  UPDATE_BEFORE,
  type Batch,
  type DataType,
  type I32Column,
} from '../types/index.js';
import { compileKernel, type BoundExpr, type EvalEnvironment, type Kernel } from '../expressions/index.js';
import { rowsEqual } from '../state/column-equality.js';
import { RowStore } from '../state/row-store.js';
import { NO_ROW, SlotRows } from '../state/slot-rows.js';
import type { SnapshotReader, SnapshotWriter } from '../state/snapshot.js';
import { Operator } from './operator.js';
import { OutputBuilder } from './output-builder.js';
import { Partitions } from './partitions.js';

/** In place of the row of a key that was removed. */
const GONE = -2;

export interface ChangelogNormalizeSpec {
  readonly keys: readonly number[];
  readonly condition: BoundExpr | null;
  readonly ttl: number;
  readonly inputTypes: readonly (readonly DataType[])[];
  readonly outputTypes: readonly DataType[];
  readonly emission: 'row' | 'folded';
  readonly updateBefore: boolean;
  readonly env: EvalEnvironment;
}

/**
 * Turns upserts by key into a full changelog: an insertion when the key is new, an update with its old row when it is not, a deletion with
 * the full row even when the input names the key alone.
 *
 * State: the last row of each key that passed the condition.
 * Maintains the invariant that the stored row is the one downstream has. A row equal to it is not sent again, unless a TTL wants it
 * refreshed; one that fails the condition deletes what was there.
 */
export class ChangelogNormalize extends Operator {
  private readonly store: RowStore;
  private readonly builder: OutputBuilder;
  private readonly partitions: Partitions;
  private readonly columns: readonly number[];
  private readonly condition: Kernel | null;
  private readonly rows: SlotRows;
  private readonly before = new Map<number, number>();

  constructor(private readonly spec: ChangelogNormalizeSpec) {
    super(1);
    const types = spec.inputTypes[0];
    this.columns = types.map((_, c) => c);
    this.store = new RowStore(types);
    this.builder = new OutputBuilder([types], [], () => this.output);
    this.condition =
      spec.condition === null
        ? null
        : compileKernel({ inputTypes: types, condition: null, projections: [spec.condition] }, spec.env);
    this.rows = new SlotRows(this.store);
    this.partitions = new Partitions(types, spec.keys, spec.ttl, this.rows.enter, this.rows.drop);
  }

  override processBatch(batch: Batch): void {
    const { store, spec } = this;
    const slots = this.partitions.resolve(batch, this.context);
    const passes = this.condition === null ? null : (this.condition.run(batch).columns[0] as I32Column);
    const folded = spec.emission === 'folded';
    this.builder.bind(0, store.columns, null);
    for (let i = 0; i < batch.length; i++) {
      const slot = slots[i];
      const old = this.rows.get(slot);
      let id = -1;
      if (batch.kinds === null || (batch.kinds[i] & 1) === 0) {
        if (old >= 0 && spec.ttl === 0 && rowsEqual(batch.columns, this.columns, i, store.columns, this.columns, old))
          continue;
        const passed = passes === null || (passes.values[i] !== 0 && (passes.nulls === null || passes.nulls[i] === 0));
        if (passed) id = store.add(batch.columns, i);
      }
      if (old < 0 && id < 0) continue;
      this.rows.set(slot, id);
      if (old >= 0) store.release(old);
      if (!folded) this.change(old, id);
      else if (!this.before.has(slot)) this.before.set(slot, old);
    }
    if (folded) {
      for (const [slot, old] of this.before) {
        const id = this.rows.get(slot);
        const same =
          old >= 0 && id >= 0 && rowsEqual(store.columns, this.columns, old, store.columns, this.columns, id);
        if (!same) this.change(old, id);
      }
      this.before.clear();
    }
    this.builder.flush();
    store.reclaim();
    this.dropEmpty(slots, batch.length);
    const { metrics } = this.context;
    metrics.stateKeys = this.partitions.table.size;
    metrics.stateBytes = store.bytes + this.partitions.bytes() + this.rows.bytes;
  }

  private change(old: number, id: number): void {
    if (old < 0) {
      if (id >= 0) this.builder.add(INSERT, id);
    } else if (id < 0) this.builder.add(DELETE, old);
    else {
      if (this.spec.updateBefore) this.builder.add(UPDATE_BEFORE, old);
      this.builder.add(UPDATE_AFTER, id);
    }
  }

  private dropEmpty(slots: Int32Array, n: number): void {
    for (let i = 0; i < n; i++) {
      const slot = slots[i];
      if (this.rows.get(slot) !== NO_ROW) continue;
      // Marked, since several rows of a batch may share the key.
      this.rows.set(slot, GONE);
      this.partitions.table.remove(slot);
    }
  }

  override onProcessingTime(now: number): void {
    this.partitions.sweep(now, this.context);
    this.store.reclaim();
  }

  override snapshot(writer: SnapshotWriter): void {
    this.partitions.save(writer, 'rows', this.store, this.rows.list);
  }

  override restore(readers: readonly SnapshotReader[]): void {
    for (const reader of readers)
      this.partitions.load(reader, 'rows', this.store, this.context, (slot, id) => this.rows.set(slot, id));
  }
}
