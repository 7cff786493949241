import type { ConnectorCatalog } from '../types/index.js';
import type { PlanOptions } from './physical.js';
import { StreamcellError } from '../types/index.js';

/** What planning needs besides the bound statement. */
export interface PlannerContext {
  readonly connectors: ConnectorCatalog;
  /** Session options that were SET. */
  readonly options: Readonly<Record<string, string>>;
  readonly timeZone: string;
  readonly parallelism: number;
  /** How a query's result is looked at: only the materialised rows, or every change. */
  readonly mode: 'table' | 'changelog';
  readonly memoryLimit?: number;
}

const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  'µs': 1e-3,
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
export function parseDuration(key: string, text: string): number {
  const match = /^\s*(\d+)\s*([a-zµ]*)\s*$/i.exec(text);
  const unit = match && (match[2] === '' ? 1 : UNITS[match[2].toLowerCase()]);
  if (!match || unit === undefined || unit === null) {
    throw new StreamcellError('OPTION_INVALID', `Option '${key}': '${text}' is not a duration.`, { hint: 'Like 200 ms, 10 s, 5 min, 1 h.' });
  }
  return Math.floor(Number(match[1]) * unit);
}

export function durationOption(options: Readonly<Record<string, string>>, key: string, fallback: number): number {
  const text = options[key];
  return text === undefined ? fallback : parseDuration(key, text);
}

export function booleanOption(options: Readonly<Record<string, string>>, key: string, fallback: boolean): boolean {
  const text = options[key];
  if (text === undefined) return fallback;
  const lower = text.trim().toLowerCase();
  if (lower !== 'true' && lower !== 'false') {
    throw new StreamcellError('OPTION_INVALID', `Option '${key}': '${text}' is neither true nor false.`);
  }
  return lower === 'true';
}

export function choiceOption<T extends string>(options: Readonly<Record<string, string>>, key: string, choices: readonly T[], fallback: T): T {
  const text = options[key];
  if (text === undefined) return fallback;
  const found = choices.find((c) => c === text.trim().toUpperCase());
  if (!found) throw new StreamcellError('OPTION_INVALID', `Option '${key}': '${text}' is none of ${choices.join(', ')}.`);
  return found;
}

export function planOptions(context: PlannerContext): PlanOptions {
  const { options } = context;
  return {
    timeZone: context.timeZone,
    parallelism: context.parallelism,
    stateTtl: durationOption(options, 'table.exec.state.ttl', 0),
    watermarkInterval: durationOption(options, 'pipeline.auto-watermark-interval', 200),
    idleTimeout: durationOption(options, 'table.exec.source.idle-timeout', 0),
    memoryLimit: context.memoryLimit ?? 0,
    all: options,
  };
}
