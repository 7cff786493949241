import {
  daysFromCivil,
  MapValue,
  MILLIS_PER_DAY,
  parseDecimal,
  StreamcellError,
  Timestamp,
  TimeZone,
  typeToString,
  type DataType,
  type Value,
} from '../types/index.js';
import { ExactNumber, numberText, type ExactJson } from './exact-json.js';

/** Boxes a value of the gateway's JSON. */
export type ValueReader = (json: ExactJson) => Value;

/**
 * Makes the reader of a type. `zone`: the session's, since the gateway writes a TIMESTAMP_LTZ as the clock of that zone, yet with a Z.
 * Within the hour that a change to winter time repeats, the earlier of both instants is taken.
 */
export function valueReader(type: DataType, zone: TimeZone): ValueReader {
  const read = bareReader(type, zone);
  return (json) => {
    if (json === null || json === undefined) return null;
    const value = read(json);
    if (value !== undefined) return value;
    throw new StreamcellError('INTERNAL', `Flink sent ${JSON.stringify(json)} for ${typeToString(type)}.`);
  };
}

/** Undefined for JSON that is no value of the type. */
function bareReader(type: DataType, zone: TimeZone): (json: ExactJson) => Value | undefined {
  switch (type.root) {
    case 'BOOLEAN':
      return (json) => (typeof json === 'boolean' ? json : undefined);
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'INTERVAL_YEAR_MONTH':
      return (json) => (typeof json === 'number' ? json : undefined);
    case 'BIGINT':
    case 'INTERVAL_DAY_TIME':
      return (json) => (isNumber(json) ? BigInt(numberText(json)) : undefined);
    case 'FLOAT':
      return (json) => {
        const value = double(json);
        return value === undefined ? undefined : Math.fround(value);
      };
    case 'DOUBLE':
      return double;
    case 'DECIMAL':
      return (json) =>
        isNumber(json) ? (parseDecimal(numberText(json), type.precision, type.scale) ?? undefined) : undefined;
    case 'CHAR':
    case 'VARCHAR':
      return (json) => (typeof json === 'string' ? json : undefined);
    case 'BINARY':
    case 'VARBINARY':
      return (json) => (typeof json === 'string' ? new Uint8Array(Buffer.from(json, 'base64')) : undefined);
    case 'DATE':
      return (json) => (typeof json === 'string' ? days(json) : undefined);
    case 'TIME':
      return (json) => (typeof json === 'string' ? clock(json)?.millis : undefined);
    case 'TIMESTAMP':
      return (json) => (typeof json === 'string' ? localTime(json) : undefined);
    case 'TIMESTAMP_LTZ':
      return (json) => {
        const local = typeof json === 'string' ? localTime(json.replace(/Z$/, '')) : undefined;
        return local === undefined ? undefined : new Timestamp(zone.toInstant(local.millis), local.nanos);
      };
    case 'ARRAY': {
      const element = valueReader(type.element, zone);
      return (json) => (Array.isArray(json) ? json.map(element) : undefined);
    }
    case 'ROW': {
      const fields = type.fields.map((f) => ({ name: f.name, read: valueReader(f.type, zone) }));
      return (json) => (isObject(json) ? fields.map((f) => f.read(json[f.name] ?? null)) : undefined);
    }
    case 'MAP': {
      const value = valueReader(type.value, zone);
      return (json) => (isObject(json) ? new MapValue(Object.entries(json).map(([k, v]) => [k, value(v)])) : undefined);
    }
    case 'MULTISET':
      return (json) =>
        isObject(json) ? new MapValue(Object.entries(json).map(([k, v]) => [k, Number(v)])) : undefined;
    case 'VARIANT':
      return () => undefined;
    case 'NULL':
      return () => null;
  }
}

function isNumber(json: ExactJson): json is number | ExactNumber {
  return typeof json === 'number' || json instanceof ExactNumber;
}

function isObject(json: ExactJson): json is { readonly [name: string]: ExactJson } {
  return typeof json === 'object' && json !== null && !Array.isArray(json) && !(json instanceof ExactNumber);
}

/** What is no number in JSON is written as text. */
function double(json: ExactJson): number | undefined {
  if (isNumber(json)) return Number(numberText(json));
  if (json === 'NaN') return NaN;
  if (json === 'Infinity') return Infinity;
  return json === '-Infinity' ? -Infinity : undefined;
}

function days(text: string): number | undefined {
  const match = /^([+-]?\d+)-(\d\d)-(\d\d)$/.exec(text);
  return match === null ? undefined : daysFromCivil(Number(match[1]), Number(match[2]), Number(match[3]));
}

function clock(text: string): { readonly millis: number; readonly nanos: number } | undefined {
  const match = /^(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?$/.exec(text);
  if (match === null) return undefined;
  const fraction = Number((match[4] ?? '').padEnd(9, '0'));
  const seconds = Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3] ?? 0);
  return { millis: seconds * 1000 + Math.floor(fraction / 1_000_000), nanos: fraction % 1_000_000 };
}

function localTime(text: string): Timestamp | undefined {
  const at = text.search(/[T ]/);
  const date = at < 0 ? undefined : days(text.slice(0, at));
  const time = clock(text.slice(at + 1));
  if (date === undefined || time === undefined) return undefined;
  return new Timestamp(date * MILLIS_PER_DAY + time.millis, time.nanos);
}
