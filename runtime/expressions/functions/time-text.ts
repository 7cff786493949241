import {
  BIGINT,
  DATE,
  MILLIS_PER_DAY,
  STRING,
  StreamcellError,
  TIMESTAMP,
  TIMESTAMP_LTZ,
  TimeZone,
  Timestamp,
  parseDate,
  parseTimestamp,
} from '../../types/index.js';
import type { BoundExpr, CallExpr } from '../bound.js';
import type { Emitter, Val } from '../codegen/emitter.js';
import { datePattern, type DatePattern } from '../library/date-pattern.js';
import type { Exact } from '../library/exact.js';
import { isInteger, isNumeric, isTimestamp } from '../type-rules.js';
import { bigint, int, simple, str, type BuiltIn, type CallInfo, type Param } from './define.js';

/** Dates and times from and to text and numbers. */

const DEFAULT = 'yyyy-MM-dd HH:mm:ss';

const timestampOrText: Param = { label: 'TIMESTAMP or STRING', accept: (t) => (isTimestamp(t) ? t : str.accept(t)) };

/** Arguments of a call as library scalars, with the session's zone added at the end. */
function withZone(
  names: readonly string[],
  spec: Omit<Parameters<typeof simple>[0], 'names' | 'call'>,
  make: (zone: TimeZone) => (...args: never[]) => unknown,
): BuiltIn {
  return simple({
    ...spec,
    names,
    emit: (e: Emitter, c: CallExpr): Val => {
      const fn = make(TimeZone.get(e.env.timeZone));
      const args = c.args.map((a) => ({ val: e.emit(a), type: a.type }));
      e.site(c.span);
      return e.callLibrary(fn, c.type, args, c.type.nullable);
    },
  });
}

const dateFormat: BuiltIn = simple({
  names: ['DATE_FORMAT'],
  params: [timestampOrText, str],
  type: STRING(),
  nullable: 'always',
  emit: (e, c) => {
    const zone = TimeZone.get(e.env.timeZone);
    const [time, pattern] = c.args;
    const ltz = time.type.root === 'TIMESTAMP_LTZ';
    const a = e.emit(time);
    const p = e.emit(pattern);
    e.site(c.span);
    if (time.type.root === 'TIMESTAMP' || ltz) {
      let render = (t: number, nanos: number, f: string): string =>
        datePattern(f).format(ltz ? zone.toLocal(t) : t, nanos, zone, ltz ? t : undefined);
      if (pattern.kind === 'literal' && typeof pattern.value === 'string')
        render = cachedFormat(pattern.value, ltz ? zone : null, zone);
      return e.guarded(c.type, [a, p], false, (t) =>
        e.line(t.set(`${e.constant(render)}(${a.v}, ${a.nanos}, ${p.v})`)),
      );
    }
    const convert = (s: string, f: string): string | null => {
      const t = parseTimestamp(s);
      return t === undefined ? null : datePattern(f).format(t.millis, t.nanos, zone);
    };
    return e.callLibrary(
      convert,
      c.type,
      [
        { val: a, type: time.type },
        { val: p, type: pattern.type },
      ],
      true,
    );
  },
});

/** A constant pattern: rows close in time tend to give one text, so the last one is kept when it shows nothing below the second. */
function cachedFormat(pattern: string, ltz: TimeZone | null, zone: TimeZone): (t: number, nanos: number) => string {
  const compiled = datePattern(pattern);
  const unit = /[SnNA]/.test(pattern.replace(/'[^']*'/g, '')) ? 0 : /s/.test(pattern) ? 1000 : 60_000;
  let lastSlot = NaN;
  let lastText = '';
  return (t, nanos) => {
    if (unit === 0)
      return compiled.format(ltz === null ? t : ltz.toLocal(t), nanos, zone, ltz === null ? undefined : t);
    const slot = Math.floor(t / unit);
    if (slot !== lastSlot) {
      lastText = compiled.format(ltz === null ? t : ltz.toLocal(t), 0, zone, ltz === null ? undefined : t);
      lastSlot = slot;
    }
    return lastText;
  };
}

function toTimestamp(s: string, pattern?: string): Timestamp | null {
  if (pattern === undefined) {
    const t = parseTimestamp(s);
    return t === undefined ? null : new Timestamp(t.millis);
  }
  const t = datePattern(pattern).parse(s) ?? sqlTimestamp(s);
  return t === null ? null : new Timestamp(t.millis);
}

const SQL_TIMESTAMP = /^(\d{4})-(\d{1,2})-(\d{1,2})(?: (\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,9}))?)?$/;

/** What does not fit a pattern is tried once more in java.sql's form, whose parts may overflow into the next ones. */
function sqlTimestamp(s: string): { millis: number; nanos: number } | null {
  const m = SQL_TIMESTAMP.exec(s.trim());
  if (m === null) return null;
  const [year, month, day, hour, minute, second] = m.slice(1, 7).map((part: string | undefined) => Number(part ?? 0));
  if (month < 1 || month > 12 || day < 1 || day > 31) return null;
  const fraction = Number((m[7] ?? '').padEnd(9, '0'));
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, Math.floor(fraction / 1e6));
  return { millis: date.getTime(), nanos: fraction % 1e6 };
}

function toDate(s: string, pattern?: string): number | null {
  if (pattern === undefined) {
    const end = s.search(/[ T]/);
    return parseDate(end < 0 || parseTimestamp(s) === undefined ? s : s.slice(0, end)) ?? null;
  }
  const t = datePattern(pattern, true).parse(s);
  return t === null ? null : Math.floor(t.millis / MILLIS_PER_DAY);
}

/** Text in SimpleDateFormat's ways to an instant; the text's own offset wins over the zone. */
function legacyInstant(s: string, pattern: string, zone: TimeZone): number | null {
  const t = datePattern(pattern, true).parse(s);
  if (t === null) return null;
  return t.offset === null ? zone.toInstant(t.millis) : t.millis - t.offset;
}

const unixTimestamp: BuiltIn = {
  ...simple({ names: ['UNIX_TIMESTAMP'], params: [[], [str], [str, str]], type: BIGINT() }),
  deterministic: (args) => args.length > 0,
  emit(e, c) {
    if (c.args.length === 0)
      return {
        v: e.declare(e.wide ? 'BigInt(Math.floor(env.now() / 1000))' : 'Math.floor(env.now() / 1000)'),
        n: 'false',
        nanos: '0',
      };
    const zone = TimeZone.get(e.env.timeZone);
    const convert = (s: string, pattern = DEFAULT): Exact => {
      const t = legacyInstant(s, pattern, zone);
      return t === null ? -9223372036854775808n : Math.floor(t / 1000);
    };
    return e.callLibrary(
      convert,
      c.type,
      c.args.map((a) => ({ val: e.emit(a), type: a.type })),
      false,
    );
  },
};

const numericOrText: Param = {
  label: 'NUMERIC',
  accept: (t) =>
    isInteger(t)
      ? bigint.accept(t)
      : isNumeric(t)
        ? { root: 'DOUBLE', nullable: true }
        : t.root === 'NULL'
          ? BIGINT()
          : undefined,
};

/** Precision of TO_TIMESTAMP_LTZ: as many digits as a constant pattern has fraction letters, at least three. */
function fractionDigits(pattern: BoundExpr | undefined): number {
  if (pattern?.kind !== 'literal' || typeof pattern.value !== 'string') return 3;
  const fraction = /S+/.exec(pattern.value.replace(/'[^']*'/g, ''));
  return Math.min(9, Math.max(3, fraction === null ? 3 : fraction[0].length));
}

/** Constant patterns and zones that are none are refused; those of columns give NULL where they are met. */
function checkConstants(args: readonly BoundExpr[], info: CallInfo): void {
  const [, pattern, zone] = args;
  if (pattern?.kind === 'literal' && typeof pattern.value === 'string') {
    try {
      datePattern(pattern.value);
    } catch (e) {
      throw new StreamcellError('FUNCTION_ARGUMENTS', (e as Error).message, { span: pattern.span ?? info.span });
    }
  }
  if (zone?.kind === 'literal' && typeof zone.value === 'string' && !TimeZone.find(zone.value))
    throw new StreamcellError('FUNCTION_ARGUMENTS', `Unknown time zone '${zone.value}'.`, {
      span: zone.span ?? info.span,
    });
}

const FIRST_INSTANT = -62167219200000;
const LAST_INSTANT = 253402300799999;

function toTimestampLtz(value: Exact | string, second?: number | string, third?: string): Timestamp | null {
  if (typeof value === 'string') {
    const zone = TimeZone.find(third ?? 'UTC');
    if (!zone) return null;
    let pattern: DatePattern | undefined;
    try {
      pattern = second === undefined ? undefined : datePattern(second as string);
    } catch {
      return null;
    }
    const t = pattern === undefined ? parseTimestamp(value) : (pattern.parse(value) ?? sqlTimestamp(value));
    return t === undefined || t === null
      ? null
      : new Timestamp(zone.toInstant(t.millis), pattern === undefined ? 0 : t.nanos);
  }
  const precision = (second as number | undefined) ?? 3;
  if (precision !== 0 && precision !== 3)
    throw new StreamcellError(
      'EXPRESSION_FAILED',
      `The precision value '${precision}' for function TO_TIMESTAMP_LTZ(numeric, precision) is unsupported, the supported value is '0' for second or '3' for millisecond.`,
    );
  const millis = precision === 0 ? Math.trunc(Number(value) * 1000) : Math.trunc(Number(value));
  return millis >= FIRST_INSTANT && millis <= LAST_INSTANT ? new Timestamp(millis + 0) : null;
}

export const timeTextFunctions: readonly BuiltIn[] = [
  dateFormat,
  simple({
    names: ['TO_TIMESTAMP'],
    params: [str, str],
    optional: 1,
    type: TIMESTAMP(3),
    nullable: 'always',
    call: toTimestamp,
  }),
  simple({ names: ['TO_DATE'], params: [str, str], optional: 1, type: DATE(), nullable: 'always', call: toDate }),
  withZone(
    ['FROM_UNIXTIME'],
    { params: [[bigint], [bigint, str]], type: STRING(), nullable: 'always' },
    (zone) =>
      (seconds: Exact, pattern = DEFAULT) => {
        const t = Number(seconds) * 1000;
        return datePattern(pattern, true).format(zone.toLocal(t), 0, zone, t);
      },
  ),
  unixTimestamp,
  simple({
    names: ['TO_TIMESTAMP_LTZ'],
    params: [[numericOrText], [numericOrText, int], [str], [str, str], [str, str, str]],
    type: (args, info) => {
      checkConstants(args, info);
      return TIMESTAMP_LTZ(fractionDigits(args[1]));
    },
    nullable: 'always',
    call: toTimestampLtz,
  }),
  simple({
    names: ['CONVERT_TZ'],
    params: [str, str, str],
    type: STRING(),
    nullable: 'always',
    call: (s: string, from: string, to: string) => {
      const t = legacyInstant(s, DEFAULT, TimeZone.get(from));
      if (t === null) return null;
      const zone = TimeZone.get(to);
      return datePattern(DEFAULT, true).format(zone.toLocal(t), 0, zone, t);
    },
  }),
];
