import { INSERT, UPDATE_AFTER, UPDATE_BEFORE, type Batch } from '../types/index.js';
import { RowStore } from '../state/row-store.js';
import { SlotRows } from '../state/slot-rows.js';
import type { SnapshotReader, SnapshotWriter } from '../state/snapshot.js';
import { rowOrder, type RowOrder } from '../state/value-order.js';
import { Operator } from './operator.js';
import { OutputBuilder } from './output-builder.js';
import { Partitions } from './partitions.js';
import type { RankSpec } from './rank.js';

/**
 * Top-1 of rows that only come or improve: the first row of each partition in sort order.
 *
 * State: one stored row per partition.
 * Maintains the invariant that a partition's row is the first in order of all seen, the earliest of equal ones: a row takes over only when it sorts
 * strictly before. A change is an update of the partition's result (-U +U), also without a rank column.
 */
export class TopOne extends Operator {
  private readonly store: RowStore;
  private readonly builder: OutputBuilder;
  private readonly order: RowOrder;
  private readonly partitions: Partitions;
  private readonly tops: SlotRows;
  /** Folded: the top before this batch, of partitions touched by it. */
  private readonly before = new Map<number, number>();

  constructor(private readonly spec: RankSpec) {
    super(1);
    const types = spec.inputTypes[0];
    this.order = rowOrder(spec.sort, types);
    this.store = new RowStore(types);
    this.builder = new OutputBuilder([types], spec.outputRank ? spec.outputTypes.slice(-1) : [], () => this.output);
    this.tops = new SlotRows(this.store);
    this.partitions = new Partitions(types, spec.partitionKeys, spec.ttl, this.tops.enter, this.tops.drop);
  }

  override processBatch(batch: Batch): void {
    const { store, spec, builder } = this;
    const slots = this.partitions.resolve(batch, this.context);
    const folded = spec.emission === 'folded';
    builder.bind(0, store.columns, null);
    for (let i = 0; i < batch.length; i++) {
      // An update's old row says nothing new: the new one follows, and sorts no later.
      if (batch.kinds !== null && (batch.kinds[i] & 1) !== 0) continue;
      const slot = slots[i];
      const top = this.tops.get(slot);
      if (top >= 0 && this.order(batch.columns, i, store.columns, top) >= 0) continue;
      const id = store.add(batch.columns, i);
      this.tops.set(slot, id);
      if (top >= 0) store.release(top);
      if (folded) {
        if (!this.before.has(slot)) this.before.set(slot, top);
      } else this.change(top, id);
    }
    if (folded) {
      for (const [slot, top] of this.before) this.change(top, this.tops.get(slot));
      this.before.clear();
    }
    builder.flush();
    store.reclaim();
    const { metrics } = this.context;
    metrics.stateKeys = this.partitions.table.size;
    metrics.stateBytes = store.bytes + this.partitions.bytes() + this.tops.bytes;
  }

  private change(old: number, id: number): void {
    if (old < 0) this.add(INSERT, id);
    else {
      if (this.spec.updateBefore) this.add(UPDATE_BEFORE, old);
      this.add(UPDATE_AFTER, id);
    }
  }

  private add(kind: number, id: number): void {
    this.builder.add(kind, id);
    if (this.spec.outputRank) this.builder.compute(0, 1);
  }

  override onProcessingTime(now: number): void {
    this.partitions.sweep(now, this.context);
    this.store.reclaim();
  }

  override snapshot(writer: SnapshotWriter): void {
    this.partitions.save(writer, 'rows', this.store, this.tops.list);
  }

  override restore(readers: readonly SnapshotReader[]): void {
    for (const reader of readers)
      this.partitions.load(reader, 'rows', this.store, this.context, (slot, id) => this.tops.set(slot, id));
  }
}
