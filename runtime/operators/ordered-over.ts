import { DELETE, UPDATE_AFTER, UPDATE_BEFORE, type Batch, type Column } from '../types/index.js';
import { cellsEqual, rowsEqual } from '../state/column-equality.js';
import { gather, resetColumn, stringTarget } from '../state/gather.js';
import { OrderedRows } from '../state/ordered-rows.js';
import { RowStore } from '../state/row-store.js';
import type { SnapshotReader, SnapshotWriter } from '../state/snapshot.js';
import { rowOrder, type RowOrder } from '../state/value-order.js';
import { BOOLEAN, createColumn, physicalType } from '../types/index.js';
import { AggregatePlan, AggregateState } from './aggregate-state.js';
import { allRows } from './keyed-state.js';
import { Operator, type OperatorContext } from './operator.js';
import { OutputBuilder } from './output-builder.js';
import type { OverAggregateSpec } from './over-aggregate.js';
import { Partitions } from './partitions.js';
import { ResultBuffer } from './result-buffer.js';

/**
 * OVER windows along any order, from the first row to the current one, over rows that may come anywhere and be taken back.
 *
 * Algorithm: a partition's rows are kept in order, each with the results last sent. A row that comes or goes changes those behind it (and, in
 * a RANGE, its peers): the partition is aggregated anew from its first row, and rows whose accumulators differ are updated (where
 * the results do not tell, all rows behind the change are, as in Flink).
 *
 * State: rows and results by row; ids in order by partition.
 *
 * Correctness: of rows with equal sort keys the earlier one is first. The row's own change is sent in its place among its peers: peers
 * before it, itself, the rows behind it. An unknown row taken back is ignored.
 */
export class OrderedOver extends Operator {
  private readonly store: RowStore;
  /** Results last sent, by row id of `store`. */
  private readonly sent: RowStore;
  private sentIds: Int32Array = new Int32Array(16);
  private readonly partitions: Partitions;
  private readonly lists: OrderedRows[] = [];
  private readonly state: AggregateState;
  private readonly results: ResultBuffer;
  private readonly builder: OutputBuilder;
  private readonly order: RowOrder;
  private readonly columns: readonly number[];
  private readonly range: boolean;
  private readonly used: readonly number[];
  private readonly rowColumns: Column[] = [];
  private room = 0;
  /** Whether results tell all there is to know of the accumulators: AVG may stay while its sum and count change. */
  private readonly telling: boolean;

  constructor(private readonly spec: OverAggregateSpec) {
    super(1);
    const types = spec.inputTypes[0];
    this.columns = types.map((_, c) => c);
    this.range = spec.frame.unit === 'range';
    this.order = rowOrder(spec.sort, types);
    this.store = new RowStore(types);
    const resultTypes = spec.aggregates.map((a) => a.type);
    this.sent = new RowStore(resultTypes);
    this.state = new AggregateState(new AggregatePlan(spec.aggregates, false, true));
    this.results = new ResultBuffer(resultTypes);
    this.builder = new OutputBuilder([types, resultTypes], [], () => this.output);
    this.telling = spec.aggregates.every((a) => TELLING.has(a.fn) && !a.distinct);
    this.used = [...new Set(spec.aggregates.flatMap((a) => (a.filter === null ? a.args : [...a.args, a.filter])))];
    this.partitions = new Partitions(
      types,
      spec.partitionKeys,
      spec.ttl,
      (slot) => (this.lists[slot] = new OrderedRows()),
      (slot) => {
        for (const id of this.lists[slot].ids()) this.drop(id);
        this.lists[slot] = new OrderedRows();
      },
    );
  }

  override open(context: OperatorContext): void {
    super.open(context);
    this.state.ensure(16);
  }

  override processBatch(batch: Batch): void {
    const slots = this.partitions.resolve(batch, this.context);
    this.builder.bind(0, this.store.columns, null);
    this.builder.bind(1, this.sent.columns, null);
    for (let i = 0; i < batch.length; i++) {
      const kind = batch.kinds === null ? 0 : batch.kinds[i];
      const list = this.lists[slots[i]];
      if ((kind & 1) === 0) this.insert(list, batch, i, kind);
      else this.remove(list, batch, i);
    }
    this.builder.flush();
    this.store.reclaim();
    this.sent.reclaim();
    for (let i = 0; i < batch.length; i++) {
      const slot = slots[i];
      if (this.lists[slot] === EMPTY || this.lists[slot].size > 0) continue;
      this.lists[slot] = EMPTY;
      this.partitions.table.remove(slot);
    }
    const { metrics } = this.context;
    metrics.stateKeys = this.partitions.table.size;
    metrics.stateBytes = this.store.bytes + this.sent.bytes + this.partitions.bytes() + this.store.live * 8;
  }

  private insert(list: OrderedRows, batch: Batch, i: number, kind: number): void {
    const { store } = this;
    const rank = list.rankWhere((id) => this.order(store.columns, id, batch.columns, i) <= 0);
    const id = store.add(batch.columns, i);
    if (id >= this.sentIds.length) {
      const larger = new Int32Array(Math.max(id + 1, this.sentIds.length * 2));
      larger.set(this.sentIds);
      this.sentIds = larger;
    }
    this.sentIds[id] = -1;
    list.insert(rank, id);
    this.refresh(list, id, kind);
  }

  private remove(list: OrderedRows, batch: Batch, i: number): void {
    const { store, columns } = this;
    const first = list.rankWhere((id) => this.order(store.columns, id, batch.columns, i) < 0);
    let rank = -1;
    list.forEachFrom(first, (id, r) => {
      if (this.order(store.columns, id, batch.columns, i) !== 0) return false;
      if (rowsEqual(store.columns, columns, id, batch.columns, columns, i)) {
        rank = r;
        // Among equal rows of a RANGE the last goes, of ROWS the first, as Flink has it.
        return this.range;
      }
      return true;
    });
    if (rank < 0) return;
    const id = list.remove(rank);
    const behind = list.at(rank);
    // In a RANGE, peers before the row change too and are sent first.
    this.refresh(list, -1, 0, behind, id);
    this.drop(id);
  }

  private drop(id: number): void {
    if (this.sentIds[id] >= 0) this.sent.release(this.sentIds[id]);
    this.store.release(id);
  }

  /** Aggregates a partition anew and sends what changed; `fresh` is a row not sent before, `gone` one that stood before `behind` (or last). */
  private refresh(list: OrderedRows, fresh: number, freshKind: number, behind = -1, gone = -1): void {
    const { store, sent, builder } = this;
    const ids = Int32Array.from(list.ids());
    const n = ids.length;
    if (n > this.room) this.grow(n * 2);
    for (const c of this.used) {
      resetColumn(this.rowColumns[c]);
      gather(store.columns[c], ids, n, this.rowColumns[c]);
    }
    this.state.reset(0);
    const outs = this.results.prepare(2 * n);
    this.state.trace(this.rowColumns, n, null, allRows(n), n, new Int32Array(n), outs);
    let end = n;
    const after = new Int32Array(n);
    for (let k = n - 1; k >= 0; k--) {
      const peer = this.range && k + 1 < n && this.order(store.columns, ids[k], store.columns, ids[k + 1]) === 0;
      if (!peer) end = k;
      after[k] = 2 * end + 1;
    }
    let pendingGone = gone;
    const from = fresh >= 0 ? ids.indexOf(fresh) : gone >= 0 && behind >= 0 ? ids.indexOf(behind) : n;
    const peerOf = (k: number): boolean =>
      this.range && this.order(store.columns, ids[k], store.columns, fresh >= 0 ? fresh : gone) === 0;
    for (let k = 0; k < n; k++) {
      const id = ids[k];
      if (pendingGone >= 0 && id === behind) {
        builder.addPair(DELETE, pendingGone, this.sentIds[pendingGone]);
        pendingGone = -1;
      }
      const old = this.sentIds[id];
      if (id === fresh) {
        this.sentIds[id] = sent.add(outs, after[k]);
        builder.addPair(freshKind, id, this.sentIds[id]);
      } else if (differs(sent.columns, old, outs, after[k]) || (!this.telling && (k >= from || peerOf(k)))) {
        this.sentIds[id] = sent.add(outs, after[k]);
        if (this.spec.updateBefore) builder.addPair(UPDATE_BEFORE, id, old);
        builder.addPair(UPDATE_AFTER, id, this.sentIds[id]);
        sent.release(old);
      }
    }
    if (pendingGone >= 0) builder.addPair(DELETE, pendingGone, this.sentIds[pendingGone]);
  }

  private grow(capacity: number): void {
    this.room = capacity;
    const types = this.spec.inputTypes[0];
    for (const c of this.used)
      this.rowColumns[c] =
        physicalType(types[c]) === 'str'
          ? stringTarget(capacity)
          : createColumn(types[c].root === 'NULL' ? BOOLEAN() : types[c], capacity);
  }

  override onProcessingTime(now: number): void {
    this.partitions.sweep(now, this.context);
    this.store.reclaim();
    this.sent.reclaim();
  }

  override snapshot(writer: SnapshotWriter): void {
    this.partitions.save(writer, 'rows', this.store, (slot) => this.lists[slot].ids());
  }

  /** What was sent follows from the rows: each partition is aggregated once, without sending. */
  override restore(readers: readonly SnapshotReader[]): void {
    for (const reader of readers)
      this.partitions.load(reader, 'rows', this.store, this.context, (slot, id) => {
        if (id >= this.sentIds.length) {
          const larger = new Int32Array(Math.max(id + 1, this.sentIds.length * 2));
          larger.set(this.sentIds);
          this.sentIds = larger;
        }
        this.sentIds[id] = -1;
        const list = this.lists[slot];
        list.insert(list.size + 1, id);
      });
    for (const slot of this.partitions.table.liveSlots()) this.recall(this.lists[slot]);
  }

  private recall(list: OrderedRows): void {
    const { store, sent } = this;
    const ids = Int32Array.from(list.ids());
    const n = ids.length;
    if (n > this.room) this.grow(n * 2);
    for (const c of this.used) {
      resetColumn(this.rowColumns[c]);
      gather(store.columns[c], ids, n, this.rowColumns[c]);
    }
    this.state.reset(0);
    const outs = this.results.prepare(2 * n);
    this.state.trace(this.rowColumns, n, null, allRows(n), n, new Int32Array(n), outs);
    let end = n;
    for (let k = n - 1; k >= 0; k--) {
      const peer = this.range && k + 1 < n && this.order(store.columns, ids[k], store.columns, ids[k + 1]) === 0;
      if (!peer) end = k;
      this.sentIds[ids[k]] = sent.add(outs, 2 * end + 1);
    }
  }
}

function differs(a: readonly Column[], i: number, b: readonly Column[], j: number): boolean {
  for (let c = 0; c < a.length; c++) if (!cellsEqual(a[c], i, b[c], j)) return true;
  return false;
}

const TELLING: ReadonlySet<string> = new Set([
  'COUNT',
  'SUM',
  '$SUM0',
  'MIN',
  'MAX',
  'FIRST_VALUE',
  'LAST_VALUE',
  'ROW_NUMBER',
]);

/** In place of the rows of a partition that was removed. */
const EMPTY = new OrderedRows();
