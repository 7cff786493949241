import { StreamcellError, parseDecimal } from '../../types/index.js';
import type { Exact } from './exact.js';

/** Text to value conversions of CAST. They give undefined where the text is no such value. */

const INTEGER = /^([+-]?\d+)(?:\.\d*)?$/;

export function parseInteger(text: string, low: bigint, high: bigint): Exact | undefined {
  const t = text.trim();
  const m = INTEGER.exec(t);
  if (m === null) return undefined;
  if (m[1].length <= 15) {
    const n = Number(m[1]);
    return n < Number(low) || n > Number(high) ? undefined : n + 0;
  }
  const n = BigInt(m[1].startsWith('+') ? m[1].slice(1) : m[1]);
  return n < low || n > high ? undefined : n;
}

const FLOATING = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[dDfF]?$/;

export function parseDouble(text: string): number | undefined {
  const t = text.trim();
  if (FLOATING.test(t)) return Number(t.replace(/[dDfF]$/, ''));
  const m = /^([+-]?)(NaN|Infinity)$/.exec(t);
  return m === null ? undefined : m[2] === 'NaN' ? NaN : m[1] === '-' ? -Infinity : Infinity;
}

const SHORT_DECIMAL = /^[ \n\t]*([+-]?)([\d.]*)(?:([eE])([+-]?)(\d*))?/;

/**
 * Text to DECIMAL as Flink reads it: what has at most 18 digits and 18 bytes goes through a scanner of its own, which steps over one
 * character that it does not know behind the number, and counts leading zeros as digits.
 */
export function textToDecimal(text: string, precision: number, scale: number): bigint | undefined {
  if (precision > 18 || Buffer.byteLength(text) > 18)
    return parseDecimal(text.replace(/^[ \n\t]+|[ \n\t]+$/g, ''), precision, scale) ?? undefined;
  const m = SHORT_DECIMAL.exec(text) as RegExpExecArray;
  const mantissa = m[2];
  const start = m[0].length - (m[3] === undefined ? 0 : 1 + m[4].length + m[5].length);
  if (start === text.length && mantissa === '') return undefined;
  const point = mantissa.indexOf('.');
  if (point !== mantissa.lastIndexOf('.')) return undefined;
  let at = start;
  let exponent = 0;
  if (m[3] !== undefined && start + 1 < text.length) {
    if (m[4] !== '' && m[5] === '' && start + 2 === text.length) return undefined;
    at = m[0].length;
    exponent = Math.min(Number(m[5]), 400) * (m[4] === '-' ? -1 : 1);
  }
  // The byte that ended the number has been read already.
  if (at < text.length && text.charCodeAt(at++) > 127) return undefined;
  if (!/^[ \n\t]*$/.test(text.slice(at))) return undefined;
  const digits = mantissa.replace('.', '');
  const change = exponent - (point < 0 ? 0 : digits.length - point) + scale;
  if (digits.length + change > precision) return undefined;
  const unscaled = BigInt(digits === '' ? 0 : digits) * (m[1] === '-' ? -1n : 1n);
  if (change >= 0) return unscaled * 10n ** BigInt(change);
  if (change < -40) return 0n;
  const half = (m[1] === '-' ? -5n : 5n) * 10n ** BigInt(-change - 1);
  return (unscaled + half) / 10n ** BigInt(-change);
}

export function parseBoolean(text: string): boolean | undefined {
  switch (text.toLowerCase()) {
    case 't':
    case 'true':
    case 'y':
    case 'yes':
    case '1':
      return true;
    case 'f':
    case 'false':
    case 'n':
    case 'no':
    case '0':
      return false;
    default:
      return undefined;
  }
}

/** Ends the row: the text is no value of the type. */
export function castFailed(text: string, type: string): never {
  throw new StreamcellError(
    'CAST_FAILED',
    `Cannot cast '${text.length > 60 ? text.slice(0, 60) + '...' : text}' to ${type}.`,
  );
}

/** Double to a 32-bit integer as Java does: NaN is 0, what lies outside saturates. */
export function doubleToInt(v: number): number {
  if (v >= 2147483647) return 2147483647;
  if (v <= -2147483648) return -2147483648;
  return v | 0;
}

export function doubleToLong(v: number): Exact {
  if (v !== v) return 0;
  if (v >= -9007199254740991 && v <= 9007199254740991) return Math.trunc(v) + 0;
  if (v >= 2 ** 63) return 9223372036854775807n;
  if (v <= -(2 ** 63)) return -9223372036854775808n;
  return BigInt(Math.trunc(v));
}

/** A string cut to a length in code points, and padded to it for CHAR. */
export function fitString(s: string, length: number, pad: boolean): string {
  if (s.length > length) {
    let units = 0;
    for (let points = 0; points < length && units < s.length; points++)
      units += (s.codePointAt(units) as number) > 0xffff ? 2 : 1;
    s = s.slice(0, units);
  }
  if (!pad) return s;
  const points = codePoints(s);
  return points < length ? s + ' '.repeat(length - points) : s;
}

/** As `fitString` for the text of what is no string: there Flink counts UTF-16 units. */
export function fitUnits(s: string, length: number, pad: boolean): string {
  const cut = wellFormed(s.slice(0, length));
  return pad ? cut.padEnd(length) : cut;
}

/** Halves of a surrogate pair become question marks, as Java's encoder writes them. */
export function wellFormed(s: string): string {
  return s.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '?');
}

export function codePoints(s: string): number {
  let n = s.length;
  for (let i = 0; i < s.length; i++) {
    const c = s.charCodeAt(i);
    if (c >= 0xd800 && c < 0xdc00 && i + 1 < s.length) {
      const d = s.charCodeAt(i + 1);
      if (d >= 0xdc00 && d < 0xe000) {
        n--;
        i++;
      }
    }
  }
  return n;
}
