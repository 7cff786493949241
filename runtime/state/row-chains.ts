import { grownI32 } from './row-store.js';

/**
 * Lists of row ids, one per slot of a key table: the rows of a key, in order of arrival.
 *
 * State kept: first and last row per slot; next (and, where rows are taken out, previous) row per row.
 * Maintains the invariant that a row is in at most one chain. Ends are -1.
 */
export class RowChains {
  /** First row per slot; -1 = none. Read through `first`, unless the slot is known to be below `slots`. */
  private heads: Int32Array = new Int32Array(16).fill(-1);
  private tails: Int32Array = new Int32Array(16).fill(-1);
  next: Int32Array = new Int32Array(16);
  private previous: Int32Array | null;

  constructor(removable: boolean) {
    this.previous = removable ? new Int32Array(16) : null;
  }

  get bytes(): number {
    return (this.heads.length * 2 + this.next.length + (this.previous?.length ?? 0)) * 4;
  }

  first(slot: number): number {
    return slot < this.heads.length ? this.heads[slot] : -1;
  }

  /** The row before `id` in its chain, -1 for the first. */
  before(id: number): number {
    return (this.previous as Int32Array)[id];
  }

  append(slot: number, id: number): void {
    if (slot >= this.heads.length) {
      const length = Math.max(slot + 1, this.heads.length * 2);
      const known = this.heads.length;
      this.heads = grownI32(this.heads, length).fill(-1, known);
      this.tails = grownI32(this.tails, length).fill(-1, known);
    }
    if (id >= this.next.length) {
      const length = Math.max(id + 1, this.next.length * 2);
      this.next = grownI32(this.next, length);
      if (this.previous !== null) this.previous = grownI32(this.previous, length);
    }
    const tail = this.tails[slot];
    if (tail < 0) this.heads[slot] = id;
    else this.next[tail] = id;
    if (this.previous !== null) this.previous[id] = tail;
    this.next[id] = -1;
    this.tails[slot] = id;
  }

  /** As `append`, before the rows of the chain with a later time; rows that come in order are simply appended. */
  insertByTime(slot: number, id: number, times: Float64Array): void {
    this.append(slot, id);
    const previous = this.previous as Int32Array;
    let before = previous[id];
    if (before < 0 || times[before] <= times[id]) return;
    this.remove(slot, id);
    while (before >= 0 && times[before] > times[id]) before = previous[before];
    const after = before < 0 ? this.heads[slot] : this.next[before];
    previous[id] = before;
    this.next[id] = after;
    if (before < 0) this.heads[slot] = id;
    else this.next[before] = id;
    previous[after] = id;
  }

  /** Puts row `id` in the place of row `old`, which leaves the chain. */
  replace(slot: number, old: number, id: number): void {
    this.append(slot, id);
    this.remove(slot, id);
    const previous = this.previous as Int32Array;
    const before = previous[old];
    const after = this.next[old];
    previous[id] = before;
    this.next[id] = after;
    if (before < 0) this.heads[slot] = id;
    else this.next[before] = id;
    if (after < 0) this.tails[slot] = id;
    else previous[after] = id;
  }

  /** Takes row `id` out of the chain of `slot`. Its own `next` stays readable until the row is appended somewhere again. */
  remove(slot: number, id: number): void {
    const previous = this.previous as Int32Array;
    const before = previous[id];
    const after = this.next[id];
    if (before < 0) this.heads[slot] = after;
    else this.next[before] = after;
    if (after < 0) this.tails[slot] = before;
    else previous[after] = before;
  }

  /** Forgets the chain of `slot`; its rows are the caller's. */
  clear(slot: number): void {
    if (slot >= this.heads.length) return;
    this.heads[slot] = -1;
    this.tails[slot] = -1;
  }

  forEach(slot: number, visit: (id: number) => void): void {
    for (let id = this.first(slot); id >= 0;) {
      const next = this.next[id];
      visit(id);
      id = next;
    }
  }
}
