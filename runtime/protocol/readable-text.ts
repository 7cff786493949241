import {
  MapValue,
  TimeZone,
  Timestamp,
  timestampToString,
  timeToString,
  type DataType,
  type Value,
} from '../types/index.js';
import { displayText } from './value-text.js';

const PLAIN_NAME = /^[\w.$-]+$/;

/**
 * A value as a notebook's table shows it, live and saved: as Flink's own tables do, but nested ones so that they can be read, with the names of
 * their fields and texts told from numbers: `{id: 1, tags: ["a", "b"], note: NULL}`.
 */
export function readableText(value: Value, type: DataType, zone = 'UTC'): string {
  if (value === null) return 'NULL';
  switch (type.root) {
    case 'ARRAY':
    case 'MAP':
    case 'MULTISET':
    case 'ROW':
      return inner(value, type, zone);
    default:
      return scalar(value, type, zone);
  }
}

/** Of fractions of seconds only what there is: columns of window starts would be half zeros. */
function scalar(value: Value, type: DataType, zone: string): string {
  switch (type.root) {
    case 'TIME':
      return timeToString(value as number, 0);
    case 'TIMESTAMP':
      return clock(value as Timestamp, (value as Timestamp).millis);
    case 'TIMESTAMP_LTZ':
      return clock(value as Timestamp, TimeZone.get(zone).toLocal((value as Timestamp).millis));
    default:
      return displayText(value, type, zone);
  }
}

function clock({ nanos }: Timestamp, millis: number): string {
  return timestampToString(millis, nanos, 0);
}

function inner(value: Value, type: DataType, zone: string): string {
  if (value === null) return 'NULL';
  switch (type.root) {
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'BIGINT':
    case 'FLOAT':
    case 'DOUBLE':
    case 'DECIMAL':
      return displayText(value, type, zone);
    case 'BOOLEAN':
      return String(value);
    case 'ARRAY':
      return `[${(value as readonly Value[]).map((v) => inner(v, type.element, zone)).join(', ')}]`;
    case 'MAP':
    case 'MULTISET': {
      const [key, of] = type.root === 'MAP' ? [type.key, type.value] : [type.element, null];
      const entries = (value as MapValue).entries.map(
        ([k, v]) => `${name(readableText(k, key, zone))}: ${of === null ? String(v) : inner(v, of, zone)}`,
      );
      return `{${entries.join(', ')}}`;
    }
    case 'ROW': {
      const fields = type.fields.map(
        (f, i) => `${name(f.name)}: ${inner((value as readonly Value[])[i], f.type, zone)}`,
      );
      return `{${fields.join(', ')}}`;
    }
    default:
      return JSON.stringify(scalar(value, type, zone));
  }
}

/** Quoted only where it has to be. */
function name(text: string): string {
  return PLAIN_NAME.test(text) ? text : JSON.stringify(text);
}
