import type { RowStore } from './row-store.js';

/** Instead of a row's number: the slot holds none. Numbers below may be given a meaning by the owner. */
export const NO_ROW = -1;

/**
 * One stored row per slot of a key table, or none.
 *
 * Owners enter a slot when its key begins, and drop what it holds when the key ends; a row that another takes the place of is released by
 * who replaces it, since its values may still have to be sent.
 */
export class SlotRows {
  private ids: Int32Array = new Int32Array(16);

  constructor(private readonly store: RowStore) {}

  /** A row's number; negative when the slot holds none. */
  get(slot: number): number {
    return this.ids[slot];
  }

  set(slot: number, id: number): void {
    this.ids[slot] = id;
  }

  /** The rows of a slot as a list, as snapshots want them. */
  readonly list = (slot: number): readonly number[] => (this.ids[slot] < 0 ? [] : [this.ids[slot]]);

  /** The slot of a key that begins. */
  readonly enter = (slot: number): void => {
    if (slot >= this.ids.length) {
      const larger = new Int32Array(Math.max(slot + 1, this.ids.length * 2));
      larger.set(this.ids);
      this.ids = larger;
    }
    this.ids[slot] = NO_ROW;
  };

  /** Gives up what the slot holds. */
  readonly drop = (slot: number): void => {
    if (this.ids[slot] >= 0) this.store.release(this.ids[slot]);
    this.ids[slot] = NO_ROW;
  };

  get bytes(): number {
    return this.ids.byteLength;
  }
}
