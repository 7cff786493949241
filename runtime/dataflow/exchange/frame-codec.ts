import {
  Batch,
  BytesColumn,
  F64Column,
  I32Column,
  I64Column,
  ObjColumn,
  StrColumn,
  TsColumn,
  type Column,
} from '../../types/index.js';
import { ValueReader, ValueWriter } from './value-codec.js';

/**
 * A batch as one run of bytes, column by column: what lies in an exchange ring or crosses by postMessage. Reading makes views, no copies:
 * a batch read from a ring is valid until the ring's reader moves on, as every batch is until the call returns.
 *
 * Layout (everything aligned to 8 bytes): int32 rows, columns, flags, 0; kinds when flagged; then per column int32 physical, flags,
 * and its vectors.
 */
const HAS_KINDS = 1;

const PHYSICAL = ['i32', 'f64', 'i64', 'ts', 'str', 'bytes', 'obj'] as const;
const HAS_NULLS = 1;
/** i64: BigInt64Array. */
const WIDE_64 = 2;
/** i64: 128 bits each, low word first. */
const WIDE_128 = 4;
/** ts: nanoseconds follow. */
const HAS_NANOS = 8;

/** Typed views over one buffer, all from its byte 0. Its length is a multiple of 8. */
export class FrameSpace {
  readonly bytes: Uint8Array;
  readonly i32: Int32Array;
  readonly f64: Float64Array;
  readonly i64: BigInt64Array;

  constructor(
    readonly buffer: ArrayBuffer | SharedArrayBuffer,
    byteOffset = 0,
  ) {
    this.bytes = new Uint8Array(buffer, byteOffset);
    this.i32 = new Int32Array(buffer, byteOffset);
    this.f64 = new Float64Array(buffer, byteOffset);
    this.i64 = new BigInt64Array(buffer, byteOffset);
  }

  static ofSize(bytes: number): FrameSpace {
    return new FrameSpace(new ArrayBuffer(align(bytes)));
  }
}

export function align(bytes: number): number {
  return (bytes + 7) & ~7;
}

const encoder = new TextEncoder();
const MASK_64 = (1n << 64n) - 1n;

/** A batch (or the rows of it named by `indices`) ready to be written: nested values are encoded already, so that its size is bounded. */
export class PreparedFrame {
  /** Upper bound of the frame's size in bytes. */
  readonly bound: number;
  private readonly nested: (Uint8Array | null)[] = [];

  /** @param count rows to take; rows 0 to count - 1 when `indices` is null. */
  constructor(
    private readonly batch: Batch,
    private readonly indices: Int32Array | null,
    readonly count: number,
  ) {
    let bound = 16 + 8 + count;
    for (const column of batch.columns) bound += 16 + this.columnBound(column);
    this.bound = align(bound);
  }

  private columnBound(column: Column): number {
    const n = this.count;
    const nulls = column.nulls === null ? 0 : n + 8;
    this.nested.push(null);
    switch (column.physical) {
      case 'i32':
        return nulls + n * 4 + 8;
      case 'f64':
        return nulls + n * 8;
      case 'i64':
        return nulls + n * 16;
      case 'ts':
        return nulls + n * 12 + 8;
      case 'str':
        return nulls + n * 8 + 24 + this.stringBytes(column);
      case 'bytes': {
        let size = 0;
        for (let k = 0; k < n; k++) {
          const i = this.row(k);
          if (column.nulls === null || column.nulls[i] === 0) size += column.values[i].length;
        }
        return nulls + n * 8 + 24 + size;
      }
      case 'obj': {
        const writer = new ValueWriter();
        for (let k = 0; k < n; k++) {
          const i = this.row(k);
          writer.write(column.nulls !== null && column.nulls[i] !== 0 ? null : column.values[i]);
        }
        this.nested[this.nested.length - 1] = writer.written;
        return nulls + 16 + writer.length;
      }
    }
  }

  private stringBytes(column: StrColumn): number {
    const { nulls, lengths, strings, data } = column;
    let size = 0;
    for (let k = 0; k < this.count; k++) {
      const i = this.row(k);
      if (nulls !== null && nulls[i] !== 0) continue;
      size += data === null ? (strings?.[i]?.length ?? 0) * 3 : lengths[i];
    }
    return size;
  }

  private row(k: number): number {
    return this.indices === null ? k : this.indices[k];
  }

  /** Writes the frame at `offset` (aligned) of a space with `bound` bytes left. @returns the offset after it, aligned. */
  write(space: FrameSpace, offset: number): number {
    const { batch, indices, count } = this;
    const header = offset >> 2;
    space.i32[header] = count;
    space.i32[header + 1] = batch.columns.length;
    space.i32[header + 2] = batch.kinds === null ? 0 : HAS_KINDS;
    space.i32[header + 3] = 0;
    let at = offset + 16;
    if (batch.kinds !== null) at = putBytes(space, at, batch.kinds, indices, count);
    for (let c = 0; c < batch.columns.length; c++) at = this.writeColumn(space, at, batch.columns[c], c);
    return at;
  }

  private writeColumn(space: FrameSpace, offset: number, column: Column, c: number): number {
    const { indices, count } = this;
    const header = offset >> 2;
    let flags = column.nulls === null ? 0 : HAS_NULLS;
    let at = offset + 8;
    if (column.nulls !== null) at = putBytes(space, at, column.nulls, indices, count);
    switch (column.physical) {
      case 'i32':
        at = putI32(space, at, column.values, indices, count);
        break;
      case 'f64':
        at = putF64(space, at, column.values, indices, count);
        break;
      case 'i64':
        if (column.wide === null) at = putF64(space, at, column.values, indices, count);
        else if (column.wide instanceof BigInt64Array) {
          flags |= WIDE_64;
          const target = at >> 3;
          for (let k = 0; k < count; k++) space.i64[target + k] = column.wide[indices === null ? k : indices[k]];
          at += count * 8;
        } else {
          flags |= WIDE_128;
          const target = at >> 3;
          for (let k = 0; k < count; k++) {
            const v = column.wide[indices === null ? k : indices[k]];
            space.i64[target + 2 * k] = BigInt.asIntN(64, v & MASK_64);
            space.i64[target + 2 * k + 1] = v >> 64n;
          }
          at += count * 16;
        }
        break;
      case 'ts':
        at = putF64(space, at, column.millis, indices, count);
        if (column.nanos !== null) {
          flags |= HAS_NANOS;
          at = putI32(space, at, column.nanos, indices, count);
        }
        break;
      case 'str':
        at = this.writeStrings(space, at, column);
        break;
      case 'bytes': {
        const lengths = at >> 2;
        at += align(count * 4);
        for (let k = 0; k < count; k++) {
          const i = this.row(k);
          const value = column.nulls !== null && column.nulls[i] !== 0 ? null : column.values[i];
          space.i32[lengths + k] = value === null ? 0 : value.length;
          if (value !== null) {
            space.bytes.set(value, at);
            at += value.length;
          }
        }
        at = align(at);
        break;
      }
      case 'obj': {
        const data = this.nested[c] as Uint8Array;
        space.i32[at >> 2] = data.length;
        space.bytes.set(data, at + 8);
        at = align(at + 8 + data.length);
        break;
      }
    }
    space.i32[header] = PHYSICAL.indexOf(column.physical);
    space.i32[header + 1] = flags;
    return at;
  }

  private writeStrings(space: FrameSpace, offset: number, column: StrColumn): number {
    const { count } = this;
    const { nulls, data, starts, lengths, strings } = column;
    const { bytes, i32 } = space;
    const end = offset >> 2;
    const lengthsAt = (offset + 8) >> 2;
    const first = offset + 8 + align(count * 4);
    let at = first;
    for (let k = 0; k < count; k++) {
      const i = this.row(k);
      if (nulls !== null && nulls[i] !== 0) {
        i32[lengthsAt + k] = 0;
        continue;
      }
      const from = at;
      if (data !== null) {
        const length = lengths[i];
        const start = starts[i];
        if (length < 32) for (let b = 0; b < length; b++) bytes[at + b] = data[start + b];
        else bytes.set(data.subarray(start, start + length), at);
        at += length;
      } else {
        const text = strings?.[i] ?? '';
        const length = text.length;
        let b = 0;
        if (length <= 32) {
          for (; b < length; b++) {
            const code = text.charCodeAt(b);
            if (code > 127) break;
            bytes[at + b] = code;
          }
        }
        at += b === length ? b : encoder.encodeInto(text, bytes.subarray(at)).written;
      }
      i32[lengthsAt + k] = at - from;
    }
    i32[end] = at - first;
    return align(at);
  }
}

function putBytes(
  space: FrameSpace,
  at: number,
  values: Uint8Array,
  indices: Int32Array | null,
  count: number,
): number {
  const { bytes } = space;
  if (indices === null) bytes.set(values.subarray(0, count), at);
  else for (let k = 0; k < count; k++) bytes[at + k] = values[indices[k]];
  return at + align(count);
}

function putI32(space: FrameSpace, at: number, values: Int32Array, indices: Int32Array | null, count: number): number {
  const { i32 } = space;
  const target = at >> 2;
  if (indices === null) i32.set(values.subarray(0, count), target);
  else for (let k = 0; k < count; k++) i32[target + k] = values[indices[k]];
  return at + align(count * 4);
}

function putF64(
  space: FrameSpace,
  at: number,
  values: Float64Array,
  indices: Int32Array | null,
  count: number,
): number {
  const { f64 } = space;
  const target = at >> 3;
  if (indices === null) f64.set(values.subarray(0, count), target);
  else for (let k = 0; k < count; k++) f64[target + k] = values[indices[k]];
  return at + count * 8;
}

/** The batch in the frame at `offset`, as views of the space. */
export function readFrame(space: FrameSpace, offset: number): Batch {
  const { i32, bytes } = space;
  const header = offset >> 2;
  const count = i32[header];
  const width = i32[header + 1];
  let at = offset + 16;
  let kinds: Uint8Array | null = null;
  if ((i32[header + 2] & HAS_KINDS) !== 0) {
    kinds = bytes.subarray(at, at + count);
    at += align(count);
  }
  const columns: Column[] = [];
  for (let c = 0; c < width; c++) {
    const physical = PHYSICAL[i32[at >> 2]];
    const flags = i32[(at >> 2) + 1];
    at += 8;
    let nulls: Uint8Array | null = null;
    if ((flags & HAS_NULLS) !== 0) {
      nulls = bytes.subarray(at, at + count);
      at += align(count);
    }
    let column: Column;
    switch (physical) {
      case 'i32':
        column = new I32Column(i32.subarray(at >> 2, (at >> 2) + count));
        at += align(count * 4);
        break;
      case 'f64':
        column = new F64Column(space.f64.subarray(at >> 3, (at >> 3) + count));
        at += count * 8;
        break;
      case 'i64':
        if ((flags & WIDE_64) !== 0) {
          column = new I64Column(EMPTY_F64);
          column.wide = space.i64.subarray(at >> 3, (at >> 3) + count);
          at += count * 8;
        } else if ((flags & WIDE_128) !== 0) {
          column = new I64Column(EMPTY_F64);
          const wide = new Array<bigint>(count);
          for (let k = 0; k < count; k++) {
            const word = (at >> 3) + 2 * k;
            wide[k] = (space.i64[word + 1] << 64n) | (space.i64[word] & MASK_64);
          }
          column.wide = wide;
          at += count * 16;
        } else {
          column = new I64Column(space.f64.subarray(at >> 3, (at >> 3) + count));
          at += count * 8;
        }
        break;
      case 'ts':
        column = new TsColumn(space.f64.subarray(at >> 3, (at >> 3) + count));
        at += count * 8;
        if ((flags & HAS_NANOS) !== 0) {
          column.nanos = i32.subarray(at >> 2, (at >> 2) + count);
          at += align(count * 4);
        }
        break;
      case 'str': {
        const size = i32[at >> 2];
        const lengths = i32.subarray((at + 8) >> 2, ((at + 8) >> 2) + count);
        at += 8 + align(count * 4);
        const starts = new Int32Array(count);
        let start = at;
        for (let k = 0; k < count; k++) {
          starts[k] = start;
          start += lengths[k];
        }
        column = StrColumn.fromBytes(bytes, starts, lengths);
        at = align(at + size);
        break;
      }
      case 'bytes': {
        const lengths = at >> 2;
        at += align(count * 4);
        const values = new Array<Uint8Array>(count);
        for (let k = 0; k < count; k++) {
          values[k] = bytes.slice(at, at + i32[lengths + k]);
          at += i32[lengths + k];
        }
        column = new BytesColumn(values);
        at = align(at);
        break;
      }
      case 'obj': {
        const size = i32[at >> 2];
        const reader = new ValueReader(bytes, at + 8);
        const values = [];
        for (let k = 0; k < count; k++) values.push(reader.read());
        column = new ObjColumn(values);
        at = align(at + 8 + size);
        break;
      }
    }
    column.nulls = nulls;
    columns.push(column);
  }
  return new Batch(count, columns, kinds);
}

const EMPTY_F64 = new Float64Array(0);

/** A frame in a buffer of its own, to be transferred. */
export function encodeFrame(batch: Batch): ArrayBuffer {
  const frame = new PreparedFrame(batch, null, batch.length);
  const space = FrameSpace.ofSize(frame.bound);
  frame.write(space, 0);
  return space.buffer as ArrayBuffer;
}

export function decodeFrame(buffer: ArrayBuffer): Batch {
  return readFrame(new FrameSpace(buffer), 0);
}
