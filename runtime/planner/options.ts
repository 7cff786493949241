import { durationMillis } from '../binder/index.js';
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
  /** How results are looked at: only the materialised rows (updates of a key may be folded, in upsert sinks, too), or every change. */
  readonly mode: 'table' | 'changelog';
  readonly memoryLimit?: number;
}

/** `10 s`, `5min`, `200` (ms) -> milliseconds. */
export function parseDuration(key: string, text: string): number {
  return durationMillis(`Option '${key}'`, text);
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

export function choiceOption<T extends string>(
  options: Readonly<Record<string, string>>,
  key: string,
  choices: readonly T[],
  fallback: T,
): T {
  const text = options[key];
  if (text === undefined) return fallback;
  const found = choices.find((c) => c === text.trim().toUpperCase());
  if (!found)
    throw new StreamcellError('OPTION_INVALID', `Option '${key}': '${text}' is none of ${choices.join(', ')}.`);
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
