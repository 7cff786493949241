import { F64Column, I32Column, I64Column, type Column } from '../../types/index.js';
import { putExact, setNull } from './accumulator.js';
import { DoubleAccumulator, ExactAccumulator } from './sum.js';

/** AVG over FLOAT and DOUBLE: summed in double precision, but as SUM does it where Flink divides SUM by COUNT. */
export class DoubleAverage extends DoubleAccumulator {
  readonly shape = 'avg-double';
  private readonly single = this.call.type.root === 'FLOAT';
  private readonly singleSum = this.single && this.call.options?.['sumOverCount'] === true;

  add(slot: number, row: number): void {
    if (this.nulls !== null && this.nulls[row] !== 0) return;
    this.counts[slot]++;
    const sum = this.sums[slot] + this.input[row];
    this.sums[slot] = this.singleSum ? Math.fround(sum) : sum;
  }

  retract(slot: number, row: number): void {
    if (this.nulls !== null && this.nulls[row] !== 0) return;
    this.counts[slot]--;
    const sum = this.sums[slot] - this.input[row];
    this.sums[slot] = this.singleSum ? Math.fround(sum) : sum;
  }

  emit(slot: number, out: Column, at: number): void {
    if (this.counts[slot] === 0) {
      setNull(out, at);
      return;
    }
    const average = this.sums[slot] / this.counts[slot];
    (out as F64Column).values[at] = this.single ? Math.fround(average) : average;
  }
}

/**
 * AVG over exact numbers: integers are divided towards zero, decimals rounded half up to the scale of the result.
 * The sum of BIGINT wraps like Flink's before it is divided.
 */
export class ExactAverage extends ExactAccumulator {
  readonly shape = 'avg-exact';
  /** Where the sum is that of SUM: how far left an int is shifted to wrap around in the argument's type; -1 = it does not. */
  private readonly wrap = this.wrapShift();
  private readonly decimal = this.call.type.root === 'DECIMAL';
  private readonly precise = this.call.type.root === 'DECIMAL' && this.call.type.precision > 18;
  private readonly limit = this.call.type.root === 'DECIMAL' ? 10n ** BigInt(this.call.type.precision) : 0n;
  /** From the argument's scale to the result's. */
  private readonly digits = this.resultScale() - this.argumentScale();
  private readonly factor = 10 ** this.digits;

  emit(slot: number, out: Column, at: number): void {
    const count = this.counts[slot];
    if (count === 0) {
      setNull(out, at);
      return;
    }
    if (this.wrap >= 0) {
      const sum = this.sums.values[slot];
      const low = sum === sum ? sum | 0 : Number(BigInt.asIntN(32, BigInt(this.sums.get(slot))));
      (out as I32Column).values[at] = Math.trunc(((low << this.wrap) >> this.wrap) / count);
      return;
    }
    const scaled = this.sums.values[slot] * this.factor;
    // Within 2^52 twice the remainder is exact, too.
    if (this.digits >= 0 && scaled <= 4503599627370496 && scaled >= -4503599627370496) {
      const remainder = scaled % count;
      let quotient = (scaled - remainder) / count;
      if (this.decimal && Math.abs(remainder) * 2 >= Math.abs(count)) quotient += scaled < 0 === count < 0 ? 1 : -1;
      this.put(out, at, quotient);
    } else this.emitLarge(slot, out, at);
  }

  private emitLarge(slot: number, out: Column, at: number): void {
    let sum = BigInt(this.sums.get(slot));
    const count = BigInt(this.counts[slot]);
    if (!this.decimal) {
      sum = BigInt.asIntN(64, sum);
      const quotient = sum / count;
      if (out.physical === 'i32') out.values[at] = Number(BigInt.asIntN(32, quotient));
      else putExact(out as I64Column, at, quotient, false);
      return;
    }
    const divisor = this.digits >= 0 ? count : count * 10n ** BigInt(-this.digits);
    const dividend = this.digits >= 0 ? sum * 10n ** BigInt(this.digits) : sum;
    let quotient = dividend / divisor;
    const remainder = dividend % divisor;
    const twice = (remainder < 0n ? -remainder : remainder) * 2n;
    if (twice >= (divisor < 0n ? -divisor : divisor)) quotient += dividend < 0n === divisor < 0n ? 1n : -1n;
    if (quotient >= this.limit || quotient <= -this.limit) setNull(out, at);
    else putExact(out as I64Column, at, quotient, this.precise);
  }

  private put(out: Column, at: number, value: number): void {
    if (out.physical === 'i32') (out as I32Column).values[at] = value;
    else putExact(out as I64Column, at, value, this.precise);
  }

  private wrapShift(): number {
    if (this.call.options?.['sumOverCount'] !== true) return -1;
    const shifts: Readonly<Record<string, number>> = { TINYINT: 24, SMALLINT: 16, INTEGER: 0 };
    return shifts[this.call.argTypes[0].root] ?? -1;
  }

  private resultScale(): number {
    return this.call.type.root === 'DECIMAL' ? this.call.type.scale : 0;
  }

  private argumentScale(): number {
    const type = this.call.argTypes[0];
    return type.root === 'DECIMAL' ? type.scale : 0;
  }
}
