import {
  Batch,
  BytesColumn,
  F64Column,
  I32Column,
  I64Column,
  ObjColumn,
  StrColumn,
  TsColumn,
  createColumn,
  physicalType,
  type Column,
  type DataType,
} from '../types/index.js';
import { gather, stringTarget } from './gather.js';
import { hashColumns, subtaskOfHash } from './hash.js';
import type { SnapshotReader, SnapshotWriter } from './snapshot.js';
import { decodeValue, encodeValue, type EncodedValue } from './value-codec.js';

/** Writes the rows `ids[0..count)` of `columns`, in that order, as sections named `prefix`.*. */
export function writeRows(
  writer: SnapshotWriter,
  prefix: string,
  types: readonly DataType[],
  columns: readonly Column[],
  ids: Int32Array,
  count: number,
): void {
  writer.json(`${prefix}.rows`, count);
  types.forEach((type, c) => {
    const target = physicalType(type) === 'str' ? stringTarget(count) : createColumn(type, count);
    gather(columns[c], ids, count, target);
    writeColumn(writer, `${prefix}.${c}`, target, count);
  });
}

/** The rows of a restored batch whose keys belong to the given subtask. */
export function ownRows(
  batch: Batch,
  types: readonly DataType[],
  keys: readonly number[],
  place: { readonly subtask: number; readonly parallelism: number },
): Batch {
  if (place.parallelism === 1) return batch;
  const rows = new Int32Array(batch.length);
  const n = ownRowNumbers(batch, keys, place, rows);
  return new Batch(
    n,
    types.map((type, c) => {
      const target = physicalType(type) === 'str' ? stringTarget(n) : createColumn(type, n);
      gather(batch.columns[c], rows, n, target);
      return target;
    }),
  );
}

/** Writes their numbers to `rows`. @returns how many. */
export function ownRowNumbers(
  batch: Batch,
  keys: readonly number[],
  place: { readonly subtask: number; readonly parallelism: number },
  rows: Int32Array,
): number {
  const hashes = new Int32Array(batch.length);
  hashColumns(
    keys.map((c) => batch.columns[c]),
    batch.length,
    hashes,
  );
  let n = 0;
  for (let i = 0; i < batch.length; i++)
    if (subtaskOfHash(hashes[i], place.parallelism) === place.subtask) rows[n++] = i;
  return n;
}

/** Reads what `writeRows` wrote, as a batch of its own. */
export function readRows(reader: SnapshotReader, prefix: string, types: readonly DataType[]): Batch {
  const count = reader.json<number>(`${prefix}.rows`);
  return new Batch(
    count,
    types.map((type, c) => readColumn(reader, `${prefix}.${c}`, type)),
  );
}

function writeColumn(writer: SnapshotWriter, name: string, column: Column, count: number): void {
  if (column.nulls !== null) writer.array(`${name}.nulls`, column.nulls);
  switch (column.physical) {
    case 'i32':
    case 'f64':
      writer.array(name, column.values);
      break;
    case 'i64':
      if (column.wide === null) writer.array(name, column.values);
      else if (column.wide instanceof BigInt64Array) writer.array(`${name}.wide`, column.wide);
      else
        writer.strings(
          `${name}.precise`,
          column.wide.map((v) => v.toString()),
        );
      break;
    case 'ts':
      writer.array(name, column.millis);
      if (column.nanos !== null) writer.array(`${name}.nanos`, column.nanos);
      break;
    case 'str': {
      const data = column.data;
      if (data === null) {
        writer.strings(
          `${name}.strings`,
          Array.from({ length: count }, (_, i) => column.get(i)),
        );
        break;
      }
      let total = 0;
      for (let i = 0; i < count; i++) total += column.lengths[i];
      const bytes = new Uint8Array(total);
      let at = 0;
      for (let i = 0; i < count; i++) {
        bytes.set(data.subarray(column.starts[i], column.starts[i] + column.lengths[i]), at);
        at += column.lengths[i];
      }
      writer.array(`${name}.bytes`, bytes);
      writer.array(`${name}.lengths`, column.lengths);
      break;
    }
    case 'bytes':
    case 'obj':
      writer.json(
        name,
        Array.from({ length: count }, (_, i) =>
          encodeValue(column.nulls !== null && column.nulls[i] !== 0 ? null : column.values[i]),
        ),
      );
      break;
  }
}

function readColumn(reader: SnapshotReader, name: string, type: DataType): Column {
  const column = readValues(reader, name, type);
  if (reader.has(`${name}.nulls`)) column.nulls = reader.array<Uint8Array>(`${name}.nulls`);
  return column;
}

function readValues(reader: SnapshotReader, name: string, type: DataType): Column {
  switch (physicalType(type)) {
    case 'i32':
      return new I32Column(reader.array<Int32Array>(name));
    case 'f64':
      return new F64Column(reader.array<Float64Array>(name));
    case 'i64': {
      if (reader.has(name)) return new I64Column(reader.array<Float64Array>(name));
      const wide = reader.has(`${name}.wide`)
        ? reader.array<BigInt64Array>(`${name}.wide`)
        : reader.strings(`${name}.precise`).map((s) => BigInt(s as string));
      const column = new I64Column(new Float64Array(wide.length));
      column.wide = wide;
      return column;
    }
    case 'ts': {
      const column = new TsColumn(reader.array<Float64Array>(name));
      if (reader.has(`${name}.nanos`)) column.nanos = reader.array<Int32Array>(`${name}.nanos`);
      return column;
    }
    case 'str': {
      if (reader.has(`${name}.strings`))
        return StrColumn.fromStrings(reader.strings(`${name}.strings`).map((s) => s ?? ''));
      const lengths = reader.array<Int32Array>(`${name}.lengths`);
      const starts = new Int32Array(lengths.length);
      for (let i = 1; i < lengths.length; i++) starts[i] = starts[i - 1] + lengths[i - 1];
      return StrColumn.fromBytes(reader.array<Uint8Array>(`${name}.bytes`), starts, lengths);
    }
    case 'bytes':
      return new BytesColumn(
        reader.json<EncodedValue[]>(name).map((v) => (decodeValue(v) as Uint8Array | null) ?? new Uint8Array(0)),
      );
    case 'obj':
      return new ObjColumn(reader.json<EncodedValue[]>(name).map(decodeValue));
  }
}
