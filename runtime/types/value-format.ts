import { dateToString, dayTimeToString, timeToString, timestampToString, yearMonthToString } from './calendar.js';
import type { DataType } from './data-type.js';
import { decimalToString } from './decimal.js';
import { doubleToString, floatToString } from './floating-text.js';
import { TimeZone } from './time-zone.js';
import { MapValue, Timestamp, VariantValue, type Value } from './value.js';

const utf8 = new TextDecoder();

/** Bytes as CAST takes them to text. */
function utf8Text(bytes: Uint8Array): string {
  return utf8.decode(Uint8Array.from(bytes));
}

/**
 * Flink's CAST(value AS STRING) of a boxed value that is not null; nulls inside print as `NULL`. `bytes`: how binary values are shown, since
 * tables show them otherwise.
 */
export function valueToString(
  value: Value,
  type: DataType,
  timeZone = 'UTC',
  bytes: (value: Uint8Array) => string = utf8Text,
): string {
  const inner = (v: Value, t: DataType): string => valueToString(v, t, timeZone, bytes);
  if (value === null) return 'NULL';
  switch (type.root) {
    case 'BOOLEAN':
      return value === true || value === 1 ? 'TRUE' : 'FALSE';
    case 'DECIMAL':
      return decimalToString(value as bigint, type.scale);
    case 'FLOAT':
      return floatToString(value as number);
    case 'DOUBLE':
      return doubleToString(value as number);
    case 'DATE':
      return dateToString(value as number);
    case 'TIME':
      return timeToString(value as number, type.precision);
    case 'TIMESTAMP': {
      const t = value as Timestamp;
      return timestampToString(t.millis, t.nanos, type.precision);
    }
    case 'TIMESTAMP_LTZ': {
      const t = value as Timestamp;
      return timestampToString(TimeZone.get(timeZone).toLocal(t.millis), t.nanos, type.precision);
    }
    case 'INTERVAL_YEAR_MONTH':
      return yearMonthToString(Number(value));
    case 'INTERVAL_DAY_TIME':
      return dayTimeToString(Number(value));
    case 'BINARY':
    case 'VARBINARY':
      return bytes(value as Uint8Array);
    case 'ARRAY':
      return `[${(value as readonly Value[]).map((v) => inner(v, type.element)).join(', ')}]`;
    case 'MAP':
      return `{${(value as MapValue).entries.map(([k, v]) => `${inner(k, type.key)}=${inner(v, type.value)}`).join(', ')}}`;
    case 'MULTISET':
      return `{${(value as MapValue).entries.map(([k, v]) => `${inner(k, type.element)}=${String(v)}`).join(', ')}}`;
    case 'ROW':
      return `(${type.fields.map((f, i) => inner((value as readonly Value[])[i], f.type)).join(', ')})`;
    case 'VARIANT':
      return JSON.stringify((value as VariantValue).json);
    default:
      return String(value);
  }
}
