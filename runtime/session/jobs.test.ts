import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { WorkerPool, type PooledWorker } from '../dataflow/index.js';
import type { StreamcellError } from '../types/index.js';
import { EmbeddedSession } from './embedded-session.js';
import type { Statement } from './session.js';

let session: EmbeddedSession;
let directory: string;
beforeEach(() => {
  session = new EmbeddedSession({ options: { 'table.local-time-zone': 'UTC' } });
  directory = mkdtempSync(join(tmpdir(), 'streamcell-jobs-'));
});
afterEach(async () => {
  await session.close();
  rmSync(directory, { recursive: true, force: true });
});

async function execute(text: string, on: EmbeddedSession = session): Promise<Statement[]> {
  const statements: Statement[] = [];
  for await (const statement of on.execute(text)) {
    statements.push(statement);
    if (statement.kind === 'ddl' || statement.kind === 'set') await statement.done;
  }
  return statements;
}

/** Ids 1, 2, 3 ... at a rate, without end. */
const counter = (perSecond: number): string =>
  `CREATE TABLE counter (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '${perSecond}', 'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '1000000000')`;

async function failureOf(statement: Statement): Promise<StreamcellError> {
  try {
    await statement.done;
  } catch (thrown) {
    return thrown as StreamcellError;
  }
  throw new Error('it did not fail');
}

async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  const end = Date.now() + 15_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error('it did not happen in time');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** One row, one number: the count so far. */
async function countOf(statement: Statement): Promise<number> {
  const rows = (await statement.view?.snapshot()) ?? [];
  return rows.length === 0 ? 0 : Number(rows[0].fields[0]);
}

describe('limits', () => {
  test('a job beyond its memory ends with the name of the operator that holds it, and nothing else does', async () => {
    await execute(counter(10_000_000));
    const [, unharmed] = await execute(
      "SET 'streamcell.job.memory-limit' = '100 mb'; SELECT COUNT(*) AS n FROM counter",
    );
    const [, greedy] = await execute(
      "SET 'streamcell.job.memory-limit' = '4 mb'; SELECT id, COUNT(*) AS n FROM counter GROUP BY id",
    );
    const error = await failureOf(greedy);
    expect(error.code).toBe('MEMORY_LIMIT');
    expect(error.operator).toMatch(/^GroupAggregate/);
    expect(error.message).toContain('its limit is 4.0 MB');
    const before = await countOf(unharmed);
    await until(async () => (await countOf(unharmed)) > before);
    await unharmed.cancel();
  });

  test('a worker that dies fails its job and nothing else', async () => {
    class Watched extends WorkerPool {
      readonly taken: Worker[] = [];

      override take(): PooledWorker {
        const worker = super.take();
        this.taken.push(worker.worker);
        return worker;
      }
    }
    const pool = new Watched(new URL('./job-worker.js', import.meta.url));
    const other = new EmbeddedSession({ pool });
    await execute(counter(1000), other);
    const [first, second] = await execute(
      'SELECT COUNT(*) AS n FROM counter; SELECT COUNT(*) AS n FROM counter',
      other,
    );
    await until(async () => (await countOf(first)) > 0 && (await countOf(second)) > 0);
    await pool.taken[0].terminate();
    expect((await failureOf(first)).code).toBe('INTERNAL');
    expect((await first.view?.status())?.state).toBe('failed');
    const before = await countOf(second);
    await until(async () => (await countOf(second)) > before);
    await other.close();
    await pool.close();
  });
});

describe('checkpoints', () => {
  test.each([
    [1, 1],
    [1, 2],
    [2, 1],
  ])(
    'a job stopped with a savepoint at parallelism %i goes on at %i as if it had never stopped',
    async (before, after) => {
      const ids = "'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '8000'";
      await execute(`CREATE TABLE ids (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '10000', ${ids});
      SET 'execution.checkpointing.savepoint-dir' = 'file://${directory}'; SET 'parallelism.default' = '${before}'`);
      const query = 'SELECT MOD(id, 5) AS k, COUNT(*) AS n, SUM(id) AS s FROM ids GROUP BY MOD(id, 5)';
      const [first] = await execute(query);
      await until(async () => ((await first.view?.snapshot()) ?? []).length === 5);
      const [stop] = await execute(`STOP JOB '${first.jobId}' WITH SAVEPOINT`);
      const [savepoint] = (await stop.view?.snapshot()) ?? [];
      expect(stop.columns.map((c) => c.name)).toEqual(['savepoint path']);
      expect((await first.done).state).toBe('finished');
      const reached = ((await first.view?.snapshot()) ?? []).reduce((sum, row) => sum + Number(row.fields[1]), 0);
      expect(reached).toBeLessThan(8000);

      await execute(
        `SET 'execution.state-recovery.path' = '${savepoint.fields[0] as string}'; SET 'parallelism.default' = '${after}'`,
      );
      const [second] = await execute(query);
      await second.done;
      const rows = ((await second.view?.snapshot()) ?? []).map((r) => r.fields.map(Number)).sort((a, b) => a[0] - b[0]);
      // Every id was counted exactly once over both runs.
      const sums = [0, 1, 2, 3, 4]
        .map((k) => Array.from({ length: 8000 }, (_, i) => i + 1).filter((id) => id % 5 === k))
        .map((ids) => ids.reduce((a, b) => a + b));
      expect(rows).toEqual(sums.map((s, k) => [k, 1600, s]));

      const [other] = await execute('SELECT COUNT(*) AS n FROM ids');
      expect((await failureOf(other)).code).toBe('SNAPSHOT_INVALID');
    },
  );

  test('what was written before a savepoint, and what after it, is all there is in the sink', async () => {
    const out = join(directory, 'out');
    await execute(`CREATE TABLE ids (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '5000', 'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '4000');
      CREATE TABLE f (id BIGINT) WITH ('connector' = 'filesystem', 'path' = '${out}', 'format' = 'json');
      SET 'execution.checkpointing.savepoint-dir' = '${directory}'`);
    const [insert] = await execute('INSERT INTO f SELECT id FROM ids');
    await until(async () => (await session.jobs()).some((j) => j.id === insert.jobId && j.operators[0].rowsOut > 100));
    const [stop] = await execute(`STOP JOB '${insert.jobId}' WITH SAVEPOINT`);
    const [savepoint] = (await stop.view?.snapshot()) ?? [];
    await execute(`SET 'execution.state-recovery.path' = '${savepoint.fields[0] as string}'`);
    const [rest] = await execute('INSERT INTO f SELECT id FROM ids');
    await rest.done;
    await execute("RESET 'execution.state-recovery.path'");
    const [all] = await execute('SELECT COUNT(*) AS n, COUNT(DISTINCT id) AS d FROM f');
    await all.done;
    expect(((await all.view?.snapshot()) ?? []).map((r) => r.fields.map(Number))).toEqual([[4000, 4000]]);
  });

  test.each([1, 2])(
    'a job that dies between checkpoints leaves nothing in the sink that its successor writes again, at parallelism %i',
    async (parallelism) => {
      const out = join(directory, 'out');
      await execute(`CREATE TABLE ids (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '4000', 'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '4000');
        CREATE TABLE f (id BIGINT) WITH ('connector' = 'filesystem', 'path' = '${out}', 'format' = 'json');
        SET 'parallelism.default' = '${parallelism}';
        SET 'execution.checkpointing.interval' = '40 ms'; SET 'execution.checkpointing.dir' = '${directory}'`);
      const [insert] = await execute('INSERT INTO f SELECT id FROM ids');
      const kept = join(directory, insert.jobId as string);
      const latest = (): string | undefined =>
        (existsSync(kept) ? readdirSync(kept) : [])
          .filter((name) => name.startsWith('chk-'))
          .sort((a, b) => Number(a.slice(4)) - Number(b.slice(4)))
          .at(-1);
      await until(() => Number(latest()?.slice(4) ?? 0) >= 3);
      await insert.cancel();
      await execute(`SET 'execution.state-recovery.path' = '${join(kept, latest() as string)}'`);
      const [rest] = await execute('INSERT INTO f SELECT id FROM ids');
      expect((await rest.done).state).toBe('finished');
      await execute("RESET 'execution.state-recovery.path'; RESET 'execution.checkpointing.interval'");
      const [all] = await execute('SELECT COUNT(*) AS n, COUNT(DISTINCT id) AS d FROM f');
      await all.done;
      expect(((await all.view?.snapshot()) ?? []).map((r) => r.fields.map(Number))).toEqual([[4000, 4000]]);
    },
  );

  test('checkpoints are taken by the interval, and only the latest are kept', async () => {
    await execute(
      `${counter(1000)}; SET 'execution.checkpointing.interval' = '30 ms'; SET 'execution.checkpointing.dir' = '${directory}'`,
    );
    const [query] = await execute('SELECT COUNT(*) AS n FROM counter');
    const checkpoints = (): string[] => {
      const [job] = readdirSync(directory);
      return job === undefined ? [] : readdirSync(join(directory, job)).filter((name) => name.startsWith('chk-'));
    };
    await until(() => checkpoints().some((name) => Number(name.slice(4)) >= 4));
    await query.cancel();
    expect(checkpoints().length).toBeLessThanOrEqual(3);
    const [job] = readdirSync(directory);
    await execute(
      `SET 'execution.state-recovery.path' = '${join(directory, job, checkpoints().sort().at(-1) as string)}'`,
    );
    const [again] = await execute('SELECT COUNT(*) AS n FROM counter');
    await until(async () => (await countOf(again)) > 10);
    await again.cancel();
  });

  test('a path without a checkpoint is told', async () => {
    await execute(`${counter(1000)}; SET 'execution.state-recovery.path' = '${join(directory, 'none')}'`);
    const [query] = await execute('SELECT COUNT(*) AS n FROM counter');
    expect(await failureOf(query)).toMatchObject({ code: 'SNAPSHOT_INVALID' });
  });
});

describe('parallelism', () => {
  test.each([
    'SELECT a, COUNT(*) AS n, COUNT(DISTINCT b) AS d FROM t GROUP BY a',
    'SELECT COUNT(*) AS n, SUM(b) AS s FROM t',
    'SELECT n, COUNT(*) AS m FROM (SELECT a, COUNT(*) AS n FROM t GROUP BY a) GROUP BY n',
    'SELECT t.a, u.c FROM t JOIN u ON t.a = u.a WHERE t.b < 20',
    'SELECT t.a, u.c FROM t LEFT JOIN u ON t.b = u.a',
    'SELECT * FROM (SELECT a, b, ROW_NUMBER() OVER (PARTITION BY a ORDER BY b DESC) AS r FROM t) WHERE r <= 2',
    'SELECT a, b FROM t UNION ALL SELECT a, c FROM u',
    'SELECT DISTINCT a FROM t',
  ])('%s gives the same at 1, 2 and 3', async (query) => {
    const t = Array.from({ length: 300 }, (_, i) => ['+I', i % 11, i]);
    const u = Array.from({ length: 30 }, (_, i) => ['+I', i % 13, i * 100]);
    const rows = (data: unknown): string =>
      `'connector' = 'values', 'splits' = '4', 'batch-size' = '7', 'rows' = '${JSON.stringify(data)}'`;
    await execute(`CREATE TABLE t (a INT, b INT) WITH (${rows(t)}); CREATE TABLE u (a INT, c INT) WITH (${rows(u)})`);
    const results: string[][] = [];
    for (const parallelism of [1, 2, 3]) {
      for (const mode of ['table', 'changelog'] as const) {
        for await (const statement of session.execute(query, { parallelism, mode })) {
          await statement.done;
          results.push(((await statement.view?.snapshot()) ?? []).map((r) => r.fields.join(' ')).sort());
        }
      }
    }
    for (const result of results) expect(result).toEqual(results[0]);
    expect(results[0].length).toBeGreaterThan(0);
  });
});
