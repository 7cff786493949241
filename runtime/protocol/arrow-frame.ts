import {
  Int64,
  makeData,
  Null,
  RecordBatch,
  RecordBatchStreamWriter,
  Struct,
  tableFromIPC,
  type Data,
  type Vector,
} from 'apache-arrow';
import {
  INSERT,
  MapValue,
  parseRowKind,
  rowKindName,
  Timestamp,
  VariantValue,
  type ChangelogRow,
  type DataType,
  type RowKind,
  type Schema,
  type Value,
} from '../types/index.js';
import { arrowSchema, arrowType } from './arrow-types.js';

/**
 * Arrow frames: rows as one Arrow IPC stream, as viewports, sockets and notebooks carry them. Values go straight into Arrow's buffers;
 * Arrow's own builders cost several times as much per value.
 */
const encoder = new TextEncoder();
const INT = { root: 'INTEGER', nullable: false } as const;

/** Arrow IPC stream of rows; with `kinds` a first column `op`. */
export function encodeRows(schema: Schema, rows: readonly ChangelogRow[], kinds: boolean): Uint8Array {
  const children = schema.map(({ type }, c) =>
    columnData(
      type,
      rows.map((r) => r.fields[c]),
    ),
  );
  if (kinds) {
    children.unshift(
      stringData(
        { root: 'CHAR', length: 2, nullable: false },
        rows.map((r) => rowKindName(r.kind)),
      ),
    );
  }
  const arrow = arrowSchema(schema, kinds);
  const struct = makeData({ type: new Struct(arrow.fields), length: rows.length, nullCount: 0, children });
  const writer = new RecordBatchStreamWriter();
  writer.write(new RecordBatch(arrow, struct));
  writer.finish();
  return writer.toUint8Array(true);
}

/** Rows of an Arrow IPC stream made by `encodeRows` for the same schema. */
export function decodeRows(schema: Schema, arrow: Uint8Array, kinds: boolean): ChangelogRow[] {
  const table = tableFromIPC(arrow);
  const first = kinds ? 1 : 0;
  const columns = schema.map(({ type }, c) => readColumn(type, table.getChildAt(c + first) as Vector));
  const ops = kinds ? readColumn({ root: 'CHAR', length: 2, nullable: false }, table.getChildAt(0) as Vector) : null;
  return Array.from({ length: table.numRows }, (_, i) => ({
    kind: ops === null ? INSERT : (parseRowKind(ops[i] as string) as RowKind),
    fields: columns.map((column) => column[i]),
  }));
}

interface Nulls {
  readonly nullCount: number;
  readonly nullBitmap: Uint8Array | undefined;
}

function nullsOf(values: readonly Value[]): Nulls {
  let bitmap: Uint8Array | undefined;
  let nullCount = 0;
  values.forEach((v, i) => {
    if (v !== null) return;
    bitmap ??= new Uint8Array(Math.ceil(values.length / 64) * 8).fill(255);
    bitmap[i >> 3] &= ~(1 << (i & 7));
    nullCount++;
  });
  return { nullCount, nullBitmap: bitmap };
}

function columnData(type: DataType, values: readonly Value[]): Data {
  const length = values.length;
  const nulls = nullsOf(values);
  switch (type.root) {
    case 'BOOLEAN': {
      const data = new Uint8Array(Math.ceil(length / 64) * 8);
      values.forEach((v, i) => v === true && (data[i >> 3] |= 1 << (i & 7)));
      return makeData({ type: arrowType(type) as never, length, ...nulls, data });
    }
    case 'TINYINT':
      return numbers(type, values, nulls, new Int8Array(length));
    case 'SMALLINT':
      return numbers(type, values, nulls, new Int16Array(length));
    case 'INTEGER':
    case 'DATE':
    case 'INTERVAL_YEAR_MONTH':
      return numbers(type, values, nulls, new Int32Array(length));
    case 'TIME':
      if (type.precision <= 3) {
        const unit = type.precision === 0 ? 1000 : 1;
        return numbers(
          type,
          values.map((v) => (v === null ? null : Math.floor((v as number) / unit))),
          nulls,
          new Int32Array(length),
        );
      }
      return wides(
        type,
        values.map((v) => (v === null ? 0n : BigInt(v as number) * (type.precision <= 6 ? 1000n : 1_000_000n))),
        nulls,
      );
    case 'FLOAT':
      return numbers(type, values, nulls, new Float32Array(length));
    case 'DOUBLE':
      return numbers(type, values, nulls, new Float64Array(length));
    case 'BIGINT':
    case 'INTERVAL_DAY_TIME':
      return wides(
        type,
        values.map((v) => (v === null ? 0n : BigInt(v as bigint))),
        nulls,
      );
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return wides(
        type,
        values.map((v) => (v === null ? 0n : ticks(v as Timestamp, type.precision))),
        nulls,
      );
    case 'DECIMAL': {
      const data = new Uint32Array(length * 4);
      const words = new BigInt64Array(data.buffer);
      values.forEach((v, i) => {
        if (v === null) return;
        const exact = BigInt(v as bigint);
        words[2 * i] = BigInt.asIntN(64, exact);
        words[2 * i + 1] = exact >> 64n;
      });
      return makeData({ type: arrowType(type) as never, length, ...nulls, data });
    }
    case 'CHAR':
    case 'VARCHAR':
      return stringData(type, values);
    case 'VARIANT':
      return stringData(
        type,
        values.map((v) => (v === null ? null : JSON.stringify((v as VariantValue).json))),
      );
    case 'BINARY':
    case 'VARBINARY':
      return bytesData(
        type,
        values,
        values.map((v) => v as Uint8Array | null),
      );
    case 'ARRAY': {
      const { offsets, items } = flatten(values, (v) => v as readonly Value[]);
      return makeData({
        type: arrowType(type) as never,
        length,
        ...nulls,
        valueOffsets: offsets,
        child: columnData(type.element, items),
      });
    }
    case 'MAP':
    case 'MULTISET': {
      const { offsets, items } = flatten(values, (v) => (v as MapValue).entries as readonly (readonly Value[])[]);
      const mapType = arrowType(type);
      const entries = makeData({
        type: mapType.children[0].type as Struct,
        length: items.length,
        nullCount: 0,
        children: [
          columnData(
            type.root === 'MAP' ? type.key : type.element,
            items.map((e) => (e as readonly Value[])[0]),
          ),
          columnData(
            type.root === 'MAP' ? type.value : INT,
            items.map((e) => (e as readonly Value[])[1]),
          ),
        ],
      });
      return makeData({ type: mapType as never, length, ...nulls, valueOffsets: offsets, child: entries });
    }
    case 'ROW': {
      const children = type.fields.map((field, f) =>
        columnData(
          field.type,
          values.map((v) => (v === null ? null : (v as readonly Value[])[f])),
        ),
      );
      return makeData({ type: arrowType(type) as Struct, length, ...nulls, children });
    }
    case 'NULL':
      return makeData({ type: new Null(), length });
  }
}

type NumberArray = Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

function numbers(type: DataType, values: readonly Value[], nulls: Nulls, data: NumberArray): Data {
  values.forEach((v, i) => (data[i] = v === null ? 0 : Number(v)));
  return makeData({ type: arrowType(type) as never, length: values.length, ...nulls, data });
}

function wides(type: DataType, values: readonly bigint[], nulls: Nulls): Data {
  const data = BigInt64Array.from(values);
  return makeData({ type: new Int64(), length: values.length, ...nulls, data }).clone(arrowType(type));
}

function ticks(t: Timestamp, precision: number): bigint {
  if (precision === 0) return BigInt(Math.floor(t.millis / 1000));
  if (precision <= 3) return BigInt(t.millis);
  if (precision <= 6) return BigInt(t.millis) * 1000n + BigInt(Math.floor(t.nanos / 1000));
  return BigInt(t.millis) * 1_000_000n + BigInt(t.nanos);
}

function stringData(type: DataType, values: readonly Value[]): Data {
  return bytesData(
    type,
    values,
    values.map((v) => (v === null ? null : encoder.encode(v as string))),
  );
}

function bytesData(type: DataType, values: readonly Value[], parts: readonly (Uint8Array | null)[]): Data {
  const valueOffsets = new Int32Array(parts.length + 1);
  parts.forEach((part, i) => (valueOffsets[i + 1] = valueOffsets[i] + (part?.length ?? 0)));
  const data = new Uint8Array(valueOffsets[parts.length]);
  parts.forEach((part, i) => part !== null && data.set(part, valueOffsets[i]));
  return makeData({ type: arrowType(type) as never, length: parts.length, ...nullsOf(values), valueOffsets, data });
}

function flatten(
  values: readonly Value[],
  elements: (v: Value) => readonly Value[],
): { offsets: Int32Array; items: Value[] } {
  const offsets = new Int32Array(values.length + 1);
  const items: Value[] = [];
  values.forEach((v, i) => {
    if (v !== null) for (const item of elements(v)) items.push(item);
    offsets[i + 1] = items.length;
  });
  return { offsets, items };
}

function readColumn(type: DataType, vector: Vector): Value[] {
  return vector.data.flatMap((data) => readData(type, data));
}

function readData(type: DataType, data: Data): Value[] {
  const { length } = data;
  const read = reader(type, data);
  return Array.from({ length }, (_, i) => (type.root === 'NULL' || !data.getValid(i) ? null : read(i)));
}

/** Reads raw buffers: Arrow's accessors round timestamps to milliseconds and widen decimals to words. */
function reader(type: DataType, data: Data): (i: number) => Value {
  const values = data.values as Int32Array & BigInt64Array;
  switch (type.root) {
    case 'BOOLEAN':
      return (i) => (values[(data.offset + i) >> 3] & (1 << ((data.offset + i) & 7))) !== 0;
    case 'TIME':
      if (type.precision <= 3) return (i) => values[i] * (type.precision === 0 ? 1000 : 1);
      return (i) => Number((values as BigInt64Array)[i] / (type.precision <= 6 ? 1000n : 1_000_000n));
    case 'BIGINT':
    case 'INTERVAL_DAY_TIME':
      return (i) => (values as BigInt64Array)[i];
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return (i) => fromTicks((values as BigInt64Array)[i], type.precision);
    case 'DECIMAL': {
      const bytes = data.values as Uint32Array;
      return (i) => {
        const low = BigInt(bytes[4 * i]) | (BigInt(bytes[4 * i + 1]) << 32n);
        const high = BigInt.asIntN(64, BigInt(bytes[4 * i + 2]) | (BigInt(bytes[4 * i + 3]) << 32n));
        return (high << 64n) | low;
      };
    }
    case 'CHAR':
    case 'VARCHAR':
      return (i) => text(data, i);
    case 'VARIANT':
      return (i) => new VariantValue(JSON.parse(text(data, i)));
    case 'BINARY':
    case 'VARBINARY':
      return (i) => bytesAt(data, i).slice();
    case 'ARRAY': {
      const items = readData(type.element, data.children[0]);
      return (i) => items.slice(data.valueOffsets[i], data.valueOffsets[i + 1]);
    }
    case 'MAP':
    case 'MULTISET': {
      const [keyData, valueData] = data.children[0].children;
      const keys = readData(type.root === 'MAP' ? type.key : type.element, keyData);
      const entries = readData(type.root === 'MAP' ? type.value : INT, valueData);
      return (i) => {
        const from = data.valueOffsets[i];
        const to = data.valueOffsets[i + 1];
        return new MapValue(keys.slice(from, to).map((key, k) => [key, entries[from + k]] as const));
      };
    }
    case 'ROW': {
      const fields = type.fields.map((field, f) => readData(field.type, data.children[f]));
      return (i) => fields.map((field) => field[i]);
    }
    case 'NULL':
      return () => null;
    default:
      return (i) => values[i];
  }
}

const decoder = new TextDecoder();

function bytesAt(data: Data, i: number): Uint8Array {
  return (data.values as Uint8Array).subarray(data.valueOffsets[i], data.valueOffsets[i + 1]);
}

function text(data: Data, i: number): string {
  return decoder.decode(bytesAt(data, i));
}

function fromTicks(value: bigint, precision: number): Timestamp {
  if (precision === 0) return new Timestamp(Number(value) * 1000);
  if (precision <= 3) return new Timestamp(Number(value));
  const perMilli = precision <= 6 ? 1000n : 1_000_000n;
  let millis = value / perMilli;
  let rest = value % perMilli;
  if (rest < 0n) {
    rest += perMilli;
    millis -= 1n;
  }
  return new Timestamp(Number(millis), Number(rest) * (precision <= 6 ? 1000 : 1));
}
