import { MapValue, Timestamp, VariantValue, type DataType, type Value } from '../types/index.js';

/**
 * Values as text and as JSON, at the border. Two forms: what Flink's SQL client shows in a table, and what its SQL Gateway writes in the
 * JSON row format (recorded from Flink 2.3).
 */

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}

function dateText(days: number): string {
  return timestampDay(new Date(days * 86_400_000));
}

function timestampDay(date: Date): string {
  const year = date.getUTCFullYear();
  return `${year < 0 ? '-' + pad(-year, 4) : pad(year, 4)}-${pad(date.getUTCMonth() + 1, 2)}-${pad(date.getUTCDate(), 2)}`;
}

/** Milliseconds of a day with `precision` fraction digits. */
function timeText(millis: number, precision: number): string {
  const seconds = Math.floor(millis / 1000);
  const text = `${pad(Math.floor(seconds / 3600), 2)}:${pad(Math.floor(seconds / 60) % 60, 2)}:${pad(seconds % 60, 2)}`;
  const fraction = pad(millis - seconds * 1000, 3).padEnd(9, '0');
  return precision === 0 ? text : `${text}.${fraction.slice(0, precision)}`;
}

/** `2020-01-01<separator>10:00:00.123`, with exactly `precision` fraction digits. */
function timestampText(value: Timestamp, precision: number, separator: string): string {
  const date = new Date(value.millis);
  const time = `${pad(date.getUTCHours(), 2)}:${pad(date.getUTCMinutes(), 2)}:${pad(date.getUTCSeconds(), 2)}`;
  const fraction = pad(date.getUTCMilliseconds(), 3) + pad(value.nanos, 6);
  const text = timestampDay(date) + separator + time;
  return precision === 0 ? text : `${text}.${fraction.slice(0, precision)}`;
}

export function decimalText(unscaled: bigint, scale: number): string {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  const sign = unscaled < 0n ? '-' : '';
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** A double as Java prints it: `1.0`, `1.0E8`, `1.0E-4`. */
export function doubleText(value: number, float = false): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const [mantissa, exponentText] = (float ? shortestFloat(value) : value).toExponential().split('e');
  const exponent = Number(exponentText);
  const sign = value < 0 ? '-' : '';
  const digits = mantissa.replace('-', '').replace('.', '');
  if (exponent < -3 || exponent >= 7) return `${sign}${digits[0]}.${digits.slice(1) || '0'}E${exponent}`;
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`;
}

/** The double with the fewest digits that rounds to this float. */
function shortestFloat(value: number): number {
  for (let digits = 1; digits <= 9; digits++) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === Math.fround(value)) return candidate;
  }
  return value;
}

function intervalText(millis: bigint): string {
  const sign = millis < 0n ? '-' : '+';
  const rest = millis < 0n ? -millis : millis;
  const day = rest / 86_400_000n;
  const time = Number(rest % 86_400_000n);
  return `${sign}${day} ${timeText(time, 3)}`;
}

function monthsText(months: number): string {
  const rest = Math.abs(months);
  return `${months < 0 ? '-' : '+'}${Math.floor(rest / 12)}-${pad(rest % 12, 2)}`;
}

const zoneFormats = new Map<string, Intl.DateTimeFormat>();

/** The wall clock of an instant in a zone, as if it were UTC. */
export function localMillis(millis: number, zone: string): number {
  if (zone === 'UTC') return millis;
  const offset = /^([+-])(\d{2}):?(\d{2})$/.exec(zone.replace(/^(GMT|UTC)/, ''));
  if (offset !== null)
    return millis + (offset[1] === '-' ? -1 : 1) * (Number(offset[2]) * 60 + Number(offset[3])) * 60_000;
  let format = zoneFormats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    zoneFormats.set(zone, format);
  }
  const parts = new Map(format.formatToParts(millis).map((p) => [p.type, p.value]));
  const number = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type));
  const year = parts.get('era') === 'BC' ? 1 - number('year') : number('year');
  const date = new Date(0);
  date.setUTCFullYear(year, number('month') - 1, number('day'));
  date.setUTCHours(number('hour'), number('minute'), number('second'), ((millis % 1000) + 1000) % 1000);
  return date.getTime();
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}

/** A value as a table shows it (the SQL client's form): NULL, TRUE, `[1, 2]`, `{a=1}`, `(1, x)`. */
export function displayText(value: Value, type: DataType, zone = 'UTC'): string {
  if (value === null) return 'NULL';
  switch (type.root) {
    case 'BOOLEAN':
      return value === true ? 'TRUE' : 'FALSE';
    case 'FLOAT':
    case 'DOUBLE':
      return doubleText(value as number, type.root === 'FLOAT');
    case 'DECIMAL':
      return decimalText(value as bigint, type.scale);
    case 'DATE':
      return dateText(value as number);
    case 'TIME':
      return timeText(value as number, type.precision);
    case 'TIMESTAMP':
      return timestampText(value as Timestamp, type.precision, ' ');
    case 'TIMESTAMP_LTZ': {
      const t = value as Timestamp;
      return timestampText(new Timestamp(localMillis(t.millis, zone), t.nanos), type.precision, ' ');
    }
    case 'INTERVAL_DAY_TIME':
      return intervalText(value as bigint);
    case 'INTERVAL_YEAR_MONTH':
      return monthsText(value as number);
    case 'BINARY':
    case 'VARBINARY':
      return `x'${hex(value as Uint8Array)}'`;
    case 'ARRAY':
      return `[${(value as readonly Value[]).map((v) => displayText(v, type.element, zone)).join(', ')}]`;
    case 'MAP':
      return `{${(value as MapValue).entries.map(([k, v]) => `${displayText(k, type.key, zone)}=${displayText(v, type.value, zone)}`).join(', ')}}`;
    case 'MULTISET':
      return `{${(value as MapValue).entries.map(([k, v]) => `${displayText(k, type.element, zone)}=${String(v)}`).join(', ')}}`;
    case 'ROW':
      return `(${(value as readonly Value[]).map((v, i) => displayText(v, type.fields[i].type, zone)).join(', ')})`;
    case 'VARIANT':
      return JSON.stringify((value as VariantValue).json);
    default:
      return String(value);
  }
}

/** A value as Flink's SQL Gateway writes it in the JSON row format, as JSON text. */
export function gatewayJson(value: Value, type: DataType, zone = 'UTC'): string {
  if (value === null) return 'null';
  switch (type.root) {
    case 'BOOLEAN':
      return value === true ? 'true' : 'false';
    case 'FLOAT':
    case 'DOUBLE': {
      const text = doubleText(value as number, type.root === 'FLOAT');
      return /^[-\d]/.test(text) && text !== '-Infinity' ? text : JSON.stringify(text);
    }
    case 'DECIMAL':
      return javaDecimal(value as bigint, type.scale);
    case 'DATE':
      return JSON.stringify(dateText(value as number));
    case 'TIME':
      return JSON.stringify(timeText(value as number, type.precision));
    case 'TIMESTAMP':
      return JSON.stringify(isoText(value as Timestamp, ''));
    case 'TIMESTAMP_LTZ': {
      // The wall clock of the session's zone, marked Z all the same: that is what Flink does.
      const t = value as Timestamp;
      return JSON.stringify(isoText(new Timestamp(localMillis(t.millis, zone), t.nanos), 'Z'));
    }
    case 'BINARY':
    case 'VARBINARY':
      return JSON.stringify(base64(value as Uint8Array));
    case 'ARRAY':
      return `[${(value as readonly Value[]).map((v) => gatewayJson(v, type.element, zone)).join(',')}]`;
    case 'MAP':
      return mapJson(value as MapValue, type.key, (v) => gatewayJson(v, type.value, zone), zone);
    case 'MULTISET':
      return mapJson(value as MapValue, type.element, (v) => String(v), zone);
    case 'ROW':
      return `{${(value as readonly Value[]).map((v, i) => `${JSON.stringify(type.fields[i].name)}:${gatewayJson(v, type.fields[i].type, zone)}`).join(',')}}`;
    case 'CHAR':
    case 'VARCHAR':
      return JSON.stringify(value);
    case 'VARIANT':
      return JSON.stringify((value as VariantValue).json);
    default:
      return String(value);
  }
}

/** Without trailing zeros, and in Java's BigDecimal notation: 100 is `1E+2`. */
function javaDecimal(unscaled: bigint, scale: number): string {
  if (unscaled === 0n) return '0';
  let value = unscaled;
  let places = scale;
  while (value % 10n === 0n) {
    value /= 10n;
    places--;
  }
  const digits = (value < 0n ? -value : value).toString();
  const exponent = digits.length - 1 - places;
  if (places >= 0 && exponent >= -6) return decimalText(value, places);
  const mantissa = digits.length === 1 ? digits : `${digits[0]}.${digits.slice(1)}`;
  return `${value < 0n ? '-' : ''}${mantissa}E${exponent < 0 ? '-' : '+'}${Math.abs(exponent)}`;
}

function mapJson(map: MapValue, key: DataType, value: (v: Value) => string, zone: string): string {
  const name = (k: Value): string => (typeof k === 'string' ? k : displayText(k, key, zone));
  return `{${map.entries.map(([k, v]) => `${JSON.stringify(name(k))}:${value(v)}`).join(',')}}`;
}

/** ISO 8601 with as many fraction digits as are needed. */
function isoText(value: Timestamp, suffix: string): string {
  const text = timestampText(value, 9, 'T').replace(/0+$/, '').replace(/\.$/, '');
  return text + suffix;
}

function base64(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
