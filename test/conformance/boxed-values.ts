import {
  type DataType,
  type MapValue,
  Timestamp,
  type Value,
  type VariantValue,
} from '@streamcell/runtime/types/index';
import { type ExactJson, ExactNumber, canonical } from '../cluster/exact-json.js';
import { durationMillis, periodMonths, plainClock } from './type-text.js';

/*
 * The engine's boxed values in the two forms that the referee speaks: the SQL Gateway's JSON row format, and the values of Flink's Java
 * tests. Written here and not taken from the engine, so that a mistake of the engine's own writers is seen.
 */

const DAY = 86_400_000;

function digits(value: number, width: number): string {
  return String(value).padStart(width, '0');
}

function dateText(days: number): string {
  const date = new Date(days * DAY);
  const year = date.getUTCFullYear();
  const sign = year < 0 ? '-' : year > 9999 ? '+' : '';
  return `${sign}${digits(Math.abs(year), 4)}-${digits(date.getUTCMonth() + 1, 2)}-${digits(date.getUTCDate(), 2)}`;
}

function clockText(millisOfDay: number, nanos: number): string {
  const seconds = Math.floor(millisOfDay / 1000);
  const whole = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
    .map((part) => digits(part, 2))
    .join(':');
  const fraction = (digits(millisOfDay % 1000, 3) + digits(nanos, 6)).replace(/0+$/, '');
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

function timestampText({ millis, nanos }: Timestamp, zoned: boolean): string {
  const days = Math.floor(millis / DAY);
  return `${dateText(days)}T${clockText(millis - days * DAY, nanos)}${zoned ? 'Z' : ''}`;
}

function decimalText(unscaled: bigint, scale: number): string {
  const text = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  const whole = text.slice(0, text.length - scale);
  return `${unscaled < 0n ? '-' : ''}${whole}${scale === 0 ? '' : `.${text.slice(text.length - scale)}`}`;
}

function floatingText(value: number): ExactJson {
  return Number.isFinite(value) ? new ExactNumber(String(value)) : String(value);
}

/** Digits that tell one float from the next; a float widened to a double shows digits that it never had. */
function shortestFloat(value: number): number {
  for (let precision = 1; precision <= 9; precision++) {
    const short = Number(value.toPrecision(precision));
    if (Math.fround(short) === value) return short;
  }
  return value;
}

/** The clock of a zone at an instant, as if it were UTC. */
export function inZone({ millis, nanos }: Timestamp, zone: string): Timestamp {
  if (zone === 'UTC') return new Timestamp(millis, nanos);
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const second = Math.floor(millis / 1000) * 1000;
  const parts = new Map(format.formatToParts(second).map(({ type, value }) => [type, Number(value)]));
  const [year = 0, month = 1, ...rest] = ['year', 'month', 'day', 'hour', 'minute', 'second'].map((part) =>
    parts.get(part as Intl.DateTimeFormatPartTypes),
  );
  return new Timestamp(
    Date.UTC(year, month - 1, ...(rest as [number, number, number, number])) + millis - second,
    nanos,
  );
}

/** A value as Flink's SQL Gateway writes it: an instant (TIMESTAMP_LTZ) as the clock of the session's zone shows it, yet with a `Z`. */
export function gatewayJson(type: DataType, value: Value, zone = 'UTC'): ExactJson {
  if (value === null) return null;
  switch (type.root) {
    case 'BOOLEAN':
      return value as boolean;
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'INTERVAL_YEAR_MONTH':
    case 'BIGINT':
    case 'INTERVAL_DAY_TIME':
      return new ExactNumber(String(value as number | bigint));
    case 'FLOAT':
      return floatingText(shortestFloat(value as number));
    case 'DOUBLE':
      return floatingText(value as number);
    case 'DECIMAL':
      return new ExactNumber(decimalText(value as bigint, type.scale));
    case 'CHAR':
    case 'VARCHAR':
      return value as string;
    case 'BINARY':
    case 'VARBINARY':
      return Buffer.from(value as Uint8Array).toString('base64');
    case 'DATE':
      return dateText(value as number);
    case 'TIME':
      return clockText(value as number, 0);
    case 'TIMESTAMP':
      return timestampText(value as Timestamp, false);
    case 'TIMESTAMP_LTZ':
      return timestampText(inZone(value as Timestamp, zone), true);
    case 'ARRAY':
      return (value as readonly Value[]).map((item) => gatewayJson(type.element, item, zone));
    case 'MULTISET':
      return object(value as MapValue, type.element, zone, (count) => new ExactNumber(String(count)));
    case 'MAP':
      return object(value as MapValue, type.key, zone, (item) => gatewayJson(type.value, item, zone));
    case 'ROW':
      return Object.fromEntries(
        type.fields.map((field, i) => [
          field.name,
          gatewayJson(field.type, (value as readonly Value[])[i] ?? null, zone),
        ]),
      );
    case 'VARIANT':
      return JSON.stringify((value as VariantValue).json);
    case 'NULL':
      return null;
  }
}

function object(map: MapValue, key: DataType, zone: string, item: (value: Value) => ExactJson): ExactJson {
  return Object.fromEntries(
    map.entries.map(([k, v]) => {
      const name = gatewayJson(key, k, zone);
      return [name instanceof ExactNumber ? name.text : String(name), item(v)];
    }),
  );
}

/** @returns whether a boxed value is the Java value that one of Flink's tests expects (in the form of suite/JsonText.java). */
export function equalsJava(type: DataType, actual: Value, expected: ExactJson): boolean {
  if (actual === null || expected === null) return actual === null && expected === null;
  switch (type.root) {
    case 'BOOLEAN':
      return actual === expected;
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'BIGINT':
      return (
        expected instanceof ExactNumber && canonical(expected.text) === canonical(String(actual as number | bigint))
      );
    case 'DECIMAL':
      return (
        expected instanceof ExactNumber &&
        canonical(expected.text) === canonical(decimalText(actual as bigint, type.scale))
      );
    case 'FLOAT':
      return Object.is(Math.fround(numberOf(expected)) + 0, (actual as number) + 0);
    case 'DOUBLE':
      return Object.is(numberOf(expected) + 0, (actual as number) + 0);
    case 'CHAR':
    case 'VARCHAR':
      return actual === expected;
    case 'BINARY':
    case 'VARBINARY':
      return Buffer.from(actual as Uint8Array).toString('hex') === (expected as { readonly bytes?: string }).bytes;
    case 'DATE':
      return dateText(actual as number) === expected;
    case 'TIME':
      return cut(clockText(actual as number, 0), type.precision) === cut(plainClock(String(expected)), type.precision);
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return (
        cut(timestampText(actual as Timestamp, false), type.precision) ===
        cut(plainTimestamp(String(expected)), type.precision)
      );
    case 'INTERVAL_DAY_TIME':
      return durationMillis(String(expected)) === Number(actual as bigint);
    case 'INTERVAL_YEAR_MONTH':
      return periodMonths(String(expected)) === actual;
    case 'ARRAY': {
      const items = actual as readonly Value[];
      return (
        Array.isArray(expected) &&
        expected.length === items.length &&
        items.every((item, i) => equalsJava(type.element, item, expected[i] as ExactJson))
      );
    }
    case 'MAP':
      return equalEntries(actual as MapValue, expected, type.key, (a, b) => equalsJava(type.value, a, b));
    case 'MULTISET':
      return equalEntries(
        actual as MapValue,
        expected,
        type.element,
        (a, b) => b instanceof ExactNumber && b.text === String(a),
      );
    case 'ROW': {
      const { row, named } = expected as {
        readonly row?: readonly ExactJson[];
        readonly named?: { readonly [name: string]: ExactJson };
      };
      return type.fields.every((field, i) =>
        equalsJava(field.type, (actual as readonly Value[])[i] ?? null, (named ? named[field.name] : row?.[i]) ?? null),
      );
    }
    case 'VARIANT':
    case 'NULL':
      return false;
  }
}

function equalEntries(
  actual: MapValue,
  expected: ExactJson,
  key: DataType,
  same: (actual: Value, expected: ExactJson) => boolean,
): boolean {
  const entries = (expected as { readonly map?: readonly (readonly [ExactJson, ExactJson])[] }).map ?? [];
  return (
    entries.length === actual.entries.length &&
    entries.every(([k, v]) => actual.entries.some(([ak, av]) => equalsJava(key, ak, k) && same(av, v)))
  );
}

function numberOf(expected: ExactJson): number {
  return expected instanceof ExactNumber ? Number(expected.text) : Number(expected);
}

/** Without the digits that the declared precision has no room for: Flink's test sources let them through. */
function cut(clock: string, precision: number): string {
  const point = clock.indexOf('.');
  return point < 0 ? clock : clock.slice(0, point + 1 + precision).replace(/\.?0*$/, '');
}

function plainTimestamp(text: string): string {
  const [date = '', clock = ''] = text.replace(/Z$/, '').split('T');
  return `${date}T${plainClock(clock)}`;
}
