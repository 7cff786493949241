import { MapValue, Timestamp, VariantValue, type Column, type Value } from '../types/index.js';

/**
 * Hashes of rows that lie in columns, the same for every form a column can take (narrow or wide, bytes or strings). They depend on the values
 * alone: exchanges, state and snapshots must agree on them. Equality that agrees with them: `column-equality.ts`.
 */

const NULL_HASH = 0x2545f491;
const float = new Float64Array(1);
const words = new Int32Array(float.buffer);
const encoder = new TextEncoder();

function mix(h: number, v: number): number {
  h = Math.imul(h ^ v, 0x9e3779b1);
  return h ^ (h >>> 15);
}

/** Final avalanche: open addressing takes the low bits, key groups the high ones. */
function finish(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function hashBytes(data: Uint8Array, start: number, length: number): number {
  let h = length | 0;
  const end = start + length;
  let i = start;
  for (const stop = end - 3; i < stop; i += 4) {
    h = Math.imul(h ^ (data[i] | (data[i + 1] << 8) | (data[i + 2] << 16) | (data[i + 3] << 24)), 0x9e3779b1);
    h ^= h >>> 15;
  }
  for (; i < end; i++) h = Math.imul(h ^ data[i], 0x01000193);
  return h;
}

/** The hash of the string's UTF-8 bytes. */
function hashString(s: string): number {
  const n = s.length;
  let h = n;
  let i = 0;
  for (const stop = n - 3; i < stop; i += 4) {
    const a = s.charCodeAt(i);
    const b = s.charCodeAt(i + 1);
    const c = s.charCodeAt(i + 2);
    const d = s.charCodeAt(i + 3);
    if ((a | b | c | d) > 127) return hashEncoded(s);
    h = Math.imul(h ^ (a | (b << 8) | (c << 16) | (d << 24)), 0x9e3779b1);
    h ^= h >>> 15;
  }
  for (; i < n; i++) {
    const a = s.charCodeAt(i);
    if (a > 127) return hashEncoded(s);
    h = Math.imul(h ^ a, 0x01000193);
  }
  return h;
}

function hashEncoded(s: string): number {
  const bytes = encoder.encode(s);
  return hashBytes(bytes, 0, bytes.length);
}

function hashNumber(v: number): number {
  return mix(v | 0, Math.floor(v / 4294967296) | 0);
}

function hashBigint(v: bigint): number {
  return mix(Number(BigInt.asIntN(32, v)), Number(BigInt.asIntN(32, v >> 32n)));
}

function hashFloat(v: number): number {
  float[0] = v !== v ? NaN : v;
  return mix(words[0], words[1]);
}

/** Hash of a nested value; equal values (`valuesEqual`) have equal hashes. */
export function hashValue(value: Value): number {
  if (value === null) return NULL_HASH;
  switch (typeof value) {
    case 'boolean':
      return value ? 1 : 2;
    case 'number':
      return hashFloat(value);
    case 'bigint':
      return hashBigint(value);
    case 'string':
      return hashString(value);
  }
  if (value instanceof Uint8Array) return hashBytes(value, 0, value.length);
  if (value instanceof Timestamp) return mix(hashNumber(value.millis), value.nanos);
  if (value instanceof VariantValue) return hashString(JSON.stringify(value.json) ?? '');
  if (value instanceof MapValue) {
    // Maps are equal in whatever order their entries came: the sum does not depend on it.
    let sum = value.entries.length;
    for (const [k, v] of value.entries) sum = (sum + finish(mix(hashValue(k), hashValue(v)))) | 0;
    return sum;
  }
  let h = (value as readonly Value[]).length;
  for (const item of value as readonly Value[]) h = mix(h, hashValue(item));
  return h;
}

/** Folds a column's rows [0, length) into `hashes`. */
function foldColumn(column: Column, length: number, hashes: Int32Array): void {
  const nulls = column.nulls;
  switch (column.physical) {
    case 'i32': {
      const values = column.values;
      for (let i = 0; i < length; i++)
        hashes[i] = mix(hashes[i], nulls !== null && nulls[i] !== 0 ? NULL_HASH : values[i]);
      break;
    }
    case 'i64': {
      const { values, wide } = column;
      if (wide !== null) {
        for (let i = 0; i < length; i++)
          hashes[i] = mix(hashes[i], nulls !== null && nulls[i] !== 0 ? NULL_HASH : hashBigint(wide[i]));
      } else {
        for (let i = 0; i < length; i++)
          hashes[i] = mix(hashes[i], nulls !== null && nulls[i] !== 0 ? NULL_HASH : hashNumber(values[i]));
      }
      break;
    }
    default:
      for (let i = 0; i < length; i++) hashes[i] = mix(hashes[i], hashCell(column, i));
  }
}

/** Hash of one cell, before it is folded into a row's. */
function hashCell(column: Column, i: number): number {
  if (column.nulls !== null && column.nulls[i] !== 0) return NULL_HASH;
  switch (column.physical) {
    case 'i32':
      return column.values[i];
    case 'f64':
      return hashFloat(column.values[i]);
    case 'i64':
      return column.wide === null ? hashNumber(column.values[i]) : hashBigint(column.wide[i]);
    case 'ts':
      return mix(hashNumber(column.millis[i]), column.nanos === null ? 0 : column.nanos[i]);
    case 'str':
      return column.data === null
        ? hashString(column.get(i))
        : hashBytes(column.data, column.starts[i], column.lengths[i]);
    case 'bytes':
      return hashBytes(column.values[i], 0, column.values[i].length);
    case 'obj':
      return hashValue(column.values[i]);
  }
}

/** Hashes rows [0, length) over the columns `which` into `hashes`; without columns every row hashes to 0. */
export function hashRows(
  columns: readonly Column[],
  which: readonly number[],
  length: number,
  hashes: Int32Array,
): void {
  hashes.fill(0, 0, length);
  for (const c of which) foldColumn(columns[c], length, hashes);
  for (let i = 0; i < length; i++) hashes[i] = finish(hashes[i]);
}

/** The hash that `hashRows` gives row i. */
export function hashRow(columns: readonly Column[], which: readonly number[], i: number): number {
  let h = 0;
  for (const c of which) h = mix(h, hashCell(columns[c], i));
  return finish(h);
}
