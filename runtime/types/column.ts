import { physicalType, type DataType, type PhysicalType } from './data-type.js';
import { Timestamp, type Value } from './value.js';

/**
 * Columns of a batch. Fields are public and flat, because generated code reads and writes them directly; the classes keep one hidden
 * shape each, so that such code stays monomorphic.
 *
 * Nulls: `nulls` is null while no row of the batch is null, else one byte per row (1 = null). Bytes rather than bits: a kernel writes
 * them without read-modify-write. The value under a null is undefined in content but always readable.
 *
 * Capacity may exceed the batch's length; only rows [0, length) of the owning batch count.
 */
export type Column = I32Column | F64Column | I64Column | TsColumn | StrColumn | BytesColumn | ObjColumn;

export class I32Column {
  readonly physical = 'i32';
  nulls: Uint8Array | null = null;
  constructor(public values: Int32Array) {}
}

export class F64Column {
  readonly physical = 'f64';
  nulls: Uint8Array | null = null;
  constructor(public values: Float64Array) {}
}

/** Vector of 64-bit values, or of wider ones (DECIMAL above 18 digits). */
export type WideVector = BigInt64Array | bigint[];

/**
 * Exact integers. Narrow form: `wide` is null, and `values` holds safe integers (|v| < 2^53) as doubles, which every engine computes at
 * full speed. Wide form: `wide` holds the values and `values` is meaningless. A producer chooses narrow whenever all its values allow it.
 */
export class I64Column {
  readonly physical = 'i64';
  nulls: Uint8Array | null = null;
  wide: WideVector | null = null;
  constructor(public values: Float64Array) {}
}

/** `nanos` (0..999_999 within the millisecond) is null while all are zero. */
export class TsColumn {
  readonly physical = 'ts';
  nulls: Uint8Array | null = null;
  nanos: Int32Array | null = null;
  constructor(public millis: Float64Array) {}
}

const decoder = new TextDecoder();

/**
 * Strings in one of two forms. Bytes form: `data` is set, row i is the UTF-8 slice data[starts[i] .. starts[i] + lengths[i]), often a
 * window on the source's own buffer. Strings form: `data` is null and `strings[i]` holds the row. In bytes form `strings`, if set, caches
 * decoded rows (undefined = not decoded yet).
 */
export class StrColumn {
  readonly physical = 'str';
  nulls: Uint8Array | null = null;
  data: Uint8Array | null = null;
  starts: Int32Array = EMPTY_I32;
  lengths: Int32Array = EMPTY_I32;
  strings: (string | undefined)[] | null = null;

  static fromStrings(strings: string[]): StrColumn {
    const c = new StrColumn();
    c.strings = strings;
    return c;
  }

  static fromBytes(data: Uint8Array, starts: Int32Array, lengths: Int32Array): StrColumn {
    const c = new StrColumn();
    c.data = data;
    c.starts = starts;
    c.lengths = lengths;
    return c;
  }

  /** Row i as a JavaScript string; meaningless for a null row. */
  get(i: number): string {
    const cached = this.strings;
    if (cached !== null) {
      const s = cached[i];
      if (s !== undefined) return s;
    }
    if (this.data === null) return '';
    return decodeUtf8(this.data, this.starts[i], this.lengths[i]);
  }
}

/** Node's own decoder of a slice, where there is one: no view is made, and shared memory is read as well. */
const nativeSlice = (
  globalThis as { Buffer?: { prototype: { utf8Slice?: (this: Uint8Array, start: number, end: number) => string } } }
).Buffer?.prototype.utf8Slice;

/**
 * Decodes a UTF-8 slice. Short ASCII is assembled by hand, four characters at a time: up to some 16 bytes that beats crossing into the
 * native decoder (measured: 110 against 170 ns for 12 bytes; one character at a time is three times slower, for it builds ropes).
 */
export function decodeUtf8(data: Uint8Array, start: number, length: number): string {
  const end = start + length;
  if (length <= 16) {
    let s = '';
    let i = start;
    for (; i + 4 <= end; i += 4) {
      const a = data[i];
      const b = data[i + 1];
      const c = data[i + 2];
      const d = data[i + 3];
      if ((a | b | c | d) > 127) break;
      s += String.fromCharCode(a, b, c, d);
    }
    for (; i < end; i++) {
      const c = data[i];
      if (c > 127) break;
      s += String.fromCharCode(c);
    }
    if (i === end) return s;
  }
  if (nativeSlice !== undefined) return nativeSlice.call(data, start, end);
  // TextDecoder refuses views over shared memory, hence the copy.
  return decoder.decode(data.slice(start, end));
}

export class BytesColumn {
  readonly physical = 'bytes';
  nulls: Uint8Array | null = null;
  constructor(public values: Uint8Array[]) {}
}

/** ARRAY, MAP, MULTISET, ROW, VARIANT: boxed values (see value.ts). */
export class ObjColumn {
  readonly physical = 'obj';
  nulls: Uint8Array | null = null;
  constructor(public values: Value[]) {}
}

const EMPTY_I32 = new Int32Array(0);
const EMPTY_BYTES = new Uint8Array(0);

/** A column of the narrow form with room for `capacity` rows. */
export function createColumn(type: DataType | PhysicalType, capacity: number): Column {
  switch (typeof type === 'string' ? type : physicalType(type)) {
    case 'i32':
      return new I32Column(new Int32Array(capacity));
    case 'f64':
      return new F64Column(new Float64Array(capacity));
    case 'i64':
      return new I64Column(new Float64Array(capacity));
    case 'ts':
      return new TsColumn(new Float64Array(capacity));
    case 'str':
      return StrColumn.fromStrings(new Array<string>(capacity).fill(''));
    case 'bytes':
      return new BytesColumn(new Array<Uint8Array>(capacity).fill(EMPTY_BYTES));
    case 'obj':
      return new ObjColumn(new Array<Value>(capacity).fill(null));
  }
}

/** A column whose buffers its owner puts in place; boxed values, which are no buffers, have room for `capacity` rows. */
export function emptyColumn(type: DataType, capacity = 0): Column {
  const physical = physicalType(type);
  if (physical === 'str') return new StrColumn();
  return createColumn(physical, physical === 'bytes' || physical === 'obj' ? capacity : 0);
}

/** A column's rows as boxed values, for the borders. `type` decides BOOLEAN against INT. */
export function boxedValue(column: Column, type: DataType, i: number): Value {
  if (column.nulls !== null && column.nulls[i] !== 0) return null;
  switch (column.physical) {
    case 'i32':
      return type.root === 'NULL' ? null : type.root === 'BOOLEAN' ? column.values[i] !== 0 : column.values[i];
    case 'f64':
      return column.values[i];
    case 'i64':
      return column.wide === null ? BigInt(column.values[i]) : column.wide[i];
    case 'ts':
      return new Timestamp(column.millis[i], column.nanos === null ? 0 : column.nanos[i]);
    case 'str':
      return column.get(i);
    case 'bytes':
    case 'obj':
      return column.values[i];
  }
}

export const MAX_SAFE = Number.MAX_SAFE_INTEGER;

/** Whether a bigint may lie in a narrow column. */
export function isNarrow(value: bigint): boolean {
  return value <= 9007199254740991n && value >= -9007199254740991n;
}

/** Turns an i64 column to its wide form in place, for rows [0, length). `precise` asks for more than 64 bits. */
export function widen(column: I64Column, length: number, precise: boolean): void {
  if (column.wide !== null) return;
  const { values, nulls } = column;
  const capacity = values.length;
  const wide: WideVector = precise ? new Array<bigint>(capacity).fill(0n) : new BigInt64Array(capacity);
  for (let i = 0; i < length; i++) if (nulls === null || nulls[i] === 0) wide[i] = BigInt(values[i]);
  column.wide = wide;
}

/** Builds a column from boxed values (null = NULL). */
export function columnFromValues(type: DataType, rows: readonly Value[]): Column {
  const n = rows.length;
  const column = createColumn(type, n);
  for (let i = 0; i < n; i++) {
    const v = rows[i];
    if (v === null) {
      (column.nulls ??= new Uint8Array(n))[i] = 1;
      continue;
    }
    switch (column.physical) {
      case 'i32':
        column.values[i] = Number(v);
        break;
      case 'f64':
        column.values[i] = v as number;
        break;
      case 'i64': {
        const exact = BigInt(v as bigint | number);
        if (column.wide === null && !isNarrow(exact)) widen(column, i, type.root === 'DECIMAL' && type.precision > 18);
        if (column.wide === null) column.values[i] = Number(exact);
        else column.wide[i] = exact;
        break;
      }
      case 'ts': {
        const t = v as Timestamp;
        column.millis[i] = t.millis;
        if (t.nanos !== 0) (column.nanos ??= new Int32Array(n))[i] = t.nanos;
        break;
      }
      case 'str':
        (column.strings as string[])[i] = v as string;
        break;
      case 'bytes':
        column.values[i] = v as Uint8Array;
        break;
      case 'obj':
        column.values[i] = v;
        break;
    }
  }
  return column;
}
