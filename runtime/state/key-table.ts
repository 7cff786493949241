import {
  physicalType,
  type Column,
  type DataType,
  type I64Column,
  type PhysicalType,
  type TsColumn,
} from '../types/index.js';
import { hashColumns, utf8Form } from './hash.js';
import { SlotColumn, bytesEqual } from './slot-column.js';

/**
 * The key columns of one batch, hashed once; any number of tables can be asked with it.
 * Valid as long as the batch is.
 */
export class KeyBatch {
  columns: Column[] = [];
  hashes: Int32Array = new Int32Array(4096);
  /** No nulls, no wide values, no nanoseconds, strings as bytes: the generated probe applies. */
  simple = true;

  /** Hashes rows [0, length) of the given key columns. */
  prepare(columns: readonly Column[], keys: readonly number[], length: number): void {
    if (this.hashes.length < length) this.hashes = new Int32Array(length * 2);
    this.simple = true;
    this.columns = keys.map((k) => {
      const column = columns[k];
      const key = column.physical === 'str' && column.data === null ? utf8Form(column, length) : column;
      if (!isSimple(key)) this.simple = false;
      return key;
    });
    hashColumns(this.columns, length, this.hashes);
  }

  /** The keys of another table, row number = slot there. */
  adopt(table: KeyTable): void {
    this.columns = table.columns.map((c) => c.column);
    this.simple = this.columns.every(isSimple);
    this.hashes = table.hashesBySlot();
  }
}

function isSimple(column: Column): boolean {
  if (column.nulls !== null) return false;
  switch (column.physical) {
    case 'i64':
      return (column as I64Column).wide === null;
    case 'ts':
      return (column as TsColumn).nanos === null;
    case 'bytes':
    case 'obj':
      return false;
    default:
      return true;
  }
}

type Probe = (
  table: KeyTable,
  batch: KeyBatch,
  rows: Int32Array,
  n: number,
  slots: Int32Array,
  insert: boolean,
) => void;

/**
 * Keys of one or several columns to dense slot numbers. State lives in arrays indexed by slot, owned by whoever owns the table.
 *
 * State: an open-addressing table (linear probing, at most 70 % full) of pairs (slot + 1, hash); the keys themselves in one SlotColumn each,
 * strings as bytes; a list of freed slots, which are given out again before new ones.
 *
 * Maintains the invariant that equal keys (NULL equals NULL) have one slot, and that a probe never has to step over a removed entry:
 * removal moves later entries of the run back.
 */
export class KeyTable {
  readonly columns: SlotColumn[];
  /** Live keys. */
  size = 0;
  /** Slots ever given out: every live slot is below. */
  used = 0;
  /** Room in slot-indexed arrays; rises by doubling. */
  capacity: number;
  /** Slots given out by the last `upsert`, first `createdCount` of `created`. */
  created: Int32Array = new Int32Array(64);
  createdCount = 0;
  table: Int32Array;
  mask: number;
  private limit: number;
  private free: Int32Array = new Int32Array(0);
  private freeCount = 0;
  /** Hash by slot; built with the first removal, since tables that only grow need none (4 bytes a key). */
  private slotHashes: Int32Array | null = null;
  private readonly probe: Probe;

  constructor(
    readonly types: readonly DataType[],
    capacity = 16,
  ) {
    this.capacity = capacity;
    this.columns = types.map((t) => new SlotColumn(t, capacity));
    const cells = Math.max(16, 1 << Math.ceil(Math.log2(capacity / 0.7)));
    this.table = new Int32Array(cells * 2);
    this.mask = cells * 2 - 1;
    this.limit = Math.floor(cells * 0.7);
    this.probe = probeFor(types.map(physicalType));
  }

  /** Slots of the given rows, new ones for unknown keys: slots[row] for each row of rows[0..n). */
  upsert(batch: KeyBatch, rows: Int32Array, n: number, slots: Int32Array): void {
    this.createdCount = 0;
    if (batch.simple && this.simple()) this.probe(this, batch, rows, n, slots, true);
    else this.probeAny(batch, rows, n, slots, true);
  }

  /** Slots of the given rows, -1 for unknown keys. */
  find(batch: KeyBatch, rows: Int32Array, n: number, slots: Int32Array): void {
    if (batch.simple && this.simple()) this.probe(this, batch, rows, n, slots, false);
    else this.probeAny(batch, rows, n, slots, false);
  }

  /** Forgets a key; its slot may be given out again by the next upsert. */
  remove(slot: number): void {
    const hashes = this.hashesBySlot();
    const { table, mask } = this;
    let p = (hashes[slot] << 1) & mask;
    while (table[p] !== slot + 1) p = (p + 2) & mask;
    let next = (p + 2) & mask;
    while (table[next] !== 0) {
      const home = (table[next + 1] << 1) & mask;
      // An entry may move back to the hole unless its home lies cyclically in (hole, entry].
      if (((next - home) & mask) >= ((next - p) & mask)) {
        table[p] = table[next];
        table[p + 1] = table[next + 1];
        p = next;
      }
      next = (next + 2) & mask;
    }
    table[p] = 0;
    for (const column of this.columns) column.release(slot);
    this.size--;
    if (this.freeCount === this.free.length) {
      const larger = new Int32Array(Math.max(64, this.free.length * 2));
      larger.set(this.free);
      this.free = larger;
    }
    this.free[this.freeCount++] = slot;
  }

  /** Live slots in ascending order (order of arrival while nothing was removed). */
  liveSlots(): Int32Array {
    const out = new Int32Array(this.size);
    if (this.size === this.used) {
      for (let i = 0; i < out.length; i++) out[i] = i;
      return out;
    }
    const table = this.table;
    let n = 0;
    for (let p = 0; p < table.length; p += 2) if (table[p] !== 0) out[n++] = table[p] - 1;
    return out.sort();
  }

  /** Forgets all keys, keeps the room. */
  clear(): void {
    if (this.size > 0 || this.used > 0) {
      this.table.fill(0);
      for (let s = 0; s < this.used; s++) for (const column of this.columns) column.release(s);
    }
    this.size = 0;
    this.used = 0;
    this.freeCount = 0;
    this.createdCount = 0;
    this.slotHashes = null;
  }

  bytes(): number {
    let sum = this.table.byteLength + this.free.byteLength + (this.slotHashes?.byteLength ?? 0);
    for (const column of this.columns) sum += column.bytes();
    return sum;
  }

  /** For probes: enters a hash and gives out a slot whose key columns the caller fills. */
  claim(hash: number): number {
    if (this.size >= this.limit) this.rehash();
    let slot: number;
    if (this.freeCount > 0) slot = this.free[--this.freeCount];
    else {
      if (this.used === this.capacity) this.growSlots();
      slot = this.used++;
    }
    const { table, mask } = this;
    let p = (hash << 1) & mask;
    while (table[p] !== 0) p = (p + 2) & mask;
    table[p] = slot + 1;
    table[p + 1] = hash;
    this.size++;
    if (this.slotHashes !== null) this.slotHashes[slot] = hash;
    if (this.createdCount === this.created.length) {
      const larger = new Int32Array(this.created.length * 2);
      larger.set(this.created);
      this.created = larger;
    }
    this.created[this.createdCount++] = slot;
    return slot;
  }

  /** Hash of a live slot's key. */
  hashOf(slot: number): number {
    return this.hashesBySlot()[slot];
  }

  private simple(): boolean {
    for (let c = 0; c < this.columns.length; c++) if (!isSimple(this.columns[c].column)) return false;
    return true;
  }

  /** Hashes of live slots. */
  hashesBySlot(): Int32Array {
    if (this.slotHashes === null) {
      const hashes = (this.slotHashes = new Int32Array(this.capacity));
      const table = this.table;
      for (let p = 0; p < table.length; p += 2) if (table[p] !== 0) hashes[table[p] - 1] = table[p + 1];
    }
    return this.slotHashes;
  }

  private growSlots(): void {
    this.capacity *= 2;
    for (const column of this.columns) column.grow(this.capacity);
    if (this.slotHashes !== null) {
      const larger = new Int32Array(this.capacity);
      larger.set(this.slotHashes);
      this.slotHashes = larger;
    }
  }

  private rehash(): void {
    const old = this.table;
    const table = new Int32Array(old.length * 2);
    const mask = table.length - 1;
    for (let p = 0; p < old.length; p += 2) {
      const entry = old[p];
      if (entry === 0) continue;
      const hash = old[p + 1];
      let q = (hash << 1) & mask;
      while (table[q] !== 0) q = (q + 2) & mask;
      table[q] = entry;
      table[q + 1] = hash;
    }
    this.table = table;
    this.mask = mask;
    this.limit = Math.floor((table.length / 2) * 0.7);
  }

  /** The probe for keys of any form: nulls, wide values, nested ones. */
  private probeAny(batch: KeyBatch, rows: Int32Array, n: number, slots: Int32Array, insert: boolean): void {
    const { hashes, columns: from } = batch;
    const columns = this.columns;
    for (let j = 0; j < n; j++) {
      const row = rows[j];
      const hash = hashes[row];
      let p = (hash << 1) & this.mask;
      let slot = -1;
      for (;;) {
        const entry = this.table[p];
        if (entry === 0) {
          if (insert) {
            slot = this.claim(hash);
            for (let c = 0; c < columns.length; c++) columns[c].store(slot, from[c], row);
          }
          break;
        }
        if (this.table[p + 1] === hash) {
          let equal = true;
          for (let c = 0; c < columns.length && equal; c++) equal = columns[c].equals(entry - 1, from[c], row);
          if (equal) {
            slot = entry - 1;
            break;
          }
        }
        p = (p + 2) & this.mask;
      }
      slots[row] = slot;
    }
  }
}

const probes = new Map<string, Probe>();

/**
 * The probe for a layout of key columns, as generated code: comparisons inlined, arrays in locals (measured some 2x against a loop over
 * column objects). Cached by layout, so that many tables of one layout share it.
 */
function probeFor(layout: readonly PhysicalType[]): Probe {
  const name = layout.join();
  let probe = probes.get(name);
  if (probe === undefined) {
    probe = compileProbe(layout);
    probes.set(name, probe);
  }
  return probe;
}

function compileProbe(layout: readonly PhysicalType[]): Probe {
  const load: string[] = [];
  const from: string[] = [];
  const equal: string[] = [];
  const store: string[] = [];
  layout.forEach((physical, c) => {
    load.push(`c = table.columns[${c}].column;`);
    from.push(`const f${c} = batch.columns[${c}];`);
    switch (physical) {
      case 'str':
        load.push(`d${c} = c.data; a${c} = c.starts; l${c} = c.lengths;`);
        from.push(`const fd${c} = f${c}.data, fa${c} = f${c}.starts, fl${c} = f${c}.lengths; let d${c}, a${c}, l${c};`);
        equal.push(`l${c}[s] === fl${c}[i] && bytesEqual(d${c}, a${c}[s], fd${c}, fa${c}[i], fl${c}[i])`);
        store.push(`table.columns[${c}].store(s, f${c}, i);`);
        break;
      case 'bytes':
      case 'obj':
        equal.push(`table.columns[${c}].equals(s, f${c}, i)`);
        store.push(`table.columns[${c}].store(s, f${c}, i);`);
        break;
      default: {
        const field = physical === 'ts' ? 'millis' : 'values';
        load.push(`k${c} = c.${field};`);
        from.push(`const v${c} = f${c}.${field}; let k${c};`);
        equal.push(physical === 'f64' ? `Object.is(k${c}[s], v${c}[i])` : `k${c}[s] === v${c}[i]`);
        store.push(`k${c}[s] = v${c}[i];`);
      }
    }
  });
  const body = `'use strict';
return function probe(table, batch, rows, n, slots, insert) {
  const hashes = batch.hashes;
  let cells = table.table, mask = table.mask, c;
  ${from.join('\n  ')}
  ${load.join('\n  ')}
  for (let j = 0; j < n; j++) {
    const i = rows[j], h = hashes[i];
    let p = (h << 1) & mask, s = -1;
    for (;;) {
      const e = cells[p];
      if (e === 0) {
        if (insert) {
          s = table.claim(h);
          cells = table.table; mask = table.mask;
          ${load.join('\n          ')}
          ${store.join('\n          ')}
          ${layout.includes('str') ? load.join('\n          ') : ''}
        }
        break;
      }
      if (cells[p + 1] === h) {
        s = e - 1;
        if (${equal.length === 0 ? 'true' : equal.join(' && ')}) break;
        s = -1;
      }
      p = (p + 2) & mask;
    }
    slots[i] = s;
  }
};`;
  return new Function('bytesEqual', body)(bytesEqual) as Probe;
}
