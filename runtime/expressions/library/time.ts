import { MILLIS_PER_DAY, addMonths, civil, daysFromCivil, type Civil } from '../../types/index.js';

/**
 * Arithmetic on local times in epoch milliseconds, as Flink's DateTimeUtils has it: before 1970 a timestamp's day is cut towards zero where
 * the fields of its date are asked for, so that it is the next day's unless the time is midnight.
 */

/** Adds months to a local time in milliseconds; the end of a shorter month clamps. */
export function addMonthsMillis(millis: number, months: number): number {
  const days = Math.floor(millis / MILLIS_PER_DAY);
  return addMonths(days, months) * MILLIS_PER_DAY + (millis - days * MILLIS_PER_DAY);
}

let cachedDay = NaN;
let cachedCivil: Civil = { year: 1970, month: 1, day: 1 };

/** Like `civil`, remembering the last day: neighbouring rows tend to share it. */
export function civilOf(days: number): Civil {
  if (days !== cachedDay) {
    cachedCivil = civil(days);
    cachedDay = days;
  }
  return cachedCivil;
}

/** Monday 1 to Sunday 7. */
export function isoDayOfWeek(days: number): number {
  return ((((days + 3) % 7) + 7) % 7) + 1;
}

export function dayOfYear(days: number): number {
  return days - daysFromCivil(civilOf(days).year, 1, 1) + 1;
}

export function isoYear(days: number): number {
  // The year of the Thursday of the week.
  return civil(days - isoDayOfWeek(days) + 4).year;
}

export function isoWeek(days: number): number {
  const thursday = days - isoDayOfWeek(days) + 4;
  return Math.floor((thursday - daysFromCivil(civil(thursday).year, 1, 1)) / 7) + 1;
}

export const DATE_UNITS: ReadonlySet<string> = new Set([
  'YEAR',
  'QUARTER',
  'MONTH',
  'WEEK',
  'DAY',
  'DOW',
  'DOY',
  'ISODOW',
  'ISOYEAR',
  'DECADE',
  'CENTURY',
  'MILLENNIUM',
  'EPOCH',
]);

/** Field of a day number. */
export function extractDate(unit: string): ((days: number) => number) | undefined {
  switch (unit) {
    case 'YEAR':
      return (d) => civilOf(d).year;
    case 'QUARTER':
      return (d) => Math.floor((civilOf(d).month + 2) / 3);
    case 'MONTH':
      return (d) => civilOf(d).month;
    case 'DAY':
      return (d) => civilOf(d).day;
    case 'DOW':
      return (d) => (isoDayOfWeek(d) % 7) + 1;
    case 'ISODOW':
      return isoDayOfWeek;
    case 'DOY':
      return dayOfYear;
    case 'WEEK':
      return isoWeek;
    case 'ISOYEAR':
      return isoYear;
    case 'DECADE':
      return (d) => Math.floor(civilOf(d).year / 10);
    case 'CENTURY':
      return (d) => groupOfYears(civilOf(d).year, 100);
    case 'MILLENNIUM':
      return (d) => groupOfYears(civilOf(d).year, 1000);
    default:
      return undefined;
  }
}

function groupOfYears(year: number, size: number): number {
  return year > 0 ? Math.floor((year + size - 1) / size) : -Math.floor((-year + size) / size);
}

const UNIT_MILLIS: Readonly<Record<string, number>> = {
  DAY: MILLIS_PER_DAY,
  HOUR: 3_600_000,
  MINUTE: 60_000,
  SECOND: 1000,
  MILLISECOND: 1,
};

export function unitMillis(unit: string): number | undefined {
  return UNIT_MILLIS[unit];
}

const MONTHS_PER: Readonly<Record<string, number>> = {
  MONTH: 1,
  QUARTER: 3,
  YEAR: 12,
  DECADE: 120,
  CENTURY: 1200,
  MILLENNIUM: 12000,
};

export function unitMonths(unit: string): number | undefined {
  return MONTHS_PER[unit];
}

/** First day of the unit that a day lies in; weeks begin on Sunday. */
export function floorDay(unit: string, days: number): number {
  const { year, month } = civilOf(days);
  switch (unit) {
    case 'WEEK':
      return days - (isoDayOfWeek(days) % 7);
    case 'MONTH':
      return daysFromCivil(year, month, 1);
    case 'QUARTER':
      return daysFromCivil(year, month - ((month - 1) % 3), 1);
    case 'YEAR':
      return daysFromCivil(year, 1, 1);
    case 'DECADE':
      return daysFromCivil(Math.floor(year / 10) * 10, 1, 1);
    case 'CENTURY':
      return daysFromCivil((groupOfYears(year, 100) - 1) * 100 + 1, 1, 1);
    case 'MILLENNIUM':
      return daysFromCivil((groupOfYears(year, 1000) - 1) * 1000 + 1, 1, 1);
    default:
      return days;
  }
}

/** First day of the first unit that does not begin before the day. */
export function ceilDay(unit: string, days: number): number {
  // A DATE's ceiling to the day is the next one: so Flink has it.
  if (unit === 'DAY') return days + 1;
  const floor = floorDay(unit, days);
  // Nor is the first day of a decade its own ceiling.
  if (floor === days && unit !== 'DECADE') return days;
  if (unit === 'WEEK') return floor + 7;
  return addMonths(floor, MONTHS_PER[unit] ?? 0);
}

export function floorMillis(unit: string, millis: number): number {
  const size = UNIT_MILLIS[unit];
  if (size !== undefined) return Math.floor(millis / size) * size;
  return floorDay(unit, Math.trunc(millis / MILLIS_PER_DAY)) * MILLIS_PER_DAY;
}

export function ceilMillis(unit: string, millis: number): number {
  const size = UNIT_MILLIS[unit];
  if (size !== undefined) return Math.ceil(millis / size) * size + 0;
  // The time of day does not count here: the first day of a month is its own ceiling, whatever the hour.
  return ceilDay(unit, Math.trunc(millis / MILLIS_PER_DAY)) * MILLIS_PER_DAY;
}

/** Months from a to b, of local times: whole ones by the date, and one less where the times of day of the last one say so. */
export function monthsBetween(a: number, b: number): number {
  const dayA = Math.floor(a / MILLIS_PER_DAY);
  const dayB = Math.floor(b / MILLIS_PER_DAY);
  const months = dayB < dayA ? -wholeMonths(dayB, dayA) : wholeMonths(dayA, dayB);
  // Backwards too, which makes the result one that is not symmetric: so Flink has it.
  const early = b - dayB * MILLIS_PER_DAY < a - dayA * MILLIS_PER_DAY;
  return (early && addMonths(dayA, months) === dayB ? months - 1 : months) + 0;
}

function wholeMonths(from: number, to: number): number {
  const x = civil(from);
  const y = civil(to);
  const months = (y.year - x.year) * 12 + y.month - x.month;
  return addMonths(from, months) > to ? months - 1 : months;
}
