import type { DateTimeLiteral, IntervalLiteral, IntervalQualifier, NumberLiteral } from '../parser/ast.js';
import type { LiteralExpr } from '../expressions/bound.js';
import {
  BIGINT,
  DATE,
  DECIMAL,
  DOUBLE,
  INT,
  StreamcellError,
  TIME,
  TIMESTAMP,
  TIMESTAMP_LTZ,
  Timestamp,
  type Span,
} from '../types/index.js';
import { intervalType } from './types.js';

/** Literals of the text -> typed constants. Types as Flink gives them: the smallest of INT, BIGINT, DECIMAL; DECIMAL as written; DOUBLE. */

export function bindNumber(literal: NumberLiteral, negative = false): LiteralExpr {
  const { text, span } = literal;
  if (literal.form === 'approximate') {
    const value = Number(text);
    if (!Number.isFinite(value))
      throw new StreamcellError('QUERY_INVALID', `Numeric literal '${text}' out of range.`, { span });
    return { kind: 'literal', type: DOUBLE(false), value: negative ? -value : value, span };
  }
  const dot = text.indexOf('.');
  if (literal.form === 'integer' || dot < 0) {
    const value = negative ? -BigInt(text) : BigInt(text);
    if (value >= -2147483648n && value <= 2147483647n)
      return { kind: 'literal', type: INT(false), value: Number(value), span };
    if (value >= -(2n ** 63n) && value < 2n ** 63n) return { kind: 'literal', type: BIGINT(false), value, span };
    throw new StreamcellError('QUERY_INVALID', `Numeric literal '${text}' out of range.`, { span });
  }
  const fraction = text.slice(dot + 1);
  const digits = BigInt(text.slice(0, dot) + fraction) * (negative ? -1n : 1n);
  // Flink takes the digits of a literal, wherever its point is, as a BIGINT.
  if (digits !== BigInt.asIntN(64, digits))
    throw new StreamcellError('QUERY_INVALID', `Numeric literal '${text}' out of range.`, {
      span,
      hint: "Write CAST('..' AS DECIMAL(p, s)).",
    });
  return decimal(digits, text.length - 1, fraction.length, span);
}

function decimal(unscaled: bigint, digits: number, scale: number, span: Span): LiteralExpr {
  const significant = unscaled.toString().replace('-', '').length;
  const precision = Math.max(Math.min(digits, 38), significant, scale, 1);
  if (precision > 38 || scale > 38) {
    throw new StreamcellError('TYPE_INVALID', 'Numeric literal has more than 38 digits.', { span });
  }
  return { kind: 'literal', type: DECIMAL(precision, scale, false), value: unscaled, span };
}

const DAY_MS = 86_400_000;

function dayNumber(year: number, month: number, day: number): number | null {
  const ms = utc(year, month, day);
  const back = new Date(ms);
  const valid = back.getUTCFullYear() === year && back.getUTCMonth() === month - 1 && back.getUTCDate() === day;
  return valid ? Math.floor(ms / DAY_MS) : null;
}

/** Date.UTC maps years 0-99 to 1900-1999; this does not. */
function utc(year: number, month: number, day: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getTime();
}

export function bindDateTime(literal: DateTimeLiteral): LiteralExpr {
  const { text, span } = literal;
  const bad = (format: string): StreamcellError =>
    new StreamcellError('QUERY_INVALID', `Illegal ${literal.type} literal '${text}': not in format '${format}'.`, {
      span,
    });
  switch (literal.type) {
    case 'DATE': {
      const m = /^\s*(\d{1,4})-(\d{1,2})-(\d{1,2})\s*$/.exec(text);
      const days = m && dayNumber(Number(m[1]), Number(m[2]), Number(m[3]));
      if (days === null) throw bad('yyyy-MM-dd');
      return { kind: 'literal', type: DATE(false), value: days, span };
    }
    case 'TIME': {
      const time = parseTime(text.trim());
      if (!time) throw bad('HH:mm:ss');
      return { kind: 'literal', type: TIME(time.digits, false), value: time.millis, span };
    }
    case 'TIMESTAMP': {
      const m = /^\s*(\d{1,4})-(\d{1,2})-(\d{1,2})(?:[ T](.*))?$/.exec(text);
      const days = m && dayNumber(Number(m[1]), Number(m[2]), Number(m[3]));
      const time = m ? (m[4] === undefined ? { millis: 0, nanos: 0, digits: 0 } : parseTime(m[4].trim())) : null;
      if (days === null || !time) throw bad('yyyy-MM-dd HH:mm:ss');
      const value = new Timestamp(days * DAY_MS + time.millis, time.nanos);
      return { kind: 'literal', type: TIMESTAMP(time.digits, false), value, span };
    }
    default:
      throw new StreamcellError('SQL_UNSUPPORTED', `Literals of type ${literal.type} are not supported.`, { span });
  }
}

function parseTime(text: string): { millis: number; nanos: number; digits: number } | null {
  const m = /^(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{0,9}))?$/.exec(text);
  if (!m) return null;
  const [h, min, s] = [Number(m[1]), Number(m[2]), Number(m[3])];
  if (h > 23 || min > 59 || s > 59) return null;
  const fraction = (m[4] ?? '').padEnd(9, '0');
  return {
    millis: ((h * 60 + min) * 60 + s) * 1000 + Number(fraction.slice(0, 3)),
    nanos: Number(fraction.slice(3)),
    digits: (m[4] ?? '').length,
  };
}

const UNIT_MS: Readonly<Record<string, number>> = {
  WEEK: 7 * DAY_MS,
  DAY: DAY_MS,
  HOUR: 3_600_000,
  MINUTE: 60_000,
  SECOND: 1000,
};
const DAY_TIME = ['DAY', 'HOUR', 'MINUTE', 'SECOND'];

/** Amount of an interval: milliseconds as bigint (day-time) or months as number (year-month). */
export function bindInterval(literal: IntervalLiteral): LiteralExpr {
  const { qualifier: q, text, span } = literal;
  const type = intervalType(q, false);
  const trimmed = text.trim();
  const negative = literal.negative !== trimmed.startsWith('-');
  const body = trimmed.replace(/^[+-]/, '');
  const sign = negative ? -1 : 1;
  if (type.root === 'INTERVAL_YEAR_MONTH') {
    return { kind: 'literal', type, value: sign * months(body, q, span), span };
  }
  return { kind: 'literal', type, value: BigInt(sign) * BigInt(dayTime(body, q, span)), span };
}

function illegal(text: string, q: IntervalQualifier, span: Span): StreamcellError {
  return new StreamcellError(
    'QUERY_INVALID',
    `Illegal interval literal format '${text}' for INTERVAL ${q.from}${q.to ? ` TO ${q.to}` : ''}.`,
    { span },
  );
}

function months(text: string, q: IntervalQualifier, span: Span): number {
  const m = q.to === 'MONTH' && q.from === 'YEAR' ? /^(\d+)-(\d+)$/.exec(text) : /^(\d+)$/.exec(text);
  if (!m) throw illegal(text, q, span);
  checkDigits(m[1], q, span);
  const first = Number(m[1]);
  if (m[2] !== undefined) return first * 12 + Number(m[2]);
  return q.from === 'YEAR' ? first * 12 : q.from === 'QUARTER' ? first * 3 : first;
}

/** Flink's limit on digits of an interval's leading field: two unless a precision says otherwise. */
function checkDigits(digits: string, q: IntervalQualifier, span: Span): void {
  const precision = q.precision ?? 2;
  if (digits.replace(/^0+(?=\d)/, '').length > precision) {
    throw new StreamcellError(
      'QUERY_INVALID',
      `Interval field value ${digits} exceeds precision of ${q.from}(${precision}) field.`,
      { span, hint: `Write INTERVAL '${digits}' ${q.from}(${digits.length}).` },
    );
  }
}

function dayTime(text: string, q: IntervalQualifier, span: Span): number {
  const from = q.from;
  const to = q.to ?? q.from;
  if (from === 'WEEK') {
    if (!/^\d+$/.test(text)) throw illegal(text, q, span);
    checkDigits(text, q, span);
    return Number(text) * UNIT_MS.WEEK;
  }
  const units = DAY_TIME.slice(DAY_TIME.indexOf(from), DAY_TIME.indexOf(to) + 1);
  const separators: Readonly<Record<string, string>> = { HOUR: ' ', MINUTE: ':', SECOND: ':' };
  const pattern = units
    .map((u, i) => (i === 0 ? '' : separators[u]) + (u === 'SECOND' ? '(\\d+(?:\\.\\d{1,9})?)' : '(\\d+)'))
    .join('');
  const m = new RegExp(`^${pattern}$`).exec(text);
  if (!m) throw illegal(text, q, span);
  checkDigits(m[1].split('.')[0], q, span);
  let total = 0;
  units.forEach((u, i) => {
    if (u === 'SECOND') {
      const [whole, fraction = ''] = m[i + 1].split('.');
      total += Number(whole) * 1000 + Number(fraction.padEnd(3, '0').slice(0, 3));
    } else {
      total += Number(m[i + 1]) * UNIT_MS[u];
    }
  });
  return total;
}

/** A DateTime literal of TIMESTAMP_LTZ does not exist in Flink's grammar; parameters may carry one. */
export function instantLiteral(millis: number, span: Span): LiteralExpr {
  return { kind: 'literal', type: TIMESTAMP_LTZ(3, false), value: new Timestamp(millis), span };
}
