import { StreamcellError } from '../types/index.js';

export type OptionType = 'string' | 'boolean' | 'int' | 'long' | 'float' | 'double' | 'duration' | 'memory' | 'list';

/** One WITH option, as SHOW and completion describe it and as validation checks it. */
export interface OptionSpec {
  readonly key: string;
  readonly type: OptionType;
  readonly description: string;
  readonly required?: boolean;
  /** The values allowed, compared without case. */
  readonly values?: readonly string[];
}

/**
 * The options of one table, or of one format within it (then `prefix` is e.g. `json.`). Reading an option checks its form and throws
 * OPTION_INVALID with the full key; `validate` refuses missing and unknown keys.
 */
export class Options {
  constructor(
    readonly all: Readonly<Record<string, string>>,
    readonly prefix: string = '',
  ) {}

  scoped(prefix: string): Options {
    return new Options(this.all, this.prefix + prefix);
  }

  has(key: string): boolean {
    return this.all[this.prefix + key] !== undefined;
  }

  string(key: string): string | undefined {
    return this.all[this.prefix + key];
  }

  required(key: string): string {
    const value = this.string(key);
    if (value === undefined) throw missingOption([this.prefix + key]);
    return value;
  }

  boolean(key: string, otherwise: boolean): boolean {
    const value = this.string(key);
    if (value === undefined) return otherwise;
    const lower = value.toLowerCase();
    if (lower === 'true') return true;
    if (lower === 'false') return false;
    throw this.invalid(
      key,
      `Unrecognized option for boolean: ${value}. Expected either true or false (case insensitive).`,
    );
  }

  integer(key: string): number | undefined;
  integer(key: string, otherwise: number): number;
  integer(key: string, otherwise?: number): number | undefined {
    const value = this.string(key);
    if (value === undefined) return otherwise;
    if (!/^[+-]?\d+$/.test(value)) throw this.invalid(key, `Could not parse value '${value}': an integer is expected.`);
    const number = Number(value);
    if (!Number.isSafeInteger(number)) throw this.invalid(key, `The value '${value}' is too large.`);
    return number;
  }

  bigint(key: string): bigint | undefined {
    const value = this.string(key);
    if (value === undefined) return undefined;
    if (!/^[+-]?\d+$/.test(value)) throw this.invalid(key, `Could not parse value '${value}': an integer is expected.`);
    return BigInt(value);
  }

  number(key: string): number | undefined;
  number(key: string, otherwise: number): number;
  number(key: string, otherwise?: number): number | undefined {
    const value = this.string(key);
    if (value === undefined) return otherwise;
    const number = Number(value);
    if (value.trim() === '' || Number.isNaN(number))
      throw this.invalid(key, `Could not parse value '${value}': a number is expected.`);
    return number;
  }

  /** Milliseconds. Units as Flink's TimeUtils: `1 min`, `200ms`, `PT5S`; a bare number counts milliseconds. */
  duration(key: string): number | undefined;
  duration(key: string, otherwise: number): number;
  duration(key: string, otherwise?: number): number | undefined {
    const value = this.string(key);
    if (value === undefined) return otherwise;
    const millis = parseDuration(value);
    if (millis === undefined)
      throw this.invalid(
        key,
        `Could not parse the duration '${value}'. Write for example '10 s', '200 ms' or '1 min'.`,
      );
    return millis;
  }

  memory(key: string): number | undefined {
    const value = this.string(key);
    if (value === undefined) return undefined;
    const match = /^\s*(\d+)\s*([a-z]*)\s*$/i.exec(value);
    const unit = match === null ? undefined : MEMORY_UNITS[match[2].toLowerCase()];
    if (match === null || unit === undefined)
      throw this.invalid(key, `Could not parse the memory size '${value}'. Write for example '128 mb'.`);
    return Number(match[1]) * unit;
  }

  /** Flink's list form: values separated by semicolons. */
  list(key: string): readonly string[] | undefined {
    const value = this.string(key);
    return value
      ?.split(';')
      .map((v) => v.trim())
      .filter((v) => v !== '');
  }

  oneOf<T extends string>(key: string, values: readonly T[], otherwise: T): T {
    const value = this.string(key);
    if (value === undefined) return otherwise;
    const found = values.find((v) => v.toLowerCase() === value.toLowerCase());
    if (found === undefined)
      throw this.invalid(key, `Unsupported value '${value}'. Supported values are [${values.join(', ')}].`);
    return found;
  }

  invalid(key: string, message: string): StreamcellError {
    return new StreamcellError('OPTION_INVALID', `Invalid value for option '${this.prefix}${key}': ${message}`);
  }
}

const MEMORY_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  bytes: 1,
  k: 1024,
  kb: 1024,
  kibibytes: 1024,
  m: 1024 ** 2,
  mb: 1024 ** 2,
  mebibytes: 1024 ** 2,
  g: 1024 ** 3,
  gb: 1024 ** 3,
  gibibytes: 1024 ** 3,
  t: 1024 ** 4,
  tb: 1024 ** 4,
  tebibytes: 1024 ** 4,
};

const TIME_UNITS: readonly (readonly [RegExp, number])[] = [
  [/^(d|day|days)$/, 86_400_000],
  [/^(h|hour|hours)$/, 3_600_000],
  [/^(m|min|minute|minutes)$/, 60_000],
  [/^(s|sec|second|seconds)$/, 1000],
  [/^(|ms|milli|millis|millisecond|milliseconds)$/, 1],
  [/^(µs|micro|micros|microsecond|microseconds)$/, 1e-3],
  [/^(ns|nano|nanos|nanosecond|nanoseconds)$/, 1e-6],
];

/** @returns milliseconds, or undefined for a text that is no duration. */
export function parseDuration(text: string): number | undefined {
  const iso = /^([+-]?)P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/i.exec(text.trim());
  if (iso !== null && text.trim().length > 2) {
    const [, sign, d = '0', h = '0', m = '0', s = '0'] = iso;
    return (
      (sign === '-' ? -1 : 1) * (Number(d) * 86_400_000 + Number(h) * 3_600_000 + Number(m) * 60_000 + Number(s) * 1000)
    );
  }
  const match = /^\s*(\d+)\s*([a-zµ]*)\s*$/i.exec(text);
  if (match === null) return undefined;
  const unit = TIME_UNITS.find(([names]) => names.test(match[2].toLowerCase()));
  return unit === undefined ? undefined : Number(match[1]) * unit[1];
}

export function missingOption(keys: readonly string[]): StreamcellError {
  return new StreamcellError('OPTION_MISSING', `One or more required options are missing: ${keys.join(', ')}.`);
}

/**
 * Checks a table's keys against what its connector and formats understand.
 * @param accepts keys outside the list that are fine nevertheless (`properties.*`).
 */
export function validateKeys(
  owner: string,
  options: Readonly<Record<string, string>>,
  specs: readonly OptionSpec[],
  accepts: (key: string) => boolean = () => false,
): void {
  const missing = specs.filter((s) => s.required === true && options[s.key] === undefined).map((s) => s.key);
  if (missing.length > 0) throw missingOption(missing);
  const known = new Set(specs.map((s) => s.key));
  const unknown = Object.keys(options).filter((k) => !known.has(k) && !accepts(k));
  if (unknown.length === 0) return;
  const supported = [...known].sort();
  const near = nearest(unknown[0], supported);
  throw new StreamcellError(
    'OPTION_UNKNOWN',
    `Unsupported options found for '${owner}': ${unknown.join(', ')}. Supported options: ${supported.join(', ')}.`,
    near === undefined ? {} : { hint: `Did you mean '${near}'?` },
  );
}

/** The candidate closest to a name, when it is close enough to be meant. */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}
