import { DataType, tableFromIPC, TimeUnit, type Data, type Vector } from 'apache-arrow';
import {
  dateToString,
  dayTimeToString,
  decimalToString,
  doubleToString,
  floatToString,
  TimeZone,
  timestampToString,
  timeToString,
  yearMonthToString,
} from '@streamcell/runtime/types/index';
import { OP_COLUMN } from '@streamcell/runtime/protocol/arrow-types';
import type { CellColumn, ColumnKind, RowSource } from './row-source.js';

/*
 * Rows of an Arrow IPC stream, read where they lie: a frame carries more rows than the screen shows, and a cell is turned into text only
 * when it is painted. Raw buffers, since Arrow's accessors round timestamps and spread decimals over words.
 */

/** Plain form of a value, of which text, chart datum and JSON are made. */
type Plain = null | boolean | number | bigint | string | Digits | readonly Plain[] | PlainEntries;
/** A number that has its own text. */
interface Digits {
  readonly digits: string;
}
interface PlainEntries {
  readonly pairs: readonly (readonly [string, Plain])[];
}

interface ValueReader {
  readonly kind: ColumnKind;
  isNull(row: number): boolean;
  plain(row: number): Plain;
  /** Undefined where the plain value itself is meant. */
  readonly millis?: (row: number) => number;
}

/** Decodes a frame. `changelog` frames begin with the column `op`. */
export function arrowRows(ipc: Uint8Array, from: number, changelog: boolean, zone = 'UTC'): RowSource {
  const table = tableFromIPC(ipc);
  const columns = table.schema.fields.map((_, c) =>
    cellColumn(chunked(table.getChildAt(c) as Vector, TimeZone.get(zone))),
  );
  let ops: string[] | null = null;
  if (changelog && table.schema.fields[0]?.name === OP_COLUMN) {
    const op = columns.shift() as CellColumn;
    ops = Array.from({ length: table.numRows }, (_, row) => op.text(row));
  }
  return { from, rows: table.numRows, ops, columns };
}

function cellColumn(reader: ValueReader): CellColumn {
  const { kind, millis } = reader;
  return {
    kind,
    isNull: (row) => reader.isNull(row),
    text: (row) => (reader.isNull(row) ? '' : topText(reader.plain(row))),
    datum: (row) => {
      if (reader.isNull(row)) return null;
      if (millis !== undefined) return millis(row);
      const plain = reader.plain(row);
      if (typeof plain === 'boolean') return plain;
      return kind === 'number' ? Number(plain) : topText(plain);
    },
    pretty: (row) => (reader.isNull(row) ? 'NULL' : prettyText(reader.plain(row), '')),
  };
}

function topText(value: Plain): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
  return innerText(value);
}

const NAME = /^[\w.$-]+$/;

/** `[1, 2]`, `{a: 1, b: "x"}`: names are quoted only where they need it. */
function innerText(value: Plain): string {
  if (value === null) return 'NULL';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object') return String(value);
  if ('digits' in value) return value.digits;
  if (!('pairs' in value)) return `[${value.map(innerText).join(', ')}]`;
  return `{${value.pairs.map(([k, v]) => `${entryName(k)}: ${innerText(v)}`).join(', ')}}`;
}

function prettyText(value: Plain, indent: string): string {
  if (value === null || typeof value !== 'object' || 'digits' in value)
    return indent === '' ? topText(value) : innerText(value);
  const deeper = `${indent}  `;
  const list = 'pairs' in value;
  const parts = list
    ? value.pairs.map(([k, v]) => `${deeper}${entryName(k)}: ${prettyText(v, deeper)}`)
    : value.map((v) => `${deeper}${prettyText(v, deeper)}`);
  const [open, close] = list ? '{}' : '[]';
  return parts.length === 0 ? open + close : `${open}\n${parts.join(',\n')}\n${indent}${close}`;
}

function entryName(name: string): string {
  return NAME.test(name) ? name : JSON.stringify(name);
}

function chunked(vector: Vector, zone: TimeZone): ValueReader {
  if (vector.data.length === 1) return reader(vector.data[0], zone);
  const chunks: { readonly end: number; readonly start: number; readonly reader: ValueReader }[] = [];
  let start = 0;
  for (const data of vector.data) {
    chunks.push({ start, end: start + data.length, reader: reader(data, zone) });
    start += data.length;
  }
  if (chunks.length === 0) return { kind: 'text', isNull: () => true, plain: () => null };
  const find = (row: number) => chunks.find((c) => row < c.end) ?? chunks[chunks.length - 1];
  const { kind, millis } = chunks[0].reader;
  return {
    kind,
    isNull: (row) => find(row).reader.isNull(row - find(row).start),
    plain: (row) => find(row).reader.plain(row - find(row).start),
    ...(millis && { millis: (row: number) => find(row).reader.millis?.(row - find(row).start) ?? NaN }),
  };
}

const decoder = new TextDecoder();
const DAY = 86_400_000;

function reader(data: Data, zone: TimeZone): ValueReader {
  const base = { isNull: (row: number) => !data.getValid(row) };
  const type = data.type as DataType;
  const numbers = data.values as Int32Array;
  const longs = data.values as BigInt64Array;
  if (DataType.isBool(type))
    return {
      ...base,
      kind: 'boolean',
      plain: (i) => ((data.values as Uint8Array)[(data.offset + i) >> 3] & (1 << ((data.offset + i) & 7))) !== 0,
    };
  if (DataType.isInt(type)) return { ...base, kind: 'number', plain: (i) => numbers[i] };
  if (DataType.isFloat(type)) {
    const text = type.precision === 1 ? floatToString : doubleToString;
    return { ...base, kind: 'number', plain: (i) => text(numbers[i]) };
  }
  if (DataType.isDecimal(type)) {
    const words = data.values as Uint32Array;
    return {
      ...base,
      kind: 'number',
      plain: (i) => {
        const low = BigInt(words[4 * i]) | (BigInt(words[4 * i + 1]) << 32n);
        const high = BigInt.asIntN(64, BigInt(words[4 * i + 2]) | (BigInt(words[4 * i + 3]) << 32n));
        return decimalToString((high << 64n) | low, type.scale);
      },
    };
  }
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type))
    return { ...base, kind: 'text', plain: (i) => decoder.decode(bytes(data, i)) };
  if (DataType.isBinary(type) || DataType.isLargeBinary(type))
    return { ...base, kind: 'text', plain: (i) => `x'${hex(bytes(data, i))}'` };
  if (DataType.isDate(type)) {
    const days = type.unit === 0 ? (i: number) => numbers[i] : (i: number) => Math.floor(Number(longs[i]) / DAY);
    return { ...base, kind: 'time', plain: (i) => dateToString(days(i)), millis: (i) => days(i) * DAY };
  }
  if (DataType.isTimestamp(type))
    return { ...base, kind: 'time', ...timestamps(longs, type.unit, type.timezone ? zone : null) };
  if (DataType.isTime(type)) {
    const ofDay = (i: number): number => Math.floor(Number(numbers[i]) * millisPer(type.unit));
    return { ...base, kind: 'time', plain: (i) => timeToString(ofDay(i), 0), millis: ofDay };
  }
  if (DataType.isInterval(type)) return { ...base, kind: 'text', plain: (i) => yearMonthToString(numbers[i]) };
  if (DataType.isDuration(type))
    return { ...base, kind: 'text', plain: (i) => dayTimeToString(Number(longs[i]) * millisPer(type.unit)) };
  return nested(data, type, base, zone);
}

function nested(data: Data, type: DataType, base: Pick<ValueReader, 'isNull'>, zone: TimeZone): ValueReader {
  const child = (c: number): ValueReader => reader(data.children[c], zone);
  const item = (r: ValueReader, i: number): Plain => {
    if (r.isNull(i)) return null;
    const plain = r.plain(i);
    return r.kind === 'number' && typeof plain === 'string' ? { digits: plain } : plain;
  };
  if (DataType.isList(type)) {
    const items = child(0);
    return { ...base, kind: 'nested', plain: (i) => span(data, i).map((at) => item(items, at)) };
  }
  if (DataType.isMap(type)) {
    const [keys, values] = data.children[0].children.map((part) => reader(part, zone));
    return {
      ...base,
      kind: 'nested',
      plain: (i) => ({ pairs: span(data, i).map((at) => [topText(item(keys, at)), item(values, at)] as const) }),
    };
  }
  if (DataType.isStruct(type)) {
    const fields = type.children.map((field, f) => ({ name: field.name, values: child(f) }));
    return {
      ...base,
      kind: 'nested',
      plain: (i) => ({ pairs: fields.map(({ name, values }) => [name, item(values, i)] as const) }),
    };
  }
  return { kind: 'text', isNull: () => true, plain: () => null };
}

function millisPer(unit: TimeUnit): number {
  return [1000, 1, 1e-3, 1e-6][unit];
}

/** `zone`: where instants are shown; null for wall clocks, which are shown as they are. */
function timestamps(
  ticks: BigInt64Array,
  unit: TimeUnit,
  zone: TimeZone | null,
): Pick<ValueReader, 'plain'> & { millis(row: number): number } {
  const perMilli = [0n, 1n, 1000n, 1_000_000n][unit];
  const clock = (millis: number): number => (zone === null ? millis : zone.toLocal(millis));
  const split = (i: number): { millis: number; nanos: number } => {
    const t = ticks[i];
    if (unit === TimeUnit.SECOND) return { millis: clock(Number(t) * 1000), nanos: 0 };
    // Rounded down also before 1970.
    const rest = ((t % perMilli) + perMilli) % perMilli;
    return { millis: clock(Number((t - rest) / perMilli)), nanos: Number((rest * 1_000_000n) / perMilli) };
  };
  return {
    plain: (i) => {
      const { millis, nanos } = split(i);
      return timestampToString(millis, nanos, 0);
    },
    millis: (i) => split(i).millis,
  };
}

function span(data: Data, i: number): number[] {
  const from = Number(data.valueOffsets[i]);
  return Array.from({ length: Number(data.valueOffsets[i + 1]) - from }, (_, k) => from + k);
}

function bytes(data: Data, i: number): Uint8Array {
  return (data.values as Uint8Array).subarray(Number(data.valueOffsets[i]), Number(data.valueOffsets[i + 1]));
}

function hex(b: Uint8Array): string {
  return Array.from(b, (x) => x.toString(16).padStart(2, '0')).join('');
}
