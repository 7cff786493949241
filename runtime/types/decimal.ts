/** Text of scaled integers (DECIMAL) and of Java's floating point numbers. */

/** `12345`, scale 2 -> `123.45`. */
export function decimalToString(unscaled: bigint | number, scale: number): string {
  const text = String(unscaled);
  if (scale === 0) return text;
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

function javaForm(shortest: string, negative: boolean): string {
  // `shortest` is JavaScript's text of a positive finite number: digits with a point, or with an exponent.
  const [mantissa, exponentText] = shortest.split('e');
  const [whole, fraction = ''] = mantissa.split('.');
  let digits = whole + fraction;
  let exponent = whole.length - 1 + (exponentText === undefined ? 0 : Number(exponentText));
  const leading = /^0*/.exec(digits)?.[0].length ?? 0;
  digits = digits.slice(leading).replace(/0+$/, '');
  exponent -= leading;
  if (digits === '') digits = '0';
  const sign = negative ? '-' : '';
  if (exponent >= -3 && exponent < 7) {
    if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
    const padded = digits.padEnd(exponent + 1, '0');
    return `${sign}${padded.slice(0, exponent + 1)}.${padded.slice(exponent + 1) || '0'}`;
  }
  return `${sign}${digits[0]}.${digits.slice(1) || '0'}E${exponent}`;
}

/** Java's Double.toString. */
export function doubleToString(v: number): string {
  if (v !== v) return 'NaN';
  if (v === Infinity) return 'Infinity';
  if (v === -Infinity) return '-Infinity';
  if (v === 0) return Object.is(v, -0) ? '-0.0' : '0.0';
  if (Number.isInteger(v) && v < 1e7 && v > -1e7) return `${v}.0`;
  const size = Math.abs(v);
  return javaForm(size >= 2 ** 54 && size < 2 ** 63 ? wholeDigits(size) : String(size), v < 0);
}

/**
 * Java (before 19) prints whole doubles below 2^63 from their exact integer, less the digits that their last bit cannot tell apart, which at
 * times is one digit more than the shortest text.
 */
function wholeDigits(v: number): string {
  const spare = Math.floor(Math.log2(v)) - 54;
  const drop = spare >= 7 ? 100n : spare >= 4 ? 10n : 1n;
  const exact = BigInt(v);
  const kept = exact / drop + (drop > 1n && exact % drop >= drop / 2n ? 1n : 0n);
  return String(kept * drop);
}

/** Java's Float.toString; `v` is a float kept in a double. */
export function floatToString(v: number): string {
  if (v !== v || v === 0 || !Number.isFinite(v)) return doubleToString(v);
  const a = Math.abs(v);
  for (let p = 1; p <= 9; p++) {
    const text = a.toPrecision(p);
    if (Math.fround(Number(text)) === a) return javaForm(String(Number(text)), v < 0);
  }
  return javaForm(String(a), v < 0);
}
