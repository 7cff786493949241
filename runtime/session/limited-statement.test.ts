import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { decodeRows } from '../protocol/index.js';
import { EmbeddedSession } from './embedded-session.js';
import type { ExecuteOptions, Statement } from './session.js';

const ENDLESS =
  "CREATE TABLE endless (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '50000', " +
  "'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '100000000')";

describe('a query with a limit', () => {
  let session: EmbeddedSession;
  beforeEach(async () => {
    session = new EmbeddedSession();
    await start(ENDLESS);
  });
  afterEach(() => session.close());

  async function start(text: string, options?: ExecuteOptions): Promise<Statement> {
    let last: Statement | null = null;
    for await (const statement of session.execute(text, options)) last = statement;
    return last as unknown as Statement;
  }

  test('ends with exactly so many rows', async () => {
    const query = await start('SELECT id FROM endless', { limit: 1234 });
    expect(query.bounded).toBe(true);
    expect(await query.done).toMatchObject({ state: 'finished', rows: 1234 });
    expect(await query.view?.status()).toMatchObject({ state: 'finished', rows: 1234 });
    const rows = await query.view?.snapshot();
    expect(rows?.map((r) => r.fields[0])).toEqual(Array.from({ length: 1234 }, (_, i) => BigInt(i + 1)));
    expect((await session.jobs())[0].state).toBe('cancelled');
  });

  test('never shows more, and shows the last state to who looked on', async () => {
    const query = await start('SELECT id FROM endless', { limit: 2000 });
    const seen: number[] = [];
    let last: bigint[] = [];
    const subscription = query.view?.subscribe({ from: 1990, to: 2010 }, (frame) => {
      seen.push(frame.seq);
      expect(frame.rowCount).toBeLessThanOrEqual(2000);
      last = decodeRows(query.columns, frame.arrow, false).map((r) => r.fields[0] as bigint);
      queueMicrotask(() => subscription?.acknowledge(frame.seq));
    });
    await query.done;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(last).toEqual(Array.from({ length: 10 }, (_, i) => BigInt(1991 + i)));
    expect(seen).toEqual(seen.map((_, i) => i + 1));
    subscription?.close();
  });

  test('a result of fewer rows ends as it would', async () => {
    const query = await start('SELECT * FROM (VALUES (1), (2)) AS t (a)', { limit: 5 });
    expect(await query.done).toMatchObject({ state: 'finished', rows: 2 });
    expect(await query.view?.snapshot()).toHaveLength(2);
  });

  test('counts the rows of the result, not its changes', async () => {
    const query = await start('SELECT MOD(id, 10) AS k, COUNT(*) AS n FROM endless GROUP BY MOD(id, 10)', {
      limit: 10,
    });
    expect(await query.done).toMatchObject({ rows: 10 });
    expect(new Set((await query.view?.snapshot())?.map((r) => r.fields[0])).size).toBe(10);
  });

  test('cuts the changes off as well', async () => {
    const ids: unknown[] = [];
    for await (const query of session.execute('SELECT id FROM endless', { limit: 77 })) {
      for await (const run of query.view?.changes() ?? []) ids.push(...run.map((r) => r.fields[0]));
      expect(await query.done).toMatchObject({ rows: 77 });
    }
    expect(ids).toEqual(Array.from({ length: 77 }, (_, i) => BigInt(i + 1)));
  });

  test('that cannot be stopped fails, and does not end the process', async () => {
    // In a process of its own: the tests' own one survives what nobody catches.
    const script = `
      const { LimitedStatement } = await import(process.argv[1]);
      const view = {
        columns: [],
        subscribe: (_viewport, onFrame) => {
          setImmediate(() => onFrame({ seq: 1, from: 0, rowCount: 0, status: { rows: 100 } }));
          return { acknowledge: () => {}, update: () => {}, close: () => {} };
        },
        status: async () => ({ rows: 100 }),
      };
      let end;
      const done = new Promise((resolve) => (end = resolve));
      const cancel = () => Promise.reject(new Error('it cannot be stopped'));
      const limited = new LimitedStatement({ done, cancel, columns: [] }, view, 10);
      for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
      end({ state: 'cancelled', rows: 100, changes: 100, milliseconds: 1 });
      console.log(await limited.done.catch((thrown) => thrown.message));`;
    const module = new URL('./limited-statement.js', import.meta.url).href;
    const run = promisify(execFile);
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script, module]);
    expect(stdout.trim()).toBe('it cannot be stopped');
  });

  test('can be cancelled before it is reached, and fails as its query does', async () => {
    const query = await start('SELECT id FROM endless WHERE id < 0', { limit: 5 });
    await query.cancel();
    expect(await query.done).toMatchObject({ state: 'cancelled', rows: 0 });
    const failing = await start('SELECT 1 / (id - 3) AS q FROM endless', { limit: 50_000_000 });
    await expect(failing.done).rejects.toMatchObject({ code: 'DIVISION_BY_ZERO' });
    expect(await failing.view?.status()).toMatchObject({ state: 'failed' });
  });
});
