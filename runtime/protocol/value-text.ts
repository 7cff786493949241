import {
  MapValue,
  TimeZone,
  Timestamp,
  VariantValue,
  dateToString,
  decimalToString,
  doubleToString,
  floatToString,
  timeToString,
  timestampToString,
  valueToString,
  type DataType,
  type Value,
} from '../types/index.js';

/**
 * Values as text and as JSON, at the border. Two forms: what Flink's SQL client shows in a table, and what its SQL Gateway writes in the
 * JSON row format (recorded from Flink 2.3).
 */

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}

/** A value as a table shows it (the SQL client's form): as CAST to STRING has it, but bytes as `x'..'`. */
export function displayText(value: Value, type: DataType, zone = 'UTC'): string {
  return valueToString(value, type, zone, (bytes) => `x'${hex(bytes)}'`);
}

/** A value as Flink's SQL Gateway writes it in the JSON row format, as JSON text. */
export function gatewayJson(value: Value, type: DataType, zone = 'UTC'): string {
  if (value === null) return 'null';
  switch (type.root) {
    case 'BOOLEAN':
      return value === true ? 'true' : 'false';
    case 'FLOAT':
    case 'DOUBLE': {
      const text = type.root === 'FLOAT' ? floatToString(value as number) : doubleToString(value as number);
      return /^[-\d]/.test(text) && text !== '-Infinity' ? text : JSON.stringify(text);
    }
    case 'DECIMAL':
      return javaDecimal(value as bigint, type.scale);
    case 'DATE':
      return JSON.stringify(dateToString(value as number));
    case 'TIME':
      // As many fraction digits as are needed.
      return JSON.stringify(timeToString(value as number, 3).replace(/\.?0+$/, ''));
    case 'TIMESTAMP':
      return JSON.stringify(isoText(value as Timestamp, ''));
    case 'TIMESTAMP_LTZ': {
      // The wall clock of the session's zone, marked Z all the same: that is what Flink does.
      const t = value as Timestamp;
      return JSON.stringify(isoText(new Timestamp(TimeZone.get(zone).toLocal(t.millis), t.nanos), 'Z'));
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
  if (places >= 0 && exponent >= -6) return decimalToString(value, places);
  const mantissa = digits.length === 1 ? digits : `${digits[0]}.${digits.slice(1)}`;
  return `${value < 0n ? '-' : ''}${mantissa}E${exponent < 0 ? '-' : '+'}${Math.abs(exponent)}`;
}

function mapJson(map: MapValue, key: DataType, value: (v: Value) => string, zone: string): string {
  const name = (k: Value): string => (typeof k === 'string' ? k : k === null ? 'null' : displayText(k, key, zone));
  return `{${map.entries.map(([k, v]) => `${JSON.stringify(name(k))}:${value(v)}`).join(',')}}`;
}

/** ISO 8601 with as many fraction digits as are needed. */
function isoText(value: Timestamp, suffix: string): string {
  return timestampToString(value.millis, value.nanos, 0).replace(' ', 'T') + suffix;
}

function base64(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
