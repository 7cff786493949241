import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { EmbeddedSession } from '@streamcell/runtime/session/index';

/**
 * `npm run bench -- latency [--runs N]`: from execute to the first row, in milliseconds.
 * warm: in a session that stands. cold: a new process, from its start to the first row on its standard output.
 */
const TABLE = `CREATE TABLE numbers (id BIGINT, v INT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000000')`;
const QUERIES = {
  projection: 'SELECT id, v FROM numbers',
  aggregation: 'SELECT v, COUNT(*) AS n FROM numbers GROUP BY v',
  'filter and cast': `SELECT CAST(id AS STRING) AS t FROM numbers WHERE MOD(v, 2) = 0`,
} as const;

async function warm(runs: number): Promise<Map<string, number[]>> {
  const session = new EmbeddedSession();
  await session.warm();
  for await (const statement of session.execute(TABLE)) await statement.done;
  const times = new Map<string, number[]>();
  for (let i = 0; i < runs; i++) {
    for (const [name, sql] of Object.entries(QUERIES)) {
      const began = performance.now();
      for await (const statement of session.execute(sql)) {
        if (statement.view === null) throw new Error('a query has a view');
        for await (const rows of statement.view.changes()) if (rows.length > 0) break;
        const known = times.get(name) ?? [];
        known.push(performance.now() - began);
        times.set(name, known);
        await statement.cancel();
        await statement.done;
      }
      // The pool makes itself ready again between two cells of a notebook; so here.
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  await session.close();
  return times;
}

async function cold(runs: number): Promise<number[]> {
  const bin = join(
    dirname(createRequire(import.meta.url).resolve('@streamcell/runtime/session/index')),
    '..',
    '..',
    'cli',
    'bin.js',
  );
  const directory = mkdtempSync(join(tmpdir(), 'streamcell-latency-'));
  try {
    const file = join(directory, 'query.sql');
    writeFileSync(file, `${TABLE};\n${QUERIES.projection};`);
    const times: number[] = [];
    for (let i = 0; i < runs; i++) times.push(await firstRow([bin, 'run', file, '--format', 'jsonl']));
    return times;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function firstRow(args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (data: Buffer) => {
      if (text === '' || !/"statement":2[^]*"kind"/.test(text)) {
        text += data.toString().slice(0, 4096);
        if (!/"statement":2[^]*"kind"/.test(text)) return;
        resolve(performance.now() - began);
        child.kill('SIGKILL');
      }
    });
    child.on('error', reject);
    child.on('close', () => reject(new Error('the process ended without a row')));
  });
}

function quantile(values: readonly number[], q: number): string {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))].toFixed(1).padStart(8);
}

export async function run(args: readonly string[]): Promise<void> {
  const at = args.indexOf('--runs');
  const runs = at < 0 ? 30 : Number(args[at + 1]);
  console.log(
    `${'execute to first row, ms'.padEnd(26)}${'first'.padStart(8)}${'median'.padStart(8)}${'p95'.padStart(8)}${'worst'.padStart(8)}`,
  );
  const row = (name: string, times: readonly number[]): void =>
    console.log(
      `${name.padEnd(26)}${times[0].toFixed(1).padStart(8)}${quantile(times, 0.5)}${quantile(times, 0.95)}${quantile(times, 1)}`,
    );
  for (const [name, times] of await warm(runs)) row(`warm, ${name}`, times);
  row('cold process', await cold(Math.max(3, Math.ceil(runs / 6))));
}
