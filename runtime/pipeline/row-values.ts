import {
  dateToString,
  MapValue,
  Timestamp,
  timeToString,
  VariantValue,
  type DataType,
  type Schema,
  type Value,
} from '../types/index.js';
import { Decimal } from './decimal.js';
import type { Interval } from './value-types.js';

/** The engine's rows as objects of TypeScript values; which, says value-types.ts. A later column of the same name wins. */
export function rowReader<R>(columns: Schema): (fields: readonly Value[]) => R {
  const readers = columns.map(({ type }) => reader(type));
  return (fields) => Object.fromEntries(columns.map(({ name }, c) => [name, readers[c](fields[c])])) as R;
}

function reader(type: DataType): (value: Value) => unknown {
  const read = present(type);
  return (value) => (value === null ? null : read(value));
}

function present(type: DataType): (value: Value) => unknown {
  switch (type.root) {
    case 'DECIMAL':
      return (value) => new Decimal(value as bigint, type.scale);
    case 'DATE':
      return (value) => dateToString(value as number);
    case 'TIME':
      return (value) => timeToString(value as number, type.precision);
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return (value) => new Date((value as Timestamp).millis);
    case 'INTERVAL_DAY_TIME':
      return (value): Interval => ({ milliseconds: Number(value), months: 0 });
    case 'INTERVAL_YEAR_MONTH':
      return (value): Interval => ({ milliseconds: 0, months: value as number });
    case 'ARRAY': {
      const element = reader(type.element);
      return (value) => (value as readonly Value[]).map(element);
    }
    case 'MAP': {
      const key = reader(type.key);
      const element = reader(type.value);
      return (value) => new Map((value as MapValue).entries.map(([k, v]) => [key(k), element(v)]));
    }
    case 'MULTISET': {
      const element = reader(type.element);
      return (value) => new Map((value as MapValue).entries.map(([k, n]) => [element(k), n]));
    }
    case 'ROW':
      return rowReader(type.fields) as (value: Value) => unknown;
    case 'VARIANT':
      return (value) => (value as VariantValue).json;
    default:
      return (value) => value;
  }
}
