import { RowChains } from '../state/row-chains.js';
import { RowIndex } from '../state/row-index.js';
import { writeRows } from '../state/row-snapshot.js';
import { RowStore } from '../state/row-store.js';
import type { SnapshotReader, SnapshotWriter } from '../state/snapshot.js';
import type { Batch, Column, DataType } from '../types/index.js';

/** What is known of an input's rows: unique by the join key, by some columns, or not at all. */
export type JoinSideUnique =
  | { readonly kind: 'joinKey' }
  | { readonly kind: 'columns'; readonly columns: readonly number[] }
  | { readonly kind: 'none' };

export interface JoinSideSpec {
  readonly types: readonly DataType[];
  readonly keys: readonly number[];
  readonly unique: JoinSideUnique;
  readonly retracts: boolean;
  /** Whether the number of matches is kept with each row. */
  readonly counted: boolean;
  /** Milliseconds; 0 = kept for ever. */
  readonly ttl: number;
}

/**
 * The rows of one input of a join, chained by the slot of their join key.
 *
 * A row that may be taken back is found by its unique columns, or else by its whole content; equal rows then share an entry with a
 * multiplicity. Rows of an input that only inserts need neither, and are merely appended.
 */
export class JoinSide {
  readonly store: RowStore;
  readonly chains: RowChains;
  /** How often an entry's row is there; null where every entry is one row. */
  private readonly multiplicityAt: number;
  private readonly matchesAt: number;
  private readonly slotAt: number;
  private readonly index: RowIndex | null;
  private hashes = new Int32Array(0);
  private sweepAt = 0;
  /** Slots whose chain was emptied, for the owner to look at. */
  onEmptied: (slot: number) => void = () => {};

  constructor(private readonly spec: JoinSideSpec) {
    const { types, unique, retracts, keys } = spec;
    let counters = 0;
    this.multiplicityAt = unique.kind === 'none' && retracts ? counters++ : -1;
    this.matchesAt = spec.counted ? counters++ : -1;
    this.slotAt = spec.ttl > 0 ? counters++ : -1;
    this.store = new RowStore(types, { counters, times: spec.ttl > 0 });
    this.chains = new RowChains(retracts || unique.kind !== 'none' || spec.ttl > 0);
    this.index =
      unique.kind === 'columns'
        ? new RowIndex(this.store, [...new Set([...keys, ...unique.columns])])
        : this.multiplicityAt >= 0
          ? new RowIndex(
              this.store,
              types.map((_, c) => c),
            )
          : null;
  }

  get bytes(): number {
    return this.store.bytes + this.chains.bytes + (this.index?.bytes ?? 0);
  }

  /** Whether a whole batch of insertions can be added at once. */
  get appendsInBulk(): boolean {
    return !this.spec.retracts && this.spec.unique.kind === 'none';
  }

  /** Adds rows `rows[0..count)` to the chains `slots[row]`, without matches. `ids` takes their row ids. */
  appendRows(
    columns: readonly Column[],
    rows: Int32Array,
    count: number,
    whole: boolean,
    slots: Int32Array,
    ids: Int32Array,
    now: number,
  ): void {
    this.store.addRows(columns, whole ? null : rows, count, ids);
    const chains = this.chains;
    for (let k = 0; k < count; k++) chains.append(slots[rows[k]], ids[k]);
    if (this.slotAt >= 0) for (let k = 0; k < count; k++) this.stamp(ids[k], slots[rows[k]], now);
  }

  /** Hashes a batch's rows, for the `add` and `retract` calls that follow. */
  prepare(columns: readonly Column[], length: number): void {
    if (this.index === null) return;
    if (this.hashes.length < length) this.hashes = new Int32Array(Math.max(length, 4096));
    this.index.hash(columns, length, this.hashes);
  }

  /** Adds row `i`, in the place of the row that its unique columns name, if there is one. */
  add(columns: readonly Column[], i: number, slot: number, matches: number, now: number): void {
    let known = -1;
    if (this.index !== null) known = this.index.find(columns, i, this.hashes[i]);
    else if (this.spec.unique.kind === 'joinKey') known = this.chains.first(slot);
    if (known >= 0 && this.multiplicityAt >= 0 && !this.expired(known, now)) {
      this.store.counters[this.multiplicityAt][known]++;
      this.setMatches(known, matches, now);
      this.touch(known, now);
      return;
    }
    if (known >= 0) this.drop(known, slot);
    const id = this.store.add(columns, i);
    if (this.index !== null) this.index.insert(id, this.hashes[i]);
    if (this.multiplicityAt >= 0) this.store.counters[this.multiplicityAt][id] = 1;
    if (this.matchesAt >= 0) this.store.counters[this.matchesAt][id] = matches;
    this.chains.append(slot, id);
    if (this.slotAt >= 0) this.stamp(id, slot, now);
  }

  /** Takes row `i` back; a row that is not there is ignored. */
  retract(columns: readonly Column[], i: number, slot: number, now: number): void {
    const known = this.index !== null ? this.index.find(columns, i, this.hashes[i]) : this.chains.first(slot);
    if (known < 0) {
      if (this.chains.first(slot) < 0) this.onEmptied(slot);
      return;
    }
    if (this.multiplicityAt >= 0 && !this.expired(known, now) && this.store.counters[this.multiplicityAt][known] > 1) {
      this.store.counters[this.multiplicityAt][known]--;
      this.touch(known, now);
      return;
    }
    this.drop(known, slot);
  }

  multiplicity(id: number): number {
    return this.multiplicityAt < 0 ? 1 : this.store.counters[this.multiplicityAt][id];
  }

  matches(id: number): number {
    return this.store.counters[this.matchesAt][id];
  }

  setMatches(id: number, matches: number, now: number): void {
    if (this.matchesAt < 0) return;
    this.store.counters[this.matchesAt][id] = matches;
    this.touch(id, now);
  }

  /** Whether the row outlived its time; such a row is never read again. */
  expired(id: number, now: number): boolean {
    const times = this.store.times;
    return times !== null && times[id] + this.spec.ttl <= now;
  }

  /** Takes an entry out whatever its multiplicity. */
  drop(id: number, slot: number): void {
    this.index?.remove(id);
    this.chains.remove(slot, id);
    this.store.release(id);
    if (this.chains.first(slot) < 0) this.onEmptied(slot);
  }

  /** Looks at `count` entries, in turn, and drops the expired ones: so that keys which never come again are forgotten too. */
  sweep(count: number, now: number): void {
    if (this.slotAt < 0) return;
    const { store } = this;
    const times = store.times as Float64Array;
    const end = store.highWater;
    for (let k = Math.min(count, end); k > 0; k--) {
      if (this.sweepAt >= end) this.sweepAt = 0;
      const id = this.sweepAt++;
      if (times[id] + this.spec.ttl <= now) this.drop(id, store.counters[this.slotAt][id]);
    }
  }

  snapshot(writer: SnapshotWriter, prefix: string, slots: Int32Array): void {
    const { store, chains } = this;
    const ids = new Int32Array(store.live);
    let n = 0;
    for (const slot of slots) for (let id = chains.first(slot); id >= 0; id = chains.next[id]) ids[n++] = id;
    writeRows(writer, prefix, this.spec.types, store.columns, ids, n);
    const gathered = (counter: Int32Array): Int32Array => ids.map((id) => counter[id]);
    if (this.multiplicityAt >= 0) writer.array(`${prefix}.multiplicity`, gathered(store.counters[this.multiplicityAt]));
    if (this.matchesAt >= 0) writer.array(`${prefix}.matches`, gathered(store.counters[this.matchesAt]));
    const times = store.times;
    if (times !== null)
      writer.array(
        `${prefix}.times`,
        Float64Array.from(ids, (id) => times[id]),
      );
  }

  /** Takes rows `rows[0..count)` of a restored batch, whose slots are `slots[row]`. */
  restore(
    reader: SnapshotReader,
    prefix: string,
    batch: Batch,
    rows: Int32Array,
    count: number,
    slots: Int32Array,
  ): void {
    const ids = new Int32Array(count);
    this.store.addRows(batch.columns, rows, count, ids);
    this.prepare(batch.columns, batch.length);
    const section = (name: string): Int32Array => reader.array<Int32Array>(`${prefix}.${name}`);
    const multiplicity = this.multiplicityAt >= 0 ? section('multiplicity') : null;
    const matches = this.matchesAt >= 0 ? section('matches') : null;
    const times = this.slotAt >= 0 ? reader.array<Float64Array>(`${prefix}.times`) : null;
    for (let k = 0; k < count; k++) {
      const id = ids[k];
      const row = rows[k];
      this.chains.append(slots[row], id);
      this.index?.insert(id, this.hashes[row]);
      if (multiplicity !== null) this.store.counters[this.multiplicityAt][id] = multiplicity[row];
      if (matches !== null) this.store.counters[this.matchesAt][id] = matches[row];
      if (times !== null) this.stamp(id, slots[row], times[row]);
    }
  }

  private stamp(id: number, slot: number, now: number): void {
    this.store.counters[this.slotAt][id] = slot;
    (this.store.times as Float64Array)[id] = now;
  }

  private touch(id: number, now: number): void {
    if (this.store.times !== null) this.store.times[id] = now;
  }
}
