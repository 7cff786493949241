import { INSERT, INT, I32Column, type Batch } from '../types/index.js';
import { RowIndex } from '../state/row-index.js';
import { readRows, writeRows } from '../state/row-snapshot.js';
import { RowStore } from '../state/row-store.js';
import type { SnapshotReader, SnapshotWriter } from '../state/snapshot.js';
import { rowOrder, type RowOrder } from '../state/value-order.js';
import { Operator } from './operator.js';
import { OutputBuilder } from './output-builder.js';
import type { SortSpec } from './sort.js';

/**
 * Sorts a bounded input at its end.
 *
 * State: the rows that are there, each distinct row once with its count (first counter) and the number of its arrival (second).
 * Maintains the invariant that a row's count is what was added less what was taken back; rows with equal sort keys come out as they arrived.
 */
export class FullSort extends Operator {
  private readonly store: RowStore;
  private readonly index: RowIndex;
  private readonly builder: OutputBuilder;
  private readonly order: RowOrder;
  private hashes: Int32Array = new Int32Array(0);
  private arrivals = 0;

  constructor(spec: SortSpec) {
    super(1);
    const types = spec.inputTypes[0];
    this.order = rowOrder(spec.sort, types);
    this.store = new RowStore(types, { counters: 2 });
    this.index = new RowIndex(
      this.store,
      types.map((_, c) => c),
    );
    this.builder = new OutputBuilder([types], [], () => this.output);
  }

  override processBatch(batch: Batch): void {
    for (let i = 0; i < batch.length; i++)
      this.add(batch, i, batch.kinds !== null && (batch.kinds[i] & 1) !== 0 ? -1 : 1, i === 0);
    this.store.reclaim();
    this.context.metrics.stateBytes = this.store.bytes + this.index.bytes;
    this.context.metrics.stateKeys = this.store.live;
  }

  private add(batch: Batch, i: number, by: number, first: boolean): void {
    const { store, index } = this;
    if (first) {
      if (this.hashes.length < batch.length) this.hashes = new Int32Array(batch.length);
      index.hash(batch.columns, batch.length, this.hashes);
    }
    let id = index.find(batch.columns, i, this.hashes[i]);
    if (id < 0) {
      id = store.add(batch.columns, i);
      store.counters[1][id] = this.arrivals++;
      index.insert(id, this.hashes[i]);
    }
    store.counters[0][id] += by;
    if (store.counters[0][id] === 0) {
      index.remove(id);
      store.release(id);
    }
  }

  private ids(): number[] {
    const { store } = this;
    const ids: number[] = [];
    for (let id = 0; id < store.highWater; id++) if (store.counters[0][id] !== 0) ids.push(id);
    return ids;
  }

  override finish(): void {
    const { store, builder } = this;
    const arrivals = store.counters[1];
    const ids = this.ids().sort((a, b) => this.order(store.columns, a, store.columns, b) || arrivals[a] - arrivals[b]);
    builder.bind(0, store.columns, null);
    for (const id of ids) for (let k = store.counters[0][id]; k > 0; k--) builder.add(INSERT, id);
    builder.flush();
  }

  override snapshot(writer: SnapshotWriter): void {
    const { store } = this;
    const ids = Int32Array.from(this.ids().sort((a, b) => store.counters[1][a] - store.counters[1][b]));
    writeRows(writer, 'rows', store.types, store.columns, ids, ids.length);
    writeRows(writer, 'counts', [INT()], [new I32Column(store.counters[0])], ids, ids.length);
  }

  override restore(readers: readonly SnapshotReader[]): void {
    // A sort has one subtask.
    for (const reader of readers) {
      const rows = readRows(reader, 'rows', this.store.types);
      const counts = (readRows(reader, 'counts', [INT()]).columns[0] as I32Column).values;
      for (let i = 0; i < rows.length; i++) this.add(rows, i, counts[i], i === 0);
    }
  }
}
