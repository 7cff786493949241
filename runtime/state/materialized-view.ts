import {
  Batch,
  INSERT,
  UPDATE_BEFORE,
  boxedValue,
  createColumn,
  isRetraction,
  physicalType,
  type Column,
  type DataType,
  type Value,
} from '../types/index.js';
import { gather, stringTarget } from './gather.js';
import { RowIndex } from './row-index.js';
import { RowStore, grownI32 } from './row-store.js';
import { rowOrder, type OrderKey } from './value-order.js';

export interface MaterializedViewOptions {
  readonly types: readonly DataType[];
  /** Columns that identify a row; null folds a multiset of whole rows. */
  readonly upsertKey: readonly number[] | null;
  /** Rows kept; the view says so when there were more. */
  readonly maxRows: number;
  /**
   * The changelog holds insertions only. Then the newest rows are kept, so that a view of a stream goes on moving; otherwise the first ones
   * are, since later changes are about them. When another change comes all the same, as from a planner other than ours, it is folded.
   */
  readonly appendOnly?: boolean;
}

/** Rows [from, to) of the sorted, filtered view. */
export interface ViewWindow {
  readonly from: number;
  readonly to: number;
  readonly sort?: readonly { readonly column: number; readonly ascending: boolean }[];
  readonly filter?: readonly { readonly column: number; readonly contains: string }[];
}

/** A value as the filter sees it. */
export type CellText = (value: Value, type: DataType) => string;

/** A sort and filter that was asked for, and its answer as of `version`. */
interface Arrangement {
  readonly name: string;
  ids: Int32Array;
  version: number;
}

/** Arrangements kept for subscribers that ask again and again. */
const ARRANGEMENTS = 4;
const POSITION = 0;
const VERSION = 1;
/** Next row of the same content, plus one; 0 ends the list. Multisets only. */
const SAME = 2;

/**
 * Folds a changelog into a table.
 *
 * State: the rows in a RowStore; `order`, their ids in order of arrival, with holes that are closed when somebody looks; an index by upsert
 * key, or, from the first retraction on, by content (rows of equal content are listed behind the indexed one). Sorted and filtered answers
 * are kept, and brought up to date by merging in the rows touched since.
 *
 * Maintains the invariant that the kept rows are rows of the consolidated changelog: all of them, or `maxRows` or fewer when there were more.
 * A retraction of a row that was not kept is passed over; hence the newest rows may be folded on when insertions turn out not to be all.
 * An update keeps its row's place, also when it comes as -U and +U.
 */
export class MaterializedView {
  /** Rows beyond maxRows were dropped. */
  truncated = false;
  private readonly store: RowStore;
  private index: RowIndex | null = null;
  private appendOnly: boolean;
  private order: Int32Array = new Int32Array(64);
  private orderEnd = 0;
  /** No row lies before this place of the order. */
  private oldest = 0;
  private hashes: Int32Array = new Int32Array(0);
  private ids: Int32Array = new Int32Array(0);
  private version = 0;
  private arrangements: Arrangement[] = [];
  /** Row of an upsert key after its -U, until its +U or the batch's end. */
  private readonly pending = new Set<number>();
  /** Place of the row that the last change, a -U, removed. */
  private vacated = -1;

  constructor(private readonly options: MaterializedViewOptions) {
    this.store = new RowStore(options.types, { counters: 3 });
    this.appendOnly = options.appendOnly === true;
    if (options.upsertKey !== null && !this.appendOnly) this.index = new RowIndex(this.store, options.upsertKey);
  }

  get rowCount(): number {
    return this.store.live;
  }

  get bytes(): number {
    return this.store.bytes + this.order.byteLength + (this.index?.bytes ?? 0);
  }

  apply(batch: Batch): void {
    this.version++;
    if (this.appendOnly && batch.kinds?.some((kind) => kind !== INSERT) === true) this.foldFromNow();
    if (this.appendOnly) this.appendNewest(batch);
    else if (this.index === null && batch.kinds === null) this.append(batch, 0, batch.length);
    else if (this.options.upsertKey !== null) this.upsert(batch, this.index as RowIndex);
    else this.fold(batch);
    this.store.reclaim();
  }

  /** Rows [from, to) in order of arrival, as a batch of its own. */
  toBatch(from = 0, to = this.rowCount): Batch {
    this.close();
    const first = Math.max(0, Math.min(from, this.orderEnd));
    return this.batchOf(this.order, first, Math.max(first, Math.min(to, this.orderEnd)));
  }

  /** Rows [from, to) in order of arrival, boxed. */
  rows(from = 0, to = this.rowCount): Value[][] {
    return boxed(this.options.types, this.toBatch(from, to));
  }

  /** A part of the view as somebody wants to see it; ties keep the order of arrival. `total`: rows that pass the filter. */
  window(window: ViewWindow, text: CellText): { readonly batch: Batch; readonly from: number; readonly total: number } {
    this.close();
    const plain = (window.sort?.length ?? 0) === 0 && (window.filter?.length ?? 0) === 0;
    const ids = plain ? this.order.subarray(0, this.orderEnd) : this.arrange(window, text);
    const from = Math.max(0, Math.min(window.from, ids.length));
    const to = Math.max(from, Math.min(window.to, ids.length));
    return { batch: this.batchOf(ids, from, to), from, total: ids.length };
  }

  /** Rows [from, to) of a batch, as far as there is room. */
  private append(batch: Batch, from: number, to: number): void {
    const count = Math.min(to - from, this.options.maxRows - this.store.live);
    if (count < to - from) this.truncated = true;
    if (count <= 0) return;
    if (this.ids.length < count) this.ids = new Int32Array(Math.max(count, 4096));
    const rows = from === 0 ? null : Int32Array.from({ length: count }, (_, k) => from + k);
    this.store.addRows(batch.columns, rows, count, this.ids);
    for (let k = 0; k < count; k++) this.place(this.ids[k]);
  }

  /** Makes room first: what is reclaimed before the new rows come, they lie in. */
  private appendNewest(batch: Batch): void {
    const { store } = this;
    const { maxRows } = this.options;
    const count = Math.min(batch.length, maxRows);
    let surplus = store.live + count - maxRows;
    if (surplus > 0 || count < batch.length) this.truncated = true;
    for (; surplus > 0; this.oldest++) {
      const id = this.order[this.oldest];
      if (id < 0) continue;
      this.drop(id);
      surplus--;
    }
    store.reclaim();
    this.append(batch, batch.length - count, batch.length);
  }

  /** By upsert key. A row after its -U is marked only: its +U, if it comes in this batch, finds the place still taken. */
  private upsert(batch: Batch, index: RowIndex): void {
    const { store } = this;
    this.hash(batch, index);
    for (let i = 0; i < batch.length; i++) {
      const kind = batch.kinds === null ? INSERT : batch.kinds[i];
      const known = index.find(batch.columns, i, this.hashes[i]);
      if (isRetraction(kind)) {
        if (known < 0) continue;
        if (kind === UPDATE_BEFORE) this.pending.add(known);
        else {
          this.pending.delete(known);
          index.remove(known);
          this.drop(known);
        }
      } else if (known >= 0) {
        this.pending.delete(known);
        store.put(known, batch.columns, i);
        store.counters[VERSION][known] = this.version;
      } else if (store.live >= this.options.maxRows) this.truncated = true;
      else {
        const id = store.add(batch.columns, i);
        index.insert(id, this.hashes[i]);
        this.place(id);
      }
    }
    if (this.pending.size === 0) return;
    for (const id of this.pending) {
      index.remove(id);
      this.drop(id);
    }
    this.pending.clear();
  }

  /** As a multiset: a retraction removes the latest row of its content. */
  private fold(batch: Batch): void {
    const index = (this.index ??= this.indexContent());
    this.hash(batch, index);
    for (let i = 0; i < batch.length; i++) {
      const kind = batch.kinds === null ? INSERT : batch.kinds[i];
      const known = index.find(batch.columns, i, this.hashes[i]);
      if (isRetraction(kind)) {
        this.vacated = -1;
        if (known < 0) continue;
        const removed = this.removeLatest(index, known);
        if (kind === UPDATE_BEFORE) this.vacated = this.store.counters[POSITION][removed];
        this.drop(removed);
        continue;
      }
      const place = this.vacated;
      this.vacated = -1;
      if (this.store.live >= this.options.maxRows) {
        this.truncated = true;
        continue;
      }
      const id = this.store.add(batch.columns, i);
      if (known < 0) index.insert(id, this.hashes[i]);
      else this.listBehind(known, id);
      if (place < 0) this.place(id);
      else this.placeAt(id, place);
    }
    this.vacated = -1;
  }

  private foldFromNow(): void {
    this.appendOnly = false;
    if (this.options.upsertKey !== null) this.index = this.indexKeys(this.options.upsertKey);
  }

  /** Rows that came without being looked up: the last one of a key counts. */
  private indexKeys(key: readonly number[]): RowIndex {
    const index = new RowIndex(this.store, key);
    const { columns, highWater } = this.store;
    const hashes = new Int32Array(highWater);
    index.hash(columns, highWater, hashes);
    for (let k = 0; k < this.orderEnd; k++) {
      const id = this.order[k];
      if (id < 0) continue;
      const known = index.find(columns, id, hashes[id]);
      if (known >= 0) {
        index.remove(known);
        this.drop(known);
      }
      index.insert(id, hashes[id]);
    }
    return index;
  }

  private indexContent(): RowIndex {
    const index = new RowIndex(
      this.store,
      this.options.types.map((_, c) => c),
    );
    const { columns, highWater } = this.store;
    const hashes = new Int32Array(highWater);
    index.hash(columns, highWater, hashes);
    for (let k = 0; k < this.orderEnd; k++) {
      const id = this.order[k];
      if (id < 0) continue;
      const known = index.find(columns, id, hashes[id]);
      if (known < 0) index.insert(id, hashes[id]);
      else this.listBehind(known, id);
    }
    return index;
  }

  private listBehind(indexed: number, id: number): void {
    const same = this.store.counters[SAME];
    same[id] = same[indexed];
    same[indexed] = id + 1;
  }

  private removeLatest(index: RowIndex, indexed: number): number {
    const same = this.store.counters[SAME];
    const listed = same[indexed] - 1;
    if (listed < 0) {
      index.remove(indexed);
      return indexed;
    }
    same[indexed] = same[listed];
    return listed;
  }

  private hash(batch: Batch, index: RowIndex): void {
    if (this.hashes.length < batch.length) this.hashes = new Int32Array(Math.max(batch.length, 4096));
    index.hash(batch.columns, batch.length, this.hashes);
  }

  private place(id: number): void {
    if (this.orderEnd === this.order.length) {
      if (this.orderEnd > this.store.live * 2) this.close();
      if (this.orderEnd === this.order.length) this.order = grownI32(this.order, this.orderEnd * 2);
    }
    this.placeAt(id, this.orderEnd++);
  }

  private placeAt(id: number, position: number): void {
    this.order[position] = id;
    this.store.counters[POSITION][id] = position;
    this.store.counters[VERSION][id] = this.version;
  }

  private drop(id: number): void {
    this.order[this.store.counters[POSITION][id]] = -1;
    // A later version than any arrangement has: the id counts as gone there.
    this.store.counters[VERSION][id] = this.version;
    this.store.release(id);
  }

  /** Closes the holes that removed rows left in the order. */
  private close(): void {
    if (this.orderEnd === this.store.live) return;
    const positions = this.store.counters[POSITION];
    let n = 0;
    for (let k = 0; k < this.orderEnd; k++) {
      const id = this.order[k];
      if (id < 0) continue;
      positions[id] = n;
      this.order[n++] = id;
    }
    // Places that a -U left open are gone with the holes.
    this.vacated = -1;
    this.orderEnd = n;
    this.oldest = 0;
  }

  private arrange(window: ViewWindow, text: CellText): Int32Array {
    const sort: OrderKey[] = (window.sort ?? []).map((s) => ({ ...s, nullsLast: !s.ascending }));
    const name = JSON.stringify([sort, window.filter ?? []]);
    let arrangement = this.arrangements.find((a) => a.name === name);
    if (arrangement === undefined) {
      arrangement = { name, ids: new Int32Array(0), version: 0 };
      this.arrangements = [arrangement, ...this.arrangements.slice(0, ARRANGEMENTS - 1)];
    }
    if (arrangement.version === this.version) return arrangement.ids;
    const since = arrangement.version;
    const versions = this.store.counters[VERSION];
    const passes = this.filter(window, text);
    const touched: number[] = [];
    for (let k = 0; k < this.orderEnd; k++) {
      const id = this.order[k];
      if (versions[id] > since && passes(id)) touched.push(id);
    }
    const { columns } = this.store;
    const positions = this.store.counters[POSITION];
    const order = rowOrder(sort, this.options.types);
    const compare = (a: number, b: number): number => order(columns, a, columns, b) || positions[a] - positions[b];
    touched.sort(compare);
    arrangement.ids = merged(untouched(arrangement.ids, versions, since, this.store.highWater), touched, compare);
    arrangement.version = this.version;
    return arrangement.ids;
  }

  private filter(window: ViewWindow, text: CellText): (id: number) => boolean {
    const wanted = (window.filter ?? []).map((f) => ({ column: f.column, contains: f.contains.toLowerCase() }));
    const { types } = this.options;
    const { columns } = this.store;
    return (id) =>
      wanted.every((f) =>
        text(boxedValue(columns[f.column], types[f.column], id), types[f.column])
          .toLowerCase()
          .includes(f.contains),
      );
  }

  private batchOf(ids: Int32Array, from: number, to: number): Batch {
    const count = to - from;
    const refs = ids.slice(from, to);
    const columns = this.options.types.map((type, c): Column => {
      const target = physicalType(type) === 'str' ? stringTarget(count) : createColumn(type, count);
      gather(this.store.columns[c], refs, count, target);
      return target;
    });
    return new Batch(count, columns);
  }
}

function boxed(types: readonly DataType[], batch: Batch): Value[][] {
  return Array.from({ length: batch.length }, (_, i) => types.map((type, c) => boxedValue(batch.columns[c], type, i)));
}

function untouched(ids: Int32Array, versions: Int32Array, since: number, highWater: number): Int32Array {
  // Versions are read in order of id, marks in order of the sort: marks fit into the cache, versions do not (measured 2x).
  const touched = new Uint8Array(highWater);
  for (let id = 0; id < highWater; id++) if (versions[id] > since) touched[id] = 1;
  const out = new Int32Array(ids.length);
  let n = 0;
  for (let k = 0; k < ids.length; k++) if (touched[ids[k]] === 0) out[n++] = ids[k];
  return out.subarray(0, n);
}

/** Both in order. Few rows of `b` are sought in `a`, and what lies between is moved as it is. */
function merged(a: Int32Array, b: readonly number[], compare: (a: number, b: number) => number): Int32Array {
  if (a.length === 0) return Int32Array.from(b);
  const out = new Int32Array(a.length + b.length);
  let from = 0;
  let at = 0;
  for (const id of b) {
    let low = from;
    let high = a.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare(a[middle], id) <= 0) low = middle + 1;
      else high = middle;
    }
    out.set(a.subarray(from, low), at);
    at += low - from;
    out[at++] = id;
    from = low;
  }
  out.set(a.subarray(from), at);
  return out;
}
