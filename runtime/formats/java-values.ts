import { decimalToString, type DecimalType } from '../types/index.js';

/** Texts of numbers as Java reads and writes them, since that is what the referee's formats do. All parsers return undefined for a bad text. */

const INTEGER_TEXT = /^[+-]?\d+$/;

/** Java's String.trim: everything up to U+0020 at both ends. */
export function javaTrim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text.charCodeAt(start) <= 32) start++;
  while (end > start && text.charCodeAt(end - 1) <= 32) end--;
  return text.slice(start, end);
}

/** Byte, Short and Integer.parseXxx: a range of at most 32 bits. */
export function parseInteger(text: string, min: number, max: number): number | undefined {
  if (!INTEGER_TEXT.test(text)) return undefined;
  const value = Number(text);
  return value >= min && value <= max ? value + 0 : undefined;
}

const MIN_LONG = -(2n ** 63n);
const MAX_LONG = 2n ** 63n - 1n;

export function parseLong(text: string): bigint | undefined {
  if (!INTEGER_TEXT.test(text)) return undefined;
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  return value >= MIN_LONG && value <= MAX_LONG ? value : undefined;
}

/** One past the largest BIGINT; as a double also what the largest BIGINT rounds to. */
export const TWO_63 = 2 ** 63;

/** Truncation of a double to a long as a Java cast does it: saturating. */
export function doubleToLong(value: number): bigint {
  if (value >= TWO_63) return MAX_LONG;
  if (value <= -TWO_63) return MIN_LONG;
  return BigInt(Math.trunc(value));
}

const DOUBLE_TEXT = /^[+-]?(?:NaN|Infinity|(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)[fFdD]?)$/;
const HEX_DOUBLE = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?\d+)[fFdD]?$/;

/** Double.parseDouble. */
export function parseDouble(text: string): number | undefined {
  if (DOUBLE_TEXT.test(text)) return Number(text.replace(/(?<=[\d.])[fFdD]$/, ''));
  const hex = HEX_DOUBLE.exec(text);
  if (hex === null || hex[2] + hex[3] === '') return undefined;
  const digits = hex[2] + hex[3];
  const value = Number(BigInt(`0x${digits}`)) * 2 ** (Number(hex[4]) - 4 * hex[3].length);
  return hex[1] === '-' ? -value : value;
}

const scratch = new DataView(new ArrayBuffer(8));

/** Float.parseFloat: rounded once. Rounding the double again would be wrong just where the double is halfway between two floats. */
export function parseFloat32(text: string): number | undefined {
  const value = parseDouble(text);
  if (value === undefined || !Number.isFinite(value)) return value === undefined ? undefined : Math.fround(value);
  scratch.setFloat64(0, value);
  if ((scratch.getUint32(4) & 0x1fffffff) !== 0x10000000 || /^[+-]?0[xX]/.test(text)) return Math.fround(value);
  const exact = decimalOf(text.replace(/[fFdD]$/, ''));
  const asDouble = exact === undefined ? undefined : decimalOf(exactDouble(value));
  if (exact === undefined || asDouble === undefined) return Math.fround(value);
  const order = compareDecimals(exact, asDouble);
  if (order === 0) return Math.fround(value);
  // Move the double off the halfway point, towards the exact value.
  scratch.setBigInt64(0, scratch.getBigInt64(0) + (order > 0 === value > 0 ? 1n : -1n));
  return Math.fround(scratch.getFloat64(0));
}

/** All digits of a double. */
function exactDouble(value: number): string {
  const magnitude = Math.abs(value);
  let shift = 0;
  let scaled = magnitude;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    shift++;
  }
  return `${value < 0 ? '-' : ''}${BigInt(scaled) * 5n ** BigInt(shift)}e-${shift}`;
}

/** unscaled * 10^-scale. */
export interface BigDecimal {
  readonly unscaled: bigint;
  readonly scale: number;
}

const DECIMAL_TEXT = /^([+-]?)(\d+\.?\d*|\.\d+)(?:[eE]([+-]?\d+))?$/;

/** `new BigDecimal(text)`. */
export function decimalOf(text: string): BigDecimal | undefined {
  const m = DECIMAL_TEXT.exec(text);
  if (m === null) return undefined;
  const point = m[2].indexOf('.');
  const digits = point < 0 ? m[2] : m[2].slice(0, point) + m[2].slice(point + 1);
  const exponent = Number(m[3] ?? 0);
  if (Math.abs(exponent) > 2147483647) return undefined;
  const unscaled = BigInt(digits);
  return { unscaled: m[1] === '-' ? -unscaled : unscaled, scale: (point < 0 ? 0 : m[2].length - point - 1) - exponent };
}

function compareDecimals(a: BigDecimal, b: BigDecimal): number {
  const scale = Math.max(a.scale, b.scale);
  const x = a.unscaled * 10n ** BigInt(scale - a.scale);
  const y = b.unscaled * 10n ** BigInt(scale - b.scale);
  return x < y ? -1 : x > y ? 1 : 0;
}

/** The unscaled value in a DECIMAL(p, s), rounded half up; null when it does not fit. */
export function rescale(value: BigDecimal, type: DecimalType): bigint | null {
  if (value.unscaled === 0n) return 0n;
  const digits = (value.unscaled < 0n ? -value.unscaled : value.unscaled).toString().length;
  // Decide by magnitude first: an exponent may be too large to multiply out.
  const whole = digits - value.scale;
  if (whole > type.precision - type.scale + 1) return null;
  if (whole < -type.scale - 1) return 0n;
  const shift = type.scale - value.scale;
  let unscaled: bigint;
  if (shift >= 0) {
    unscaled = value.unscaled * 10n ** BigInt(shift);
  } else {
    const divisor = 10n ** BigInt(-shift);
    const magnitude = value.unscaled < 0n ? -value.unscaled : value.unscaled;
    const rounded = (magnitude + divisor / 2n) / divisor;
    unscaled = value.unscaled < 0n ? -rounded : rounded;
  }
  const limit = 10n ** BigInt(type.precision);
  return unscaled < limit && unscaled > -limit ? unscaled : null;
}

/** BigDecimal.stripTrailingZeros. */
export function stripZeros(value: BigDecimal): BigDecimal {
  if (value.unscaled === 0n) return { unscaled: 0n, scale: 0 };
  let { unscaled, scale } = value;
  while (unscaled % 10n === 0n) {
    unscaled /= 10n;
    scale--;
  }
  return { unscaled, scale };
}

/** BigDecimal.toString: scientific when the scale is negative or the value is tiny. */
export function decimalText(value: BigDecimal): string {
  const { unscaled, scale } = value;
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString();
  const exponent = digits.length - 1 - scale;
  if (scale >= 0 && exponent >= -6) return decimalToString(unscaled, scale);
  const mantissa = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits;
  const power = exponent === 0 ? '' : `E${exponent > 0 ? '+' : ''}${exponent}`;
  return `${unscaled < 0n ? '-' : ''}${mantissa}${power}`;
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Base64 as the referee reads it: white space between is ignored, padding is required. */
export function decodeBase64(text: string): Uint8Array | undefined {
  let compact = '';
  for (const c of text) if (c.charCodeAt(0) > 32) compact += c;
  if (!BASE64.test(compact)) return undefined;
  return Uint8Array.from(Buffer.from(compact, 'base64'));
}
