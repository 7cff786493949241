import { BIGINT, DOUBLE, F64Column, I64Column, type Column, type DataType, type I32Column } from '../../types/index.js';
import { readRows, writeRows } from '../../state/row-snapshot.js';
import type { SnapshotReader, SnapshotWriter } from '../../state/snapshot.js';
import { Accumulator, growF64, putExact, setNull } from './accumulator.js';

const STATE: readonly DataType[] = [BIGINT(), DOUBLE(), DOUBLE()];

/**
 * VAR_POP, VAR_SAMP, STDDEV_POP, STDDEV_SAMP. State: number of values, their mean, and the sum of squared distances from it (Welford's
 * update, which unlike a sum of squares does not lose everything to cancellation). The result is brought to the argument's type, as Flink does.
 */
export class Variance extends Accumulator {
  readonly shape = `variance-${this.call.argTypes[0].root}`;
  private counts: Float64Array = new Float64Array(16);
  private means: Float64Array = new Float64Array(16);
  private squares: Float64Array = new Float64Array(16);
  private column!: I64Column | I32Column | F64Column;
  private readonly sample = this.call.fn.endsWith('SAMP');
  private readonly root = this.call.fn.startsWith('STDDEV');
  private readonly divisor = this.call.argTypes[0].root === 'DECIMAL' ? 10 ** this.call.argTypes[0].scale : 1;

  ensure(capacity: number): void {
    this.counts = growF64(this.counts, capacity);
    this.means = growF64(this.means, capacity);
    this.squares = growF64(this.squares, capacity);
  }

  reset(slot: number): void {
    this.counts[slot] = this.means[slot] = this.squares[slot] = 0;
  }

  bind(columns: readonly Column[]): void {
    this.column = columns[this.call.args[0]] as I64Column | I32Column | F64Column;
  }

  private value(row: number): number {
    const { column } = this;
    const v = column.physical === 'i64' && column.wide !== null ? Number(column.wide[row]) : column.values[row];
    return v / this.divisor;
  }

  add(slot: number, row: number): void {
    if (this.column.nulls !== null && this.column.nulls[row] !== 0) return;
    this.change(slot, this.value(row), 1);
  }

  retract(slot: number, row: number): void {
    if (this.column.nulls !== null && this.column.nulls[row] !== 0) return;
    this.change(slot, this.value(row), -1);
  }

  private change(slot: number, value: number, by: 1 | -1): void {
    const count = (this.counts[slot] += by);
    if (count === 0) {
      this.means[slot] = this.squares[slot] = 0;
      return;
    }
    const distance = value - this.means[slot];
    this.means[slot] += (by * distance) / count;
    this.squares[slot] += by * distance * (value - this.means[slot]);
    // One value has no distance from itself: what rounding left of those taken back goes.
    if (count === 1) this.squares[slot] = 0;
  }

  emit(slot: number, out: Column, at: number): void {
    const count = this.counts[slot];
    const divisor = this.sample ? count - 1 : count;
    if (divisor <= 0) {
      setNull(out, at);
      return;
    }
    const variance = Math.max(0, this.squares[slot]) / divisor;
    const result = this.root ? Math.sqrt(variance) : variance;
    const { type } = this.call;
    switch (out.physical) {
      case 'f64':
        out.values[at] = type.root === 'FLOAT' ? Math.fround(result) : result;
        break;
      case 'i32':
        out.values[at] = toInt(result, type);
        break;
      default: {
        const scaled = type.root === 'DECIMAL' ? Math.round(result * 10 ** type.scale) : Math.trunc(result);
        const precise = type.root === 'DECIMAL' && type.precision > 18;
        if (Number.isSafeInteger(scaled)) putExact(out as I64Column, at, scaled, precise);
        else
          putExact(
            out as I64Column,
            at,
            type.root === 'BIGINT' && scaled >= 2 ** 63 ? LARGEST : BigInt(scaled),
            precise,
          );
      }
    }
  }

  merge(slot: number, other: Accumulator, from: number): void {
    const o = other as Variance;
    const n = this.counts[slot];
    const m = o.counts[from];
    if (m === 0) return;
    const count = n + m;
    if (count === 0) {
      this.reset(slot);
      return;
    }
    const distance = o.means[from] - this.means[slot];
    this.squares[slot] += o.squares[from] + (distance * distance * n * m) / count;
    this.means[slot] += (distance * m) / count;
    this.counts[slot] = count;
  }

  save(writer: SnapshotWriter, name: string, slots: Int32Array, n: number): void {
    const columns = [new I64Column(this.counts), new F64Column(this.means), new F64Column(this.squares)];
    writeRows(writer, name, STATE, columns, slots, n);
  }

  load(reader: SnapshotReader, name: string, targets: Int32Array): void {
    const [counts, means, squares] = readRows(reader, name, STATE).columns as [I64Column, F64Column, F64Column];
    for (let k = 0; k < targets.length; k++) {
      if (targets[k] < 0) continue;
      this.counts[targets[k]] = counts.values[k];
      this.means[targets[k]] = means.values[k];
      this.squares[targets[k]] = squares.values[k];
    }
  }

  bytes(): number {
    return this.counts.byteLength * 3;
  }
}

const LARGEST = 9223372036854775807n;

/** As Java casts a double: saturated to INT, from there on wrapped. */
function toInt(value: number, type: DataType): number {
  const int = Math.min(2147483647, Math.trunc(value));
  const shift = type.root === 'TINYINT' ? 24 : type.root === 'SMALLINT' ? 16 : 0;
  return (int << shift) >> shift;
}
