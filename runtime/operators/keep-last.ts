import { INSERT, UPDATE_AFTER, UPDATE_BEFORE, type Batch, type TsColumn } from '../types/index.js';
import { rowsEqual } from '../state/column-equality.js';
import { RowStore } from '../state/row-store.js';
import { SlotRows } from '../state/slot-rows.js';
import type { SnapshotReader, SnapshotWriter } from '../state/snapshot.js';
import type { DeduplicateSpec } from './deduplicate.js';
import { Operator } from './operator.js';
import { OutputBuilder } from './output-builder.js';
import { Partitions } from './partitions.js';

/**
 * Last row per key, by rowtime or in order of arrival.
 *
 * State: the last row of each key.
 * Maintains the invariant that the stored row is the one last sent. By rowtime a row takes over when its time is not before the stored one's
 * (rows are not dropped for being late); by processing time always, and one equal to the stored row is not sent again, unless a TTL
 * wants it refreshed.
 */
export class KeepLast extends Operator {
  private readonly store: RowStore;
  private readonly builder: OutputBuilder;
  private readonly partitions: Partitions;
  private readonly columns: readonly number[];
  private readonly rows: SlotRows;
  private readonly before = new Map<number, number>();

  constructor(private readonly spec: DeduplicateSpec) {
    super(1);
    const types = spec.inputTypes[0];
    this.columns = types.map((_, c) => c);
    this.store = new RowStore(types);
    this.builder = new OutputBuilder([types], [], () => this.output);
    this.rows = new SlotRows(this.store);
    this.partitions = new Partitions(types, spec.keys, spec.ttl, this.rows.enter, this.rows.drop);
  }

  override processBatch(batch: Batch): void {
    const { store, spec } = this;
    const slots = this.partitions.resolve(batch, this.context);
    const folded = spec.emission === 'folded';
    this.builder.bind(0, store.columns, null);
    const times = spec.rowtime ? (batch.columns[spec.time as number] as TsColumn).millis : null;
    for (let i = 0; i < batch.length; i++) {
      const slot = slots[i];
      const old = this.rows.get(slot);
      if (old >= 0) {
        if (times !== null) {
          if (times[i] < (store.columns[spec.time as number] as TsColumn).millis[old]) continue;
        } else if (spec.ttl === 0 && rowsEqual(batch.columns, this.columns, i, store.columns, this.columns, old))
          continue;
      }
      const id = store.add(batch.columns, i);
      this.rows.set(slot, id);
      if (old >= 0) store.release(old);
      if (!folded) this.change(old, id);
      else if (!this.before.has(slot)) this.before.set(slot, old);
    }
    if (folded) {
      for (const [slot, old] of this.before) this.change(old, this.rows.get(slot));
      this.before.clear();
    }
    this.builder.flush();
    store.reclaim();
    const { metrics } = this.context;
    metrics.stateKeys = this.partitions.table.size;
    metrics.stateBytes = store.bytes + this.partitions.bytes() + this.rows.bytes;
  }

  private change(old: number, id: number): void {
    if (old < 0) this.builder.add(INSERT, id);
    else {
      if (this.spec.updateBefore) this.builder.add(UPDATE_BEFORE, old);
      this.builder.add(UPDATE_AFTER, id);
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
