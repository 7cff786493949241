import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { EmbeddedSession } from './embedded-session.js';
import type { Statement } from './session.js';

let session: EmbeddedSession;
beforeEach(() => {
  session = new EmbeddedSession({ options: { 'table.local-time-zone': 'UTC' } });
});
afterEach(() => session.close());

async function execute(text: string): Promise<Statement> {
  let last: Statement | null = null;
  for await (const statement of session.execute(text)) {
    last = statement;
    await statement.done;
  }
  if (last === null) throw new Error('no statement');
  return last;
}

const SINKS = "CREATE TABLE a (x INT) WITH ('connector' = 'blackhole'); CREATE TABLE b LIKE a;";

test('a statement set may be opened, filled and closed by texts of their own; its END runs one job', async () => {
  await execute(SINKS);
  await execute('BEGIN STATEMENT SET');
  expect((await execute('INSERT INTO a SELECT 1')).kind).toBe('utility');
  await execute('INSERT INTO b SELECT 2');
  expect(await session.jobs()).toEqual([]);
  const end = await execute('END');
  expect(end.kind).toBe('insert');
  expect((await session.jobs()).map((j) => j.name)).toEqual([
    'insert-into_default_catalog.default_database.a,default_catalog.default_database.b',
  ]);
});

test('nothing but INSERT is let in, and END alone is refused', async () => {
  await execute(SINKS);
  await execute('BEGIN STATEMENT SET');
  await expect(execute('SELECT 1')).rejects.toMatchObject({ code: 'QUERY_INVALID' });
  await expect(execute('CREATE TABLE c (x INT)')).rejects.toMatchObject({ code: 'QUERY_INVALID' });
  expect((await execute('END')).kind).toBe('utility');
  await expect(execute('END')).rejects.toMatchObject({ code: 'QUERY_INVALID' });
  expect((await execute('SELECT 1')).kind).toBe('query');
});

test('pipeline.name names the job of an INSERT too', async () => {
  await execute(`${SINKS} SET 'pipeline.name' = 'mine'; INSERT INTO a SELECT 1;`);
  expect((await session.jobs()).map((j) => j.name)).toEqual(['mine']);
});
