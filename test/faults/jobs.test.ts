import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { WorkerPool } from '@streamcell/runtime/dataflow/index';
import type { EmbeddedSession } from '@streamcell/runtime/session/index';
import type { Statement } from '@streamcell/runtime/session/session';
import { Scene } from './scene.js';

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});
afterEach(() => scene.clear());

const TICKS = `CREATE TABLE ticks (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000',
  'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '1000000000');\n`;
const NULL_SINK = "CREATE TABLE o (id BIGINT) WITH ('connector' = 'blackhole');\n";
const FAILS = 'SELECT 10 / (id - id) FROM ticks';

async function all(session: EmbeddedSession, text: string): Promise<Statement[]> {
  const statements: Statement[] = [];
  for await (const statement of session.execute(text)) statements.push(statement);
  return statements;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error('it did not come about within 10 s');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const rowsOf = async (statement: Statement): Promise<number> => (await statement.view?.status())?.rows ?? 0;
const outcomeOf = (statement: Statement): Promise<string> =>
  statement.done.then(
    (end) => end.state,
    (error: { code: string }) => error.code,
  );

describe('a failing job', () => {
  test('leaves those beside it alone, and the session', async () => {
    const session = scene.session();
    const [, , healthy, failing, insert] = await all(
      session,
      `${TICKS}${NULL_SINK}SELECT id FROM ticks; ${FAILS}; INSERT INTO o ${FAILS};`,
    );
    expect(await outcomeOf(failing)).toBe('DIVISION_BY_ZERO');
    expect(await outcomeOf(insert)).toBe('DIVISION_BY_ZERO');
    const before = await rowsOf(healthy);
    await until(async () => (await rowsOf(healthy)) > before);
    expect((await session.jobs()).map((j) => [j.state, j.error?.code])).toEqual([
      ['running', undefined],
      ['failed', 'DIVISION_BY_ZERO'],
      ['failed', 'DIVISION_BY_ZERO'],
    ]);
    await healthy.cancel();
    expect(await outcomeOf(healthy)).toBe('cancelled');
  });

  test('of two workers fails as a whole', async () => {
    const session = scene.session({ options: { 'parallelism.default': '2' } });
    const { error } = await scene.run(
      `${TICKS}SELECT id, 10 / (id - 700) AS q, COUNT(*) FROM ticks GROUP BY id`,
      session,
    );
    expect(error?.code).toBe('DIVISION_BY_ZERO');
    expect((await session.jobs())[0].state).toBe('failed');
  });

  test('in a statement set takes the set with it', async () => {
    const { error } = await scene.run(
      `${TICKS}${NULL_SINK}EXECUTE STATEMENT SET BEGIN INSERT INTO o SELECT id FROM ticks; INSERT INTO o ${FAILS}; END`,
    );
    expect(error?.code).toBe('DIVISION_BY_ZERO');
  });
});

describe('a worker', () => {
  const workerThat = (does: string): URL =>
    new URL(
      `data:text/javascript,${encodeURIComponent(`import { parentPort } from 'node:worker_threads';
        parentPort.postMessage({ type: 'ready' });
        parentPort.on('message', () => { ${does} });`)}`,
    );

  test.each([
    ['goes away', 'process.exit(3)', 'ended with code 3'],
    ['throws where nobody catches', "throw new Error('out of the blue')", 'out of the blue'],
    ['throws late', "Promise.reject(new Error('unhandled'))", 'unhandled'],
  ])('that %s fails its job, which is told', async (_name, does, message) => {
    const pool = new WorkerPool(workerThat(does));
    const session = scene.session({ pool });
    const { error } = await scene.run('SELECT 1', session);
    expect(error?.code).toBe('INTERNAL');
    expect(error?.message).toContain(message);
    await session.close();
    await pool.close();
  });

  test('that cannot be loaded fails the job', async () => {
    const pool = new WorkerPool(new URL('data:text/javascript,this is no program'));
    const { error } = await scene.run('SELECT 1', scene.session({ pool }));
    expect(error?.code).toBe('INTERNAL');
    await pool.close();
  });

  test('that does not answer is ended when its job is cancelled', async () => {
    const pool = new WorkerPool(workerThat('for (;;);'));
    const [statement] = await all(scene.session({ pool }), 'SELECT 1');
    await statement.cancel();
    expect(await outcomeOf(statement)).toBe('cancelled');
    await pool.close();
  });
});

describe('cancel', () => {
  test('at once, before anything has started', async () => {
    const session = scene.session();
    const [, statement] = await all(session, `${TICKS}SELECT id FROM ticks`);
    await statement.cancel();
    expect(await outcomeOf(statement)).toBe('cancelled');
    expect((await session.jobs())[0].state).toBe('cancelled');
    expect((await scene.run('SELECT 1', session)).rows).toEqual(['1']);
  });

  test('while a broker is sought that is not there', async () => {
    const session = scene.session();
    const [, statement] = await all(
      session,
      `CREATE TABLE t (id INT) WITH ('connector' = 'kafka', 'topic' = 'x', 'properties.bootstrap.servers' = '127.0.0.1:1',
        'scan.startup.mode' = 'earliest-offset', 'format' = 'json'); SELECT * FROM t`,
    );
    await statement.cancel();
    expect(['cancelled', 'KAFKA_UNREACHABLE']).toContain(await outcomeOf(statement));
  });

  test('many times, by several, is once', async () => {
    const session = scene.session();
    const [, statement] = await all(session, `${TICKS}SELECT id FROM ticks`);
    await Promise.all([
      statement.cancel(),
      session.stopJob(statement.jobId as string),
      statement.cancel(),
      session.close(),
    ]);
    expect(await outcomeOf(statement)).toBe('cancelled');
  });

  test('by a signal that came before', async () => {
    const session = scene.session();
    const stop = new AbortController();
    stop.abort();
    const seen = [];
    for await (const statement of session.execute(TICKS, { signal: stop.signal })) seen.push(statement);
    expect(seen).toEqual([]);
  });

  test('by a signal that comes when the script is through but its jobs run on', async () => {
    const session = scene.session();
    const stop = new AbortController();
    const statements = [];
    for await (const statement of session.execute(`${TICKS}${NULL_SINK}INSERT INTO o SELECT id FROM ticks`, {
      signal: stop.signal,
    }))
      statements.push(statement);
    stop.abort();
    expect(await outcomeOf(statements[2])).toBe('cancelled');
  });

  test('does not wait for a reader that has stopped reading', async () => {
    const session = scene.session();
    for await (const statement of session.execute(`${TICKS}SELECT id FROM ticks`, { mode: 'changelog' })) {
      if (statement.kind !== 'query') continue;
      const changes = statement.view?.changes()[Symbol.asyncIterator]();
      await changes?.next();
      await new Promise((resolve) => setTimeout(resolve, 300));
      await statement.cancel();
      expect(await outcomeOf(statement)).toBe('cancelled');
    }
  });
});

describe('the command', () => {
  test('tells of a job that fails in the background at once, goes on, and ends with 1', async () => {
    const few = TICKS.replaceAll('ticks', 'few').replace('1000000000', '1500');
    const script = `${TICKS}${NULL_SINK}INSERT INTO o ${FAILS};\n${few}SELECT id FROM few;`;
    const { code, stdout, stderr } = await scene.command(script, ['--format', 'csv']);
    expect(stderr).toMatch(/script\.sql:4:22: DIVISION_BY_ZERO /);
    expect(stdout).toContain('+I,1500');
    expect(code).toBe(1);
  });

  test('stops jobs in the background on Ctrl-C, when nothing else runs any longer', async () => {
    const { code, stderr } = await scene.command(`${TICKS}${NULL_SINK}INSERT INTO o SELECT id FROM ticks;`, [], {
      onOutput: (text, child) => {
        if (text.includes('[job ')) child.kill('SIGINT');
      },
    });
    expect([code, stderr]).toEqual([130, '']);
  });

  test('without a broker says so, and ends', async () => {
    const { code, stderr } = await scene.command(`CREATE TABLE t (id INT) WITH ('connector' = 'kafka', 'topic' = 'x',
      'properties.bootstrap.servers' = '127.0.0.1:1', 'scan.startup.mode' = 'earliest-offset', 'format' = 'json');\nSELECT * FROM t;`);
    expect(code).toBe(1);
    expect(stderr).toMatch(/script\.sql:3:1: KAFKA_UNREACHABLE .*127\.0\.0\.1:1/);
    expect(stderr).toContain('properties.bootstrap.servers');
  });
});
