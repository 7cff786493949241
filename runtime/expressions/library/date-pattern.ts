import {
  MILLIS_PER_DAY,
  StreamcellError,
  TimeZone,
  civil,
  daysFromCivil,
  daysInMonth,
  two,
  yearText,
} from '../../types/index.js';
import { dayOfYear, isoDayOfWeek } from './time.js';

/**
 * Date and time patterns as java.time.format.DateTimeFormatter reads them, with the few differences of SimpleDateFormat (`legacy`:
 * S counts milliseconds, parsing is lenient and ignores what follows).
 */
export interface DatePattern {
  /** Text of a local time; `zone` and `instant` serve patterns that show a zone. */
  format(local: number, nanos: number, zone?: TimeZone, instant?: number): string;
  /** @returns the local time (or the instant, when the text names an offset: `offset` in milliseconds), or null. */
  parse(text: string): ParsedTime | null;
}

export interface ParsedTime {
  readonly millis: number;
  readonly nanos: number;
  readonly offset: number | null;
}

interface Item {
  readonly letter: string;
  readonly count: number;
  /** Literal text when `letter` is empty. */
  readonly text: string;
  /** Depth of optional sections this part lies in, and whether it opens or closes one. */
  readonly optional: number;
}

const LETTERS = 'GuyDMLdQqYwWEecFaBhKkHmsSAnNVvzOXxZ';

function tokenize(pattern: string, legacy: boolean): Item[] {
  const items: Item[] = [];
  let depth = 0;
  let section = 0;
  const stack: number[] = [];
  const literal = (text: string): void => {
    items.push({ letter: '', count: 0, text, optional: stack.length > 0 ? stack[stack.length - 1] : 0 });
  };
  for (let i = 0; i < pattern.length;) {
    const c = pattern[i];
    if (c === "'") {
      if (pattern[i + 1] === "'") {
        literal("'");
        i += 2;
        continue;
      }
      let text = '';
      for (i++; ; i++) {
        if (i >= pattern.length) throw invalid(pattern);
        if (pattern[i] === "'") {
          if (pattern[i + 1] !== "'") break;
          text += "'";
          i++;
        } else text += pattern[i];
      }
      i++;
      literal(text);
      continue;
    }
    if (/[A-Za-z]/.test(c)) {
      let count = 1;
      while (pattern[i + count] === c) count++;
      if (!LETTERS.includes(c)) throw invalid(pattern);
      items.push({ letter: c, count, text: '', optional: stack.length > 0 ? stack[stack.length - 1] : 0 });
      i += count;
      continue;
    }
    if (!legacy && c === '[') {
      stack.push(++section);
      depth++;
    } else if (!legacy && c === ']') {
      if (depth === 0) throw invalid(pattern);
      stack.pop();
      depth--;
    } else if (!legacy && (c === '{' || c === '}' || c === '#')) throw invalid(pattern);
    else literal(c);
    i++;
  }
  return items;
}

function invalid(pattern: string): StreamcellError {
  return new StreamcellError('EXPRESSION_FAILED', `Invalid date pattern '${pattern}'.`);
}

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

function pad(n: number, width: number): string {
  return n < 0 ? `-${String(-n).padStart(width, '0')}` : String(n).padStart(width, '0');
}

function offsetText(offset: number, count: number, letter: string): string {
  if (letter === 'X' && offset === 0) return 'Z';
  const sign = offset < 0 ? '-' : '+';
  const minutes = Math.floor(Math.abs(offset) / 60_000);
  const h = two(Math.floor(minutes / 60));
  const m = two(minutes % 60);
  if (letter === 'Z')
    return count === 4
      ? `GMT${offset === 0 ? '' : `${sign}${h}:${m}`}`
      : count === 5
        ? offset === 0
          ? 'Z'
          : `${sign}${h}:${m}`
        : `${sign}${h}${m}`;
  if (letter === 'O')
    return offset === 0 ? 'GMT' : `GMT${sign}${count === 4 ? h : Number(h)}${count === 4 || m !== '00' ? `:${m}` : ''}`;
  if (count === 1) return `${sign}${h}${m === '00' ? '' : m}`;
  return count === 2 || count === 4 ? `${sign}${h}${m}` : `${sign}${h}:${m}`;
}

/** Sunday-first week numbers of the English locale (`w`, `W`, `Y`, `e`). */
function localWeek(days: number): { year: number; week: number } {
  const { year } = civil(days);
  const start = (y: number): number => {
    const first = daysFromCivil(y, 1, 1);
    return first - (isoDayOfWeek(first) % 7);
  };
  if (days >= start(year + 1)) return { year: year + 1, week: 1 };
  return { year, week: Math.floor((days - start(year)) / 7) + 1 };
}

function formatItem(
  item: Item,
  local: number,
  nanos: number,
  zone: TimeZone | undefined,
  instant: number,
  legacy: boolean,
): string {
  const { letter, count } = item;
  if (letter === '') return item.text;
  const days = Math.floor(local / MILLIS_PER_DAY);
  const ofDay = local - days * MILLIS_PER_DAY;
  const hour = Math.floor(ofDay / 3_600_000);
  switch (letter) {
    case 'G':
      return civil(days).year > 0 ? (count === 4 ? 'Anno Domini' : 'AD') : count === 4 ? 'Before Christ' : 'BC';
    case 'y':
    case 'u':
    case 'Y': {
      if (legacy && letter === 'u') return pad(isoDayOfWeek(days), count);
      const year = letter === 'Y' ? localWeek(days).year : civil(days).year;
      if (count === 2) return pad(((year % 100) + 100) % 100, 2);
      if (!legacy && count >= 4 && year > 9999) return `+${year}`;
      return count === 4 ? yearText(year) : pad(year, count);
    }
    case 'M':
    case 'L': {
      const { month } = civil(days);
      if (count <= 2) return pad(month, count);
      return count === 3 ? MONTHS[month - 1].slice(0, 3) : count === 5 ? MONTHS[month - 1][0] : MONTHS[month - 1];
    }
    case 'd':
      return pad(civil(days).day, count);
    case 'D':
      return pad(dayOfYear(days), count);
    case 'Q':
    case 'q': {
      const quarter = Math.floor((civil(days).month + 2) / 3);
      return count <= 2
        ? pad(quarter, count)
        : count === 3
          ? `Q${quarter}`
          : `${quarter}${['st', 'nd', 'rd', 'th'][quarter - 1]} quarter`;
    }
    case 'w':
      return pad(localWeek(days).week, count);
    case 'W': {
      const { year, month } = civil(days);
      const first = daysFromCivil(year, month, 1);
      return pad(Math.floor((days - (first - (isoDayOfWeek(first) % 7))) / 7) + 1, count);
    }
    case 'F':
      return pad(((civil(days).day - 1) % 7) + 1, count);
    case 'E':
    case 'e':
    case 'c': {
      const dow = isoDayOfWeek(days);
      if (letter !== 'E' && count <= 2) return pad((dow % 7) + 1, count);
      return count <= 3 ? DAYS[dow - 1].slice(0, 3) : count === 5 ? DAYS[dow - 1][0] : DAYS[dow - 1];
    }
    case 'a':
      return hour < 12 ? 'AM' : 'PM';
    case 'H':
      return pad(hour, count);
    case 'k':
      return pad(hour === 0 ? 24 : hour, count);
    case 'K':
      return pad(hour % 12, count);
    case 'h':
      return pad(hour % 12 === 0 ? 12 : hour % 12, count);
    case 'm':
      return pad(Math.floor(ofDay / 60_000) % 60, count);
    case 's':
      return pad(Math.floor(ofDay / 1000) % 60, count);
    case 'S': {
      if (legacy) return pad(ofDay % 1000, count);
      return String((ofDay % 1000) * 1_000_000 + nanos)
        .padStart(9, '0')
        .padEnd(count, '0')
        .slice(0, count);
    }
    case 'n':
      return pad((ofDay % 1000) * 1_000_000 + nanos, count);
    case 'A':
      return pad(ofDay, count);
    case 'N':
      return pad(ofDay * 1_000_000 + nanos, count);
    case 'V':
    case 'v':
    case 'z':
      if (!zone) throw new StreamcellError('EXPRESSION_FAILED', `The pattern letter '${letter}' needs a time zone.`);
      return letter === 'V' ? zone.id : zoneName(zone, instant, count);
    default:
      if (!zone) throw new StreamcellError('EXPRESSION_FAILED', `The pattern letter '${letter}' needs a time zone.`);
      return offsetText(zone.offset(instant), count, legacy && letter === 'Z' ? 'Z' : letter);
  }
}

function zoneName(zone: TimeZone, instant: number, count: number): string {
  if (/^(UTC|Z|GMT)$/i.test(zone.id)) return count >= 4 ? 'Coordinated Universal Time' : 'UTC';
  try {
    const parts = new Intl.DateTimeFormat('en-US', {
      timeZone: zone.id,
      timeZoneName: count >= 4 ? 'long' : 'short',
    }).formatToParts(instant);
    return parts.find((p) => p.type === 'timeZoneName')?.value ?? zone.id;
  } catch {
    return zone.id;
  }
}

interface Fields {
  year?: number;
  month?: number;
  day?: number;
  dayOfYear?: number;
  hour?: number;
  hour12?: number;
  pm?: boolean;
  minute?: number;
  second?: number;
  nano?: number;
  milliOfDay?: number;
  offset?: number;
  weekday?: number;
}

const NUMERIC = 'uyMLdDhHkKmsSAnN';

function isNumericItem(item: Item): boolean {
  return item.letter !== '' && NUMERIC.includes(item.letter) && !('ML'.includes(item.letter) && item.count > 2);
}

/** Reads digits at `at`: between `min` and `max` of them; undefined when there are too few. */
function digitsAt(text: string, at: number, min: number, max: number): string | undefined {
  let end = at;
  while (end < text.length && end - at < max && text.charCodeAt(end) >= 48 && text.charCodeAt(end) <= 57) end++;
  return end - at < min ? undefined : text.slice(at, end);
}

function parseItems(items: readonly Item[], text: string, start: number, fields: Fields, legacy: boolean): number {
  let at = start;
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    const { letter, count } = item;
    if (letter === '') {
      if (!text.startsWith(item.text, at)) return -1;
      at += item.text.length;
      continue;
    }
    if (isNumericItem(item)) {
      if (legacy) while (text[at] === ' ') at++;
      // Neighbouring numbers share their digits: the first one leaves the widths of those that follow.
      let reserved = 0;
      for (let k = i + 1; k < items.length && isNumericItem(items[k]); k++) reserved += items[k].count;
      const adjacent = reserved > 0;
      const run = digitsAt(text, at, 0, 100) ?? '';
      let min =
        letter === 'S' && !legacy
          ? 1
          : letter === 'y' || letter === 'u'
            ? count === 2
              ? 2
              : Math.min(count, 4)
            : count;
      let max =
        letter === 'S'
          ? adjacent
            ? count
            : 9
          : (letter === 'y' || letter === 'u') && count !== 2
            ? adjacent
              ? Math.max(count, run.length - reserved)
              : 19
            : count === 1
              ? 19
              : count;
      if (legacy) {
        min = 1;
        max = adjacent ? count : 19;
      } else if (count === 1 && adjacent) max = 1;
      let sign = 1;
      if ((letter === 'y' || letter === 'u') && (text[at] === '-' || text[at] === '+') && !legacy) {
        sign = text[at] === '-' ? -1 : 1;
        at++;
      }
      const digits = digitsAt(text, at, min, max);
      if (digits === undefined || digits === '') return -1;
      at += digits.length;
      const n = Number(digits) * sign;
      switch (letter) {
        case 'y':
        case 'u':
          fields.year = count === 2 && digits.length === 2 ? twoDigitYear(n, legacy) : n;
          break;
        case 'M':
        case 'L':
          fields.month = n;
          break;
        case 'd':
          fields.day = n;
          break;
        case 'D':
          fields.dayOfYear = n;
          break;
        case 'H':
          fields.hour = n;
          break;
        case 'k':
          fields.hour = n === 24 ? 0 : n;
          break;
        case 'h':
          fields.hour12 = n === 12 ? 0 : n;
          break;
        case 'K':
          fields.hour12 = n;
          break;
        case 'm':
          fields.minute = n;
          break;
        case 's':
          fields.second = n;
          break;
        case 'S':
          fields.nano = legacy ? n * 1_000_000 : Number(digits.slice(0, 9).padEnd(9, '0'));
          break;
        case 'n':
          fields.nano = n;
          break;
        case 'A':
          fields.milliOfDay = n;
          break;
        case 'N':
          fields.milliOfDay = Math.floor(n / 1_000_000);
          fields.nano = n % 1_000_000;
          break;
      }
      continue;
    }
    const rest = text.slice(at);
    switch (letter) {
      case 'M':
      case 'L': {
        const index = MONTHS.findIndex(
          (m) => rest.startsWith(m) || (legacy && rest.toLowerCase().startsWith(m.toLowerCase())),
        );
        const short = MONTHS.findIndex((m) =>
          legacy ? rest.toLowerCase().startsWith(m.slice(0, 3).toLowerCase()) : rest.startsWith(m.slice(0, 3)),
        );
        if (index >= 0 && (count === 4 || legacy)) {
          fields.month = index + 1;
          at += MONTHS[index].length;
        } else if (short >= 0 && (count === 3 || legacy)) {
          fields.month = short + 1;
          at += 3;
        } else return -1;
        break;
      }
      case 'E': {
        const long = DAYS.find((d) => rest.startsWith(d));
        const short = DAYS.find((d) => rest.startsWith(d.slice(0, 3)));
        if (long && (count >= 4 || legacy)) {
          fields.weekday = DAYS.indexOf(long) + 1;
          at += long.length;
        } else if (short && (count < 4 || legacy)) {
          fields.weekday = DAYS.indexOf(short) + 1;
          at += 3;
        } else return -1;
        break;
      }
      case 'a': {
        const m = /^(am|pm)/i.exec(rest);
        if (!m || (!legacy && m[1] !== m[1].toUpperCase())) return -1;
        fields.pm = m[1].toLowerCase() === 'pm';
        at += 2;
        break;
      }
      case 'G':
        if (!/^(AD|BC)/.test(rest)) return -1;
        at += 2;
        break;
      case 'X':
      case 'x':
      case 'Z': {
        const m = /^(?:Z|([+-])(\d{2}):?(\d{2})?)/.exec(rest);
        if (!m) return -1;
        fields.offset =
          m[1] === undefined ? 0 : (m[1] === '-' ? -1 : 1) * (Number(m[2]) * 3_600_000 + Number(m[3] ?? 0) * 60_000);
        at += m[0].length;
        break;
      }
      case 'V':
      case 'z': {
        const m = /^[A-Za-z]+(?:\/[A-Za-z_+-]+\d*)*|^[+-]\d{2}:?\d{2}/.exec(rest);
        const zone = m && TimeZone.find(m[0]);
        if (!m || !zone) return -1;
        fields.offset = zone.offset(Date.now());
        at += m[0].length;
        break;
      }
      default:
        return -1;
    }
  }
  return at;
}

function twoDigitYear(n: number, legacy: boolean): number {
  if (!legacy) return 2000 + n;
  const now = new Date().getUTCFullYear();
  const year = Math.floor(now / 100) * 100 + n;
  return year > now + 20 ? year - 100 : year <= now - 80 ? year + 100 : year;
}

/** Fields to a time; those not given count as the epoch's. Out of range: null, or rolled over when legacy. */
function resolve(f: Fields, legacy: boolean): ParsedTime | null {
  const year = f.year ?? 1970;
  const month = f.month ?? 1;
  let day = f.day ?? 1;
  const hour = f.hour ?? (f.hour12 !== undefined && (f.pm !== undefined || legacy) ? f.hour12 + (f.pm ? 12 : 0) : 0);
  const minute = f.minute ?? 0;
  const second = f.second ?? 0;
  const nano = f.nano ?? 0;
  // The hour 24 is the midnight at the end of the day.
  const midnight = hour === 24 && minute === 0 && second === 0 && nano === 0;
  if (!legacy) {
    if (month < 1 || month > 12 || day < 1 || day > 31 || (hour > 23 && !midnight) || minute > 59 || second > 59)
      return null;
    if (f.hour12 !== undefined && f.hour12 > 11) return null;
    day = Math.min(day, daysInMonth(year, month));
  }
  let days = legacy
    ? daysFromCivil(year + Math.floor((month - 1) / 12), ((((month - 1) % 12) + 12) % 12) + 1, 1) + day - 1
    : daysFromCivil(year, month, day);
  if (f.dayOfYear !== undefined) days = daysFromCivil(year, 1, 1) + f.dayOfYear - 1;
  if (!legacy && f.weekday !== undefined && f.day !== undefined && isoDayOfWeek(days) !== f.weekday) return null;
  const ofDay = f.milliOfDay ?? ((hour * 60 + minute) * 60 + second) * 1000 + Math.floor(nano / 1_000_000);
  return { millis: days * MILLIS_PER_DAY + ofDay, nanos: nano % 1_000_000, offset: f.offset ?? null };
}

const cache = new Map<string, DatePattern>();

/** @throws StreamcellError EXPRESSION_FAILED for a pattern that is none. */
export function datePattern(pattern: string, legacy = false): DatePattern {
  const key = (legacy ? 'l' : 'n') + pattern;
  let known = cache.get(key);
  if (!known) {
    if (cache.size > 500) cache.clear();
    known = compile(pattern, legacy);
    cache.set(key, known);
  }
  return known;
}

function compile(pattern: string, legacy: boolean): DatePattern {
  const items = tokenize(pattern, legacy);
  const sections = [...new Set(items.map((i) => i.optional).filter((s) => s > 0))];
  // Every choice of optional sections, most complete first.
  const variants: Item[][] = [];
  for (let mask = (1 << sections.length) - 1; mask >= 0; mask--)
    variants.push(items.filter((i) => i.optional === 0 || (mask & (1 << sections.indexOf(i.optional))) !== 0));
  return {
    format(local, nanos, zone, instant = local) {
      let text = '';
      for (const item of items) text += formatItem(item, local, nanos, zone, instant, legacy);
      return text;
    },
    parse(text) {
      for (const variant of variants) {
        const fields: Fields = {};
        const end = parseItems(variant, text, 0, fields, legacy);
        if (end < 0 || (!legacy && end !== text.length)) continue;
        return resolve(fields, legacy);
      }
      return null;
    },
  };
}
