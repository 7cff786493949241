/** Proleptic Gregorian calendar over plain numbers, and the texts of dates and times. Zones are in time-zone.ts. */

export const MILLIS_PER_DAY = 86_400_000;

/** Days since 1970-01-01 (months 1 to 12; a day beyond its month's end runs over). */
export function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yoe = y - era * 400;
  const doy = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const doe = yoe * 365 + Math.floor(yoe / 4) - Math.floor(yoe / 100) + doy;
  return era * 146097 + doe - 719468;
}

/** year * 10000 + month * 100 + day of a day number, for years from 0; use `civil` for earlier ones. */
export interface Civil {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

export function civil(days: number): Civil {
  const z = days + 719468;
  const era = Math.floor(z / 146097);
  const doe = z - era * 146097;
  const yoe = Math.floor((doe - Math.floor(doe / 1460) + Math.floor(doe / 36524) - Math.floor(doe / 146096)) / 365);
  const doy = doe - (365 * yoe + Math.floor(yoe / 4) - Math.floor(yoe / 100));
  const mp = Math.floor((5 * doy + 2) / 153);
  const month = mp < 10 ? mp + 3 : mp - 9;
  return { year: yoe + era * 400 + (month <= 2 ? 1 : 0), month, day: doy - Math.floor((153 * mp + 2) / 5) + 1 };
}

export function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

const MONTH_LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
export function daysInMonth(year: number, month: number): number {
  return month === 2 && isLeapYear(year) ? 29 : MONTH_LENGTHS[month - 1];
}

/** Adds months to a day number; the end of a shorter month clamps. */
export function addMonths(days: number, months: number): number {
  const { year, month, day } = civil(days);
  const total = year * 12 + (month - 1) + months;
  const y = Math.floor(total / 12);
  const m = total - y * 12 + 1;
  return daysFromCivil(y, m, Math.min(day, daysInMonth(y, m)));
}

export function two(n: number): string {
  return n < 10 ? `0${n}` : String(n);
}

export function yearText(year: number): string {
  return year < 0 ? `-${String(-year).padStart(4, '0')}` : String(year).padStart(4, '0');
}

let lastDate = NaN;
let lastDateText = '';
export function dateToString(days: number): string {
  if (days === lastDate) return lastDateText;
  const { year, month, day } = civil(days);
  lastDateText = `${yearText(year)}-${two(month)}-${two(day)}`;
  lastDate = days;
  return lastDateText;
}

/** Fraction digits: nanoseconds of the second cut to at least `precision` digits (zeros beyond are dropped). */
function fractionText(nanos: number, precision: number): string {
  let text = String(nanos).padStart(9, '0');
  let end = 9;
  while (end > precision && text.charCodeAt(end - 1) === 48) end--;
  text = text.slice(0, end);
  return end === 0 ? '' : `.${text}`;
}

/** At most `precision` fraction digits, at least one if any, and no zeros behind: Flink's form. A negative time, which only a cast of a timestamp before 1970 makes, counts back from midnight. */
export function timeToString(time: number, precision: number): string {
  const millis = time < 0 ? time + MILLIS_PER_DAY : time;
  const seconds = Math.floor(millis / 1000);
  const h = Math.floor(seconds / 3600);
  const m = Math.floor(seconds / 60) % 60;
  const base = `${two(h)}:${two(m)}:${two(seconds % 60)}`;
  if (precision <= 0) return base;
  const fraction = String(millis - seconds * 1000)
    .padStart(3, '0')
    .slice(0, precision);
  return `${base}.${fraction.replace(/(?<=.)0+$/, '')}`;
}

/** Local timestamp text: `2020-01-31 12:00:00.123`, with at least `precision` fraction digits. */
export function timestampToString(millis: number, nanos: number, precision: number): string {
  const days = Math.floor(millis / MILLIS_PER_DAY);
  const ofDay = millis - days * MILLIS_PER_DAY;
  const seconds = Math.floor(ofDay / 1000);
  const text = `${dateToString(days)} ${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  const fraction = (ofDay - seconds * 1000) * 1_000_000 + nanos;
  return fraction === 0 && precision === 0 ? text : text + fractionText(fraction, precision);
}

/** Months as `+1-02`. */
export function yearMonthToString(months: number): string {
  const a = Math.abs(months);
  return `${months < 0 ? '-' : '+'}${Math.floor(a / 12)}-${two(a % 12)}`;
}

/** Milliseconds as `+1 02:03:04.005`. */
export function dayTimeToString(millis: number): string {
  const a = Math.abs(millis);
  const days = Math.floor(a / MILLIS_PER_DAY);
  const ms = a % MILLIS_PER_DAY;
  const s = Math.floor(ms / 1000);
  return `${millis < 0 ? '-' : '+'}${days} ${two(Math.floor(s / 3600))}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}.${String(ms % 1000).padStart(3, '0')}`;
}

/** `2020-1-31` and shorter forms (`2020`, `2020-1`); undefined when it is no date. */
export function parseDate(text: string): number | undefined {
  const m = /^\s*(-?\d{1,9})(?:-(\d{1,2})(?:-(\d{1,2}))?)?\s*$/.exec(text);
  if (m === null) return undefined;
  return validDate(Number(m[1]), m[2] === undefined ? 1 : Number(m[2]), m[3] === undefined ? 1 : Number(m[3]));
}

export function validDate(year: number, month: number, day: number): number | undefined {
  if (year < 0 || year > 9999 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  return daysFromCivil(year, month, day);
}

/** `12:34:56.789`, `12:34`, `12`; milliseconds of day. */
export function parseTime(text: string): number | undefined {
  const m = /^\s*(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:\.(\d*))?)?)?\s*$/.exec(text);
  if (m === null) return undefined;
  const h = Number(m[1]);
  const min = Number(m[2] ?? 0);
  const s = Number(m[3] ?? 0);
  if (h > 23 || min > 59 || s > 59) return undefined;
  const ms = m[4] === undefined ? 0 : Number((m[4] + '000').slice(0, 3));
  return ((h * 60 + min) * 60 + s) * 1000 + ms;
}

export interface LocalTimestamp {
  readonly millis: number;
  readonly nanos: number;
}

/** `2020-01-31 12:34:56[.fraction]` or a date alone, fraction up to nanoseconds. */
export function parseTimestamp(text: string): LocalTimestamp | undefined {
  const m = /^\s*(-?\d{1,9}-\d{1,2}-\d{1,2})(?: (\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,9})\d*)?)?\s*$/.exec(text);
  if (m === null) return undefined;
  const [year, month, day] = m[1].split('-').map(Number);
  // As Java's smart resolver: a day up to 31 is taken for the last one of a shorter month.
  if (month < 1 || month > 12 || day > 31) return undefined;
  const days = validDate(year, month, Math.min(day, daysInMonth(year, month)));
  if (days === undefined) return undefined;
  const h = Number(m[2] ?? 0);
  const min = Number(m[3] ?? 0);
  const s = Number(m[4] ?? 0);
  if (h > 23 || min > 59 || s > 59) return undefined;
  const fraction = Number((m[5] ?? '').padEnd(9, '0'));
  const ms = Math.floor(fraction / 1_000_000);
  return { millis: days * MILLIS_PER_DAY + ((h * 60 + min) * 60 + s) * 1000 + ms, nanos: fraction - ms * 1_000_000 };
}
