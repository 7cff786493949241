import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { WorkerPool } from '@streamcell/runtime/dataflow/index';
import { Scene } from './scene.js';

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});
afterEach(() => scene.clear());

/** As many distinct keys as there are rows, without end. */
const SOURCE = `CREATE TABLE a (
  k BIGINT, v INT, s STRING, pt AS PROCTIME(), ts AS CAST(CURRENT_TIMESTAMP AS TIMESTAMP(3)), WATERMARK FOR ts AS ts - INTERVAL '1' HOUR
) WITH ('connector' = 'datagen', 'rows-per-second' = '2000000', 'fields.k.min' = '1', 'fields.k.max' = '1000000000000', 'fields.s.length' = '100');
CREATE VIEW days AS SELECT * FROM TABLE(TUMBLE(TABLE a, DESCRIPTOR(ts), INTERVAL '1' DAY));
`;

const GREEDY: readonly (readonly [operator: string, query: string])[] = [
  ['GroupAggregate', 'SELECT s, MAX(v) FROM a GROUP BY s'],
  ['GroupAggregate', 'SELECT COUNT(DISTINCT s) FROM a'],
  ['GroupAggregate', 'SELECT k, LISTAGG(s) FROM a GROUP BY k'],
  ['Join', 'SELECT x.k FROM a AS x LEFT JOIN a AS y ON x.k = y.k'],
  ['IntervalJoin', "SELECT x.k FROM a AS x JOIN a AS y ON x.k = y.k AND x.ts BETWEEN y.ts - INTERVAL '1' DAY AND y.ts"],
  ['WindowAggregate', 'SELECT s, COUNT(*) FROM days GROUP BY s, window_start, window_end'],
  [
    'WindowAggregate',
    "SELECT s, COUNT(*) FROM TABLE(SESSION(TABLE a PARTITION BY s, DESCRIPTOR(ts), INTERVAL '1' DAY)) GROUP BY s, window_start, window_end",
  ],
  [
    'WindowJoin',
    'SELECT l.k FROM days AS l JOIN days AS r ON l.k = r.k AND l.window_start = r.window_start AND l.window_end = r.window_end',
  ],
  ['Rank', 'SELECT * FROM (SELECT s, v, ROW_NUMBER() OVER (PARTITION BY s ORDER BY v) AS rn FROM a) WHERE rn <= 3'],
  [
    'Deduplicate',
    'SELECT * FROM (SELECT s, v, ROW_NUMBER() OVER (PARTITION BY s ORDER BY pt DESC) AS rn FROM a) WHERE rn = 1',
  ],
  ['OverAggregate', 'SELECT COUNT(*) OVER (PARTITION BY s ORDER BY ts) FROM a'],
  ['TemporalSort', 'SELECT * FROM a ORDER BY ts'],
];

describe('a query that keeps more than it may', () => {
  test.each(GREEDY)('%s: ends with the operator that holds it: %s', async (operator, query) => {
    const session = scene.session({ options: { 'streamcell.job.memory-limit': '8 mb' } });
    const { error } = await scene.run(`${SOURCE}${query}`, session);
    expect(error?.code).toBe('MEMORY_LIMIT');
    expect(error?.operator).toMatch(new RegExp(`^${operator}\\(`));
    expect(error?.message).toMatch(/holds \d+(\.\d)? MB of state, its limit is 8\.0 MB/);
    expect(error?.hint).toContain('table.exec.state.ttl');
    expect((await scene.run('SELECT 1', session)).rows).toEqual(['1']);
  });

  test('two workers share the limit', async () => {
    const options = { 'streamcell.job.memory-limit': '16 mb', 'parallelism.default': '2' };
    const { error } = await scene.run(`${SOURCE}SELECT s, COUNT(*) FROM a GROUP BY s`, scene.session({ options }));
    expect(error?.message).toMatch(/^Subtask [01] of the job holds .* its limit is 8\.0 MB/);
  });

  test('a time to live keeps it within', async () => {
    const session = scene.session({ options: { 'streamcell.job.memory-limit': '64 mb' } });
    const text = `${SOURCE.replace('2000000', '20000')}SET 'table.exec.state.ttl' = '100 ms'; SELECT s, COUNT(*) AS n FROM a GROUP BY s`;
    let held = 0;
    for await (const statement of session.execute(text, { maxRows: 10 })) {
      if (statement.kind !== 'query') continue;
      await new Promise((resolve) => setTimeout(resolve, 2000));
      const job = (await session.jobs()).find((j) => j.id === statement.jobId);
      held = Math.max(...(job?.operators.map((o) => o.stateKeys) ?? []));
      await statement.cancel();
      expect((await statement.done).state).toBe('cancelled');
    }
    expect(held).toBeGreaterThan(0);
    expect(held).toBeLessThan(20_000);
  });
});

describe('a worker without heap', () => {
  const pools: WorkerPool[] = [];
  afterEach(() => Promise.all(pools.splice(0).map((p) => p.close())));
  const pool = (entry: string): WorkerPool => {
    const made = new WorkerPool(new URL(entry), 1, 48);
    pools.push(made);
    return made;
  };

  test('ends its job alone: others, and later ones, run on', async () => {
    const session = scene.session({ pool: pool(import.meta.resolve('@streamcell/runtime/session/job-worker')) });
    let healthy;
    for await (healthy of session.execute(`${SOURCE.replace('2000000', '100')}SELECT COUNT(*) AS n FROM a`));
    // An array for each key: objects on the heap, while the job's own limit is far away.
    const source = SOURCE.slice(0, SOURCE.indexOf('CREATE VIEW')).replace('TABLE a', 'TABLE b');
    const { error } = await scene.run(`${source}SELECT k, ARRAY_AGG(s) FROM b GROUP BY k`, session);
    expect(error?.code).toBe('MEMORY_LIMIT');
    expect((await session.jobs()).map((j) => j.state)).toEqual(['running', 'failed']);
    expect((await scene.run('SELECT 1', session)).rows).toEqual(['1']);
    await healthy?.cancel();
    expect((await healthy?.done)?.state).toBe('cancelled');
  });

  test('that is ended by its engine names the operator with the most state', async () => {
    const entry = `import { parentPort } from 'node:worker_threads';
      parentPort.postMessage({ type: 'ready' });
      parentPort.on('message', () => { const kept = []; for (;;) kept.push(new Array(1000).fill(0.5)); });`;
    const session = scene.session({ pool: pool(`data:text/javascript,${encodeURIComponent(entry)}`) });
    const { error } = await scene.run('SELECT 1', session);
    expect(error).toMatchObject({ code: 'MEMORY_LIMIT', message: expect.stringContaining('ran out of memory') });
    expect(error?.operator).toBeDefined();
  });
});
