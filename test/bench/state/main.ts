import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { EmbeddedSession } from '@streamcell/runtime/session/index';

/**
 * `npm run bench -- state [--keys N]`: COUNT(*) by key over 10 k to 10 M keys, each key twice: rate, state as accounted by the operator, and what the process
 * holds at the end (resident set, less that of an idle session). Every size runs in a process of its own.
 */
const SIZES = [10_000, 100_000, 1_000_000, 10_000_000];

interface Measured {
  readonly keys: number;
  readonly seconds: number;
  readonly stateBytes: number;
  readonly residentBytes: number;
}

async function measure(keys: number): Promise<Measured> {
  const session = new EmbeddedSession();
  await session.warm();
  const idle = process.memoryUsage().rss;
  const rows = keys * 2;
  const script = `
    CREATE TABLE numbers (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000000000', 'number-of-rows' = '${rows}',
      'fields.id.kind' = 'sequence', 'fields.id.start' = '0', 'fields.id.end' = '${rows - 1}');
    CREATE TABLE nowhere (k BIGINT, n BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'blackhole');
    INSERT INTO nowhere SELECT MOD(id, ${keys}) AS k, COUNT(*) AS n FROM numbers GROUP BY MOD(id, ${keys})`;
  let residentBytes = 0;
  const watch = setInterval(() => (residentBytes = Math.max(residentBytes, process.memoryUsage().rss)), 20);
  let milliseconds = 0;
  for await (const statement of session.execute(script)) milliseconds = (await statement.done).milliseconds;
  residentBytes = Math.max(residentBytes, process.memoryUsage().rss);
  clearInterval(watch);
  const [job] = await session.jobs();
  const state = Math.max(...job.operators.map((o) => o.stateBytes));
  const counted = Math.max(...job.operators.map((o) => o.stateKeys));
  if (counted !== 0 && counted !== keys) throw new Error(`${counted} keys were counted instead of ${keys}`);
  await session.close();
  return { keys, seconds: milliseconds / 1000, stateBytes: state, residentBytes: residentBytes - idle };
}

export async function run(args: readonly string[]): Promise<void> {
  const child = args.indexOf('--measure');
  if (child >= 0) {
    process.stdout.write(`${JSON.stringify(await measure(Number(args[child + 1])))}\n`);
    return;
  }
  const only = args.indexOf('--keys');
  const sizes = only < 0 ? SIZES : [Number(args[only + 1])];
  console.log(
    `${'keys'.padStart(11)}${'rows/s'.padStart(12)}${'state MB'.padStart(10)}${'bytes/key'.padStart(11)}${'process MB'.padStart(12)}`,
  );
  for (const keys of sizes) {
    const main = fileURLToPath(new URL('../main.js', import.meta.url));
    const result = spawnSync(process.execPath, [main, 'state', '--measure', String(keys)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (result.status !== 0) throw new Error(`measuring ${keys} keys failed`);
    const m = JSON.parse(result.stdout) as Measured;
    const megabytes = (bytes: number): string => (bytes / 1048576).toFixed(1);
    console.log(
      `${keys.toLocaleString('en-US').padStart(11)}${Math.round((keys * 2) / m.seconds)
        .toLocaleString('en-US')
        .padStart(12)}` +
        `${megabytes(m.stateBytes).padStart(10)}${(m.stateBytes / keys).toFixed(1).padStart(11)}${megabytes(m.residentBytes).padStart(12)}`,
    );
  }
}
