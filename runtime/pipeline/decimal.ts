import { decimalToString } from '../types/index.js';

/** An exact DECIMAL: `unscaled` times ten to the power of minus `scale`. */
export class Decimal {
  constructor(
    readonly unscaled: bigint,
    readonly scale: number,
  ) {}

  /** All digits, as SQL writes them. */
  toString(): string {
    return decimalToString(this.unscaled, this.scale);
  }

  toJSON(): string {
    return this.toString();
  }

  /** Rounded to what a number can hold. */
  toNumber(): number {
    return Number(this.toString());
  }
}
