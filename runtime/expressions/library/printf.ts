import {
  StreamcellError,
  Timestamp,
  timestampToString,
  valueToString,
  type DataType,
  type Value,
} from '../../types/index.js';
import { isInteger, isInterval } from '../type-rules.js';

const DIRECTIVE = /%(?:(\d+)\$)?([-#+ 0,(<]*)(\d+)?(?:\.(\d+))?([a-zA-Z%])/g;

/** java.util.Formatter over boxed values, for the conversions s d x X o f e g c b n %. */
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
      if (values[index] === null) {
        // NULL is a text, which flags for numbers do not concern; a precision cuts it.
        if (!/^[bcdefghosxa]$/i.test(conversion)) failed = true;
        const word = /b/i.test(conversion) ? 'false' : 'null';
        const cut = precision === undefined ? word : word.slice(0, Number(precision));
        return pad(conversion === conversion.toUpperCase() ? cut.toUpperCase() : cut, flags.replace('0', ''), width);
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
  value: NonNullable<Value>,
  type: DataType,
  flags: string,
  precision: string | undefined,
  conversion: string,
): string | undefined {
  switch (conversion.toLowerCase()) {
    case 's': {
      const s = text(value, type);
      return precision === undefined ? s : s.slice(0, Number(precision));
    }
    case 'b':
      return typeof value === 'boolean' ? String(value) : 'true';
    case 'c':
      if (type.root !== 'INTEGER' && type.root !== 'SMALLINT' && type.root !== 'TINYINT') return undefined;
      return (value as number) >= 0 && (value as number) <= 0x10ffff
        ? String.fromCodePoint(value as number)
        : undefined;
    case 'd':
      return !isWhole(type) ? undefined : sign(group(String(value), flags), flags);
    case 'x':
    case 'o': {
      if (!isWhole(type)) return undefined;
      const bits = /BIGINT|DAY_TIME/.test(type.root)
        ? 64
        : type.root === 'SMALLINT'
          ? 16
          : type.root === 'TINYINT'
            ? 8
            : 32;
      return BigInt.asUintN(bits, BigInt(value as number | bigint)).toString(conversion.toLowerCase() === 'x' ? 16 : 8);
    }
    case 'f':
    case 'e':
    case 'g': {
      // A DECIMAL is no number to Java's formatter, for it comes in a form of Flink's own.
      if (type.root !== 'DOUBLE' && type.root !== 'FLOAT') return undefined;
      const n = value as number;
      if (!Number.isFinite(n)) return String(n);
      const digits = precision === undefined ? 6 : Number(precision);
      const kind = conversion.toLowerCase();
      const scientific = (d: number): string => n.toExponential(d).replace(/e([+-])(\d)$/, 'e$10$2');
      if (kind === 'e') return scientific(digits);
      if (kind === 'f') return sign(group(n.toFixed(digits), flags), flags);
      const significant = Math.max(digits, 1);
      const rounded = Math.abs(Number(n.toPrecision(significant)));
      if (rounded !== 0 && (rounded < 1e-4 || rounded >= 10 ** significant)) return scientific(significant - 1);
      const whole = rounded === 0 ? 1 : Math.floor(Math.log10(rounded)) + 1;
      return sign(group(n.toFixed(Math.max(significant - whole, 0)), flags), flags);
    }
    case 'a':
    case 'h':
      if (conversion.toLowerCase() === 'a' && type.root !== 'DOUBLE' && type.root !== 'FLOAT') return undefined;
      throw new StreamcellError('FUNCTION_UNSUPPORTED', `PRINTF does not support %${conversion}.`);
    default:
      return undefined;
  }
}

/** Dates, times and intervals are the numbers that they are inside. */
function isWhole(type: DataType): boolean {
  return isInteger(type) || isInterval(type) || type.root === 'DATE' || type.root === 'TIME';
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
