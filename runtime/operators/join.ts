import type { EvalEnvironment } from '../expressions/index.js';
import { KeyBatch, KeyTable } from '../state/key-table.js';
import { ownRowNumbers, readRows } from '../state/row-snapshot.js';
import type { SnapshotReader, SnapshotWriter } from '../state/snapshot.js';
import { DELETE, INSERT, isRetraction, type Batch, type Column, type DataType } from '../types/index.js';
import { JoinSide, type JoinSideUnique } from './join-side.js';
import { joinCondition, leftIsOuter, rightIsOuter, rowsWithKey, type JoinSpec, type Matches } from './join-spec.js';
import { Operator } from './operator.js';
import { NULLS, OutputBuilder, passing } from './output-builder.js';

export interface JoinOperatorSpec {
  readonly join: JoinSpec;
  readonly leftUnique: JoinSideUnique;
  readonly rightUnique: JoinSideUnique;
  readonly leftRetracts: boolean;
  readonly rightRetracts: boolean;
  readonly leftTtl: number;
  readonly rightTtl: number;
  readonly inputTypes: readonly (readonly DataType[])[];
  readonly env: EvalEnvironment;
}

/**
 * Regular streaming join: every row is kept, and meets every row of the other input that ever comes.
 *
 * Algorithm: a batch's keys are hashed and looked up at once. Then each row meets the other side's rows of its key, in order; what Flink sends
 * for it is sent: rows of a pure inner join carry the kind of the row that caused them, an outer row loses its NULL-padded form (-D) with
 * the first match (+I) and gets it back with the loss of the last one.
 *
 * State: one key table for both sides (a key's slot leads to its rows on either side, so that one look-up serves storing and matching); a
 * JoinSide each, counting matches where the side is outer, or is the left of a semi or anti join.
 *
 * Correctness: maintains the invariant that the output's consolidated rows are the join of the inputs' consolidated rows, and that a kept
 * row's count of matches is the number of matching rows on the other side. Rows with a NULL key (unless null-safe) never match, and are
 * not kept at all: their padded form depends on nothing else.
 */
export class Join extends Operator {
  private readonly keys: readonly [readonly number[], readonly number[]];
  private readonly keyed: boolean;
  private readonly table: KeyTable;
  private readonly keyBatch = new KeyBatch();
  private readonly sides: readonly [JoinSide, JoinSide];
  private readonly outer: readonly [boolean, boolean];
  /** Semi and anti joins: send the left row alone. */
  private readonly single: boolean;
  private readonly matches: Matches | null;
  private readonly builder: OutputBuilder;
  private rows: Int32Array = new Int32Array(4096);
  private slots: Int32Array = new Int32Array(4096);
  private ids: Int32Array = new Int32Array(4096);
  private found: Int32Array = new Int32Array(64);
  /** Slots that may have lost their last row in this batch. */
  private emptied: number[] = [];
  private emptiedMark: Uint8Array = new Uint8Array(64);

  constructor(private readonly spec: JoinOperatorSpec) {
    super(2);
    const { join, inputTypes } = spec;
    this.single = join.type === 'semi' || join.type === 'anti';
    this.outer = [leftIsOuter(join.type), rightIsOuter(join.type)];
    this.keys = [join.leftKeys, join.rightKeys];
    this.keyed = join.leftKeys.length > 0;
    this.table = new KeyTable(join.leftKeys.map((c) => inputTypes[0][c]));
    const side = (s: 0 | 1): JoinSide => {
      const made = new JoinSide({
        types: inputTypes[s],
        keys: this.keys[s],
        unique: s === 0 ? spec.leftUnique : spec.rightUnique,
        retracts: s === 0 ? spec.leftRetracts : spec.rightRetracts,
        counted: this.outer[s] || (s === 0 && this.single),
        ttl: s === 0 ? spec.leftTtl : spec.rightTtl,
      });
      if (this.keyed) made.onEmptied = (slot) => this.noteEmptied(slot);
      return made;
    };
    this.sides = [side(0), side(1)];
    this.matches = joinCondition(join, inputTypes, spec.env);
    this.builder = new OutputBuilder(this.single ? [inputTypes[0]] : inputTypes, [], () => this.output);
  }

  override processBatch(batch: Batch, input: number): void {
    const n = batch.length;
    if (this.rows.length < n) {
      this.rows = new Int32Array(n * 2);
      this.slots = new Int32Array(n * 2);
      this.ids = new Int32Array(n * 2);
    }
    const own = this.sides[input];
    const other = this.sides[1 - input];
    const now = this.spec.leftTtl > 0 || this.spec.rightTtl > 0 ? this.context.processingTime() : 0;
    const keyed = rowsWithKey(batch.columns, this.keys[input], this.spec.join.nullSafe, n, this.rows);
    this.findSlots(batch.columns, input, n, keyed);
    this.bind(batch.columns, input);

    const append = own.appendsInBulk;
    if (append) own.appendRows(batch.columns, this.rows, keyed, keyed === n, this.slots, this.ids, now);
    else own.prepare(batch.columns, n);
    if (append && !this.single && !this.outer[0] && !this.outer[1] && batch.kinds === null)
      this.joinInserted(batch.columns, input, keyed, other, now);
    else this.joinRows(batch, input, keyed, append, own, other, now);

    this.builder.flush();
    // More than came in, so that the sweep laps a state that grows.
    own.sweep(n * 2 + 64, now);
    other.sweep(n * 2 + 64, now);
    own.store.reclaim();
    other.store.reclaim();
    this.forgetEmptied();
    this.account();
  }

  /** The inner join of insertions, after the rows were added. */
  private joinInserted(columns: readonly Column[], input: number, count: number, other: JoinSide, now: number): void {
    const { rows, slots, matches, builder } = this;
    const stored = other.store.columns;
    const { chains } = other;
    for (let k = 0; k < count; k++) {
      const i = rows[k];
      for (let id = chains.first(slots[i]); id >= 0;) {
        const next = chains.next[id];
        if (other.expired(id, now)) other.drop(id, slots[i]);
        else if (
          matches === null ||
          (input === 0 ? matches(columns, i, stored, id) : matches(stored, id, columns, i))
        ) {
          for (let m = other.multiplicity(id); m > 0; m--) {
            if (input === 0) builder.addPair(INSERT, passing(i), id);
            else builder.addPair(INSERT, id, passing(i));
          }
        }
        id = next;
      }
    }
  }

  private joinRows(
    batch: Batch,
    input: number,
    keyed: number,
    appended: boolean,
    own: JoinSide,
    other: JoinSide,
    now: number,
  ): void {
    const { rows, slots } = this;
    for (let i = 0, k = 0; i < batch.length; i++) {
      const kind = batch.kinds === null ? INSERT : batch.kinds[i];
      const hasKey = k < keyed && rows[k] === i;
      const count = hasKey ? this.findMatches(batch.columns, i, slots[i], input, other, now) : 0;
      if (this.single) {
        if (input === 0) this.passLeft(kind, i, count);
        else this.meetLeft(kind, count, other, now);
      } else if (isRetraction(kind)) this.takeBack(kind, i, input, count, other, now);
      else this.accumulate(kind, i, input, count, other, now);
      if (!hasKey) continue;
      if (appended) own.setMatches(this.ids[k], count, now);
      else if (isRetraction(kind)) own.retract(batch.columns, i, slots[i], now);
      else own.add(batch.columns, i, slots[i], count, now);
      k++;
    }
  }

  /** Rows of the other side that match row i: `found[0..count)`, a row of multiplicity m m times. */
  private findMatches(
    columns: readonly Column[],
    i: number,
    slot: number,
    input: number,
    other: JoinSide,
    now: number,
  ): number {
    const { matches } = this;
    const stored = other.store.columns;
    const { chains } = other;
    let count = 0;
    for (let id = chains.first(slot); id >= 0;) {
      const next = chains.next[id];
      if (other.expired(id, now)) other.drop(id, slot);
      else if (matches === null || (input === 0 ? matches(columns, i, stored, id) : matches(stored, id, columns, i))) {
        const m = other.multiplicity(id);
        if (count + m > this.found.length) this.found = grow(this.found, count + m);
        for (let k = 0; k < m; k++) this.found[count++] = id;
      }
      id = next;
    }
    return count;
  }

  private accumulate(kind: number, i: number, input: number, count: number, other: JoinSide, now: number): void {
    if (count === 0) {
      if (this.outer[input]) this.sendPadded(INSERT, passing(i), input);
      return;
    }
    const otherOuter = this.outer[1 - input];
    if (otherOuter) this.countMatches(count, other, 1, now, 0, DELETE);
    const sent = this.outer[input] || otherOuter ? INSERT : kind;
    for (let k = 0; k < count; k++) this.sendPair(sent, i, this.found[k], input);
  }

  private takeBack(kind: number, i: number, input: number, count: number, other: JoinSide, now: number): void {
    if (count === 0) {
      if (this.outer[input]) this.sendPadded(DELETE, passing(i), input);
      return;
    }
    const sent = this.outer[input] ? DELETE : kind;
    for (let k = 0; k < count; k++) this.sendPair(sent, i, this.found[k], input);
    if (this.outer[1 - input]) this.countMatches(count, other, -1, now, 1, INSERT);
  }

  /** A left row of a semi or anti join. */
  private passLeft(kind: number, i: number, count: number): void {
    if (count > 0 === (this.spec.join.type === 'semi')) this.builder.add(kind, passing(i));
  }

  /** A right row of a semi or anti join: left rows that it gives their first match, or takes the last one from. */
  private meetLeft(kind: number, count: number, left: JoinSide, now: number): void {
    const semi = this.spec.join.type === 'semi';
    const back = isRetraction(kind);
    this.countMatches(count, left, back ? -1 : 1, now, back ? 1 : 0, semi ? kind : back ? INSERT : DELETE);
  }

  /**
   * Adds `step` to the matches of each entry in `found`, once per entry: duplicates lie side by side and share the count. A row whose count
   * was `edge` changes sides, and is sent with `kind`: alone in a semi or anti join, NULL-padded in an outer join.
   */
  private countMatches(count: number, side: JoinSide, step: number, now: number, edge: number, kind: number): void {
    for (let k = 0; k < count;) {
      const id = this.found[k];
      const before = side.matches(id);
      for (; k < count && this.found[k] === id; k++) {
        if (before !== edge) continue;
        if (this.single) this.builder.add(kind, id);
        else this.sendPadded(kind, id, side === this.sides[0] ? 0 : 1);
      }
      side.setMatches(id, before + step, now);
    }
  }

  private sendPair(kind: number, i: number, id: number, input: number): void {
    if (input === 0) this.builder.addPair(kind, passing(i), id);
    else this.builder.addPair(kind, id, passing(i));
  }

  private sendPadded(kind: number, ref: number, side: number): void {
    if (side === 0) this.builder.addPair(kind, ref, NULLS);
    else this.builder.addPair(kind, NULLS, ref);
  }

  private bind(columns: readonly Column[], input: number): void {
    const [left, right] = this.sides;
    this.builder.bind(0, left.store.columns, input === 0 ? columns : null);
    if (!this.single) this.builder.bind(1, right.store.columns, input === 1 ? columns : null);
  }

  private findSlots(columns: readonly Column[], input: number, length: number, keyed: number): void {
    if (!this.keyed) {
      this.slots.fill(0, 0, length);
      return;
    }
    this.keyBatch.prepare(columns, this.keys[input], length);
    this.table.upsert(this.keyBatch, this.rows, keyed, this.slots);
  }

  private noteEmptied(slot: number): void {
    if (slot >= this.emptiedMark.length) {
      const larger = new Uint8Array(Math.max(slot + 1, this.emptiedMark.length * 2));
      larger.set(this.emptiedMark);
      this.emptiedMark = larger;
    }
    if (this.emptiedMark[slot] !== 0) return;
    this.emptiedMark[slot] = 1;
    this.emptied.push(slot);
  }

  /** Keys without rows on either side are given up at the batch's end: until then its slots are in use. */
  private forgetEmptied(): void {
    if (this.emptied.length === 0) return;
    for (const slot of this.emptied) {
      this.emptiedMark[slot] = 0;
      if (this.sides[0].chains.first(slot) < 0 && this.sides[1].chains.first(slot) < 0) this.table.remove(slot);
    }
    this.emptied = [];
  }

  private account(): void {
    const { metrics } = this.context;
    metrics.stateBytes = this.sides[0].bytes + this.sides[1].bytes + this.table.bytes();
    metrics.stateKeys = this.keyed ? this.table.size : 1;
  }

  override snapshot(writer: SnapshotWriter): void {
    const slots = this.keyed ? this.table.liveSlots() : Int32Array.of(0);
    this.sides[0].snapshot(writer, 'left', slots);
    this.sides[1].snapshot(writer, 'right', slots);
  }

  override restore(readers: readonly SnapshotReader[]): void {
    for (const reader of readers) {
      for (const input of [0, 1]) {
        const prefix = input === 0 ? 'left' : 'right';
        const batch = readRows(reader, prefix, this.spec.inputTypes[input]);
        const rows = new Int32Array(batch.length);
        const slots = new Int32Array(batch.length);
        const n = ownRowNumbers(batch, this.keys[input], this.context, rows);
        this.keyBatch.prepare(batch.columns, this.keys[input], batch.length);
        if (this.keyed) this.table.upsert(this.keyBatch, rows, n, slots);
        this.sides[input].restore(reader, prefix, batch, rows, n, slots);
      }
    }
    this.account();
  }
}

function grow(array: Int32Array, length: number): Int32Array {
  const larger = new Int32Array(Math.max(length, array.length * 2));
  larger.set(array);
  return larger;
}
