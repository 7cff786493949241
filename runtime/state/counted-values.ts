import { I32Column, INT, createColumn, physicalType, type Column, type DataType } from '../types/index.js';
import { gather, stringTarget } from './gather.js';
import { KeyBatch, KeyTable } from './key-table.js';
import type { SnapshotReader, SnapshotWriter } from './snapshot.js';
import { readRows, writeRows } from './row-snapshot.js';
import { compareCells } from './value-order.js';

function ascending(n: number): Int32Array {
  return Int32Array.from({ length: n }, (_, i) => i);
}

/** In place of the link to the previous entry. */
const REMOVED = -1;

function grown(old: Int32Array, capacity: number): Int32Array {
  const larger = new Int32Array(capacity);
  larger.set(old);
  return larger;
}

/**
 * How often each value occurs under each slot of an owner: what DISTINCT needs, and MIN and MAX under retraction.
 *
 * State: one table of (slot, value) to an entry; per entry one count per view (aggregates over the same values under different filters
 * share the entries); the entries of a slot in a doubly linked chain, so that a slot can be forgotten as a whole.
 *
 * Maintains the invariant that after `sweep` an entry exists if and only if some view counts it.
 */
export class CountedValues {
  readonly table: KeyTable;
  readonly counts: Int32Array[];
  /** Entry by row, after `resolve`. */
  entries: Int32Array = new Int32Array(4096);
  private next: Int32Array = new Int32Array(16);
  private previous: Int32Array = new Int32Array(16);
  /** First entry of a slot, plus one. */
  private heads: Int32Array = new Int32Array(16);
  private readonly batch = new KeyBatch();
  private readonly keys: number[];

  constructor(
    readonly valueTypes: readonly DataType[],
    readonly views: number,
  ) {
    this.table = new KeyTable([INT(false), ...valueTypes]);
    this.counts = Array.from({ length: views }, () => new Int32Array(16));
    this.keys = [0, ...valueTypes.map((_, c) => c + 1)];
  }

  /** Makes room for owner slots below `capacity`. */
  ensure(capacity: number): void {
    if (this.heads.length < capacity) this.heads = grown(this.heads, capacity);
  }

  /** Finds or makes the entries of rows[0..n): `entries[row]`. `slots` is indexed by row; rows lie below `length`. */
  resolve(slots: Int32Array, values: readonly Column[], rows: Int32Array, n: number, length: number): void {
    if (this.entries.length < length) this.entries = new Int32Array(length);
    this.batch.prepare([new I32Column(slots), ...values], this.keys, length);
    const table = this.table;
    table.upsert(this.batch, rows, n, this.entries);
    if (table.createdCount === 0) return;
    if (this.next.length < table.capacity) {
      this.growEntries(table.capacity);
    }
    const owners = (table.columns[0].column as I32Column).values;
    for (let k = 0; k < table.createdCount; k++) {
      const entry = table.created[k];
      const slot = owners[entry];
      for (let v = 0; v < this.views; v++) this.counts[v][entry] = 0;
      const head = this.heads[slot];
      this.next[entry] = head;
      this.previous[entry] = 0;
      if (head !== 0) this.previous[head - 1] = entry + 1;
      this.heads[slot] = entry + 1;
    }
  }

  protected growEntries(capacity: number): void {
    this.next = grown(this.next, capacity);
    this.previous = grown(this.previous, capacity);
    for (let v = 0; v < this.views; v++) this.counts[v] = grown(this.counts[v], capacity);
  }

  /** Removes those entries of the rows that no view counts any more. */
  sweep(rows: Int32Array, n: number): void {
    for (let j = 0; j < n; j++) {
      const entry = this.entries[rows[j]];
      // Rows of one batch may share an entry: it is removed once.
      if (this.previous[entry] === REMOVED || !this.isUnused(entry)) continue;
      this.remove(entry);
    }
  }

  private isUnused(entry: number): boolean {
    for (let v = 0; v < this.views; v++) if (this.counts[v][entry] !== 0) return false;
    return true;
  }

  /** Forgets everything under a slot. */
  removeSlot(slot: number): void {
    if (slot >= this.heads.length) return;
    let entry = this.heads[slot];
    while (entry !== 0) {
      const next = this.next[entry - 1];
      for (let v = 0; v < this.views; v++) this.counts[v][entry - 1] = 0;
      this.table.remove(entry - 1);
      entry = next;
    }
    this.heads[slot] = 0;
  }

  private remove(entry: number): void {
    const next = this.next[entry];
    const previous = this.previous[entry];
    if (next !== 0) this.previous[next - 1] = previous;
    if (previous !== 0) this.next[previous - 1] = next;
    else this.heads[(this.table.columns[0].column as I32Column).values[entry]] = next;
    this.previous[entry] = REMOVED;
    this.table.remove(entry);
  }

  /** Entries of a slot, in no order. */
  entriesOf(slot: number): number[] {
    const out: number[] = [];
    for (let e = slot < this.heads.length ? this.heads[slot] : 0; e !== 0; e = this.next[e - 1]) out.push(e - 1);
    return out;
  }

  /** Value columns, indexed by entry. */
  get values(): Column[] {
    return this.table.columns.slice(1).map((c) => c.column);
  }

  /** Adds the counts that `other` has under `from` to those under `slot`; `apply(entry, sourceEntry)` sees each pair before the counts are added. */
  absorb(slot: number, other: CountedValues, from: number, apply: (entry: number, source: number) => void): void {
    const sources = other.entriesOf(from);
    const n = sources.length;
    if (n === 0) return;
    // Gathered: what is resolved is hashed from row 0 on, and the entries of one slot may lie anywhere among those of all.
    this.resolve(new Int32Array(n).fill(slot), other.gathered(sources), ascending(n), n, n);
    for (let k = 0; k < n; k++) apply(this.entries[k], sources[k]);
  }

  /** The values of the given entries, as columns of their own. */
  gathered(entries: readonly number[]): Column[] {
    const refs = Int32Array.from(entries);
    const { values } = this;
    return this.valueTypes.map((type, c) => {
      const target = physicalType(type) === 'str' ? stringTarget(refs.length) : createColumn(type, refs.length);
      gather(values[c], refs, refs.length, target);
      return target;
    });
  }

  /** Writes the entries of slots[0..n), each with the position of its slot in that list. */
  save(writer: SnapshotWriter, name: string, slots: Int32Array, n: number): void {
    const entries: number[] = [];
    const owners: number[] = [];
    for (let k = 0; k < n; k++)
      for (const entry of this.entriesOf(slots[k])) {
        entries.push(entry);
        owners.push(k);
      }
    const ids = Int32Array.from(entries);
    writeRows(writer, name, this.valueTypes, this.values, ids, ids.length);
    writer.array(`${name}.owners`, Int32Array.from(owners));
    for (let v = 0; v < this.views; v++)
      writer.array(
        `${name}.counts${v}`,
        Int32Array.from(entries, (e) => this.counts[v][e]),
      );
  }

  /** Reads what `save` wrote: the slot of position k becomes targets[k], or is left out when that is negative. */
  load(reader: SnapshotReader, name: string, targets: Int32Array, apply?: (entry: number) => void): void {
    const values = readRows(reader, name, this.valueTypes);
    const owners = reader.array<Int32Array>(`${name}.owners`);
    const slots = owners.map((k) => targets[k]);
    const rows = Int32Array.from(slots.keys()).filter((i) => slots[i] >= 0);
    for (const row of rows) this.ensure(slots[row] + 1);
    this.resolve(slots, values.columns, rows, rows.length, values.length);
    for (let v = 0; v < this.views; v++) {
      const counts = reader.array<Int32Array>(`${name}.counts${v}`);
      for (const row of rows) this.counts[v][this.entries[row]] = counts[row];
    }
    if (apply) for (const row of rows) apply(this.entries[row]);
  }

  bytes(): number {
    return this.table.bytes() + this.next.byteLength * (2 + this.views) + this.heads.byteLength;
  }
}

/**
 * Counted values of one column, with the smallest (or greatest) value of each slot at hand.
 *
 * Algorithm: beside the table, the entries with a positive count form one pairing heap per slot, linked through entry-indexed arrays:
 * insertion is constant, removal of any entry logarithmic (amortised).
 * State: child, sibling and back links per entry, root per slot.
 * Correctness: an entry is in its slot's heap exactly while its count is positive; `heapParent` names the parent for a first child, else
 * the sibling before it.
 */
export class OrderedValues extends CountedValues {
  private child: Int32Array = new Int32Array(16);
  private sibling: Int32Array = new Int32Array(16);
  private back: Int32Array = new Int32Array(16);
  private roots: Int32Array = new Int32Array(16);
  private readonly pairs: number[] = [];

  constructor(
    valueType: DataType,
    private readonly greatest: boolean,
  ) {
    super([valueType], 1);
  }

  override ensure(capacity: number): void {
    super.ensure(capacity);
    if (this.roots.length < capacity) this.roots = grown(this.roots, capacity);
  }

  protected override growEntries(capacity: number): void {
    super.growEntries(capacity);
    this.child = grown(this.child, capacity);
    this.sibling = grown(this.sibling, capacity);
    this.back = grown(this.back, capacity);
  }

  /** Changes an entry's count by `by`. */
  count(slot: number, entry: number, by: number): void {
    const before = this.counts[0][entry];
    const after = (this.counts[0][entry] = before + by);
    if (before <= 0 && after > 0) this.insert(slot, entry);
    else if (before > 0 && after <= 0) this.cut(slot, entry);
  }

  /** Entry of the slot's first value in order, or -1. */
  first(slot: number): number {
    return this.roots[slot] - 1;
  }

  override removeSlot(slot: number): void {
    super.removeSlot(slot);
    if (slot < this.roots.length) this.roots[slot] = 0;
  }

  override load(reader: SnapshotReader, name: string, targets: Int32Array): void {
    super.load(reader, name, targets, (entry) => {
      const slot = (this.table.columns[0].column as I32Column).values[entry];
      if (this.counts[0][entry] > 0) this.insert(slot, entry);
    });
  }

  override bytes(): number {
    return super.bytes() + this.child.byteLength * 3 + this.roots.byteLength;
  }

  private before(a: number, b: number): boolean {
    const values = this.table.columns[1].column;
    const c = compareCells(values, a, values, b);
    return this.greatest ? c > 0 : c < 0;
  }

  private insert(slot: number, entry: number): void {
    this.child[entry] = this.sibling[entry] = this.back[entry] = 0;
    const root = this.roots[slot];
    this.roots[slot] = (root === 0 ? entry : this.meld(root - 1, entry)) + 1;
  }

  private meld(a: number, b: number): number {
    if (this.before(b, a)) return this.meld(b, a);
    const first = this.child[a];
    this.sibling[b] = first;
    if (first !== 0) this.back[first - 1] = b + 1;
    this.child[a] = b + 1;
    this.back[b] = a + 1;
    this.sibling[a] = 0;
    this.back[a] = 0;
    return a;
  }

  private cut(slot: number, entry: number): void {
    const rest = this.combineChildren(entry);
    const root = this.roots[slot] - 1;
    if (entry === root) {
      this.roots[slot] = rest + 1;
      return;
    }
    const back = this.back[entry] - 1;
    const next = this.sibling[entry];
    if (this.child[back] === entry + 1) this.child[back] = next;
    else this.sibling[back] = next;
    if (next !== 0) this.back[next - 1] = back + 1;
    this.sibling[entry] = this.back[entry] = 0;
    if (rest >= 0) {
      this.sibling[rest] = this.back[rest] = 0;
      this.roots[slot] = this.meld(root, rest) + 1;
    }
  }

  /** Melds the children of an entry in pairs, then from the right. @returns the root, or -1. */
  private combineChildren(entry: number): number {
    const pairs = this.pairs;
    pairs.length = 0;
    let at = this.child[entry];
    this.child[entry] = 0;
    while (at !== 0) {
      const a = at - 1;
      const b = this.sibling[a];
      this.sibling[a] = this.back[a] = 0;
      if (b === 0) {
        pairs.push(a);
        break;
      }
      at = this.sibling[b - 1];
      this.sibling[b - 1] = this.back[b - 1] = 0;
      pairs.push(this.meld(a, b - 1));
    }
    if (pairs.length === 0) return -1;
    let root = pairs[pairs.length - 1];
    for (let k = pairs.length - 2; k >= 0; k--) root = this.meld(root, pairs[k]);
    return root;
  }
}
