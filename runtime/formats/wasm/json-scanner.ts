// The speculative JSON scanner (AssemblyScript). It decodes rows of a known shape straight to columns: between the values of a row it
// expects exactly the bytes that an earlier row had there. Whatever it does not understand it refuses, and the row goes to the exact
// decoder in JavaScript; what it accepts it must decode as the exact decoder would. The host lays out the memory: see json-scanner.ts in
// the folder above, whose constants mirror those here.
//
// Over the usual 600 lines: every step moves the same cursors (`at`, `pending`, the arena), variables that only their own module may assign.
//
// A shape is a list of steps of STEP bytes: u32 op, literal address, literal length, values address, second values address (lengths,
// nanoseconds), nulls address, flags address, parameter; then i64 minimum and maximum. Literals are padded to 16 bytes.

const STEP: usize = 48;

const END: u32 = 0;
const INT32: u32 = 1;
const INT64: u32 = 2;
const INT64_WIDE: u32 = 3;
const FLOAT64: u32 = 4;
const FLOAT32: u32 = 5;
const BOOL: u32 = 6;
const TEXT: u32 = 7;
const TIMESTAMP: u32 = 8;
const DATE: u32 = 9;
const TIME: u32 = 10;
const DECIMAL: u32 = 11;
const DECIMAL_WIDE: u32 = 12;
const SKIP: u32 = 13;
const LATER: u32 = 14;
const NULL_VALUE: u32 = 15;
const SET_NULL: u32 = 16;

// Bits of a column's flags byte.
const HAS_NULL: u8 = 1;
const HAS_NANOS: u8 = 2;
const NEEDS_WIDE: u8 = 4;

const DONE: i32 = 0;
const UNKNOWN: i32 = 1;
const FULL: i32 = 2;

const MAX_DEPTH: i32 = 500;
const MAX_NUMBER: usize = 900;
const MAX_TEXT: usize = 4000000;
const NULL_WORD: u32 = 0x6c6c756e; // 'null'
const TRUE_WORD: u32 = 0x65757274; // 'true'
const ALSE_WORD: u32 = 0x65736c61; // 'alse'

const POWERS: usize = memory.data<f64>([
  1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
]);
const INT_POWERS: usize = memory.data<i64>([
  1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000, 1000000000000, 10000000000000,
  100000000000000, 1000000000000000, 10000000000000000, 100000000000000000, 1000000000000000000,
]);
const STACK: usize = memory.data(512);

let at: usize = 0;
let status: i32 = 0;
let arena: usize = 0;
let arenaEnd: usize = 0;
let pending: usize = 0;
let pendingCount: u32 = 0;
let pendingMax: u32 = 0;
let outOfSpace: bool = false;
let lastDateLow: u64 = u64.MAX_VALUE; // no text: the first date is always computed
let lastDateHigh: u32 = 0;
let lastDays: i32 = 0;

export function position(): usize {
  return at;
}
export function outcome(): i32 {
  return status;
}
export function arenaPosition(): usize {
  return arena;
}
export function pendingLength(): u32 {
  return pendingCount;
}
export function setArena(start: usize, end: usize): void {
  arena = start;
  arenaEnd = end;
}
export function setPending(address: usize, max: u32): void {
  pending = address;
  pendingMax = max;
  pendingCount = 0;
}

// Decodes lines from `start` on as rows row, row + 1, ... while one of the `count` shapes (addresses at `shapes`, the last one used first)
// fits. Gives the number of the next row; position() is where its line begins.
export function scanLines(start: usize, end: usize, row: i32, maxRow: i32, shapes: usize, count: i32, rowStarts: usize): i32 {
  at = start;
  status = DONE;
  outOfSpace = false;
  while (row < maxRow && at < end) {
    const begin = at;
    if (!anyShape(begin, row, shapes, count, end, true)) {
      at = begin;
      status = outOfSpace ? FULL : UNKNOWN;
      return row;
    }
    store<u32>(rowStarts + (<usize>row << 2), <u32>begin);
    row++;
  }
  return row;
}

// The same for records first, first + 1, ... at base + starts[i]; record i is row `row`, and so on. Null records are refused.
export function scanRecords(
  base: usize, starts: usize, lengths: usize, first: i32, last: i32, row: i32, maxRow: i32, shapes: usize, count: i32, rowStarts: usize,
): i32 {
  status = DONE;
  outOfSpace = false;
  while (row < maxRow && first < last) {
    const begin = base + <usize>load<i32>(starts + (<usize>first << 2));
    const length = load<i32>(lengths + (<usize>first << 2));
    if (length < 2 || !anyShape(begin, row, shapes, count, begin + <usize>length, false)) {
      status = outOfSpace ? FULL : UNKNOWN;
      return row;
    }
    store<u32>(rowStarts + (<usize>row << 2), <u32>begin);
    row++;
    first++;
  }
  return row;
}

function anyShape(begin: usize, row: i32, shapes: usize, count: i32, end: usize, lines: bool): bool {
  const arenaBefore = arena;
  const pendingBefore = pendingCount;
  for (let i = 0; i < count; i++) {
    const slot = shapes + (<usize>i << 2);
    const shape = load<u32>(slot);
    at = begin;
    if (oneRow(shape, row) && finish(end, lines)) {
      if (i > 0) {
        store<u32>(slot, load<u32>(shapes));
        store<u32>(shapes, shape);
      }
      return true;
    }
    arena = arenaBefore;
    pendingCount = pendingBefore;
  }
  return false;
}

// After a row's closing brace nothing may follow but the end of its line or record.
@inline
function finish(end: usize, lines: bool): bool {
  const p = at;
  if (p >= end) return p == end;
  if (!lines) return false;
  const c = load<u8>(p);
  if (c == 10) {
    at = p + 1;
    return true;
  }
  if (c != 13) return false;
  if (p + 1 == end) {
    at = end;
    return true;
  }
  if (load<u8>(p + 1) != 10) return false;
  at = p + 2;
  return true;
}

function oneRow(shape: usize, row: i32): bool {
  let p = at;
  let s = shape;
  while (true) {
    let literal: usize = load<u32>(s, 4);
    let left: usize = load<u32>(s, 8);
    while (left > 16) {
      if (i8x16.bitmask(i8x16.eq(v128.load(p), v128.load(literal))) != 0xffff) return false;
      p += 16;
      literal += 16;
      left -= 16;
    }
    const mask: i32 = (1 << <i32>left) - 1;
    if ((i8x16.bitmask(i8x16.eq(v128.load(p), v128.load(literal))) & mask) != mask) return false;
    p += left;
    const op = load<u32>(s);
    if (op == END) {
      at = p;
      return true;
    }
    if (op == SKIP) {
      p = skipValue(p);
      if (p == 0) return false;
      s += STEP;
      continue;
    }
    const nulls: usize = load<u32>(s, 20);
    const c: u32 = load<u8>(p);
    if (op == SET_NULL) {
      setNull(s, nulls, row);
      s += STEP;
      continue;
    }
    if (c == 110) {
      if (load<u32>(p) != NULL_WORD) return false;
      p += 4;
      if (op != NULL_VALUE) setNull(s, nulls, row);
      s += STEP;
      continue;
    }
    const values: usize = load<u32>(s, 12);
    switch (op) {
      case INT32:
      case INT64:
      case INT64_WIDE: {
        const quoted = c == 34;
        let q = quoted ? p + 1 : p;
        const negative = load<u8>(q) == 45;
        if (negative) q++;
        let digit: u32 = <u32>load<u8>(q) - 48;
        if (digit > 9) return false;
        const first = q;
        let v: i64 = digit;
        q++;
        digit = <u32>load<u8>(q) - 48;
        if (digit <= 9 && v == 0) return false;
        while (digit <= 9) {
          v = v * 10 + digit;
          q++;
          digit = <u32>load<u8>(q) - 48;
        }
        if (q - first > 18) return false;
        if (quoted) {
          if (load<u8>(q) != 34) return false;
          q++;
        }
        if (negative) v = -v;
        if (v < load<i64>(s, 32) || v > load<i64>(s, 40)) {
          if (op == INT64) flag(s, NEEDS_WIDE);
          return false;
        }
        if (op == INT32) store<i32>(values + (<usize>row << 2), <i32>v);
        else if (op == INT64) store<f64>(values + (<usize>row << 3), <f64>v);
        else store<i64>(values + (<usize>row << 3), v);
        p = q;
        break;
      }
      case TEXT: {
        if (c == 34) {
          const q = textEnd(p + 1);
          if (q == 0) return false;
          let start = p + 1;
          let length = q - start;
          if (textEscaped) {
            if (arena + length > arenaEnd) {
              outOfSpace = true;
              return false;
            }
            const from = arena;
            if (!unescape(start, q)) return false;
            start = from;
            length = arena - from;
          }
          store<u32>(values + (<usize>row << 2), <u32>start);
          store<u32>(load<u32>(s, 16) + (<usize>row << 2), <u32>length);
          p = q + 1;
        } else {
          // A number read as text, where the reader's settings keep its text as it is.
          if (load<u32>(s, 28) == 0) return false;
          const q = skipNumber(p);
          if (q == 0) return false;
          store<u32>(values + (<usize>row << 2), <u32>p);
          store<u32>(load<u32>(s, 16) + (<usize>row << 2), <u32>(q - p));
          p = q;
        }
        break;
      }
      case TIMESTAMP: {
        p = timestamp(p, s, row, values);
        if (p == 0) return false;
        break;
      }
      case FLOAT64:
      case FLOAT32: {
        p = float(p, s, row, values, op == FLOAT32);
        if (p == 0) return false;
        break;
      }
      case DECIMAL:
      case DECIMAL_WIDE: {
        p = decimal(p, s, row, values, op == DECIMAL_WIDE);
        if (p == 0) return false;
        break;
      }
      case BOOL: {
        if (load<u32>(p) == TRUE_WORD) {
          store<i32>(values + (<usize>row << 2), 1);
          p += 4;
        } else if (c == 102 && load<u32>(p + 1) == ALSE_WORD) {
          store<i32>(values + (<usize>row << 2), 0);
          p += 5;
        } else return false;
        break;
      }
      case DATE: {
        if (c != 34 || load<u8>(p + 11) != 34) return false;
        const days = date(p + 1);
        if (days == NO_DATE) return false;
        store<i32>(values + (<usize>row << 2), days);
        p += 12;
        break;
      }
      case TIME: {
        if (c != 34) return false;
        const millis = clock(p + 1);
        if (millis < 0) return false;
        p += 9;
        let fraction: i32 = 0;
        if (load<u8>(p) == 46) {
          p++;
          const begin = p;
          let scale: i32 = 100;
          let digit: u32 = <u32>load<u8>(p) - 48;
          while (digit <= 9) {
            fraction += <i32>digit * scale;
            scale /= 10;
            p++;
            digit = <u32>load<u8>(p) - 48;
          }
          if (p == begin || p - begin > 9) return false;
        }
        if (load<u8>(p) != 34) return false;
        store<i32>(values + (<usize>row << 2), millis + fraction);
        p++;
        break;
      }
      case LATER: {
        const q = skipValue(p);
        if (q == 0 || !later(row, s, p, q)) return false;
        p = q;
        break;
      }
      default:
        return false;
    }
    store<u8>(nulls + <usize>row, 0);
    s += STEP;
  }
  return false;
}

@inline
function flag(s: usize, bit: u8): void {
  const flags: usize = load<u32>(s, 24);
  store<u8>(flags, load<u8>(flags) | bit);
}

@inline
function setNull(s: usize, nulls: usize, row: i32): void {
  store<u8>(nulls + <usize>row, 1);
  flag(s, HAS_NULL);
}

// Leaves a value to the host: it converts the text [from, to) of the column whose nulls lie at the step's address.
function later(row: i32, s: usize, from: usize, to: usize): bool {
  if (pendingCount >= pendingMax) {
    outOfSpace = true;
    return false;
  }
  const entry = pending + (<usize>pendingCount << 4);
  store<u32>(entry, <u32>row);
  store<u32>(entry, load<u32>(s, 28) >> 8, 4);
  store<u32>(entry, <u32>from, 8);
  store<u32>(entry, <u32>(to - from), 12);
  pendingCount++;
  return true;
}

let textEscaped: bool = false;

// End of a string that begins at p (behind its quote): the address of the closing quote, or 0. Checks escapes and UTF-8.
function textEnd(p: usize): usize {
  const quote = i8x16.splat(34);
  const backslash = i8x16.splat(92);
  const newline = i8x16.splat(10);
  const start = p;
  let high: i32 = 0;
  textEscaped = false;
  while (true) {
    const x = v128.load(p);
    const m = i8x16.bitmask(v128.or(v128.or(i8x16.eq(x, quote), i8x16.eq(x, backslash)), i8x16.eq(x, newline)));
    if (m == 0) {
      high |= i8x16.bitmask(x);
      p += 16;
      if (p - start > MAX_TEXT) return 0;
      continue;
    }
    const n = ctz(m);
    high |= i8x16.bitmask(x) & ((1 << n) - 1);
    p += n;
    const c = load<u8>(p);
    if (c == 34) break;
    if (c == 10) return 0;
    textEscaped = true;
    const e = load<u8>(p + 1);
    if (e == 117) {
      for (let i: usize = 2; i < 6; i++) if (hex(load<u8>(p + i)) > 15) return 0;
      p += 6;
    } else if (e == 110 || e == 34 || e == 92 || e == 47 || e == 116 || e == 114 || e == 98 || e == 102) {
      p += 2;
    } else return 0;
  }
  if (high != 0 && !utf8(start, p)) return 0;
  return p;
}

@inline
function hex(c: u32): u32 {
  const digit = c - 48;
  if (digit <= 9) return digit;
  const letter = (c | 32) - 97;
  return letter <= 5 ? letter + 10 : 255;
}

// Well-formed UTF-8 only: what the referee takes beyond that is left to the exact decoder.
function utf8(p: usize, end: usize): bool {
  while (p < end) {
    const c: u32 = load<u8>(p);
    if (c < 128) {
      if (p + 8 <= end && (load<u64>(p) & 0x8080808080808080) == 0) p += 8;
      else p++;
      continue;
    }
    if (c < 0xc2) return false;
    if (c < 0xe0) {
      if (p + 2 > end || (load<u8>(p + 1) & 0xc0) != 0x80) return false;
      p += 2;
    } else if (c < 0xf0) {
      if (p + 3 > end) return false;
      const d: u32 = load<u8>(p + 1);
      if ((d & 0xc0) != 0x80 || (load<u8>(p + 2) & 0xc0) != 0x80) return false;
      if ((c == 0xe0 && d < 0xa0) || (c == 0xed && d > 0x9f)) return false;
      p += 3;
    } else {
      if (c > 0xf4 || p + 4 > end) return false;
      const d: u32 = load<u8>(p + 1);
      if ((d & 0xc0) != 0x80 || (load<u8>(p + 2) & 0xc0) != 0x80 || (load<u8>(p + 3) & 0xc0) != 0x80) return false;
      if ((c == 0xf0 && d < 0x90) || (c == 0xf4 && d > 0x8f)) return false;
      p += 4;
    }
  }
  return true;
}

// Writes the string [p, end), whose escapes are known to be well-formed, to the arena. Surrogates are left to the exact decoder.
function unescape(p: usize, end: usize): bool {
  let out = arena;
  while (p < end) {
    const c = load<u8>(p);
    if (c != 92) {
      store<u8>(out++, c);
      p++;
      continue;
    }
    const e = load<u8>(p + 1);
    if (e != 117) {
      store<u8>(out++, e == 110 ? 10 : e == 116 ? 9 : e == 114 ? 13 : e == 98 ? 8 : e == 102 ? 12 : e);
      p += 2;
      continue;
    }
    const code = (hex(load<u8>(p + 2)) << 12) | (hex(load<u8>(p + 3)) << 8) | (hex(load<u8>(p + 4)) << 4) | hex(load<u8>(p + 5));
    if (code < 0x80) {
      store<u8>(out++, <u8>code);
    } else if (code < 0x800) {
      store<u8>(out++, <u8>(0xc0 | (code >> 6)));
      store<u8>(out++, <u8>(0x80 | (code & 63)));
    } else {
      if (code >= 0xd800 && code <= 0xdfff) return false;
      store<u8>(out++, <u8>(0xe0 | (code >> 12)));
      store<u8>(out++, <u8>(0x80 | ((code >> 6) & 63)));
      store<u8>(out++, <u8>(0x80 | (code & 63)));
    }
    p += 6;
  }
  arena = out;
  return true;
}

// End of the number at p, or 0.
function skipNumber(p: usize): usize {
  const start = p;
  if (load<u8>(p) == 45) p++;
  let digit: u32 = <u32>load<u8>(p) - 48;
  if (digit > 9) return 0;
  const zero = digit == 0;
  p++;
  digit = <u32>load<u8>(p) - 48;
  if (zero && digit <= 9) return 0;
  while (digit <= 9) {
    p++;
    digit = <u32>load<u8>(p) - 48;
  }
  let c: u32 = load<u8>(p);
  if (c == 46) {
    p++;
    const begin = p;
    while (<u32>load<u8>(p) - 48 <= 9) p++;
    if (p == begin) return 0;
    c = load<u8>(p);
  }
  if ((c | 32) == 101) {
    p++;
    c = load<u8>(p);
    if (c == 43 || c == 45) p++;
    const begin = p;
    while (<u32>load<u8>(p) - 48 <= 9) p++;
    // An exponent out of all range may fail the exact decoder.
    if (p == begin || p - begin > 5) return 0;
  }
  return p - start > MAX_NUMBER ? 0 : p;
}

// End of the value at p, or 0.
function skipValue(p: usize): usize {
  const c: u32 = load<u8>(p);
  if (c == 34) {
    const q = textEnd(p + 1);
    return q == 0 ? 0 : q + 1;
  }
  if (c == 123 || c == 91) return skipContainer(p);
  return skipPlain(p, c);
}

@inline
function skipPlain(p: usize, c: u32): usize {
  if (c == 110) return load<u32>(p) == NULL_WORD ? p + 4 : 0;
  if (c == 116) return load<u32>(p) == TRUE_WORD ? p + 4 : 0;
  if (c == 102) return load<u32>(p + 1) == ALSE_WORD ? p + 5 : 0;
  return skipNumber(p);
}

@inline
function space(p: usize): usize {
  while (true) {
    const c = load<u8>(p);
    if (c != 32 && c != 9) return p;
    p++;
  }
}

// End of the object or array at p, or 0. Line breaks inside are refused, since a line ends there.
function skipContainer(p: usize): usize {
  let depth: i32 = 0;
  store<u8>(STACK, load<u8>(p));
  p++;
  let first = true;
  while (true) {
    const object = load<u8>(STACK + <usize>depth) == 123;
    p = space(p);
    let c: u32 = load<u8>(p);
    if (c == (object ? 125 : 93)) {
      p++;
      if (depth == 0) return p;
      depth--;
      first = false;
      continue;
    }
    if (!first) {
      if (c != 44) return 0;
      p = space(p + 1);
      c = load<u8>(p);
    }
    if (object) {
      if (c != 34) return 0;
      p = textEnd(p + 1);
      if (p == 0) return 0;
      p = space(p + 1);
      if (load<u8>(p) != 58) return 0;
      p = space(p + 1);
      c = load<u8>(p);
    }
    if (c == 123 || c == 91) {
      depth++;
      if (depth >= MAX_DEPTH) return 0;
      store<u8>(STACK + <usize>depth, <u8>c);
      p++;
      first = true;
      continue;
    }
    if (c == 34) {
      p = textEnd(p + 1);
      if (p == 0) return 0;
      p++;
    } else {
      const q = skipPlain(p, c);
      if (q == 0) return 0;
      p = q;
      // What would be one broken word to a tokenizer must not pass as two tokens; separators are checked by the next round.
    }
    first = false;
  }
  return 0;
}

const NO_DATE: i32 = i32.MIN_VALUE;

@inline
function pair(p: usize): u32 {
  return (<u32>load<u8>(p) - 48) * 10 + (<u32>load<u8>(p + 1) - 48);
}

// Days since 1970 of yyyy-MM-dd, or NO_DATE. The last date is remembered: rows come in runs of one day.
function date(p: usize): i32 {
  const low = load<u64>(p);
  const high: u32 = load<u16>(p + 8);
  if (low == lastDateLow && high == lastDateHigh) return lastDays;
  const t = i8x16.sub(v128.load(p), i8x16.splat(48));
  const digits = i8x16.bitmask(i8x16.le_u(t, i8x16.splat(9)));
  if ((digits & 0x3ff) != 0x36f || load<u8>(p + 4) != 45 || load<u8>(p + 7) != 45) return NO_DATE;
  let y: i32 = <i32>(pair(p) * 100 + pair(p + 2));
  const m: i32 = <i32>pair(p + 5);
  const d: i32 = <i32>pair(p + 8);
  if (m < 1 || m > 12 || d < 1) return NO_DATE;
  const leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
  const most: i32 = m == 2 ? (leap ? 29 : 28) : m == 4 || m == 6 || m == 9 || m == 11 ? 30 : 31;
  if (d > most) return NO_DATE;
  if (m <= 2) y--;
  const era: i32 = (y >= 0 ? y : y - 399) / 400;
  const yoe: i32 = y - era * 400;
  const doy: i32 = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
  const doe: i32 = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  lastDays = era * 146097 + doe - 719468;
  lastDateLow = low;
  lastDateHigh = high;
  return lastDays;
}

// Milliseconds of HH:mm:ss, or -1.
@inline
function clock(p: usize): i32 {
  const t = i8x16.sub(v128.load(p), i8x16.splat(48));
  const digits = i8x16.bitmask(i8x16.le_u(t, i8x16.splat(9)));
  if ((digits & 0xff) != 0xdb || load<u8>(p + 2) != 58 || load<u8>(p + 5) != 58) return -1;
  const h = pair(p), m = pair(p + 3), s = pair(p + 6);
  if (h > 23 || m > 59 || s > 59) return -1;
  return <i32>(((h * 60 + m) * 60 + s) * 1000);
}

// "yyyy-MM-dd?HH:mm:ss[.fraction][Z]" with its quotes. The parameter's low byte is the separator, bit 8 tells that a Z must follow,
// bit 9 that the column keeps milliseconds only.
function timestamp(p: usize, s: usize, row: i32, values: usize): usize {
  const parameter: u32 = load<u32>(s, 28);
  if (load<u8>(p) != 34 || load<u8>(p + 11) != (parameter & 255)) return 0;
  const days = date(p + 1);
  if (days == NO_DATE) return 0;
  const millis = clock(p + 12);
  if (millis < 0) return 0;
  p += 20;
  let fraction: i32 = 0;
  let nanos: i32 = 0;
  if (load<u8>(p) == 46) {
    p++;
    const begin = p;
    let digit: u32 = <u32>load<u8>(p) - 48;
    let v: i32 = 0;
    while (digit <= 9 && p - begin < 9) {
      v = v * 10 + <i32>digit;
      p++;
      digit = <u32>load<u8>(p) - 48;
    }
    const n = p - begin;
    if (n == 0) return 0;
    if (n == 3) fraction = v;
    else {
      v *= <i32>load<i64>(INT_POWERS + ((9 - n) << 3));
      fraction = v / 1000000;
      nanos = v % 1000000;
    }
  }
  if ((parameter & 256) != 0) {
    if (load<u8>(p) != 90) return 0;
    p++;
  }
  if (load<u8>(p) != 34) return 0;
  store<f64>(values + (<usize>row << 3), <f64>days * 86400000.0 + <f64>(millis + fraction));
  if ((parameter & 512) != 0) nanos = 0;
  store<i32>(load<u32>(s, 16) + (<usize>row << 2), nanos);
  if (nanos != 0) flag(s, HAS_NANOS);
  return p + 1;
}

// A number, with or without quotes. Where double arithmetic would not give the nearest double for sure, the host converts the text later.
function float(p: usize, s: usize, row: i32, values: usize, single: bool): usize {
  const quoted = load<u8>(p) == 34;
  const start = quoted ? p + 1 : p;
  const end = skipNumber(start);
  if (end == 0) return 0;
  if (quoted && load<u8>(end) != 34) return 0;
  let q = start;
  const negative = load<u8>(q) == 45;
  if (negative) q++;
  let mantissa: u64 = 0;
  let digits: i32 = 0;
  let exponent: i32 = 0;
  let point = false;
  while (q < end) {
    const c: u32 = load<u8>(q);
    if (c == 46) point = true;
    else if (c - 48 <= 9) {
      if (mantissa != 0 || c != 48) digits++;
      if (digits > 18) break;
      mantissa = mantissa * 10 + (c - 48);
      if (point) exponent--;
    } else break;
    q++;
  }
  if (q < end && (<u32>load<u8>(q) | 32) == 101) {
    q++;
    let sign: i32 = 1;
    if (load<u8>(q) == 45) {
      sign = -1;
      q++;
    } else if (load<u8>(q) == 43) q++;
    let e: i32 = 0;
    while (q < end) {
      if (e < 10000) e = e * 10 + <i32>(<u32>load<u8>(q) - 48);
      q++;
    }
    exponent += sign * e;
  }
  let sure = q == end && mantissa <= 9007199254740992 && exponent >= -22 && exponent <= 22;
  // A tree of nodes has no negative zero among its integers: the parameter's lowest bit leaves it to the host.
  if (mantissa == 0 && negative && (load<u32>(s, 28) & 1) != 0) sure = false;
  let v: f64 = 0;
  if (sure) {
    v = <f64>mantissa;
    v = exponent < 0 ? v / load<f64>(POWERS + (<usize>(-exponent) << 3)) : v * load<f64>(POWERS + (<usize>exponent << 3));
    if (negative) v = -v;
    if (single) {
      // Halfway between two floats a second rounding could go wrong.
      if ((reinterpret<u64>(v) & 0x1fffffff) == 0x10000000) sure = false;
      else v = <f64><f32>v;
    }
  }
  if (sure) store<f64>(values + (<usize>row << 3), v);
  else if (!later(row, s, p, quoted ? end + 1 : end)) return 0;
  return quoted ? end + 1 : end;
}

// A plain decimal of at most 18 digits that needs no rounding. The parameter's low byte is the scale; minimum and maximum bound the unscaled value.
function decimal(p: usize, s: usize, row: i32, values: usize, wide: bool): usize {
  const quoted = load<u8>(p) == 34;
  if (quoted) p++;
  const negative = load<u8>(p) == 45;
  if (negative) p++;
  const scale: usize = load<u32>(s, 28) & 255;
  let digit: u32 = <u32>load<u8>(p) - 48;
  if (digit > 9) return 0;
  const start = p;
  let v: i64 = digit;
  p++;
  digit = <u32>load<u8>(p) - 48;
  if (v == 0 && digit <= 9) return 0;
  while (digit <= 9) {
    v = v * 10 + digit;
    p++;
    digit = <u32>load<u8>(p) - 48;
    if (p - start > 18) return 0;
  }
  const whole: usize = p - start;
  let behind: usize = 0;
  if (load<u8>(p) == 46) {
    p++;
    const begin = p;
    digit = <u32>load<u8>(p) - 48;
    while (digit <= 9) {
      v = v * 10 + digit;
      p++;
      digit = <u32>load<u8>(p) - 48;
      if (p - begin > scale) return 0;
    }
    behind = p - begin;
    if (behind == 0 || behind > scale) return 0;
  }
  if ((<u32>load<u8>(p) | 32) == 101 || whole + scale > 18) return 0;
  v *= load<i64>(INT_POWERS + ((scale - behind) << 3));
  if (negative) v = -v;
  if (v < load<i64>(s, 32) || v > load<i64>(s, 40)) {
    flag(s, NEEDS_WIDE);
    return 0;
  }
  if (quoted) {
    if (load<u8>(p) != 34) return 0;
    p++;
  }
  if (wide) store<i64>(values + (<usize>row << 3), v);
  else store<f64>(values + (<usize>row << 3), <f64>v);
  return p;
}
