import { I64Column, widen, type Column } from '../../types/index.js';
import type { SnapshotReader, SnapshotWriter } from '../../state/snapshot.js';
import type { AggregateCall } from '../../expressions/bound.js';

/**
 * State of one aggregate call, by slot: typed arrays that a batch updates in one loop per call. A slot belongs to a key (or a key's window);
 * who owns the slots says when one begins (`reset`) and how many there are (`ensure`).
 *
 * `add` and `retract` see rows of the columns last bound, rows that a filter or DISTINCT holds back excepted. They run inside loops compiled
 * once per `shape`, so that the calls in them are monomorphic and inlined (measured: 2 ns a row for a sum, 9 ns through a shared loop).
 */
export abstract class Accumulator {
  /** Accumulators of one shape share compiled loops: it names the class and whatever changes the types it touches. */
  abstract readonly shape: string;

  constructor(
    readonly call: AggregateCall,
    /** Whether rows may be taken back. */
    readonly retracts: boolean,
  ) {}

  /** Makes room for slots below `capacity`. */
  abstract ensure(capacity: number): void;
  /** The slot starts anew, with no rows. */
  abstract reset(slot: number): void;
  /** The batch whose rows come next. */
  abstract bind(columns: readonly Column[], length: number): void;
  /** Called before the loop over rows[0..n), with slots by row. */
  prepare(_rows: Int32Array, _n: number, _slots: Int32Array): void {}
  /** Called after the loop. */
  settle(_rows: Int32Array, _n: number): void {}
  abstract add(slot: number, row: number): void;
  abstract retract(slot: number, row: number): void;
  /** Writes the slot's result to row `at` of `out`, a column of the call's type. */
  abstract emit(slot: number, out: Column, at: number): void;
  /** Adds what another accumulator of the same call holds under `from`. */
  abstract merge(slot: number, other: Accumulator, from: number): void;
  abstract save(writer: SnapshotWriter, name: string, slots: Int32Array, n: number): void;
  /** Reads what `save` wrote: position k of its list becomes slot targets[k], unless that is negative. */
  abstract load(reader: SnapshotReader, name: string, targets: Int32Array): void;
  abstract bytes(): number;
}

export interface Loops {
  /** kinds: RowKind by row, or null while all are +I. pass: by row, 0 = the row does not count for this call; null = all do. */
  update(
    acc: Accumulator,
    rows: Int32Array,
    n: number,
    slots: Int32Array,
    kinds: Uint8Array | null,
    pass: Uint8Array | null,
  ): void;
  /** As update; writes the result before row j to 2j of `out`, and the one after it to 2j + 1. */
  trace(
    acc: Accumulator,
    rows: Int32Array,
    n: number,
    slots: Int32Array,
    kinds: Uint8Array | null,
    pass: Uint8Array | null,
    out: Column,
  ): void;
  /** Writes the results of slots[0..n) to `out`, from row `at`. */
  gather(acc: Accumulator, slots: Int32Array, n: number, out: Column, at: number): void;
  /** Merges slot from[j] of `other` into slot targets[from[j]] of `acc`. */
  merge(acc: Accumulator, targets: Int32Array, other: Accumulator, from: Int32Array, n: number): void;
}

const compiled = new Map<string, Loops>();

/** The loops over an accumulator's rows. Compiled from one text afresh for each shape: V8 keeps type feedback per compiled function. */
export function loopsFor(shape: string): Loops {
  let loops = compiled.get(shape);
  if (loops === undefined) {
    loops = new Function(`'use strict'; return {
update(acc, rows, n, slots, kinds, pass) {
  if (kinds === null && pass === null) {
    for (let j = 0; j < n; j++) { const i = rows[j]; acc.add(slots[i], i); }
    return;
  }
  for (let j = 0; j < n; j++) {
    const i = rows[j];
    if (pass !== null && pass[i] === 0) continue;
    if (kinds === null || (kinds[i] & 1) === 0) acc.add(slots[i], i);
    else acc.retract(slots[i], i);
  }
},
trace(acc, rows, n, slots, kinds, pass, out) {
  for (let j = 0; j < n; j++) {
    const i = rows[j], s = slots[i];
    acc.emit(s, out, 2 * j);
    if (pass === null || pass[i] !== 0) {
      if (kinds === null || (kinds[i] & 1) === 0) acc.add(s, i);
      else acc.retract(s, i);
    }
    acc.emit(s, out, 2 * j + 1);
  }
},
gather(acc, slots, n, out, at) {
  for (let j = 0; j < n; j++) acc.emit(slots[j], out, at + j);
},
merge(acc, targets, other, from, n) {
  for (let j = 0; j < n; j++) acc.merge(targets[from[j]], other, from[j]);
}};`)() as Loops;
    compiled.set(shape, loops);
  }
  return loops;
}

export function setNull(out: Column, at: number): void {
  (out.nulls ??= new Uint8Array(roomOf(out)))[at] = 1;
}

function roomOf(column: Column): number {
  switch (column.physical) {
    case 'ts':
      return column.millis.length;
    case 'str':
      return (column.strings as unknown[]).length;
    default:
      return column.values.length;
  }
}

export function growF64(old: Float64Array, capacity: number): Float64Array {
  if (old.length >= capacity) return old;
  const larger = new Float64Array(capacity);
  larger.set(old);
  return larger;
}

export function growU8(old: Uint8Array, capacity: number): Uint8Array {
  if (old.length >= capacity) return old;
  const larger = new Uint8Array(capacity);
  larger.set(old);
  return larger;
}

/** Writes an exact number to row `at` of an i64 column, which becomes wide if it must. */
export function putExact(out: I64Column, at: number, value: number | bigint, precise: boolean): void {
  if (typeof value === 'number') {
    if (out.wide === null) out.values[at] = value;
    else out.wide[at] = BigInt(value);
    return;
  }
  if (out.wide === null) {
    if (value <= 9007199254740991n && value >= -9007199254740991n) {
      out.values[at] = Number(value);
      return;
    }
    widen(out, out.values.length, precise);
  }
  (out.wide as unknown as bigint[])[at] = value;
}

/**
 * Exact integers by slot, of any size: narrow ones as doubles in `values`, where NaN stands for a value in `large`. A sum that outgrows
 * 2^53 thus costs itself a map entry, and its neighbours nothing.
 */
export class ExactSlots {
  values: Float64Array = new Float64Array(16);
  private large: Map<number, bigint> | null = null;

  ensure(capacity: number): void {
    this.values = growF64(this.values, capacity);
  }

  reset(slot: number): void {
    if (this.large !== null && this.values[slot] !== this.values[slot]) this.large.delete(slot);
    this.values[slot] = 0;
  }

  get(slot: number): number | bigint {
    const v = this.values[slot];
    return v === v ? v : (this.large as Map<number, bigint>).get(slot)!;
  }

  set(slot: number, value: bigint): void {
    if (value <= 9007199254740991n && value >= -9007199254740991n) {
      if (this.values[slot] !== this.values[slot]) this.large?.delete(slot);
      this.values[slot] = Number(value);
    } else {
      this.values[slot] = NaN;
      (this.large ??= new Map()).set(slot, value);
    }
  }

  /** As a column indexed by slot, for snapshots. */
  column(): I64Column {
    const column = new I64Column(this.values);
    if (this.large !== null && this.large.size > 0) {
      const large = this.large;
      column.wide = Array.from(this.values, (v, slot) => (v === v ? BigInt(v) : (large.get(slot) ?? 0n)));
    }
    return column;
  }

  load(slot: number, column: I64Column, row: number): void {
    if (column.wide === null) this.values[slot] = column.values[row];
    else this.set(slot, column.wide[row]);
  }

  bytes(): number {
    return this.values.byteLength + (this.large?.size ?? 0) * 64;
  }
}
