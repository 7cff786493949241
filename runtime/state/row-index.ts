import type { Column } from '../types/index.js';
import { rowsEqual } from './column-equality.js';
import { hashColumns } from './hash.js';
import { grownI32, type RowStore } from './row-store.js';

/**
 * Finds stored rows by the content of some of their columns: rows to be retracted, rows of a unique key.
 *
 * State kept: an open-addressing table of row ids, and each indexed row's hash (so that growing and probing seldom touch the rows).
 * Maintains the invariant that at most one indexed row has given values in the indexed columns; NULL equals NULL. Removal shifts the
 * rows behind it back, so that no tombstones slow a long-running job down.
 */
export class RowIndex {
  size = 0;
  private table: Int32Array = new Int32Array(32).fill(-1);
  private mask = 31;
  private hashes: Int32Array = new Int32Array(16);

  constructor(
    private readonly store: RowStore,
    /** Indexed columns of the store. */
    readonly columns: readonly number[],
  ) {}

  get bytes(): number {
    return (this.table.length + this.hashes.length) * 4;
  }

  /** Writes the hashes that `find` and `insert` want for rows [0, n) of columns laid out as the store's. */
  hash(source: readonly Column[], n: number, hashes: Int32Array): void {
    hashColumns(
      this.columns.map((c) => source[c]),
      n,
      hashes,
    );
  }

  /** @returns the row id with the values that row `i` of `source` has in the indexed columns, or -1. */
  find(source: readonly Column[], i: number, hash: number): number {
    const { table, hashes, mask } = this;
    for (let p = hash & mask; ; p = (p + 1) & mask) {
      const id = table[p];
      if (id < 0) return -1;
      if (hashes[id] === hash && rowsEqual(source, this.columns, i, this.store.columns, this.columns, id)) return id;
    }
  }

  /** Indexes row `id`; the caller has made sure that no equal row is indexed. */
  insert(id: number, hash: number): void {
    if ((this.size + 1) * 2 > this.table.length) this.grow();
    if (id >= this.hashes.length) this.hashes = grownI32(this.hashes, Math.max(id + 1, this.hashes.length * 2));
    this.hashes[id] = hash;
    this.place(id, hash);
    this.size++;
  }

  remove(id: number): void {
    const { table, hashes, mask } = this;
    let p = hashes[id] & mask;
    while (table[p] !== id) p = (p + 1) & mask;
    let hole = p;
    for (;;) {
      p = (p + 1) & mask;
      const other = table[p];
      if (other < 0) break;
      const home = hashes[other] & mask;
      // Whether `hole` lies on the way from the row's home to its place.
      if (((p - home) & mask) >= ((p - hole) & mask)) {
        table[hole] = other;
        hole = p;
      }
    }
    table[hole] = -1;
    this.size--;
  }

  clear(): void {
    this.table = new Int32Array(32).fill(-1);
    this.mask = 31;
    this.size = 0;
  }

  private place(id: number, hash: number): void {
    const { table, mask } = this;
    let p = hash & mask;
    while (table[p] >= 0) p = (p + 1) & mask;
    table[p] = id;
  }

  private grow(): void {
    const old = this.table;
    this.table = new Int32Array(old.length * 2).fill(-1);
    this.mask = this.table.length - 1;
    for (let p = 0; p < old.length; p++) if (old[p] >= 0) this.place(old[p], this.hashes[old[p]]);
  }
}
