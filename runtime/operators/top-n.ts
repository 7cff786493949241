import { DELETE, INSERT, UPDATE_AFTER, UPDATE_BEFORE, type Batch } from '../types/index.js';
import { rowsEqual } from '../state/column-equality.js';
import { OrderedRows } from '../state/ordered-rows.js';
import { RowIndex } from '../state/row-index.js';
import { RowStore } from '../state/row-store.js';
import type { SnapshotReader, SnapshotWriter } from '../state/snapshot.js';
import { rowOrder, type RowOrder } from '../state/value-order.js';
import { Operator } from './operator.js';
import { OutputBuilder } from './output-builder.js';
import { Partitions } from './partitions.js';
import type { RankSpec } from './rank.js';

/**
 * Top-N: the rows of each partition whose row number lies in [start, end].
 *
 * Algorithm: a partition's rows are kept in sort order. A change at rank p moves every row behind it by one, as far as the range goes. With
 * a rank column, or an offset, each moved rank is an update (-U of the row that had it, +U of the one that has it now), and the end of the list
 * an insertion or deletion. Without, only the row that enters and the one that leaves are sent, the leaving one first.
 *
 * State: stored rows; per partition their ids in order. append and update keep no more than `end` rows; retract keeps all, since any may move up.
 * update also indexes the rows by their key.
 *
 * Correctness: of rows with equal sort keys the earlier one ranks first. A row taken back is matched by its content, the earliest of
 * equal ones; an unknown one is ignored. In folded emission nothing is sent per row; the range before and after the batch are compared.
 */
export class TopN extends Operator {
  private readonly store: RowStore;
  private readonly index: RowIndex | null;
  private readonly builder: OutputBuilder;
  private readonly order: RowOrder;
  private readonly partitions: Partitions;
  private readonly lists: OrderedRows[] = [];
  private readonly ranked: boolean;
  private readonly columns: readonly number[];
  private hashes: Int32Array = new Int32Array(0);
  private readonly before = new Map<number, readonly number[]>();
  private quiet = false;
  /** Folded: rows of the batch by slot. */
  private touches: Int32Array = new Int32Array(0);

  constructor(private readonly spec: RankSpec) {
    super(1);
    const types = spec.inputTypes[0];
    this.columns = types.map((_, c) => c);
    this.order = rowOrder(spec.sort, types);
    this.store = new RowStore(types);
    this.index =
      spec.strategy === 'update'
        ? new RowIndex(this.store, [...new Set([...spec.partitionKeys, ...(spec.inputKey ?? [])])])
        : null;
    this.ranked = spec.outputRank || spec.start > 1;
    this.builder = new OutputBuilder([types], spec.outputRank ? spec.outputTypes.slice(-1) : [], () => this.output);
    this.partitions = new Partitions(
      types,
      spec.partitionKeys,
      spec.ttl,
      (slot) => (this.lists[slot] = new OrderedRows()),
      (slot) => {
        for (const id of this.lists[slot].ids()) this.release(id);
        this.lists[slot] = new OrderedRows();
      },
    );
  }

  override processBatch(batch: Batch): void {
    const { spec, store, lists } = this;
    const n = batch.length;
    const slots = this.partitions.resolve(batch, this.context);
    if (this.index !== null) {
      if (this.hashes.length < n) this.hashes = new Int32Array(n);
      this.index.hash(batch.columns, n, this.hashes);
    }
    const folded = spec.emission === 'folded';
    if (folded) this.countTouches(slots, n);
    this.builder.bind(0, store.columns, null);
    for (let i = 0; i < n; i++) {
      const slot = slots[i];
      const list = lists[slot];
      if (folded) {
        // One row changes a partition by what it sends anyway.
        this.quiet = this.touches[slot] > 1;
        if (this.quiet && !this.before.has(slot)) this.before.set(slot, this.range(list));
      }
      const retract = batch.kinds !== null && (batch.kinds[i] & 1) !== 0;
      if (spec.strategy === 'retract') {
        if (retract) this.takeBack(list, batch, i);
        else this.enter(list, batch, i);
      } else if (!retract) {
        if (this.index !== null) this.upsert(this.index, list, batch, i);
        else this.enter(list, batch, i);
      }
    }
    if (folded) {
      this.quiet = false;
      for (const [slot, before] of this.before) this.compare(before, this.range(lists[slot]));
      this.before.clear();
    }
    this.builder.flush();
    store.reclaim();
    if (spec.strategy === 'retract') this.dropEmpty(slots, n);
    const { metrics } = this.context;
    metrics.stateKeys = this.partitions.table.size;
    metrics.stateBytes = store.bytes + this.partitions.bytes() + store.live * 8 + (this.index?.bytes ?? 0);
  }

  private countTouches(slots: Int32Array, n: number): void {
    if (this.touches.length < this.partitions.table.capacity)
      this.touches = new Int32Array(this.partitions.table.capacity);
    for (let i = 0; i < n; i++) this.touches[slots[i]] = 0;
    for (let i = 0; i < n; i++) this.touches[slots[i]]++;
  }

  /** Ids at ranks 1 to end. */
  private range(list: OrderedRows): number[] {
    const ids: number[] = [];
    list.forEachFrom(1, (id, rank) => rank <= this.spec.end && ids.push(id) > 0);
    return ids;
  }

  private dropEmpty(slots: Int32Array, n: number): void {
    for (let i = 0; i < n; i++) {
      const slot = slots[i];
      if (this.lists[slot] !== EMPTY && this.lists[slot].size === 0) {
        this.lists[slot] = EMPTY;
        this.partitions.table.remove(slot);
      }
    }
  }

  private rankOf(list: OrderedRows, batch: Batch, i: number): number {
    const { store } = this;
    return list.rankWhere((id) => this.order(store.columns, id, batch.columns, i) <= 0);
  }

  /** A row comes in. */
  private enter(list: OrderedRows, batch: Batch, i: number): void {
    const { spec, store } = this;
    const { end } = spec;
    const bounded = spec.strategy !== 'retract';
    if (bounded && list.size >= end) {
      // The usual case of a full list: the row sorts behind its last.
      if (this.order(store.columns, list.last(), batch.columns, i) <= 0) return;
    }
    const rank = this.rankOf(list, batch, i);
    const id = store.add(batch.columns, i);
    list.insert(rank, id);
    if (this.index !== null) this.index.insert(id, this.hashes[i]);
    if (rank <= end) {
      if (this.ranked) this.shiftBack(list, rank);
      else {
        const leaving = list.at(end + 1);
        // A row that drops out for one just like it changes nothing (Flink compares them, where it keeps no more than it needs).
        const same = leaving >= 0 && bounded && this.index === null && this.equal(leaving, id);
        if (!same) {
          if (leaving >= 0) this.send(DELETE, leaving, end);
          this.send(INSERT, id, rank);
        }
      }
    }
    if (bounded) while (list.size > end) this.release(list.remove(list.size));
  }

  private equal(a: number, b: number): boolean {
    return rowsEqual(this.store.columns, this.columns, a, this.store.columns, this.columns, b);
  }

  /** The row at `rank` is new: every later rank is now held by the row before it. */
  private shiftBack(list: OrderedRows, rank: number): void {
    const { end } = this.spec;
    let previous = -1;
    list.forEachFrom(rank, (id, r) => {
      if (r > rank) {
        this.send(UPDATE_BEFORE, id, r - 1);
        this.send(UPDATE_AFTER, previous, r - 1);
      }
      previous = id;
      if (r > end) previous = -1;
      return r <= end;
    });
    if (previous >= 0) this.send(INSERT, previous, list.size);
  }

  /** A row is taken back. */
  private takeBack(list: OrderedRows, batch: Batch, i: number): void {
    const { spec, store } = this;
    const rank = this.find(list, batch, i);
    if (rank < 0) return;
    const id = list.remove(rank);
    const { end } = spec;
    if (rank <= end) {
      if (this.ranked) {
        let gone = id;
        let last = rank - 1;
        list.forEachFrom(rank, (next, r) => {
          if (r > end) return false;
          this.send(UPDATE_BEFORE, gone, r);
          this.send(UPDATE_AFTER, next, r);
          gone = next;
          last = r;
          return true;
        });
        if (last < end) this.send(DELETE, gone, last + 1);
      } else {
        this.send(DELETE, id, rank);
        const entering = list.at(end);
        if (entering >= 0) this.send(INSERT, entering, end);
      }
    }
    store.release(id);
  }

  /** Rank of the first row with the content of row i, or -1. */
  private find(list: OrderedRows, batch: Batch, i: number): number {
    const { store, columns } = this;
    const first = list.rankWhere((id) => this.order(store.columns, id, batch.columns, i) < 0);
    let found = -1;
    list.forEachFrom(first, (id, rank) => {
      if (this.order(store.columns, id, batch.columns, i) !== 0) return false;
      if (!rowsEqual(store.columns, columns, id, batch.columns, columns, i)) return true;
      found = rank;
      return false;
    });
    return found;
  }

  /** A row comes in, or replaces the one with its key. */
  private upsert(index: RowIndex, list: OrderedRows, batch: Batch, i: number): void {
    const { store } = this;
    const old = index.find(batch.columns, i, this.hashes[i]);
    if (old < 0) {
      this.enter(list, batch, i);
      return;
    }
    const order = this.order(batch.columns, i, store.columns, old);
    const oldRank = this.rankOfStored(list, old);
    index.remove(old);
    const id = store.add(batch.columns, i);
    index.insert(id, this.hashes[i]);
    if (order === 0) {
      list.replace(oldRank, id);
      this.send(UPDATE_BEFORE, old, oldRank);
      this.send(UPDATE_AFTER, id, oldRank);
    } else {
      list.remove(oldRank);
      const rank = this.rankOf(list, batch, i);
      list.insert(rank, id);
      if (this.ranked) this.move(list, id, rank, old, oldRank);
      else {
        this.send(UPDATE_BEFORE, old, oldRank);
        this.send(UPDATE_AFTER, id, rank);
      }
    }
    store.release(old);
  }

  private rankOfStored(list: OrderedRows, id: number): number {
    const { store } = this;
    const first = list.rankWhere((other) => this.order(store.columns, other, store.columns, id) < 0);
    let found = -1;
    list.forEachFrom(first, (other, rank) => {
      if (other === id) found = rank;
      return found < 0;
    });
    return found;
  }

  /** Row `id` stands at `rank` now, in place of `old` at `oldRank`: the ranks between are shifted, no others. */
  private move(list: OrderedRows, id: number, rank: number, old: number, oldRank: number): void {
    if (rank > oldRank) {
      // Worse than before: the planner does not expect it, expired state upstream can cause it.
      let gone = old;
      for (let r = oldRank; r <= rank; r++) {
        const now = list.at(r);
        this.send(UPDATE_BEFORE, gone, r);
        this.send(UPDATE_AFTER, now, r);
        gone = now;
      }
      return;
    }
    let previous = id;
    let oldSent = false;
    for (let r = rank; r < oldRank; r++) {
      const had = list.at(r + 1);
      this.send(UPDATE_BEFORE, had, r);
      if (!oldSent) this.send(UPDATE_BEFORE, old, oldRank);
      oldSent = true;
      this.send(UPDATE_AFTER, previous, r);
      previous = had;
    }
    if (!oldSent) this.send(UPDATE_BEFORE, old, oldRank);
    this.send(UPDATE_AFTER, previous, oldRank);
  }

  private release(id: number): void {
    if (this.index !== null) this.index.remove(id);
    this.store.release(id);
  }

  private send(kind: number, id: number, rank: number): void {
    const { spec } = this;
    if (this.quiet || rank > spec.end || rank < spec.start || (kind === UPDATE_BEFORE && !spec.updateBefore)) return;
    this.builder.add(kind, id);
    if (spec.outputRank) this.builder.compute(0, rank);
  }

  /** Folded emission: what changed between two states of a partition's range. */
  private compare(before: readonly number[], after: readonly number[]): void {
    const { start, outputRank } = this.spec;
    if (outputRank) {
      const longest = Math.max(before.length, after.length);
      for (let k = start - 1; k < longest; k++) {
        const old = before[k];
        const now = after[k];
        if (old !== undefined && now !== undefined) {
          if (old === now || this.equal(old, now)) continue;
          this.send(UPDATE_BEFORE, old, k + 1);
          this.send(UPDATE_AFTER, now, k + 1);
        } else if (old !== undefined) this.send(DELETE, old, k + 1);
        else this.send(INSERT, now, k + 1);
      }
      return;
    }
    const kept = new Set(after.slice(start - 1));
    const left = before.slice(start - 1).filter((id) => !kept.delete(id));
    // A row that went and came back with the same content within the batch did not change.
    for (const id of left) {
      let same = false;
      for (const now of kept) {
        if (this.equal(id, now)) {
          kept.delete(now);
          same = true;
          break;
        }
      }
      if (!same) this.send(DELETE, id, start);
    }
    for (const id of kept) this.send(INSERT, id, start);
  }

  override onProcessingTime(now: number): void {
    this.partitions.sweep(now, this.context);
    this.store.reclaim();
  }

  override snapshot(writer: SnapshotWriter): void {
    this.partitions.save(writer, 'rows', this.store, (slot) => this.lists[slot].ids());
  }

  override restore(readers: readonly SnapshotReader[]): void {
    const hash = new Int32Array(1);
    for (const reader of readers)
      this.partitions.load(reader, 'rows', this.store, this.context, (slot, id) => {
        const list = this.lists[slot];
        list.insert(list.size + 1, id);
        if (this.index === null) return;
        this.hashStored(id, hash);
        this.index.insert(id, hash[0]);
      });
  }

  private hashStored(id: number, hash: Int32Array): void {
    const { store } = this;
    const row = new RowStore(store.types);
    row.add(store.columns, id);
    (this.index as RowIndex).hash(row.columns, 1, hash);
  }
}

/** In place of the rows of a partition that was removed. */
const EMPTY = new OrderedRows();
