import { StreamcellError, type Span } from '../types/index.js';

const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  milli: 1,
  millis: 1,
  millisecond: 1,
  milliseconds: 1,
  s: 1000,
  sec: 1000,
  second: 1000,
  seconds: 1000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  minutes: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  hours: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  days: 86_400_000,
};

/** `10 s`, `5min`, `200` (ms) -> milliseconds. */
export function durationMillis(what: string, text: string, span?: Span): number {
  const match = /^\s*(\d+)\s*([a-zµ]*)\s*$/i.exec(text);
  const unit = match && (match[2] === '' ? 1 : UNITS[match[2].toLowerCase()]);
  if (!match || unit === undefined || unit === null) {
    throw new StreamcellError('OPTION_INVALID', `${what}: '${text}' is not a duration.`, {
      span,
      hint: 'Like 200 ms, 10 s, 5 min, 1 h.',
    });
  }
  return Math.floor(Number(match[1]) * unit);
}
