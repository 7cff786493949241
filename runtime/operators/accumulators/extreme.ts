import {
  BOOLEAN,
  I32Column,
  type Column,
  type DataType,
  type F64Column,
  type I64Column,
  type StrColumn,
  type TsColumn,
} from '../../types/index.js';
import { OrderedValues } from '../../state/counted-values.js';
import { readRows, writeRows } from '../../state/row-snapshot.js';
import { SlotColumn } from '../../state/slot-column.js';
import type { SnapshotReader, SnapshotWriter } from '../../state/snapshot.js';
import { compareCells } from '../../state/value-order.js';
import type { AggregateCall } from '../../expressions/bound.js';
import { Accumulator, growU8, putExact, setNull } from './accumulator.js';

/** Copies cell i of a stored column to row `at` of a result column. */
export function putCell(from: Column, i: number, out: Column, at: number, precise: boolean): void {
  if (from.nulls !== null && from.nulls[i] !== 0) {
    setNull(out, at);
    return;
  }
  switch (from.physical) {
    case 'i32':
      (out as I32Column).values[at] = from.values[i];
      break;
    case 'f64':
      (out as F64Column).values[at] = from.values[i];
      break;
    case 'i64':
      putExact(out as I64Column, at, from.wide === null ? from.values[i] : from.wide[i], precise);
      break;
    case 'ts': {
      const to = out as TsColumn;
      to.millis[at] = from.millis[i];
      if (from.nanos !== null) (to.nanos ??= new Int32Array(to.millis.length))[at] = from.nanos[i];
      break;
    }
    case 'str':
      ((out as StrColumn).strings as string[])[at] = from.get(i);
      break;
    case 'bytes':
    case 'obj':
      (out as typeof from).values[at] = from.values[i];
      break;
  }
}

export function isPrecise(type: DataType): boolean {
  return type.root === 'DECIMAL' && type.precision > 18;
}

/** MIN and MAX over rows that are never taken back. State: the best value so far by slot, and whether there is one. */
export class ExtremeAccumulator extends Accumulator {
  private readonly greatest = this.call.fn === 'MAX';
  private readonly best: SlotColumn;
  private seen: Uint8Array = new Uint8Array(16);
  private readonly precise: boolean;
  readonly shape: string;
  private source!: Column;
  /** Values of the batch and of the state, when both are plain numbers. */
  private input: Float64Array | Int32Array | null = null;
  private kept: Float64Array | Int32Array | null = null;

  constructor(call: AggregateCall) {
    super(call, false);
    this.best = new SlotColumn(call.type, 16);
    this.shape = `extreme-${this.best.column.physical}-${this.greatest}`;
    this.precise = isPrecise(call.type);
  }

  ensure(capacity: number): void {
    if (this.seen.length >= capacity) return;
    this.best.grow(capacity);
    this.seen = growU8(this.seen, capacity);
    this.kept = plain(this.best.column);
  }

  reset(slot: number): void {
    if (this.seen[slot] !== 0) this.best.release(slot);
    this.seen[slot] = 0;
  }

  bind(columns: readonly Column[]): void {
    this.source = columns[this.call.args[0]];
    this.input = plain(this.source);
    this.kept = plain(this.best.column);
  }

  add(slot: number, row: number): void {
    const nulls = this.source.nulls;
    if (nulls !== null && nulls[row] !== 0) return;
    const { input, kept } = this;
    if (input !== null && kept !== null) {
      const value = input[row];
      if (this.seen[slot] === 0) {
        this.seen[slot] = 1;
        kept[slot] = value;
      } else if (this.greatest ? value > kept[slot] : value < kept[slot]) kept[slot] = value;
      return;
    }
    this.offer(slot, this.source, row);
  }

  retract(): void {
    throw new Error('an insert-only extreme was asked to retract');
  }

  private offer(slot: number, from: Column, row: number): void {
    if (this.seen[slot] !== 0) {
      const c = compareCells(from, row, this.best.column, slot);
      if (this.greatest ? c <= 0 : c >= 0) return;
      this.best.release(slot);
    }
    this.seen[slot] = 1;
    this.best.store(slot, from, row);
    this.kept = plain(this.best.column);
  }

  emit(slot: number, out: Column, at: number): void {
    if (this.seen[slot] === 0) setNull(out, at);
    else putCell(this.best.column, slot, out, at, this.precise);
  }

  merge(slot: number, other: Accumulator, from: number): void {
    const o = other as ExtremeAccumulator;
    if (o.seen[from] !== 0) this.offer(slot, o.best.column, from);
  }

  save(writer: SnapshotWriter, name: string, slots: Int32Array, n: number): void {
    const seen = new I32Column(Int32Array.from(this.seen));
    writeRows(writer, name, [this.call.type, BOOLEAN()], [this.best.column, seen], slots, n);
  }

  load(reader: SnapshotReader, name: string, targets: Int32Array): void {
    const [best, seen] = readRows(reader, name, [this.call.type, BOOLEAN()]).columns;
    for (let k = 0; k < targets.length; k++) {
      if (targets[k] >= 0 && (seen as I32Column).values[k] !== 0) this.offer(targets[k], best, k);
    }
  }

  bytes(): number {
    return this.best.bytes() + this.seen.byteLength;
  }
}

/** The column's values when they are plain numbers, to be compared as they are. */
function plain(column: Column): Float64Array | Int32Array | null {
  switch (column.physical) {
    case 'i32':
    case 'f64':
      return column.values;
    case 'i64':
      return column.wide === null ? column.values : null;
    case 'ts':
      return column.nanos === null ? column.millis : null;
    default:
      return null;
  }
}

/** MIN and MAX over rows that may be taken back. State: every value of a slot with its count, in order. */
export class RetractableExtreme extends Accumulator {
  readonly shape: string;
  private readonly kept: OrderedValues;
  private readonly precise: boolean;
  private source!: Column;
  private length = 0;
  private rows = new Int32Array(64);

  constructor(call: AggregateCall) {
    super(call, true);
    this.kept = new OrderedValues(call.type, call.fn === 'MAX');
    this.shape = `retractable-extreme-${call.type.root}`;
    this.precise = isPrecise(call.type);
  }

  ensure(capacity: number): void {
    this.kept.ensure(capacity);
  }

  reset(slot: number): void {
    this.kept.removeSlot(slot);
  }

  bind(columns: readonly Column[], length: number): void {
    this.source = columns[this.call.args[0]];
    this.length = length;
  }

  override prepare(rows: Int32Array, n: number, slots: Int32Array): void {
    this.kept.resolve(slots, [this.source], this.valued(rows, n), this.valuedCount, this.length);
  }

  override settle(): void {
    this.kept.sweep(this.rows, this.valuedCount);
  }

  private valuedCount = 0;

  private valued(rows: Int32Array, n: number): Int32Array {
    if (this.rows.length < n) this.rows = new Int32Array(n * 2);
    const nulls = this.source.nulls;
    let count = 0;
    for (let j = 0; j < n; j++) if (nulls === null || nulls[rows[j]] === 0) this.rows[count++] = rows[j];
    this.valuedCount = count;
    return this.rows;
  }

  add(slot: number, row: number): void {
    if (this.source.nulls === null || this.source.nulls[row] === 0) this.kept.count(slot, this.kept.entries[row], 1);
  }

  retract(slot: number, row: number): void {
    if (this.source.nulls === null || this.source.nulls[row] === 0) this.kept.count(slot, this.kept.entries[row], -1);
  }

  emit(slot: number, out: Column, at: number): void {
    const entry = this.kept.first(slot);
    if (entry < 0) setNull(out, at);
    else putCell(this.kept.values[0], entry, out, at, this.precise);
  }

  merge(slot: number, other: Accumulator, from: number): void {
    const o = (other as RetractableExtreme).kept;
    this.kept.absorb(slot, o, from, (entry, source) => this.kept.count(slot, entry, o.counts[0][source]));
  }

  save(writer: SnapshotWriter, name: string, slots: Int32Array, n: number): void {
    this.kept.save(writer, name, slots, n);
  }

  load(reader: SnapshotReader, name: string, targets: Int32Array): void {
    this.kept.load(reader, name, targets);
  }

  bytes(): number {
    return this.kept.bytes();
  }
}
