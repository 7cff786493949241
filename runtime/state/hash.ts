import {
  MapValue,
  StrColumn,
  Timestamp,
  VariantValue,
  type Column,
  type I64Column,
  type Value,
} from '../types/index.js';

/**
 * Hashes of keys. A hash depends on the values alone, never on the form a column happens to have (narrow or wide, bytes or strings), the
 * worker or the run: exchanges, state tables and restored snapshots must all agree on it.
 */

/** Keys are dealt to subtasks by group, so that a snapshot can be restored at another parallelism. */
export const KEY_GROUPS = 128;

/** The high bits choose the group: state tables index by the low ones, which stay evenly spread within a subtask. */
export function keyGroupOf(hash: number): number {
  return hash >>> 25;
}

/** The subtask that owns a group: contiguous ranges of groups. */
export function subtaskOfGroup(group: number, parallelism: number): number {
  return Math.floor((group * parallelism) / KEY_GROUPS);
}

export function subtaskOfHash(hash: number, parallelism: number): number {
  return subtaskOfGroup(hash >>> 25, parallelism);
}

const NULL_WORD = 0x2545f491;

/** Mixes one word into a hash (the finaliser of MurmurHash3, which spreads each bit over all). */
export function mix(hash: number, word: number): number {
  let h = Math.imul(hash, 31) ^ word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function mixNumber(hash: number, value: number): number {
  const low = value | 0;
  if (low === value) return mix(hash, low);
  return mix(mix(hash, low), Math.floor(value / 4294967296) | 0);
}

/** Agrees with mixNumber wherever a value has both forms. */
function mixBigInt(hash: number, value: bigint): number {
  let h = mix(hash, Number(BigInt.asIntN(32, value)));
  if (BigInt.asIntN(32, value) === value) return h;
  let rest = value >> 32n;
  h = mix(h, Number(BigInt.asIntN(32, rest)));
  while (BigInt.asIntN(32, rest) !== rest) {
    rest >>= 32n;
    h = mix(h, Number(BigInt.asIntN(32, rest)));
  }
  return h;
}

const doubleBits = new Float64Array(1);
const doubleWords = new Int32Array(doubleBits.buffer);

function mixDouble(hash: number, value: number): number {
  doubleBits[0] = value !== value ? NaN : value;
  return mix(mix(hash, doubleWords[0]), doubleWords[1]);
}

function mixBytes(hash: number, data: Uint8Array, start: number, length: number): number {
  const end = start + length;
  let h = hash ^ length;
  let i = start;
  for (; i + 4 <= end; i += 4) {
    h = Math.imul(h ^ (data[i] | (data[i + 1] << 8) | (data[i + 2] << 16) | (data[i + 3] << 24)), 0x9e3779b1);
    h = (h << 13) | (h >>> 19);
  }
  let tail = 0;
  for (; i < end; i++) tail = (tail << 8) | data[i];
  return mix(h, tail);
}

function mixI64(column: I64Column, n: number, out: Int32Array): void {
  const { values, nulls, wide } = column;
  if (wide !== null) {
    for (let i = 0; i < n; i++)
      out[i] = nulls !== null && nulls[i] !== 0 ? mix(out[i], NULL_WORD) : mixBigInt(out[i], wide[i]);
  } else if (nulls !== null) {
    for (let i = 0; i < n; i++) out[i] = nulls[i] !== 0 ? mix(out[i], NULL_WORD) : mixNumber(out[i], values[i]);
  } else {
    for (let i = 0; i < n; i++) out[i] = mixNumber(out[i], values[i]);
  }
}

function mixColumn(column: Column, n: number, out: Int32Array): void {
  const nulls = column.nulls;
  switch (column.physical) {
    case 'i32': {
      const values = column.values;
      if (nulls === null) for (let i = 0; i < n; i++) out[i] = mix(out[i], values[i]);
      else for (let i = 0; i < n; i++) out[i] = mix(out[i], nulls[i] !== 0 ? NULL_WORD : values[i]);
      return;
    }
    case 'i64':
      mixI64(column, n, out);
      return;
    case 'str': {
      const bytes = column.data === null ? utf8Form(column, n) : column;
      const data = bytes.data as Uint8Array;
      const { starts, lengths } = bytes;
      for (let i = 0; i < n; i++)
        out[i] =
          nulls !== null && nulls[i] !== 0 ? mix(out[i], NULL_WORD) : mixBytes(out[i], data, starts[i], lengths[i]);
      return;
    }
  }
  for (let i = 0; i < n; i++) {
    if (nulls !== null && nulls[i] !== 0) out[i] = mix(out[i], NULL_WORD);
    else if (column.physical === 'f64') out[i] = mixDouble(out[i], column.values[i]);
    else if (column.physical === 'ts') {
      const h = mixNumber(out[i], column.millis[i]);
      out[i] = column.nanos !== null && column.nanos[i] !== 0 ? mix(h, column.nanos[i]) : h;
    } else if (column.physical === 'bytes') out[i] = mixBytes(out[i], column.values[i], 0, column.values[i].length);
    else out[i] = hashValue(out[i], column.values[i]);
  }
}

/** Hashes of rows [0, n) over the given key columns; without keys every row hashes to 0. */
export function hashColumns(columns: readonly Column[], n: number, out: Int32Array): void {
  out.fill(0, 0, n);
  for (const column of columns) mixColumn(column, n, out);
}

const encoder = new TextEncoder();

/** The bytes form of a column in strings form, for rows [0, n). */
export function utf8Form(column: StrColumn, n: number): StrColumn {
  const strings = column.strings as (string | undefined)[];
  const nulls = column.nulls;
  const starts = new Int32Array(n);
  const lengths = new Int32Array(n);
  let data = new Uint8Array(Math.max(64, n * 16));
  let used = 0;
  for (let i = 0; i < n; i++) {
    starts[i] = used;
    if (nulls !== null && nulls[i] !== 0) continue;
    const s = strings[i] ?? '';
    if (used + s.length * 3 > data.length) {
      const larger = new Uint8Array(Math.max(data.length * 2, used + s.length * 3));
      larger.set(data.subarray(0, used));
      data = larger;
    }
    let end = used;
    let k = 0;
    // Short ASCII by hand: the call into the encoder costs more than some 30 bytes.
    if (s.length <= 32) {
      for (; k < s.length; k++) {
        const c = s.charCodeAt(k);
        if (c > 127) break;
        data[end++] = c;
      }
    }
    if (k < s.length) end = used + encoder.encodeInto(s, data.subarray(used)).written;
    lengths[i] = end - used;
    used = end;
  }
  const bytes = StrColumn.fromBytes(data, starts, lengths);
  bytes.nulls = nulls;
  bytes.strings = strings;
  return bytes;
}

/** Hash of a boxed value; maps hash alike in any order of entries. */
export function hashValue(hash: number, value: Value): number {
  if (value === null) return mix(hash, NULL_WORD);
  switch (typeof value) {
    case 'number':
      return mixDouble(hash, value);
    case 'bigint':
      return mixBigInt(hash, value);
    case 'boolean':
      return mix(hash, value ? 1 : 0);
    case 'string': {
      const bytes = encoder.encode(value);
      return mixBytes(hash, bytes, 0, bytes.length);
    }
  }
  if (value instanceof Timestamp) return mix(mixDouble(hash, value.millis), value.nanos);
  if (value instanceof Uint8Array) return mixBytes(hash, value, 0, value.length);
  if (value instanceof MapValue) {
    let sum = 0;
    for (const [k, v] of value.entries) sum = (sum + hashValue(hashValue(7, k), v)) | 0;
    return mix(hash, sum);
  }
  if (value instanceof VariantValue) return hashValue(hash, JSON.stringify(value.json));
  const list = value as readonly Value[];
  let h = mix(hash, list.length);
  for (const element of list) h = hashValue(h, element);
  return h;
}
