import {
  BytesColumn,
  F64Column,
  I32Column,
  I64Column,
  ObjColumn,
  StrColumn,
  StreamcellError,
  TsColumn,
  isNarrow,
  physicalType,
  widen,
  type Column,
  type DataType,
  type Value,
} from '../types/index.js';
import { cellsEqual } from './column-equality.js';

const EMPTY = new Uint8Array(0);
const encoder = new TextEncoder();

/**
 * One column of kept rows, by slot: `column` is an ordinary column whose row number is the slot, so that it can be gathered into an output
 * batch as it is. Strings lie in an arena of bytes that belongs to this column; BIGINT and DECIMAL become wide for all slots with the first
 * value that is.
 *
 * Maintains the invariant that every slot below `capacity` is readable, and that arenas are replaced, never rewritten: a batch that shares
 * their bytes stays valid while a later row is stored.
 */
export class SlotColumn {
  readonly column: Column;
  private readonly precise: boolean;
  private used = 0;
  private garbage = 0;

  constructor(
    readonly type: DataType,
    public capacity: number,
  ) {
    this.precise = type.root === 'DECIMAL' && type.precision > 18;
    switch (physicalType(type)) {
      case 'i32':
        this.column = new I32Column(new Int32Array(capacity));
        break;
      case 'f64':
        this.column = new F64Column(new Float64Array(capacity));
        break;
      case 'i64':
        this.column = new I64Column(new Float64Array(capacity));
        break;
      case 'ts':
        this.column = new TsColumn(new Float64Array(capacity));
        break;
      case 'str':
        this.column = StrColumn.fromBytes(EMPTY, new Int32Array(capacity), new Int32Array(capacity));
        break;
      case 'bytes':
        this.column = new BytesColumn(new Array<Uint8Array>(capacity).fill(EMPTY));
        break;
      case 'obj':
        this.column = new ObjColumn(new Array<Value>(capacity).fill(null));
        break;
    }
  }

  /** Makes room for slots below `capacity`. */
  grow(capacity: number): void {
    const c = this.column;
    if (c.nulls !== null) c.nulls = grown(c.nulls, new Uint8Array(capacity));
    switch (c.physical) {
      case 'i32':
        c.values = grown(c.values, new Int32Array(capacity));
        break;
      case 'f64':
        c.values = grown(c.values, new Float64Array(capacity));
        break;
      case 'i64':
        if (c.wide === null) c.values = grown(c.values, new Float64Array(capacity));
        else if (c.wide instanceof BigInt64Array) c.wide = grown(c.wide, new BigInt64Array(capacity));
        else for (let i = c.wide.length; i < capacity; i++) c.wide.push(0n);
        break;
      case 'ts':
        c.millis = grown(c.millis, new Float64Array(capacity));
        if (c.nanos !== null) c.nanos = grown(c.nanos, new Int32Array(capacity));
        break;
      case 'str':
        c.starts = grown(c.starts, new Int32Array(capacity));
        c.lengths = grown(c.lengths, new Int32Array(capacity));
        break;
      case 'bytes':
        for (let i = c.values.length; i < capacity; i++) c.values.push(EMPTY);
        break;
      case 'obj':
        for (let i = c.values.length; i < capacity; i++) c.values.push(null);
        break;
    }
    this.capacity = capacity;
  }

  /** Copies row `row` of `source` into a slot that holds nothing (new or released). */
  store(slot: number, source: Column, row: number): void {
    const c = this.column;
    if (source.nulls !== null && source.nulls[row] !== 0) {
      (c.nulls ??= new Uint8Array(this.capacity))[slot] = 1;
      if (c.physical === 'str') c.lengths[slot] = 0;
      return;
    }
    if (c.nulls !== null) c.nulls[slot] = 0;
    switch (c.physical) {
      case 'i32':
        c.values[slot] = (source as I32Column).values[row];
        break;
      case 'f64':
        c.values[slot] = (source as F64Column).values[row];
        break;
      case 'i64': {
        const from = source as I64Column;
        if (from.wide === null) {
          if (c.wide === null) c.values[slot] = from.values[row];
          else c.wide[slot] = BigInt(from.values[row]);
        } else this.storeBig(c, slot, from.wide[row]);
        break;
      }
      case 'ts': {
        const from = source as TsColumn;
        c.millis[slot] = from.millis[row];
        if (from.nanos !== null) (c.nanos ??= new Int32Array(this.capacity))[slot] = from.nanos[row];
        else if (c.nanos !== null) c.nanos[slot] = 0;
        break;
      }
      case 'str':
        this.storeString(c, slot, source as StrColumn, row);
        break;
      case 'bytes':
        // The batch's buffers are not ours: a view has to be copied.
        c.values[slot] = (source as BytesColumn).values[row].slice();
        break;
      case 'obj':
        c.values[slot] = (source as ObjColumn).values[row];
        break;
    }
  }

  /** Whether the slot holds the same value as a row; nulls are equal. */
  equals(slot: number, source: Column, row: number): boolean {
    return cellsEqual(this.column, slot, source, row);
  }

  /** The slot's value is no longer needed. */
  release(slot: number): void {
    const c = this.column;
    if (c.physical === 'str') {
      this.garbage += c.lengths[slot];
      c.lengths[slot] = 0;
    } else if (c.physical === 'obj') c.values[slot] = null;
    else if (c.physical === 'bytes') c.values[slot] = EMPTY;
    if (c.nulls !== null) c.nulls[slot] = 0;
  }

  bytes(): number {
    switch (this.column.physical) {
      case 'i32':
        return this.capacity * 4;
      case 'str':
        return this.capacity * 8 + ((this.column.data as Uint8Array).length | 0);
      case 'bytes':
      case 'obj':
        return this.capacity * 64;
      default:
        return this.capacity * 8;
    }
  }

  private storeBig(c: I64Column, slot: number, value: bigint): void {
    if (c.wide === null) {
      if (isNarrow(value)) {
        c.values[slot] = Number(value);
        return;
      }
      widen(c, this.capacity, this.precise);
    }
    (c.wide as bigint[])[slot] = value;
  }

  private storeString(c: StrColumn, slot: number, source: StrColumn, row: number): void {
    if (source.data === null) {
      const text = source.get(row);
      const room = text.length * 3;
      this.reserve(c, room);
      const data = c.data as Uint8Array;
      let end = this.used;
      let k = 0;
      if (text.length <= 32) {
        for (; k < text.length; k++) {
          const unit = text.charCodeAt(k);
          if (unit > 127) break;
          data[end++] = unit;
        }
      }
      if (k < text.length) end = this.used + encoder.encodeInto(text, data.subarray(this.used)).written;
      c.starts[slot] = this.used;
      c.lengths[slot] = end - this.used;
      this.used = end;
      return;
    }
    const length = source.lengths[row];
    this.reserve(c, length);
    const data = c.data as Uint8Array;
    const from = source.data;
    const start = source.starts[row];
    const at = this.used;
    if (length <= 32) for (let k = 0; k < length; k++) data[at + k] = from[start + k];
    else data.set(from.subarray(start, start + length), at);
    c.starts[slot] = at;
    c.lengths[slot] = length;
    this.used = at + length;
  }

  /** Room for `length` more bytes; drops the bytes of released slots when they are more than half. */
  private reserve(c: StrColumn, length: number): void {
    const data = c.data as Uint8Array;
    if (this.used + length <= data.length) return;
    const live = this.used - this.garbage;
    const wanted = this.garbage * 2 > this.used ? live + length : this.used + length;
    const size = Math.max(256, Math.ceil((live + length) * (live < 1 << 26 ? 2 : 1.5)), wanted);
    if (size > 0x7fffffff)
      throw new StreamcellError('MEMORY_LIMIT', 'the strings kept in one column of state exceed 2 GiB');
    const larger = new Uint8Array(size);
    if (this.garbage * 2 > this.used) {
      // New places, too: a batch that shares the old bytes finds its strings where they were.
      const starts = new Int32Array(c.starts.length);
      let at = 0;
      for (let s = 0; s < this.capacity; s++) {
        const n = c.lengths[s];
        if (n === 0) continue;
        larger.set(data.subarray(c.starts[s], c.starts[s] + n), at);
        starts[s] = at;
        at += n;
      }
      c.starts = starts;
      this.used = at;
      this.garbage = 0;
    } else larger.set(data.subarray(0, this.used));
    c.data = larger;
  }
}

function grown<T extends Uint8Array | Int32Array | Float64Array | BigInt64Array>(old: T, larger: T): T {
  (larger as Uint8Array).set(old as Uint8Array);
  return larger;
}

export function bytesEqual(a: Uint8Array, i: number, b: Uint8Array, j: number, length: number): boolean {
  for (let k = 0; k < length; k++) if (a[i + k] !== b[j + k]) return false;
  return true;
}
