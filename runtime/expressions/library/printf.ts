import {
  StreamcellError,
  Timestamp,
  decimalToString,
  timestampToString,
  valueToString,
  type DataType,
  type Value,
} from '../../types/index.js';

const DIRECTIVE = /%(?:(\d+)\$)?([-#+ 0,(<]*)(\d+)?(?:\.(\d+))?([a-zA-Z%])/g;

/** java.util.Formatter over boxed values, for the conversions s d x X o f e c b n %. */
export function javaFormat(format: string, values: readonly Value[], types: readonly DataType[]): string | null {
  let next = 0;
  let failed = false;
  const text = format.replace(
    DIRECTIVE,
    (
      _all,
      position: string | undefined,
      flags: string,
      width: string | undefined,
      precision: string | undefined,
      conversion: string,
    ) => {
      if (conversion === '%') return pad('%', flags, width);
      if (conversion === 'n') return '\n';
      const index = position === undefined ? next++ : Number(position) - 1;
      if (index >= values.length) {
        failed = true;
        return '';
      }
      const out = one(values[index], types[index], flags, precision, conversion);
      if (out === undefined) {
        failed = true;
        return '';
      }
      return pad(conversion === conversion.toUpperCase() ? out.toUpperCase() : out, flags, width);
    },
  );
  return failed ? null : text;
}

function one(
  value: Value,
  type: DataType,
  flags: string,
  precision: string | undefined,
  conversion: string,
): string | undefined {
  switch (conversion.toLowerCase()) {
    case 's': {
      const s = value === null ? 'null' : text(value, type);
      return precision === undefined ? s : s.slice(0, Number(precision));
    }
    case 'b':
      return value === null ? 'false' : typeof value === 'boolean' ? String(value) : 'true';
    case 'c':
      return value === null ? 'null' : typeof value === 'number' ? String.fromCodePoint(value) : undefined;
    case 'd':
      if (value === null) return 'null';
      if (type.root === 'DECIMAL' || typeof value === 'string' || typeof value === 'boolean') return undefined;
      return sign(group(String(value), flags), flags);
    case 'x':
    case 'o': {
      if (value === null) return 'null';
      if (typeof value !== 'number' && typeof value !== 'bigint') return undefined;
      const bits = type.root === 'BIGINT' ? 64 : type.root === 'INTEGER' ? 32 : type.root === 'SMALLINT' ? 16 : 8;
      return BigInt.asUintN(bits, BigInt(value)).toString(conversion.toLowerCase() === 'x' ? 16 : 8);
    }
    case 'f':
    case 'e': {
      if (value === null) return 'null';
      if (type.root !== 'DECIMAL' && type.root !== 'DOUBLE' && type.root !== 'FLOAT') return undefined;
      const n = type.root === 'DECIMAL' ? Number(decimalToString(value as bigint, type.scale)) : (value as number);
      const digits = precision === undefined ? 6 : Number(precision);
      if (conversion.toLowerCase() === 'e') return n.toExponential(digits).replace(/e([+-])(\d)$/, 'e$10$2');
      return sign(group(n.toFixed(digits), flags), flags);
    }
    default:
      throw new StreamcellError('FUNCTION_UNSUPPORTED', `PRINTF does not support %${conversion}.`);
  }
}

function text(value: Value, type: DataType): string {
  // Dates, times and intervals print as the numbers that they are inside.
  if (
    typeof value === 'boolean' ||
    ((typeof value === 'number' || typeof value === 'bigint') &&
      type.root !== 'DECIMAL' &&
      type.root !== 'FLOAT' &&
      type.root !== 'DOUBLE')
  )
    return String(value);
  if (value instanceof Timestamp) return localDateTime(value);
  return valueToString(value, type);
}

/** java.time.LocalDateTime.toString: seconds and fraction only where there are any, the fraction in groups of three digits. */
function localDateTime(t: Timestamp): string {
  const [date, time] = timestampToString(t.millis, t.nanos, 9).split(' ');
  const [clock, fraction] = time.split('.');
  const digits = fraction.replace(/(?:000){1,3}$/, '');
  const short = digits === '' && clock.endsWith(':00') ? clock.slice(0, 5) : clock;
  return `${date}T${short}${digits === '' ? '' : `.${digits}`}`;
}

function group(s: string, flags: string): string {
  return flags.includes(',') ? s.replace(/^(-?\d+)/, (d) => d.replace(/\B(?=(\d{3})+$)/g, ',')) : s;
}

function sign(s: string, flags: string): string {
  if (s.startsWith('-')) return flags.includes('(') ? `(${s.slice(1)})` : s;
  return flags.includes('+') ? `+${s}` : flags.includes(' ') ? ` ${s}` : s;
}

function pad(s: string, flags: string, width: string | undefined): string {
  if (width === undefined) return s;
  const n = Number(width);
  if (flags.includes('-')) return s.padEnd(n);
  if (!flags.includes('0')) return s.padStart(n);
  const negative = /^[+-]/.exec(s)?.[0] ?? '';
  return negative + s.slice(negative.length).padStart(n - negative.length, '0');
}
