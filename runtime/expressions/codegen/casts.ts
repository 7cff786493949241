import {
  MAX_LENGTH,
  MILLIS_PER_DAY,
  StreamcellError,
  TimeZone,
  Timestamp,
  dateToString,
  dayTimeToString,
  decimalToString,
  doubleToString,
  floatToString,
  parseDate,
  parseDecimal,
  parseTime,
  parseTimestamp,
  physicalType,
  timeToString,
  timestampToString,
  typeToString,
  typesEqual,
  valueToString,
  withNullable,
  yearMonthToString,
  type DataType,
  type DecimalType,
  type Value,
} from '../../types/index.js';
import { isApproximate, isBinary, isInteger, isString } from '../type-rules.js';
import { POW10, divideHalfUp, roundNarrow } from '../library/exact.js';
import {
  castFailed,
  doubleToInt,
  doubleToLong,
  fitString,
  fitUnits,
  parseBoolean,
  parseDouble,
  parseInteger,
  textToDecimal,
} from '../library/parse.js';
import { castNested } from '../library/nested.js';
import { needsNanos, type Emitter, type Val } from './emitter.js';

const RANGES: Record<string, readonly [bigint, bigint]> = {
  TINYINT: [-128n, 127n],
  SMALLINT: [-32768n, 32767n],
  INTEGER: [-2147483648n, 2147483647n],
  BIGINT: [-(1n << 63n), (1n << 63n) - 1n],
};

/** Code of CAST (safe: TRY_CAST). Whether the pair is allowed at all is decided by the binder, see type-casts.ts. */
export function emitCast(e: Emitter, arg: Val, from: DataType, to: DataType, safe: boolean): Val {
  if (arg.n === 'true' || from.root === 'NULL') return e.literal(to, null);
  if (typesEqual(withNullable(from, true), withNullable(to, true))) return arg;
  if (isString(to)) return toText(e, arg, from, to, safe);
  switch (to.root) {
    case 'BOOLEAN':
      return toBoolean(e, arg, from, to, safe);
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'BIGINT':
      return toInteger(e, arg, from, to, safe);
    case 'FLOAT':
    case 'DOUBLE':
      return toFloating(e, arg, from, to, safe);
    case 'DECIMAL':
      return toDecimal(e, arg, from, to, safe);
    case 'BINARY':
    case 'VARBINARY':
      return toBinary(e, arg, from, to, safe);
    case 'DATE':
    case 'TIME':
      return toDateOrTime(e, arg, from, to, safe);
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return toTimestamp(e, arg, from, to, safe);
    case 'INTERVAL_YEAR_MONTH':
    case 'INTERVAL_DAY_TIME':
      return toInterval(e, arg, from, to);
    case 'ARRAY':
    case 'MULTISET':
    case 'MAP':
    case 'ROW': {
      const zone = e.env.timeZone;
      const convert = (v: Value): Value => castNested(v, from, to, safe, zone);
      return e.callLibrary(convert, to, [{ val: arg, type: from }], true);
    }
    default:
      throw new StreamcellError('CAST_INVALID', `Cannot cast ${typeToString(from)} to ${typeToString(to)}.`);
  }
}

/** From text through a parser; what does not parse is NULL when safe, else ends the row. */
function parsed(e: Emitter, arg: Val, from: DataType, to: DataType, safe: boolean, parse: (s: string) => unknown): Val {
  const name = typeToString(withNullable(to, true));
  const convert = (s: string): unknown => {
    const r = parse(s);
    if (r !== undefined) return r;
    return safe ? null : castFailed(s, name);
  };
  return e.callLibrary(convert, to, [{ val: arg, type: from }], true);
}

export function textConverter(from: DataType, zone: string): (v: never, nanos: never) => string {
  switch (from.root) {
    case 'BOOLEAN':
      return (v: boolean) => (v ? 'TRUE' : 'FALSE');
    case 'FLOAT':
      return floatToString;
    case 'DOUBLE':
      return doubleToString;
    case 'DECIMAL': {
      const { scale } = from;
      return (v: bigint | number) => decimalToString(v, scale);
    }
    case 'DATE':
      return dateToString;
    case 'TIME': {
      const { precision } = from;
      return (v: number) => timeToString(v, precision);
    }
    case 'TIMESTAMP': {
      const { precision } = from;
      return (v: number, nanos: number) => timestampToString(v, nanos, precision);
    }
    case 'TIMESTAMP_LTZ': {
      const { precision } = from;
      const z = TimeZone.get(zone);
      return (v: number, nanos: number) => timestampToString(z.toLocal(v), nanos, precision);
    }
    case 'INTERVAL_YEAR_MONTH':
      return yearMonthToString;
    case 'INTERVAL_DAY_TIME':
      return (v: number | bigint) => dayTimeToString(Number(v));
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'BIGINT':
      return String;
    default:
      return (v: Value) => valueToString(v, from, zone);
  }
}

function toText(e: Emitter, arg: Val, from: DataType, to: Extract<DataType, { length: number }>, safe: boolean): Val {
  void safe;
  const pad = to.root === 'CHAR';
  const cut = to.length !== MAX_LENGTH || pad;
  if (isString(from)) {
    if (
      !cut ||
      (to.root === 'VARCHAR' && from.length <= to.length) ||
      (pad && from.root === 'CHAR' && from.length === to.length)
    )
      return arg;
    return e.pure(to, [arg], `${e.constant(fitString)}(${arg.v}, ${to.length}, ${String(pad)})`);
  }
  const converter = e.constant(textConverter(from, e.env.timeZone));
  const text = physicalType(from) === 'ts' ? `${converter}(${arg.v}, ${arg.nanos})` : `${converter}(${arg.v})`;
  const code = cut ? `${e.constant(fitUnits)}(${text}, ${to.length}, ${String(pad)})` : text;
  return e.guarded(to, [arg], false, (t) => e.line(t.set(code)));
}

function toBoolean(e: Emitter, arg: Val, from: DataType, to: DataType, safe: boolean): Val {
  if (isString(from)) return parsed(e, arg, from, to, safe, parseBoolean);
  return e.pure(to, [arg], `${arg.v} != 0`);
}

function wrapInt(root: string, x: string): string {
  if (root === 'TINYINT') return `(${x}) << 24 >> 24`;
  if (root === 'SMALLINT') return `(${x}) << 16 >> 16`;
  return `(${x}) | 0`;
}

const INT_RANK: Record<string, number> = { TINYINT: 1, SMALLINT: 2, INTEGER: 3, BIGINT: 4 };

function toInteger(e: Emitter, arg: Val, from: DataType, to: DataType, safe: boolean): Val {
  const big = to.root === 'BIGINT';
  if (isString(from)) {
    const [low, high] = RANGES[to.root];
    return parsed(e, arg, from, to, safe, (s) => parseInteger(s, low, high));
  }
  if (from.root === 'BOOLEAN') return e.pure(to, [arg], big && e.wide ? `${arg.v} ? 1n : 0n` : `${arg.v} ? 1 : 0`);
  if (
    isInteger(from) ||
    from.root === 'INTERVAL_YEAR_MONTH' ||
    from.root === 'INTERVAL_DAY_TIME' ||
    from.root === 'DATE' ||
    from.root === 'TIME'
  ) {
    const wideFrom = physicalType(from) === 'i64' && e.wide;
    if (big) {
      if (physicalType(from) === 'i64') return arg;
      return e.wide ? e.pure(to, [arg], `BigInt(${arg.v})`) : arg;
    }
    if (!wideFrom && isInteger(from) && INT_RANK[from.root] <= INT_RANK[to.root]) return arg;
    return e.pure(to, [arg], wrapInt(to.root, wideFrom ? `Number(BigInt.asIntN(32, ${arg.v}))` : arg.v));
  }
  if (isApproximate(from)) {
    if (big) return e.callLibrary(doubleToLong, to, [{ val: arg, type: from }], false);
    return e.pure(to, [arg], wrapInt(to.root, `${e.constant(doubleToInt)}(${arg.v})`));
  }
  if (from.root === 'DECIMAL') {
    const whole = e.wide
      ? from.scale === 0
        ? arg.v
        : `${arg.v} / ${POW10[from.scale]}n`
      : from.scale === 0
        ? arg.v
        : from.scale > 15
          ? '0'
          : `Math.trunc(${arg.v} / ${10 ** from.scale})`;
    if (!e.wide && from.scale > 0 && from.scale <= 15) {
      // v - v % d is a multiple of d, so that the division is exact.
      const d = 10 ** from.scale;
      const exact = `((${arg.v} - ${arg.v} % ${d}) / ${d} + 0)`;
      return e.pure(to, [arg], big ? exact : wrapInt(to.root, exact));
    }
    if (big) return e.pure(to, [arg], e.wide ? `BigInt.asIntN(64, ${whole})` : whole);
    return e.pure(to, [arg], wrapInt(to.root, e.wide ? `Number(BigInt.asIntN(32, ${whole}))` : whole));
  }
  if (from.root === 'TIMESTAMP' || from.root === 'TIMESTAMP_LTZ') {
    const seconds = `Math.floor(${arg.v} / 1000)`;
    if (big) return e.pure(to, [arg], e.wide ? `BigInt(${seconds})` : seconds);
    return e.pure(to, [arg], wrapInt(to.root, seconds));
  }
  throw new StreamcellError('CAST_INVALID', `Cannot cast ${typeToString(from)} to ${typeToString(to)}.`);
}

function toFloating(e: Emitter, arg: Val, from: DataType, to: DataType, safe: boolean): Val {
  const round = to.root === 'FLOAT' ? 'Math.fround' : '';
  if (isString(from)) {
    return parsed(
      e,
      arg,
      from,
      to,
      safe,
      to.root === 'FLOAT'
        ? (s) => {
            const v = parseDouble(s);
            return v === undefined ? undefined : Math.fround(v);
          }
        : parseDouble,
    );
  }
  if (from.root === 'BOOLEAN') return e.pure(to, [arg], `${arg.v} ? 1 : 0`);
  if (isApproximate(from)) return to.root === 'FLOAT' ? e.pure(to, [arg], `Math.fround(${arg.v})`) : arg;
  if (isInteger(from)) {
    if (physicalType(from) === 'i64' && e.wide) return e.pure(to, [arg], `${round}(Number(${arg.v}))`);
    return round === '' ? arg : e.pure(to, [arg], `${round}(${arg.v})`);
  }
  if (from.root === 'DECIMAL') {
    const { scale } = from;
    // A safe integer divided by a power of ten up to 10^22 is rounded once: that is the nearest double.
    if (!e.wide && scale <= 22) return e.pure(to, [arg], `${round}(${arg.v} / ${10 ** scale})`);
    const convert = (v: bigint | number): number => Number(decimalToString(v, scale));
    return e.pure(to, [arg], `${round}(${e.constant(convert)}(${arg.v}))`);
  }
  if (from.root === 'TIMESTAMP' || from.root === 'TIMESTAMP_LTZ') return e.pure(to, [arg], `${round}(${arg.v} / 1000)`);
  throw new StreamcellError('CAST_INVALID', `Cannot cast ${typeToString(from)} to ${typeToString(to)}.`);
}

/** Decimal text of a double, exactly as many digits as needed to tell it from its neighbours (Java's BigDecimal.valueOf). */
function doubleToDecimal(v: number, precision: number, scale: number): bigint | null {
  if (!Number.isFinite(v)) return null;
  return parseDecimal(String(v), precision, scale) ?? null;
}

function toDecimal(e: Emitter, arg: Val, from: DataType, to: DecimalType, safe: boolean): Val {
  const { precision, scale } = to;
  if (isString(from)) return parsed(e, arg, from, to, safe, (s) => textToDecimal(s, precision, scale));
  if (isApproximate(from)) {
    const convert = (v: number): bigint | null => doubleToDecimal(v, precision, scale);
    return e.callLibrary(convert, to, [{ val: arg, type: from }], true);
  }
  if (from.root === 'BOOLEAN')
    return rescaled(e, e.pure(to, [arg], e.wide ? `${arg.v} ? 1n : 0n` : `${arg.v} ? 1 : 0`), 0, 1, to);
  if (isInteger(from)) {
    const digits = { TINYINT: 3, SMALLINT: 5, INTEGER: 10, BIGINT: 19 }[from.root as 'TINYINT'];
    const exact = physicalType(from) === 'i64' || !e.wide ? arg : e.pure(to, [arg], `BigInt(${arg.v})`);
    return rescaled(e, exact, 0, digits, to);
  }
  if (from.root === 'DECIMAL') return rescaled(e, arg, from.scale, from.precision, to);
  if (from.root === 'TIMESTAMP' || from.root === 'TIMESTAMP_LTZ') {
    const seconds = `Math.floor(${arg.v} / 1000)`;
    return rescaled(e, e.pure(to, [arg], e.wide ? `BigInt(${seconds})` : seconds), 0, 13, to);
  }
  throw new StreamcellError('CAST_INVALID', `Cannot cast ${typeToString(from)} to ${typeToString(to)}.`);
}

/** Moves an exact value of `digits` digits at scale `from` to a decimal type: HALF_UP, NULL where it does not fit. */
export function rescaled(e: Emitter, arg: Val, from: number, digits: number, to: DecimalType): Val {
  const up = to.scale - from;
  let val = arg;
  if (up > 0) {
    if (e.wide) val = e.pure(to, [arg], `${arg.v} * ${POW10[up]}n`);
    else {
      val = e.pure(to, [arg], `${arg.v} * ${up <= 22 ? 10 ** up : `1e${up}`}`);
      if (digits + up > 15) e.guardNarrow(val.v, val.n);
    }
  } else if (up < 0) {
    if (e.wide) val = e.pure(to, [arg], `${e.constant(divideHalfUp)}(${arg.v}, ${POW10[-up]}n)`);
    else val = e.pure(to, [arg], -up > 16 ? '0' : `${e.constant(roundNarrow)}(${arg.v}, ${10 ** -up})`);
  }
  if (digits + up + (up < 0 ? 1 : 0) <= to.precision) return val;
  return e.decimalOverflow(val, to.precision);
}

const encoder = new TextEncoder();

function toBinary(e: Emitter, arg: Val, from: DataType, to: Extract<DataType, { length: number }>, safe: boolean): Val {
  void safe;
  const { length } = to;
  const pad = to.root === 'BINARY';
  const fit = (b: Uint8Array): Uint8Array => {
    if (b.length > length) return b.slice(0, length);
    if (!pad || b.length === length) return b;
    const padded = new Uint8Array(length);
    padded.set(b);
    return padded;
  };
  if (isString(from))
    return e.callLibrary((s: string) => fit(encoder.encode(s)), to, [{ val: arg, type: from }], false);
  if (isBinary(from)) return e.callLibrary(fit, to, [{ val: arg, type: from }], false);
  throw new StreamcellError('CAST_INVALID', `Cannot cast ${typeToString(from)} to ${typeToString(to)}.`);
}

function toDateOrTime(e: Emitter, arg: Val, from: DataType, to: DataType, safe: boolean): Val {
  const date = to.root === 'DATE';
  if (isString(from)) {
    return parsed(e, arg, from, to, safe, (s) => {
      if (date) {
        return parseDay(s);
      }
      const t = parseTime(s);
      const unit = to.root === 'TIME' && to.precision < 3 ? 10 ** (3 - to.precision) : 1;
      return t === undefined ? undefined : t - (t % unit);
    });
  }
  if (from.root === 'TIME') return truncatedTime(e, arg, to);
  if (from.root === 'DATE')
    throw new StreamcellError('CAST_INVALID', `Cannot cast ${typeToString(from)} to ${typeToString(to)}.`);
  let local = arg.v;
  if (from.root === 'TIMESTAMP_LTZ') local = e.declare(`${zoneOf(e)}.toLocal(${arg.v})`);
  // Before 1970 Flink cuts a TIMESTAMP towards zero, which makes its day the next one and its time negative, but not a TIMESTAMP_LTZ.
  const cut = from.root === 'TIMESTAMP' ? 'Math.trunc' : 'Math.floor';
  if (date) return e.pure(to, [arg], `${cut}(${local} / ${MILLIS_PER_DAY}) + 0`);
  return truncatedTime(e, e.pure(to, [arg], `${local} - ${cut}(${local} / ${MILLIS_PER_DAY}) * ${MILLIS_PER_DAY}`), to);
}

/** A date, or the date of a timestamp's text. */
function parseDay(s: string): number | undefined {
  const t = s.trim();
  const end = t.search(/[ T]/);
  return parseDate(end < 0 || parseTimestamp(t) === undefined ? t : t.slice(0, end));
}

function truncatedTime(e: Emitter, time: Val, to: DataType): Val {
  const unit = to.root === 'TIME' && to.precision < 3 ? 10 ** (3 - to.precision) : 1;
  return unit === 1 ? time : e.pure(to, [time], `${time.v} - ${time.v} % ${unit}`);
}

export function zoneOf(e: Emitter): string {
  return e.constant(TimeZone.get(e.env.timeZone));
}

/** Cuts a timestamp to its precision: towards 1970, as Flink does. */
export function truncatedTimestamp(e: Emitter, val: Val, fromPrecision: number, to: DataType): Val {
  const precision = 'precision' in to ? to.precision : 6;
  if (precision >= fromPrecision) return val;
  if (precision <= 3) {
    const unit = 10 ** (3 - precision);
    return { v: unit === 1 ? val.v : e.declare(`Math.trunc(${val.v} / ${unit}) * ${unit} + 0`), n: val.n, nanos: '0' };
  }
  if (val.nanos === '0' || !needsNanos(to)) return { ...val, nanos: needsNanos(to) ? val.nanos : '0' };
  const unit = 10 ** (9 - precision);
  // Flink counts the digits of the fraction as a whole number: one that is small enough keeps all of them.
  const small = `(${val.v} % 1000 + 1000) % 1000 * 1000000 + ${val.nanos} < ${10 ** precision}`;
  return { v: val.v, n: val.n, nanos: e.declare(`${small} ? ${val.nanos} : ${val.nanos} - ${val.nanos} % ${unit}`) };
}

function toTimestamp(e: Emitter, arg: Val, from: DataType, to: DataType, safe: boolean): Val {
  const ltz = to.root === 'TIMESTAMP_LTZ';
  const precision = 'precision' in to ? to.precision : 6;
  if (isString(from)) {
    const zone = TimeZone.get(e.env.timeZone);
    return parsed(e, arg, from, to, safe, (s) => {
      const t = parseTimestamp(s);
      if (t === undefined) return undefined;
      const unit = 10 ** (9 - precision);
      const ms = precision < 3 ? Math.floor(t.millis / 10 ** (3 - precision)) * 10 ** (3 - precision) : t.millis;
      return new Timestamp(ltz ? zone.toInstant(ms) : ms, precision <= 3 ? 0 : t.nanos - (t.nanos % unit));
    });
  }
  switch (from.root) {
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ': {
      if (from.root === to.root) return truncatedTimestamp(e, arg, from.precision, to);
      // Cut after the zone is reckoned in: which way a fraction is cut depends on the side of 1970.
      const v = e.declare(
        `${arg.n === 'false' ? '' : `${arg.n} ? 0 : `}${zoneOf(e)}.${ltz ? 'toInstant' : 'toLocal'}(${arg.v})`,
      );
      return truncatedTimestamp(e, { v, n: arg.n, nanos: arg.nanos }, from.precision, to);
    }
    case 'DATE': {
      const v = `${arg.v} * ${MILLIS_PER_DAY}`;
      return e.pure(to, [arg], ltz ? `${zoneOf(e)}.toInstant(${v})` : v);
    }
    case 'TIME':
      // A time alone is taken on the first day of the calendar.
      return e.pure(to, [arg], ltz ? `${zoneOf(e)}.toInstant(${arg.v})` : arg.v);
    default:
      if (isInteger(from) || from.root === 'DECIMAL' || isApproximate(from)) {
        const seconds = toInteger(e, arg, from, { root: 'BIGINT', nullable: true }, safe);
        return e.pure(to, [seconds], `Number(${seconds.v}) * 1000`);
      }
      throw new StreamcellError('CAST_INVALID', `Cannot cast ${typeToString(from)} to ${typeToString(to)}.`);
  }
}

function toInterval(e: Emitter, arg: Val, from: DataType, to: DataType): Val {
  if (from.root === to.root) return arg;
  if (isInteger(from)) {
    if (physicalType(to) === 'i32')
      return e.pure(
        to,
        [arg],
        physicalType(from) === 'i64' && e.wide ? `Number(BigInt.asIntN(32, ${arg.v}))` : `${arg.v} | 0`,
      );
    return e.wide && physicalType(from) === 'i32' ? e.pure(to, [arg], `BigInt(${arg.v})`) : arg;
  }
  throw new StreamcellError('CAST_INVALID', `Cannot cast ${typeToString(from)} to ${typeToString(to)}.`);
}
