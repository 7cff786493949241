/**
 * Text of DOUBLE and FLOAT as Java 17 writes it, which is what Flink shows, casts and stores.
 *
 * It is not always the shortest text: digits are generated until the neighbouring numbers are excluded, strictly, so a text that lies exactly
 * half-way to a neighbour is not enough (1e23 is 9.999999999999999E22); in scientific form there are at least two (4.9E-324, where one
 * would do); and whole numbers below 2^63 are cut off their exact digits (4.6116860184273879E18). Everywhere else the shortest text is
 * the one, and that JavaScript has at hand.
 */

interface Digits {
  /** Without zeros at either end but for a zero alone. */
  readonly digits: string;
  /** Of the first digit: 1 for 12.5. */
  readonly exponent: number;
}

function layOut({ digits, exponent }: Digits, negative: boolean): string {
  const sign = negative ? '-' : '';
  if (exponent >= -3 && exponent < 7) {
    if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
    const padded = digits.padEnd(exponent + 1, '0');
    return `${sign}${padded.slice(0, exponent + 1)}.${padded.slice(exponent + 1) || '0'}`;
  }
  return `${sign}${digits[0]}.${digits.slice(1) || '0'}E${exponent}`;
}

/** Reads JavaScript's text of a positive finite number. */
function digitsOf(text: string): Digits {
  const [mantissa, exponentText] = text.split('e');
  const [whole, fraction = ''] = mantissa.split('.');
  const all = whole + fraction;
  const leading = /^0*/.exec(all)?.[0].length ?? 0;
  return {
    digits: all.slice(leading).replace(/0+$/, '') || '0',
    exponent: whole.length - 1 - leading + (exponentText === undefined ? 0 : Number(exponentText)),
  };
}

/** A positive number as `fraction * 2^shift`, an odd fraction, with the place of its first bit and of the last one that its type can tell. */
interface Binary {
  readonly fraction: bigint;
  readonly shift: number;
  readonly first: number;
  readonly last: number;
}

const bits = new DataView(new ArrayBuffer(8));

/** @param precision bits of a normal number's fraction; 24 for a float, which `v` then is. */
function binaryOf(v: number, precision: number, minExponent: number): Binary {
  bits.setFloat64(0, v);
  const all = bits.getBigUint64(0);
  const biased = Number(all >> 52n);
  let fraction = all & 0xfffffffffffffn;
  let shift = Math.max(biased, 1) - 1075;
  if (biased > 0) fraction |= 0x10000000000000n;
  while ((fraction & 1n) === 0n) {
    fraction >>= 1n;
    shift++;
  }
  const first = shift + fraction.toString(2).length - 1;
  // A subnormal number has fewer bits than its type.
  return { fraction, shift, first, last: Math.max(first, minExponent) - precision + 1 };
}

/** A whole number below 2^63, rounded where its digits say more than its type can tell. */
function wholeDigits(n: Binary): Digits {
  const spare = n.last - 2;
  const drop = spare > 1 ? BigInt(Math.floor(spare * Math.LOG10E * Math.LN2)) : 0n;
  const unit = 10n ** drop;
  const exact = n.fraction << BigInt(n.shift);
  const kept = exact / unit + (drop > 0n && (exact % unit) * 2n >= unit ? 1n : 0n);
  const text = (kept * unit).toString();
  return { digits: text.replace(/0+$/, ''), exponent: text.length - 1 };
}

/**
 * Generates digits until what is left is less than half of the distance to the neighbours.
 *
 * The value is rest / unit, half of that distance half / unit, one power of ten taken out. Java calculates in 32 or 64 bits where the numbers
 * fit, though twice the rest may not: a last digit is then not rounded up that should be (5.4556443E25f), and so it is here.
 */
function generatedDigits(n: Binary): Digits {
  let exponent = estimatedExponent(n);
  const down = Math.max(0, -exponent);
  const up = Math.max(0, exponent);
  const point = Math.max(0, -n.shift);
  let halfShift = down + point + n.last - 1;
  let restShift = down + point + n.shift;
  let unitShift = up + point;
  const common = Math.min(restShift, unitShift);
  // A power of two is nearer to the number below it: Java takes that distance for both.
  halfShift -= common + (n.fraction === 1n ? 1 : 0);
  const raise = Math.max(0, -halfShift);
  restShift += raise - common;
  unitShift += raise - common;
  let rest = (n.fraction * 5n ** BigInt(down)) << BigInt(restShift);
  let half = (5n ** BigInt(down)) << BigInt(halfShift + raise);
  const unit = (5n ** BigInt(up)) << BigInt(unitShift);
  const ten = unit * 10n;
  const restBits = n.first - n.shift + 1 + restShift + bitsOfFive(down);
  const tenBits = unitShift + 1 + bitsOfFive(up + 1);
  const width = Math.max(restBits, tenBits) < 32 ? 32 : Math.max(restBits, tenBits) < 64 ? 64 : 0;
  const wrap = (x: bigint): bigint => (width === 0 ? x : BigInt.asIntN(width, x));

  let digits = '';
  let low = false;
  let high = false;
  const next = (): bigint => {
    const digit = rest / unit;
    rest = (rest % unit) * 10n;
    half = wrap(half * 10n);
    // A distance that no longer fits is larger than any rest.
    low = half <= 0n || rest < half;
    high = half <= 0n || wrap(rest + half) > ten;
    return digit;
  };
  const leading = next();
  // The estimate may be one too high.
  if (leading === 0n && !high) exponent--;
  else digits = leading.toString();
  // Scientific form has a digit behind the point.
  if (exponent < -3 || exponent >= 8) low = high = false;
  while (!low && !high) digits += next().toString();
  const beyondHalf = wrap(wrap(rest * 2n) - ten);
  const odd = Number(digits[digits.length - 1]) % 2 === 1;
  if (high && (!low || (beyondHalf === 0n ? odd : beyondHalf > 0n))) {
    const length = digits.length;
    digits = (BigInt(digits) + 1n).toString();
    if (digits.length > length) exponent++;
  }
  return { digits: digits.replace(/0+$/, '') || '0', exponent };
}

/** Of 5^n, as Java counts them: too many from 5^27 on. */
function bitsOfFive(n: number): number {
  if (n >= 27) return n * 3;
  return n === 0 ? 0 : (5n ** BigInt(n)).toString(2).length;
}

/** Of the first digit, or one more: the logarithm by its tangent. */
function estimatedExponent(n: Binary): number {
  const scaled = Number(n.fraction) / 2 ** (n.first - n.shift);
  return Math.floor((scaled - 1.5) * 0.289529654 + 0.176091259 + n.first * 0.301029995663981);
}

function isSpecial(v: number): string | undefined {
  if (v !== v) return 'NaN';
  if (v === Infinity) return 'Infinity';
  if (v === -Infinity) return '-Infinity';
  if (v === 0) return Object.is(v, -0) ? '-0.0' : '0.0';
  if (Number.isInteger(v) && v < 1e7 && v > -1e7) return `${v}.0`;
  return undefined;
}

/** Java's Double.toString. */
export function doubleToString(v: number): string {
  const special = isSpecial(v);
  if (special !== undefined) return special;
  const size = Math.abs(v);
  // A text of 17 digits can lie half-way between two numbers only here: 5^23 is the largest power of five that a fraction holds.
  if ((size >= 2 ** 54 && size < 1e41) || size < 2.2250738585072014e-308 || isPowerOfTwo(size)) {
    const n = binaryOf(size, 53, -1022);
    return layOut(size < 2 ** 63 && n.shift >= 0 ? wholeDigits(n) : generatedDigits(n), v < 0);
  }
  return layOut(digitsOf(String(size)), v < 0);
}

/** Java's Float.toString; `v` is a float kept in a double. */
export function floatToString(v: number): string {
  const special = isSpecial(v);
  if (special !== undefined) return special;
  const size = Math.abs(v);
  if (size < 2 ** 24 && size >= 1.1754943508222875e-38 && !isPowerOfTwo(size)) {
    // Six digits are one text at most for a float: when they say it, they are the text.
    const six = Number(size.toPrecision(6));
    if (Math.fround(six) === size) return layOut(digitsOf(String(six)), v < 0);
  }
  const n = binaryOf(size, 24, -126);
  return layOut(size < 2 ** 63 && n.shift >= 0 ? wholeDigits(n) : generatedDigits(n), v < 0);
}

function isPowerOfTwo(size: number): boolean {
  bits.setFloat64(0, size);
  return bits.getUint32(4) === 0 && (bits.getUint32(0) & 0xfffff) === 0;
}
