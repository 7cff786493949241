import {
  BIGINT,
  DECIMAL,
  DOUBLE,
  F64Column,
  I32Column,
  I64Column,
  type Column,
  type DataType,
  type WideVector,
} from '../../types/index.js';
import { readRows, writeRows } from '../../state/row-snapshot.js';
import type { SnapshotReader, SnapshotWriter } from '../../state/snapshot.js';
import { Accumulator, ExactSlots, growF64, putExact, setNull } from './accumulator.js';

const MAX = Number.MAX_SAFE_INTEGER;
const NO_VALUES = new Float64Array(0);
const EXACT_STATE: readonly DataType[] = [DECIMAL(38, 0), BIGINT()];

/** Largest magnitude of an unscaled DECIMAL. */
function decimalLimit(type: DataType): bigint | null {
  return type.root === 'DECIMAL' ? 10n ** BigInt(type.precision) : null;
}

/**
 * Base of SUM and AVG over exact numbers. State: the sum, and how many values are in it (NULL is the sum of none).
 * The sum is kept exact and brought to its type (wrap of BIGINT, overflow of DECIMAL) when it is read.
 */
export abstract class ExactAccumulator extends Accumulator {
  protected readonly sums = new ExactSlots();
  protected counts: Float64Array = new Float64Array(16);
  protected input: Float64Array | Int32Array = NO_VALUES;
  protected wide: WideVector | null = null;
  protected nulls: Uint8Array | null = null;

  ensure(capacity: number): void {
    this.sums.ensure(capacity);
    this.counts = growF64(this.counts, capacity);
  }

  reset(slot: number): void {
    this.sums.reset(slot);
    this.counts[slot] = 0;
  }

  bind(columns: readonly Column[]): void {
    const column = columns[this.call.args[0]] as I64Column | I32Column;
    this.nulls = column.nulls;
    this.input = column.values;
    this.wide = column.physical === 'i64' ? column.wide : null;
  }

  add(slot: number, row: number): void {
    if (this.nulls !== null && this.nulls[row] !== 0) return;
    this.counts[slot]++;
    if (this.wide === null) {
      const sum = this.sums.values[slot] + this.input[row];
      // NaN (a large sum) fails both comparisons.
      if (sum <= MAX && sum >= -MAX) {
        this.sums.values[slot] = sum;
        return;
      }
    }
    this.addLarge(slot, row, 1n);
  }

  retract(slot: number, row: number): void {
    if (this.nulls !== null && this.nulls[row] !== 0) return;
    this.counts[slot]--;
    if (this.wide === null) {
      const sum = this.sums.values[slot] - this.input[row];
      if (sum <= MAX && sum >= -MAX) {
        this.sums.values[slot] = sum;
        return;
      }
    }
    this.addLarge(slot, row, -1n);
  }

  private addLarge(slot: number, row: number, sign: bigint): void {
    const value = this.wide === null ? BigInt(this.input[row]) : this.wide[row];
    this.sums.set(slot, BigInt(this.sums.get(slot)) + sign * value);
  }

  merge(slot: number, other: Accumulator, from: number): void {
    const o = other as ExactAccumulator;
    if (o.counts[from] === 0 && o.sums.values[from] === 0) return;
    this.counts[slot] += o.counts[from];
    const sum = this.sums.values[slot] + o.sums.values[from];
    if (sum <= MAX && sum >= -MAX) this.sums.values[slot] = sum;
    else this.sums.set(slot, BigInt(this.sums.get(slot)) + BigInt(o.sums.get(from)));
  }

  save(writer: SnapshotWriter, name: string, slots: Int32Array, n: number): void {
    writeRows(writer, name, EXACT_STATE, [this.sums.column(), new I64Column(this.counts)], slots, n);
  }

  load(reader: SnapshotReader, name: string, targets: Int32Array): void {
    const [sums, counts] = readRows(reader, name, EXACT_STATE).columns as [I64Column, I64Column];
    for (let k = 0; k < targets.length; k++) {
      if (targets[k] < 0) continue;
      this.sums.load(targets[k], sums, k);
      this.counts[targets[k]] = counts.values[k];
    }
  }

  bytes(): number {
    return this.sums.bytes() + this.counts.byteLength;
  }
}

/** SUM over BIGINT, DECIMAL and day-time intervals; $SUM0 is 0 where SUM is NULL. */
export class ExactSum extends ExactAccumulator {
  readonly shape = 'sum-exact';
  private readonly zero = this.call.fn === '$SUM0';
  private readonly limit = decimalLimit(this.call.type);
  private readonly precise = this.call.type.root === 'DECIMAL' && this.call.type.precision > 18;

  emit(slot: number, out: Column, at: number): void {
    if (this.counts[slot] === 0 && !this.zero) {
      setNull(out, at);
      return;
    }
    const narrow = this.sums.values[slot];
    const column = out as I64Column;
    if (narrow === narrow && column.wide === null) column.values[at] = narrow;
    else this.emitLarge(slot, column, at);
  }

  private emitLarge(slot: number, out: I64Column, at: number): void {
    const sum = this.sums.get(slot);
    if (typeof sum === 'number') putExact(out, at, sum, this.precise);
    else if (this.limit === null) putExact(out, at, BigInt.asIntN(64, sum), false);
    else if (sum >= this.limit || sum <= -this.limit) setNull(out, at);
    else putExact(out, at, sum, this.precise);
  }
}

/** SUM over TINYINT, SMALLINT, INT: of the argument's own type, wrapping around as Java does. */
export class IntSum extends ExactAccumulator {
  readonly shape = 'sum-int';
  private readonly zero = this.call.fn === '$SUM0';
  private readonly shift = this.call.type.root === 'TINYINT' ? 24 : this.call.type.root === 'SMALLINT' ? 16 : 0;

  emit(slot: number, out: Column, at: number): void {
    if (this.counts[slot] === 0 && !this.zero) {
      setNull(out, at);
      return;
    }
    const sum = this.sums.values[slot];
    const low = sum === sum ? sum | 0 : Number(BigInt.asIntN(32, BigInt(this.sums.get(slot))));
    (out as I32Column).values[at] = (low << this.shift) >> this.shift;
  }
}

const DOUBLE_STATE: readonly DataType[] = [DOUBLE(), BIGINT()];

/** Base of SUM and AVG over FLOAT and DOUBLE. State: sum and number of values. */
export abstract class DoubleAccumulator extends Accumulator {
  protected sums: Float64Array = new Float64Array(16);
  protected counts: Float64Array = new Float64Array(16);
  protected input: Float64Array = NO_VALUES;
  protected nulls: Uint8Array | null = null;

  ensure(capacity: number): void {
    this.sums = growF64(this.sums, capacity);
    this.counts = growF64(this.counts, capacity);
  }

  reset(slot: number): void {
    this.sums[slot] = 0;
    this.counts[slot] = 0;
  }

  bind(columns: readonly Column[]): void {
    const column = columns[this.call.args[0]] as F64Column;
    this.nulls = column.nulls;
    this.input = column.values;
  }

  merge(slot: number, other: Accumulator, from: number): void {
    this.sums[slot] += (other as DoubleAccumulator).sums[from];
    this.counts[slot] += (other as DoubleAccumulator).counts[from];
  }

  save(writer: SnapshotWriter, name: string, slots: Int32Array, n: number): void {
    writeRows(writer, name, DOUBLE_STATE, [new F64Column(this.sums), new I64Column(this.counts)], slots, n);
  }

  load(reader: SnapshotReader, name: string, targets: Int32Array): void {
    const [sums, counts] = readRows(reader, name, DOUBLE_STATE).columns as [F64Column, I64Column];
    for (let k = 0; k < targets.length; k++) {
      if (targets[k] < 0) continue;
      this.sums[targets[k]] = sums.values[k];
      this.counts[targets[k]] = counts.values[k];
    }
  }

  bytes(): number {
    return this.sums.byteLength + this.counts.byteLength;
  }
}

/** SUM over FLOAT (rounded to single precision at each step, as Java does) and DOUBLE. */
export class DoubleSum extends DoubleAccumulator {
  private readonly single = this.call.type.root === 'FLOAT';
  readonly shape = this.single ? 'sum-float' : 'sum-double';
  private readonly zero = this.call.fn === '$SUM0';

  add(slot: number, row: number): void {
    if (this.nulls !== null && this.nulls[row] !== 0) return;
    this.counts[slot]++;
    const sum = this.sums[slot] + this.input[row];
    this.sums[slot] = this.single ? Math.fround(sum) : sum;
  }

  retract(slot: number, row: number): void {
    if (this.nulls !== null && this.nulls[row] !== 0) return;
    this.counts[slot]--;
    const sum = this.sums[slot] - this.input[row];
    this.sums[slot] = this.single ? Math.fround(sum) : sum;
  }

  emit(slot: number, out: Column, at: number): void {
    if (this.counts[slot] === 0 && !this.zero) setNull(out, at);
    else (out as F64Column).values[at] = this.sums[slot];
  }
}
