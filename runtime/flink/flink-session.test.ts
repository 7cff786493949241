import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { StreamcellError } from '../types/index.js';
import { FlinkSession } from './flink-session.js';
import { TestFlink } from './test-flink.js';

let flink: TestFlink;
let session: FlinkSession;

beforeEach(async () => {
  flink = await new TestFlink().start();
  session = await FlinkSession.open({ gateway: flink.url, jobManager: flink.url });
});
afterEach(async () => {
  await session.close();
  await flink.stop();
});

async function run(text: string): Promise<void> {
  for await (const statement of session.execute(text)) if (statement.jobId === undefined) await statement.done;
}

async function codeOf(action: Promise<unknown>): Promise<string> {
  return action.then(
    () => 'it did not fail',
    (error: unknown) => (error instanceof StreamcellError ? error.code : String(error)),
  );
}

function gate(): { readonly open: () => void; readonly passed: Promise<void> } {
  let open = (): void => undefined;
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { open, passed };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

describe('a session that was closed', () => {
  test('hands over no further statement of its scripts', async () => {
    const script = session.execute('SHOW TABLES; SHOW VIEWS; SHOW DATABASES');
    await script.next();
    await session.close();
    expect(await codeOf(script.next())).toBe('SESSION_CLOSED');
    expect(flink.texts()).toEqual(['SHOW TABLES']);
    expect([flink.opened.length, flink.sessions.size]).toEqual([1, 0]);
  });

  test('opens no other one at the gateway, also when that was under way', async () => {
    const { open, passed } = gate();
    flink.loseSessions();
    let opening = false;
    flink.beforeOpen = () => {
      opening = true;
      return passed;
    };
    const running = codeOf(run('SHOW TABLES'));
    await until(() => opening);
    const closing = session.close();
    open();
    await closing;
    expect(await running).toBe('SESSION_CLOSED');
    expect([flink.opened.length, flink.sessions.size, flink.texts()]).toEqual([2, 0, []]);
  });

  test.each(['insert', 'query'] as const)('leaves no job of an %s that was being handed over', async (job) => {
    const { open, passed } = gate();
    flink.answer = () => ({ job, after: passed });
    const text = job === 'insert' ? 'INSERT INTO t SELECT a FROM s' : 'SELECT a FROM s';
    const running = codeOf(run(text));
    await until(() => flink.statements.length > 0);
    const closing = session.close();
    open();
    await closing;
    expect(await running).toBe('SESSION_CLOSED');
    expect([...flink.jobs.values()]).toEqual(['CANCELED']);
    expect(flink.sessions.size).toBe(0);
  });

  test('detached: an INSERT that was being handed over runs on, a query does not', async () => {
    const { open, passed } = gate();
    flink.answer = (text) =>
      text.startsWith('EXPLAIN') ? {} : { job: text.startsWith('I') ? 'insert' : 'query', after: passed };
    const running = [codeOf(run('INSERT INTO t SELECT a FROM s')), codeOf(run('SELECT a FROM s'))];
    await until(() => flink.statements.length === 2);
    const detaching = session.detach();
    open();
    await detaching;
    await Promise.all(running);
    expect([...flink.jobs.values()].sort()).toEqual(['CANCELED', 'RUNNING']);
    expect(flink.sessions.size).toBe(0);
  });
});

describe('a session that the gateway lost', () => {
  async function replayed(text: string): Promise<string[]> {
    await run(text);
    flink.loseSessions();
    await run('SHOW TABLES');
    return flink.texts('session-2').slice(0, -1);
  }

  test('is made again from what lived in it alone', async () => {
    const own = [
      "CREATE CATALOG mine WITH ('type' = 'generic_in_memory')",
      "CREATE CATALOG lake WITH ('type' = 'paimon')",
      "CREATE TABLE t (a INT) WITH ('connector' = 'datagen')",
      'ALTER TABLE t RENAME TO u',
      'CREATE DATABASE mine.d',
      "CREATE TABLE mine.d.x (a INT) WITH ('connector' = 'datagen')",
      'USE CATALOG lake',
      'CREATE TEMPORARY VIEW v AS SELECT 1 AS a',
      "CREATE TEMPORARY FUNCTION f AS 'some.Class'",
      'USE mine.d',
      "CREATE TABLE y (a INT) WITH ('connector' = 'datagen')",
    ];
    const others = [
      'CALL sys.compact()',
      'TRUNCATE TABLE lake.d.t',
      "CREATE TABLE lake.d.t (a INT) WITH ('connector' = 'datagen')",
      'ALTER TABLE lake.d.t DROP a',
      'DROP TABLE lake.d.t',
      'CREATE DATABASE lake.e',
      'DROP DATABASE lake.e',
      'ALTER MATERIALIZED TABLE lake.d.m REFRESH',
      'CREATE VIEW lake.d.v AS SELECT 1 AS a',
      "CREATE TABLE lake.d.c WITH ('connector' = 'datagen') AS SELECT 1 AS a",
    ];
    expect(await replayed([...own, ...others].join(';\n'))).toEqual(own);
  });

  test('statements about the current catalog follow USE', async () => {
    const other = "CREATE CATALOG lake WITH ('type' = 'jdbc'); USE CATALOG lake; USE d;";
    expect(await replayed(`${other} DROP TABLE t; ALTER VIEW v RENAME TO w; TRUNCATE TABLE t`)).toEqual([
      "CREATE CATALOG lake WITH ('type' = 'jdbc')",
      'USE CATALOG lake',
      'USE d',
    ]);
  });

  test('what was dropped again is not made again, as often as that was', async () => {
    const table = "CREATE TABLE scratch (a INT) WITH ('connector' = 'datagen')";
    await run("CREATE TABLE kept (a INT) WITH ('connector' = 'datagen')");
    for (let i = 0; i < 5; i++) await run(`${table}; ALTER TABLE scratch SET ('x' = 'y'); DROP TABLE scratch`);
    for (let i = 0; i < 5; i++) await run('CREATE OR REPLACE TEMPORARY VIEW w AS SELECT 1 AS a');
    const like = 'CREATE TABLE copy (b INT) LIKE origin';
    const origin = "CREATE TABLE origin (a INT) WITH ('connector' = 'datagen')";
    expect(await replayed(`${origin}; ${like}; DROP TABLE origin`)).toEqual([
      "CREATE TABLE kept (a INT) WITH ('connector' = 'datagen')",
      'CREATE OR REPLACE TEMPORARY VIEW w AS SELECT 1 AS a',
      origin,
      like,
      'DROP TABLE origin',
    ]);
  });
});

describe('our own catalog beside Flink’s', () => {
  const missing = 'SELECT a FROM missing';

  test.each([
    'TRUNCATE TABLE t',
    'CALL sys.compact()',
    'ALTER MATERIALIZED TABLE m REFRESH',
    "ADD JAR '/some.jar'",
    "COMPILE PLAN '/p.json' FOR INSERT INTO t SELECT 1",
  ])('%s does not put it behind', async (text) => {
    await run(text);
    expect((await session.validate(missing)).map((e) => e.code)).toEqual(['TABLE_NOT_FOUND']);
  });

  test.each(['LOAD MODULE hive', "CREATE MODEL m INPUT (a INT) OUTPUT (b INT) WITH ('provider' = 'x')"])(
    '%s does',
    async (text) => {
      await run(text);
      expect(await session.validate(missing)).toEqual([]);
    },
  );

  test('Flink is asked for the changelog when options change it', async () => {
    const table = "CREATE TABLE t (a INT) WITH ('connector' = 'datagen', 'number-of-rows' = '1');";
    flink.answer = (text) => (text.startsWith('SELECT') ? { job: 'query' } : {});
    await run(`${table} SELECT CAST(a AS VARCHAR(2)) AS b FROM t`);
    expect(flink.texts().filter((text) => text.startsWith('EXPLAIN'))).toEqual([]);
    await run("SET 'table.exec.emit.early-fire.enabled' = 'true'; SELECT CAST(a AS VARCHAR(2)) AS b FROM t");
    expect(flink.texts().filter((text) => text.startsWith('EXPLAIN CHANGELOG_MODE'))).toHaveLength(1);
  });

  test('options are set and taken back in the form without quotes, too', async () => {
    await run("SET my.zone = UTC; SET 'my.own' = 'a b'; SET my.other='x y'; SET my.last=z");
    await run('RESET my.last');
    expect(await session.options()).toEqual({ 'my.zone': 'UTC', 'my.own': 'a b', 'my.other': 'x y' });
    await run('RESET');
    expect(await session.options()).toEqual({});
  });
});
