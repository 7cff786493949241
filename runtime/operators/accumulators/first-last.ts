import { BOOLEAN, I32Column, type Column } from '../../types/index.js';
import type { AggregateCall } from '../../expressions/bound.js';
import { readRows, writeRows } from '../../state/row-snapshot.js';
import { SlotColumn } from '../../state/slot-column.js';
import type { SnapshotReader, SnapshotWriter } from '../../state/snapshot.js';
import { Accumulator, growU8, setNull } from './accumulator.js';
import { isPrecise, putCell } from './extreme.js';

/** FIRST_VALUE and LAST_VALUE of rows that are never taken back: the first or last non-null value by slot. */
export class FirstLast extends Accumulator {
  readonly shape: string;
  private readonly last = this.call.fn === 'LAST_VALUE';
  private readonly kept: SlotColumn;
  private seen: Uint8Array = new Uint8Array(16);
  private readonly precise: boolean;
  private source!: Column;

  constructor(call: AggregateCall) {
    super(call, false);
    this.kept = new SlotColumn(call.type, 16);
    this.shape = `end-${this.kept.column.physical}`;
    this.precise = isPrecise(call.type);
  }

  ensure(capacity: number): void {
    if (this.seen.length >= capacity) return;
    this.kept.grow(capacity);
    this.seen = growU8(this.seen, capacity);
  }

  reset(slot: number): void {
    if (this.seen[slot] !== 0) this.kept.release(slot);
    this.seen[slot] = 0;
  }

  bind(columns: readonly Column[]): void {
    this.source = columns[this.call.args[0]];
  }

  add(slot: number, row: number): void {
    if (this.source.nulls === null || this.source.nulls[row] === 0) this.offer(slot, this.source, row);
  }

  retract(): void {
    throw new Error('an insert-only FIRST_VALUE or LAST_VALUE was asked to retract');
  }

  private offer(slot: number, from: Column, row: number): void {
    if (this.seen[slot] !== 0) {
      if (!this.last) return;
      this.kept.release(slot);
    }
    this.seen[slot] = 1;
    this.kept.store(slot, from, row);
  }

  emit(slot: number, out: Column, at: number): void {
    if (this.seen[slot] === 0) setNull(out, at);
    else putCell(this.kept.column, slot, out, at, this.precise);
  }

  merge(slot: number, other: Accumulator, from: number): void {
    const o = other as FirstLast;
    if (o.seen[from] !== 0) this.offer(slot, o.kept.column, from);
  }

  save(writer: SnapshotWriter, name: string, slots: Int32Array, n: number): void {
    const seen = new I32Column(Int32Array.from(this.seen));
    writeRows(writer, name, [this.call.type, BOOLEAN()], [this.kept.column, seen], slots, n);
  }

  load(reader: SnapshotReader, name: string, targets: Int32Array): void {
    const [kept, seen] = readRows(reader, name, [this.call.type, BOOLEAN()]).columns;
    for (let k = 0; k < targets.length; k++) {
      if (targets[k] >= 0 && (seen as I32Column).values[k] !== 0) this.offer(targets[k], kept, k);
    }
  }

  bytes(): number {
    return this.kept.bytes() + this.seen.byteLength;
  }
}
