/** Text of scaled integers (DECIMAL). */

/** `12345`, scale 2 -> `123.45`; scale -2 -> `1234500`. */
export function decimalToString(unscaled: bigint | number, scale: number): string {
  const text = String(unscaled);
  if (scale <= 0) return scale === 0 || text === '0' ? text : text + '0'.repeat(-scale);
  const negative = text.charCodeAt(0) === 45;
  const digits = (negative ? text.slice(1) : text).padStart(scale + 1, '0');
  const point = digits.length - scale;
  return `${negative ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`;
}

const DECIMAL_TEXT = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,9}))?$/;

/** Parses a decimal number exactly: digits as an integer and the power of ten to divide by (may be negative). */
export function parseExactDecimal(text: string): { unscaled: bigint; scale: number } | null {
  const m = DECIMAL_TEXT.exec(text);
  if (m === null) return null;
  const fraction = m[3] ?? '';
  if (m[2] === '' && fraction === '') return null;
  const digits = BigInt(m[2] + fraction);
  return {
    unscaled: m[1] === '-' ? -digits : digits,
    scale: fraction.length - (m[4] === undefined ? 0 : Number(m[4])),
  };
}

/**
 * Parses text to an unscaled DECIMAL(precision, scale), HALF_UP.
 * @returns null when it does not fit, undefined when it is no number.
 */
export function parseDecimal(text: string, precision: number, scale: number): bigint | null | undefined {
  const exact = parseExactDecimal(text);
  if (exact === null) return undefined;
  if (exact.unscaled === 0n) return 0n;
  let { unscaled } = exact;
  const shift = scale - exact.scale;
  if (shift > 80) return null;
  if (shift >= 0) unscaled *= 10n ** BigInt(shift);
  else if (-shift > 1000) unscaled = 0n;
  else {
    const d = 10n ** BigInt(-shift);
    const r = unscaled % d;
    unscaled = unscaled / d + ((r < 0n ? -r : r) * 2n >= d ? (unscaled < 0n ? -1n : 1n) : 0n);
  }
  const limit = 10n ** BigInt(precision);
  return unscaled < limit && unscaled > -limit ? unscaled : null;
}
