import { Timestamp, type TimestampType } from '../types/index.js';

/**
 * Dates and times as Flink's formats write them (its TimeFormats): `SQL` is `2020-01-02 03:04:05.6`, `ISO-8601` is `2020-01-02T03:04:05.6`;
 * with a `Z` behind for TIMESTAMP_LTZ. Parsing keeps the referee's leniency and strictness: a day that the month lacks is clamped to its end,
 * and 24:00:00 is the next midnight, except in ISO-8601 TIMESTAMP and DATE, which refuse both.
 */
export type TimestampStandard = 'SQL' | 'ISO-8601';

const DAY_MS = 86_400_000;

/** Days since 1970 of a proleptic Gregorian date. */
export function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}

function civilFromDays(days: number): { year: number; month: number; day: number } {
  const z = days + 719468;
  const era = Math.floor(z / 146097);
  const dayOfEra = z - era * 146097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524) - Math.floor(dayOfEra / 146096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const mp = Math.floor((5 * dayOfYear + 2) / 153);
  const month = mp < 10 ? mp + 3 : mp - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * mp + 2) / 5) + 1,
  };
}

export function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

const DATE = /^(\+\d{5,10}|-\d{4,10}|\d{4})-(\d\d)-(\d\d)$/;

function dateOf(text: string, strict: boolean): number | undefined {
  const m = DATE.exec(text);
  if (m === null) return undefined;
  const year = Number(m[1]);
  const month = Number(m[2]);
  const day = Number(m[3]);
  // Java refuses a year of minus nothing, and years beyond its range.
  if (Object.is(year, -0) || year > 999_999_999 || year < -999_999_999) return undefined;
  if (month < 1 || month > 12 || day < 1 || day > 31) return undefined;
  const most = daysInMonth(year, month);
  if (day > most && strict) return undefined;
  return daysFromCivil(year, month, Math.min(day, most));
}

/** ISO local date, strict. @returns days since 1970, or undefined. */
export function parseDate(text: string): number | undefined {
  return dateOf(text, true);
}

const SQL_TIME = /^(\d\d):(\d\d):(\d\d)(?:\.(\d{0,9}))?$/;
const ISO_TIME = /^(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{0,9}))?)?$/;

interface TimeOfDay {
  readonly millis: number;
  readonly nanos: number;
  readonly nextDay: boolean;
}

function timeOf(text: string, form: RegExp, strict: boolean): TimeOfDay | undefined {
  const m = form.exec(text);
  if (m === null) return undefined;
  const hour = Number(m[1]);
  const minute = Number(m[2]);
  const second = Number(m[3] ?? 0);
  const nanos = Number((m[4] ?? '').padEnd(9, '0'));
  if (minute > 59 || second > 59) return undefined;
  if (hour > 23) {
    if (strict || hour !== 24 || minute + second + nanos !== 0) return undefined;
    return { millis: 0, nanos: 0, nextDay: true };
  }
  return {
    millis: ((hour * 60 + minute) * 60 + second) * 1000 + Math.floor(nanos / 1_000_000),
    nanos: nanos % 1_000_000,
    nextDay: false,
  };
}

/** `HH:mm:ss[.f]`. @returns milliseconds of the day, or undefined. */
export function parseTime(text: string): number | undefined {
  return timeOf(text, SQL_TIME, false)?.millis;
}

/** `HH:mm[:ss[.f]]`, strict: Java's LocalTime.parse. @returns milliseconds of the day, or undefined. */
export function parseIsoTime(text: string): number | undefined {
  return timeOf(text, ISO_TIME, true)?.millis;
}

export function parseTimestamp(text: string, standard: TimestampStandard, zoned: boolean): Timestamp | undefined {
  if (zoned && !text.endsWith('Z')) return undefined;
  const local = zoned ? text.slice(0, -1) : text;
  const sql = standard === 'SQL';
  const strict = !sql && !zoned;
  const cut = local.search(sql ? / / : strict ? /[Tt]/ : /T/);
  if (cut < 0) return undefined;
  const date = dateOf(local.slice(0, cut), strict);
  const time = timeOf(local.slice(cut + 1), sql ? SQL_TIME : ISO_TIME, strict);
  if (date === undefined || time === undefined) return undefined;
  return new Timestamp((date + (time.nextDay ? 1 : 0)) * DAY_MS + time.millis, time.nanos);
}

/**
 * The value as a column of the type keeps it: up to three digits a timestamp is carried in milliseconds, and what is finer is lost; with more
 * digits all nine are kept, whatever the type says, as Flink does.
 */
export function withPrecision(value: Timestamp, type: TimestampType): Timestamp {
  return type.precision > 3 || value.nanos === 0 ? value : new Timestamp(value.millis);
}

function two(n: number): string {
  return n < 10 ? `0${n}` : String(n);
}

export function formatDate(days: number): string {
  const { year, month, day } = civilFromDays(days);
  const absolute = String(Math.abs(year)).padStart(4, '0');
  const text = year < 0 ? `-${absolute}` : year > 9999 ? `+${absolute}` : absolute;
  return `${text}-${two(month)}-${two(day)}`;
}

/** Fraction digits without trailing zeros, with its point; empty for a whole second. */
function fraction(millis: number, nanos: number): string {
  if (millis === 0 && nanos === 0) return '';
  return `.${String(millis * 1_000_000 + nanos).padStart(9, '0')}`.replace(/0+$/, '');
}

export function formatTime(millisOfDay: number, nanos = 0): string {
  const seconds = Math.floor(millisOfDay / 1000);
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return clock + fraction(millisOfDay % 1000, nanos);
}

export function formatTimestamp(millis: number, nanos: number, standard: TimestampStandard, zoned: boolean): string {
  const days = Math.floor(millis / DAY_MS);
  const text = `${formatDate(days)}${standard === 'SQL' ? ' ' : 'T'}${formatTime(millis - days * DAY_MS, nanos)}`;
  return zoned ? `${text}Z` : text;
}
