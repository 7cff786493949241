import { StreamcellError } from '../types/index.js';

/** What a session option does in the embedded engine. Everything else of Flink's is taken note of, and does nothing here. */
const EFFECTIVE = new Set([
  'execution.checkpointing.dir',
  'execution.checkpointing.interval',
  'execution.checkpointing.savepoint-dir',
  'execution.state-recovery.path',
  'parallelism.default',
  'pipeline.auto-watermark-interval',
  'pipeline.name',
  'sql-client.display.color-schema',
  'sql-client.execution.max-table-result.rows',
  'sql-client.execution.result-mode',
  'streamcell.job.memory-limit',
  'table.dml-sync',
  'table.dynamic-table-options.enabled',
  'table.display.max-column-width',
  'table.exec.deduplicate.insert-update-after-sensitive-enabled',
  'table.exec.mini-batch.allow-latency',
  'table.exec.mini-batch.enabled',
  'table.exec.mini-batch.size',
  'table.exec.resource.default-parallelism',
  'table.exec.sink.not-null-enforcer',
  'table.exec.sink.require-on-conflict',
  'table.exec.sink.type-length-enforcer',
  'table.exec.sink.upsert-materialize',
  'table.exec.source.cdc-events-duplicate',
  'table.exec.source.idle-timeout',
  'table.exec.state.ttl',
  'table.local-time-zone',
  'table.optimizer.non-deterministic-update.strategy',
]);

/** Options that would change the meaning of a query if they were obeyed, hence must not be passed over in silence. */
const REFUSED: Readonly<Record<string, (value: string) => boolean>> = {
  'table.sql-dialect': (value) => value.toLowerCase() !== 'default',
  'execution.runtime-mode': (value) => value.toLowerCase() === 'batch',
  'table.exec.legacy-cast-behaviour': (value) => value.toLowerCase() === 'enabled',
};

/** @throws StreamcellError OPTION_UNSUPPORTED, OPTION_INVALID. */
export function checkOption(key: string, value: string): void {
  if (REFUSED[key]?.(value) === true) {
    throw new StreamcellError('OPTION_UNSUPPORTED', `'${key}' = '${value}' is not supported by the embedded engine.`);
  }
  if (key === 'table.local-time-zone') checkTimeZone(value);
  if (key === 'parallelism.default' || key === 'table.exec.resource.default-parallelism') parallelism(key, value);
  if (key === 'streamcell.job.memory-limit') memorySize(key, value);
}

export function hasEffect(key: string): boolean {
  return EFFECTIVE.has(key);
}

export function effectiveOptionKeys(): readonly string[] {
  return [...EFFECTIVE];
}

type Options = Readonly<Record<string, string>>;

export function sessionTimeZone(options: Options): string {
  const zone = options['table.local-time-zone'];
  return zone === undefined || zone === 'default' ? Intl.DateTimeFormat().resolvedOptions().timeZone : zone;
}

function checkTimeZone(zone: string): void {
  if (zone === 'default' || /^((GMT|UTC)?[+-]\d{2}:\d{2}|UTC|GMT)$/.test(zone)) return;
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone });
  } catch {
    throw new StreamcellError('OPTION_INVALID', `'${zone}' is no time zone.`, {
      hint: "Use a name such as 'Europe/Berlin', or an offset such as 'GMT+02:00'.",
    });
  }
}

/** -1 (unset) leaves it to the next one in line. */
export function sessionParallelism(options: Options, asked: number | undefined): number {
  if (asked !== undefined) return asked;
  for (const key of ['table.exec.resource.default-parallelism', 'parallelism.default']) {
    const value = options[key] === undefined ? -1 : parallelism(key, options[key]);
    if (value > 0) return value;
  }
  return 1;
}

/** Workers of one job; more than a machine has cores would only take turns. */
const MAX_PARALLELISM = 64;

function parallelism(key: string, value: string): number {
  const n = Number(value);
  if (!Number.isInteger(n) || n === 0 || n < -1 || n > MAX_PARALLELISM) {
    throw new StreamcellError(
      'OPTION_INVALID',
      `'${key}' = '${value}': a whole number from 1 to ${MAX_PARALLELISM} is expected.`,
    );
  }
  return n;
}

const SIZES: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  bytes: 1,
  k: 1 << 10,
  kb: 1 << 10,
  m: 1 << 20,
  mb: 1 << 20,
  g: 1 << 30,
  gb: 1 << 30,
};

/** `512 mb` -> bytes, as Flink writes memory sizes. */
export function memorySize(key: string, value: string): number {
  const match = /^\s*(\d+)\s*([a-z]*)\s*$/i.exec(value);
  const unit = match === null ? undefined : SIZES[match[2].toLowerCase()];
  if (match === null || unit === undefined) {
    throw new StreamcellError('OPTION_INVALID', `'${key}' = '${value}' is no memory size.`, {
      hint: 'Like 512 mb or 2 gb.',
    });
  }
  return Number(match[1]) * unit;
}

export function memoryLimit(options: Options): number | undefined {
  const text = options['streamcell.job.memory-limit'];
  return text === undefined ? undefined : memorySize('streamcell.job.memory-limit', text);
}
