import {
  BIGINT,
  BOOLEAN,
  DATE,
  INT,
  INTERVAL_DAY_TIME,
  INTERVAL_YEAR_MONTH,
  MILLIS_PER_DAY,
  StreamcellError,
  TIME,
  TIMESTAMP,
  TIMESTAMP_LTZ,
  physicalType,
  withNullable,
  type DataType,
} from '../../types/index.js';
import type { BoundExpr, CallExpr } from '../bound.js';
import { zoneOf } from '../codegen/casts.js';
import type { Emitter, Val } from '../codegen/emitter.js';
import { NO_WATERMARK } from '../environment.js';
import {
  ceilDay,
  ceilMillis,
  extractDate,
  floorDay,
  floorMillis,
  monthsBetween,
  unitMillis,
  unitMonths,
} from '../library/time.js';
import { coerce } from '../type-casts.js';
import { isDateTime, isInteger, isInterval, isNumeric, isTimestamp } from '../type-rules.js';
import { anyNullable, argumentsError, simple, type BuiltIn, type CallInfo } from './define.js';
import { floorNumber } from './math.js';

function call(fn: string, args: readonly BoundExpr[], type: DataType, info: CallInfo): CallExpr {
  return { kind: 'call', fn, args, type, options: info.options, span: info.span };
}

function unitOf(info: CallInfo): string {
  const unit = info.options?.unit;
  return typeof unit === 'string' ? unit.toUpperCase() : '';
}

/** Local milliseconds of a timestamp: those of the session's zone for TIMESTAMP_LTZ. */
function local(e: Emitter, val: Val, type: DataType): string {
  return type.root === 'TIMESTAMP_LTZ' ? e.declare(`${zoneOf(e)}.toLocal(${val.v})`) : val.v;
}

/** A niladic time function, read for every row. */
function clock(name: string, type: DataType, code: (e: Emitter) => string): BuiltIn {
  return simple({
    names: [name],
    params: [],
    type,
    nullable: 'never',
    deterministic: false,
    emit: (e) => ({ v: e.declare(code(e)), n: 'false', nanos: '0' }),
  });
}

const localNow = (e: Emitter): string => `${zoneOf(e)}.toLocal(env.now())`;

const EXTRACT_UNITS =
  'YEAR QUARTER MONTH WEEK DAY DOW DOY ISODOW ISOYEAR EPOCH DECADE CENTURY MILLENNIUM HOUR MINUTE SECOND MILLISECOND MICROSECOND NANOSECOND'.split(
    ' ',
  );

const extract: BuiltIn = {
  name: 'EXTRACT',
  signature: 'EXTRACT(unit FROM DATETIME or INTERVAL)',
  bind(args, info) {
    const unit = unitOf(info);
    const type = args[0]?.type;
    if (args.length !== 1 || !(isDateTime(type) || isInterval(type)) || !EXTRACT_UNITS.includes(unit))
      throw argumentsError('EXTRACT', this.signature, args, info.span);
    const time = unitMillis(unit) !== undefined && unit !== 'DAY';
    if (type.root === 'TIME' && !time && unit !== 'MICROSECOND' && unit !== 'NANOSECOND')
      throw new StreamcellError('FUNCTION_ARGUMENTS', `EXTRACT(${unit}) does not apply to a TIME.`, {
        span: info.span,
      });
    if (type.root === 'DATE' && /^(MILLI|MICRO|NANO)SECOND$/.test(unit))
      throw new StreamcellError('FUNCTION_ARGUMENTS', `EXTRACT(${unit}) does not apply to a DATE.`, {
        span: info.span,
      });
    return call('EXTRACT', args, BIGINT(type.nullable), info);
  },
  emit(e, c) {
    const unit = unitOf(c);
    const arg = c.args[0];
    const a = e.emit(arg);
    const t = arg.type;
    const wrap = (x: string): string => (e.wide ? `BigInt(${x})` : x);
    if (isInterval(t))
      return e.pure(
        c.type,
        [a],
        wrap(intervalField(unit, t, e.wide && physicalType(t) === 'i64' ? `Number(${a.v})` : a.v)),
      );
    const millis = t.root === 'DATE' ? undefined : t.root === 'TIME' ? a.v : local(e, a, t);
    if (unit === 'EPOCH')
      return e.pure(c.type, [a], wrap(millis === undefined ? `${a.v} * 86400` : `Math.trunc(${millis} / 1000) + 0`));
    const ofDate = extractDate(unit);
    if (ofDate) {
      const day = millis === undefined ? a.v : e.declare(`Math.trunc(${millis} / ${MILLIS_PER_DAY})`);
      return e.pure(c.type, [a], wrap(`${e.constant(functionOf(unit))}(${day})`));
    }
    if (millis === undefined) return e.pure(c.type, [a], wrap('0'));
    // Before 1970 the time of day is the negative distance from the following midnight.
    const modulo = (size: number, by: number): string =>
      `(Math.trunc((${millis} - Math.trunc(${millis} / ${size}) * ${size}) / ${by}) + 0)`;
    switch (unit) {
      case 'HOUR':
        return e.pure(c.type, [a], wrap(modulo(MILLIS_PER_DAY, 3_600_000)));
      case 'MINUTE':
        return e.pure(c.type, [a], wrap(modulo(3_600_000, 60_000)));
      case 'SECOND':
        return e.pure(c.type, [a], wrap(modulo(60_000, 1000)));
      case 'MILLISECOND':
        return e.pure(c.type, [a], wrap(modulo(1000, 1)));
      case 'MICROSECOND':
        return e.pure(c.type, [a], wrap(`${modulo(1000, 1)} * 1000 + Math.floor(${a.nanos} / 1000)`));
      default:
        return e.pure(c.type, [a], wrap(`${modulo(1000, 1)} * 1000000 + ${a.nanos}`));
    }
  },
};

const dateFields = new Map<string, (days: number) => number>();
function functionOf(unit: string): (days: number) => number {
  let f = dateFields.get(unit);
  if (!f) dateFields.set(unit, (f = extractDate(unit) as (days: number) => number));
  return f;
}

function intervalField(unit: string, t: DataType, v: string): string {
  const part = (size: number, modulo: number): string =>
    modulo === 0 ? `Math.trunc(${v} / ${size}) + 0` : `Math.trunc(${v} / ${size}) % ${modulo} + 0`;
  if (t.root === 'INTERVAL_YEAR_MONTH') {
    switch (unit) {
      case 'YEAR':
        return part(12, 0);
      case 'MONTH':
        return part(1, 12);
      case 'QUARTER':
        return `Math.trunc(${v} % 12 / 3) + 1`;
      case 'DECADE':
        return part(120, 0);
      case 'CENTURY':
        return part(1200, 0);
      case 'MILLENNIUM':
        return part(12000, 0);
    }
  } else {
    switch (unit) {
      case 'DAY':
        return part(MILLIS_PER_DAY, 0);
      case 'HOUR':
        return part(3_600_000, 24);
      case 'MINUTE':
        return part(60_000, 60);
      case 'SECOND':
        return part(1000, 60);
      case 'MILLISECOND':
        return part(1, 60_000);
      case 'EPOCH':
        return part(1000, 0);
    }
  }
  throw new StreamcellError('FUNCTION_ARGUMENTS', `EXTRACT(${unit}) does not apply to this interval.`);
}

/** YEAR(x), HOUR(x), ...: EXTRACT by another name. */
function field(name: string, unit: string): BuiltIn {
  return {
    name,
    signature: `${name}(DATETIME)`,
    bind(args, info) {
      if (args.length !== 1) throw argumentsError(name, this.signature, args, info.span);
      const arg = args[0].type.root === 'NULL' ? coerce(args[0], TIMESTAMP(3)) : args[0];
      return extract.bind([arg], { ...info, options: { unit } });
    },
  };
}

/** FLOOR and CEIL: of numbers, and of times to a unit. */
function rounding(name: string, up: boolean): BuiltIn {
  return {
    name,
    aliases: up ? ['CEILING'] : [],
    signature: `${name}(NUMERIC) or ${name}(DATETIME TO unit)`,
    bind(args, info) {
      const unit = unitOf(info);
      const t = args[0]?.type;
      if (args.length !== 1) throw argumentsError(name, this.signature, args, info.span);
      if (unit === '') {
        if (t.root === 'NULL') return call(name, [coerce(args[0], INT())], INT(), info);
        if (t.root === 'DECIMAL') return call(name, args, { ...t, scale: 0 }, info);
        if (isNumeric(t)) return call(name, args, t, info);
      } else if (isDateTime(t)) {
        return call(name, args, withoutAttribute(t), info);
      }
      throw argumentsError(name, this.signature, args, info.span);
    },
    emit(e, c) {
      const unit = unitOf(c);
      if (unit === '') return floorNumber(e, c, up);
      const arg = c.args[0];
      const a = e.emit(arg);
      const t = arg.type;
      if (t.root === 'DATE') return e.pure(c.type, [a], `${e.constant(up ? ceilDay : floorDay)}('${unit}', ${a.v})`);
      const size = unitMillis(unit);
      // What lies below a millisecond lifts the ceiling.
      const above = up && a.nanos !== '0' ? `(${a.nanos} > 0 ? 1 : 0)` : '';
      const rounded = (x: string): string => {
        const y = above === '' ? x : `${x} + ${above}`;
        if (size === 1) return y;
        return size === undefined
          ? `${e.constant(up ? ceilMillis : floorMillis)}('${unit}', ${y})`
          : `Math.${up ? 'ceil' : 'floor'}((${y}) / ${size}) * ${size} + 0`;
      };
      if (t.root !== 'TIMESTAMP_LTZ') return e.pure(c.type, [a], rounded(a.v));
      const l = local(e, a, t);
      return e.pure(c.type, [a], `${zoneOf(e)}.toInstant(${rounded(l)})`);
    },
  };
}

export function withoutAttribute(t: DataType): DataType {
  if (t.root === 'TIMESTAMP') return TIMESTAMP(t.precision, t.nullable);
  if (t.root === 'TIMESTAMP_LTZ') return TIMESTAMP_LTZ(t.precision, t.nullable);
  return t;
}

/** TIMESTAMPADD(unit, n, x) is x + n * INTERVAL '1' unit. */
function timestampAdd(plus: (a: BoundExpr, b: BoundExpr, info: CallInfo) => BoundExpr): BuiltIn {
  return {
    name: 'TIMESTAMPADD',
    signature: 'TIMESTAMPADD(unit, INT, DATETIME)',
    bind(args, info) {
      const unit = unitOf(info);
      const [n, x] = args;
      if (args.length !== 2 || !(isInteger(n.type) || n.type.root === 'NULL') || !isDateTime(x.type))
        throw argumentsError('TIMESTAMPADD', this.signature, args, info.span);
      const amount = n.type.root === 'NULL' ? coerce(n, INT()) : n;
      const months = unitMonths(unit);
      const millis = unit === 'WEEK' ? 7 * MILLIS_PER_DAY : unitMillis(unit);
      if (months === undefined && millis === undefined)
        throw argumentsError('TIMESTAMPADD', this.signature, args, info.span);
      const interval: BoundExpr =
        months !== undefined
          ? {
              kind: 'call',
              fn: '*',
              args: [
                { kind: 'literal', type: INTERVAL_YEAR_MONTH('MONTH', 'MONTH', 2, false), value: months },
                coerce(amount, INT()),
              ],
              type: INTERVAL_YEAR_MONTH('MONTH', 'MONTH', 2, amount.type.nullable),
              span: info.span,
            }
          : {
              kind: 'call',
              fn: '*',
              args: [
                {
                  kind: 'literal',
                  type: INTERVAL_DAY_TIME('SECOND', 'SECOND', 2, 3, false),
                  value: BigInt(millis as number),
                },
                coerce(amount, BIGINT()),
              ],
              type: INTERVAL_DAY_TIME('SECOND', 'SECOND', 2, 3, amount.type.nullable),
              span: info.span,
            };
      const ofTime = months === undefined && (millis as number) < MILLIS_PER_DAY;
      const base = x.type.root === 'DATE' && ofTime ? coerce(x, TIMESTAMP(6, x.type.nullable)) : x;
      return plus(base, interval, info);
    },
  };
}

const DIFF_UNITS = ['SECOND', 'MINUTE', 'HOUR', 'DAY', 'WEEK', 'MONTH', 'QUARTER', 'YEAR', 'MILLISECOND'];

const timestampDiff: BuiltIn = {
  name: 'TIMESTAMPDIFF',
  signature: 'TIMESTAMPDIFF(unit, DATETIME, DATETIME)',
  bind(args, info) {
    const unit = unitOf(info);
    const fits =
      args.length === 2 && args.every((a) => a.type.root === 'NULL' || isDateTime(a.type)) && DIFF_UNITS.includes(unit);
    if (!fits) throw argumentsError('TIMESTAMPDIFF', this.signature, args, info.span);
    if (args.filter((a) => a.type.root === 'TIMESTAMP_LTZ').length === 1 && args.every((a) => a.type.root !== 'NULL'))
      throw new StreamcellError('FUNCTION_ARGUMENTS', 'TIMESTAMP_LTZ only supports diff between the same type.', {
        span: info.span,
      });
    const typed = args.map((a) => (a.type.root === 'NULL' ? coerce(a, TIMESTAMP(3)) : a));
    return call('TIMESTAMPDIFF', typed, INT(anyNullable(args)), info);
  },
  emit(e, c) {
    const unit = unitOf(c);
    const [x, y] = c.args;
    const a = e.emit(x);
    const b = e.emit(y);
    const millis = (val: Val, t: DataType): string => (t.root === 'DATE' ? `${val.v} * ${MILLIS_PER_DAY}` : val.v);
    const from = e.declare(millis(a, x.type));
    const to = e.declare(millis(b, y.type));
    const months = unitMonths(unit);
    if (months !== undefined) {
      const zoned = isZoned(x.type, y.type);
      const l = (m: string): string => (zoned ? `${zoneOf(e)}.toLocal(${m})` : m);
      return e.pure(c.type, [a, b], `Math.trunc(${e.constant(monthsBetween)}(${l(from)}, ${l(to)}) / ${months}) | 0`);
    }
    // Flink counts weeks in seconds of an INT, which overflow after 68 years.
    if (unit === 'WEEK')
      return e.pure(c.type, [a, b], `Math.trunc((Math.trunc((${to} - ${from}) / 1000) | 0) / ${7 * 86_400}) | 0`);
    const size = unitMillis(unit) ?? 1;
    return e.pure(c.type, [a, b], `Math.trunc((${to} - ${from}) / ${size}) | 0`);
  },
};

function isZoned(a: DataType, b: DataType): boolean {
  return a.root === 'TIMESTAMP_LTZ' || b.root === 'TIMESTAMP_LTZ';
}

/** (a, b) OVERLAPS (c, d), where the second of each pair is a time or the length of the period; ends count as within. */
function overlaps(plus: (a: BoundExpr, b: BoundExpr, info: CallInfo) => BoundExpr): BuiltIn {
  return {
    name: 'OVERLAPS',
    signature: '(DATETIME, DATETIME or INTERVAL) OVERLAPS (DATETIME, DATETIME or INTERVAL)',
    bind(args, info) {
      const fits =
        args.length === 4 &&
        isDateTime(args[0].type) &&
        isDateTime(args[2].type) &&
        [args[1], args[3]].every((a) => isDateTime(a.type) || isInterval(a.type));
      if (!fits) throw argumentsError('OVERLAPS', this.signature, args, info.span);
      const nullable = anyNullable(args);
      const compare = (fn: string, a: BoundExpr, b: BoundExpr): BoundExpr => call(fn, [a, b], BOOLEAN(nullable), info);
      const period = (start: BoundExpr, other: BoundExpr): readonly [BoundExpr, BoundExpr] => {
        const end = isInterval(other.type) ? plus(start, other, info) : coerce(other, start.type);
        const type = withNullable(start.type, nullable);
        const choose = (condition: BoundExpr, a: BoundExpr, b: BoundExpr): BoundExpr => ({
          kind: 'case',
          whens: [{ condition, result: a }],
          otherwise: b,
          type,
          span: info.span,
        });
        const ordered = compare('<=', start, end);
        return [choose(ordered, start, end), choose(ordered, end, start)];
      };
      const [a, b] = period(args[0], args[1]);
      const [c, d] = period(args[2], coerceTime(args[3], args[0].type));
      return compare('AND', compare('>=', b, c), compare('>=', d, a));
    },
  };
}

function coerceTime(e: BoundExpr, type: DataType): BoundExpr {
  return isInterval(e.type) ? e : coerce(e, type);
}

const currentWatermark: BuiltIn = {
  name: 'CURRENT_WATERMARK',
  signature: 'CURRENT_WATERMARK(rowtime)',
  deterministic: false,
  bind(args, info) {
    const t = args[0]?.type;
    if (args.length !== 1 || !isTimestamp(t) || !('timeAttribute' in t) || t.timeAttribute !== 'rowtime')
      throw argumentsError('CURRENT_WATERMARK', this.signature, args, info.span);
    const make = t.root === 'TIMESTAMP' ? TIMESTAMP : TIMESTAMP_LTZ;
    return call('CURRENT_WATERMARK', args, make('precision' in t ? t.precision : 3, true), info);
  },
  emit(e) {
    const w = e.declare('env.currentWatermark()');
    return { v: w, n: e.declare(`${w} <= ${NO_WATERMARK}`, 'n'), nanos: '0' };
  },
};

const proctime: BuiltIn = clock('PROCTIME', TIMESTAMP_LTZ(3, false, 'proctime'), () => 'env.now()');

/** Turns a time attribute into a plain timestamp of the present row. */
const materialize: BuiltIn = {
  name: 'PROCTIME_MATERIALIZE',
  signature: 'PROCTIME_MATERIALIZE(proctime)',
  deterministic: false,
  bind(args, info) {
    return call('PROCTIME_MATERIALIZE', args, TIMESTAMP_LTZ(3, args[0].type.nullable), info);
  },
  emit: (e) => ({ v: e.declare('env.now()'), n: 'false', nanos: '0' }),
};

export function timeFunctions(plus: (a: BoundExpr, b: BoundExpr, info: CallInfo) => BoundExpr): readonly BuiltIn[] {
  return [
    extract,
    field('YEAR', 'YEAR'),
    field('QUARTER', 'QUARTER'),
    field('MONTH', 'MONTH'),
    field('WEEK', 'WEEK'),
    field('DAYOFYEAR', 'DOY'),
    field('DAYOFMONTH', 'DAY'),
    field('DAYOFWEEK', 'DOW'),
    field('HOUR', 'HOUR'),
    field('MINUTE', 'MINUTE'),
    field('SECOND', 'SECOND'),
    rounding('FLOOR', false),
    rounding('CEIL', true),
    timestampAdd(plus),
    timestampDiff,
    overlaps(plus),
    clock('NOW', TIMESTAMP_LTZ(3, false), () => 'env.now()'),
    clock('CURRENT_TIMESTAMP', TIMESTAMP_LTZ(3, false), () => 'env.now()'),
    clock('CURRENT_ROW_TIMESTAMP', TIMESTAMP_LTZ(3, false), () => 'env.now()'),
    clock('LOCALTIMESTAMP', TIMESTAMP(3, false), localNow),
    clock('CURRENT_DATE', DATE(false), (e) => `Math.floor(${localNow(e)} / ${MILLIS_PER_DAY})`),
    clock('CURRENT_TIME', TIME(0, false), (e) => timeOfDay(e)),
    clock('LOCALTIME', TIME(0, false), (e) => timeOfDay(e)),
    proctime,
    materialize,
    currentWatermark,
  ];
}

function timeOfDay(e: Emitter): string {
  const now = e.declare(localNow(e));
  return `Math.floor((${now} - Math.floor(${now} / ${MILLIS_PER_DAY}) * ${MILLIS_PER_DAY}) / 1000) * 1000`;
}
