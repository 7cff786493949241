import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { decodeRows } from '../protocol/index.js';
import { StreamcellError } from '../types/index.js';
import { EmbeddedSession } from './embedded-session.js';
import { LimitedStatement } from './limited-statement.js';
import type { ExecuteOptions, Statement, StatementEnd } from './session.js';

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

  test('that cannot be stopped fails, and takes nobody along', async () => {
    const query = await start('SELECT id FROM endless');
    const view = query.view as NonNullable<Statement['view']>;
    const unhandled: unknown[] = [];
    const note = (thrown: unknown): void => void unhandled.push(thrown);
    process.on('unhandledRejection', note);
    try {
      let end: () => void = () => undefined;
      const done = new Promise<StatementEnd>((resolve) => {
        end = () => resolve({ state: 'cancelled', rows: 0, changes: 0, milliseconds: 0 });
      });
      const cancel = async (): Promise<void> => {
        throw new StreamcellError('CLUSTER_UNREACHABLE', 'nothing answers');
      };
      const limited = new LimitedStatement({ ...query, done, cancel }, view, 10);
      let reached = false;
      const look = limited.view.subscribe({ from: 0, to: 0 }, ({ seq }) => queueMicrotask(() => look.acknowledge(seq)));
      while (!reached) reached = (await view.status()).rows >= 10;
      // Frames that came are dealt with, and what nobody caught is told, by now.
      await expect(limited.view.status()).rejects.toMatchObject({ code: 'CLUSTER_UNREACHABLE' });
      await new Promise((resolve) => setTimeout(resolve, 200));
      look.close();
      end();
      await expect(limited.done).rejects.toMatchObject({ code: 'CLUSTER_UNREACHABLE' });
      expect(unhandled).toEqual([]);
    } finally {
      process.off('unhandledRejection', note);
    }
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
