import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { decodeRows } from '../protocol/index.js';
import {
  rowKindName,
  StreamcellError,
  Timestamp,
  typeToString,
  type ChangelogRow,
  type Value,
} from '../types/index.js';
import type { ExecuteOptions, Session, Statement, ViewFrame } from './session.js';

/** What a kind of session can do besides the contract: the tests need tables that it can read. */
export interface ContractSetup {
  make(): Promise<Session>;
  /** WITH options of an insert-only bounded table that holds these rows (JSON values, in column order). */
  bounded(rows: readonly (readonly unknown[])[]): string;
  /** WITH options of an unbounded table of columns (id BIGINT, v INT), `perSecond` rows a second. */
  unbounded(perSecond: number): string;
  /** WITH options of a sink that takes everything and keeps nothing. */
  readonly blackhole: string;
}

/**
 * The contract of Session, as tests: every implementation passes them against the real thing.
 */
export function sessionContract(name: string, setup: ContractSetup): void {
  describe(`${name}: the session contract`, () => {
    let session: Session;
    beforeEach(async () => {
      session = await setup.make();
    });
    afterEach(() => session.close());

    const people = (): string =>
      `CREATE TABLE people (id INT, name STRING) WITH (${setup.bounded([
        [1, 'Ann'],
        [2, 'Bob'],
        [3, null],
      ])})`;
    const endless = (perSecond = 1000): string =>
      `CREATE TABLE endless (id BIGINT, v INT) WITH (${setup.unbounded(perSecond)})`;

    async function all(text: string, options?: ExecuteOptions): Promise<Statement[]> {
      const statements: Statement[] = [];
      for await (const statement of session.execute(text, options)) {
        statements.push(statement);
        if (statement.bounded) await statement.done;
      }
      return statements;
    }

    async function rowsOf(text: string): Promise<string[]> {
      const statements = await all(text);
      const view = statements[statements.length - 1].view;
      return ((await view?.snapshot()) ?? []).map((r) => r.fields.map(cell).join(' ')).sort();
    }

    async function changesOf(text: string, options?: ExecuteOptions): Promise<string[]> {
      const lines: string[] = [];
      for await (const statement of session.execute(text, options)) {
        if (statement.view === null || statement.kind !== 'query') continue;
        for await (const run of statement.view.changes()) lines.push(...run.map(line));
      }
      return lines;
    }

    test('statements come in order, each with its place, kind and columns', async () => {
      const text = `${people()};\nSELECT id, name FROM people WHERE id < 3;\nSHOW TABLES`;
      const statements = await all(text);
      expect(statements.map((s) => [s.index, s.kind, s.bounded])).toEqual([
        [0, 'ddl', true],
        [1, 'query', true],
        [2, 'utility', true],
      ]);
      const query = statements[1];
      expect(text.slice(query.span.start, query.span.end)).toBe('SELECT id, name FROM people WHERE id < 3');
      expect(query.columns.map((c) => `${c.name} ${typeToString(c.type)}`)).toEqual(['id INT', 'name STRING']);
      expect(query.changelog).toBe('append');
      expect(query.jobId).toMatch(/^[0-9a-f]{32}$/);
      expect(statements[0].jobId).toBeNull();
    });

    test('DDL answers OK, in one column named result', async () => {
      const [statement] = await all(people());
      expect(statement.columns.map((c) => c.name)).toEqual(['result']);
      expect((await statement.view?.snapshot())?.map(line)).toEqual(['+I OK']);
    });

    test('a bounded query ends with its rows and changes counted', async () => {
      const statements = await all(`${people()}; SELECT * FROM people`);
      expect(await statements[1].done).toMatchObject({ state: 'finished', rows: 3, changes: 3 });
      expect(await statements[1].view?.status()).toMatchObject({ state: 'finished', rows: 3, truncated: false });
      expect(await rowsOf('SELECT * FROM people')).toEqual(['1 Ann', '2 Bob', '3 null']);
    });

    test('every change arrives, in order, for who asks at once', async () => {
      const text = `CREATE TABLE t (a INT) WITH (${setup.bounded([[1], [2], [1]])}); SELECT a, COUNT(*) AS n FROM t GROUP BY a`;
      const lines = await changesOf(text, { mode: 'changelog' });
      expect(lines.filter((l) => l.includes(' 1 '))).toEqual(['+I 1 1', '-U 1 1', '+U 1 2']);
      expect(lines).toContain('+I 2 1');
      expect(lines).toHaveLength(4);
    });

    test('the materialised result is the same for both ways of looking at it', async () => {
      const rows = Array.from({ length: 200 }, (_, i) => [i % 7]);
      await all(`CREATE TABLE t (a INT) WITH (${setup.bounded(rows)})`);
      const query = 'SELECT a, COUNT(*) AS n FROM t GROUP BY a';
      const [table] = await all(query, { mode: 'table' });
      const [changelog] = await all(query, { mode: 'changelog' });
      const snapshot = async (s: Statement): Promise<string[]> => ((await s.view?.snapshot()) ?? []).map(line).sort();
      expect(await snapshot(table)).toEqual(await snapshot(changelog));
      expect(await snapshot(table)).toHaveLength(7);
    });

    test('a failing statement throws with its place, after those before it took effect', async () => {
      const text = `${people()};\nSELECT nope FROM people;\nCREATE TABLE never (a INT) WITH (${setup.bounded([])})`;
      const error = await failure(() => all(text));
      expect(error.code).toBe('COLUMN_NOT_FOUND');
      expect(text.slice(error.span?.start, error.span?.end)).toBe('nope');
      expect(await rowsOf('SHOW TABLES')).toEqual(['people']);
    });

    test('a syntax error names its place, and stops nothing before it', async () => {
      const text = `${people()}; SELEC 1`;
      const error = await failure(() => all(text));
      expect(error.kind).toBe('syntax');
      expect(text.slice(error.span?.start).startsWith('SELEC')).toBe(true);
      expect(await rowsOf('SHOW TABLES')).toEqual(['people']);
    });

    test('an error of a running query reaches done, the changes and the status', async () => {
      const [, query] = await firstTwo(`${people()}; SELECT 1 / (id - 2) AS x FROM people`);
      const error = await failure(() => query.done);
      expect(error.kind).toBe('data');
      expect((await query.view?.status())?.state).toBe('failed');
      expect((await query.view?.status())?.error?.code).toBe(error.code);
    });

    async function firstTwo(text: string): Promise<Statement[]> {
      const statements: Statement[] = [];
      for await (const statement of session.execute(text)) statements.push(statement);
      return statements;
    }

    test('an unbounded query is live, and ends when it is cancelled', async () => {
      await all(endless());
      for await (const statement of session.execute('SELECT id FROM endless')) {
        expect(statement.bounded).toBe(false);
        let seen = 0;
        for await (const run of statement.view?.changes() ?? []) {
          seen += run.length;
          if (seen > 20) break;
        }
        await statement.cancel();
        expect((await statement.done).state).toBe('cancelled');
        expect((await statement.view?.status())?.state).toBe('cancelled');
      }
    });

    test('a reader that stops reading does not stop the query', async () => {
      await all(endless());
      for await (const statement of session.execute('SELECT id FROM endless')) {
        for await (const run of statement.view?.changes() ?? []) {
          expect(run.length).toBeGreaterThan(0);
          break;
        }
        const before = (await statement.view?.status())?.changes ?? 0;
        await until(async () => ((await statement.view?.status())?.changes ?? 0) > before);
        await statement.cancel();
      }
    });

    test('a slow reader of the changes holds the query back', async () => {
      await all(endless(1_000_000));
      for await (const statement of session.execute('SELECT id FROM endless')) {
        for await (const run of statement.view?.changes() ?? []) {
          expect(run.length).toBeGreaterThan(0);
          // What was under way arrives, then nothing more; how long that takes is the network's affair.
          const changes = async (): Promise<number> => (await statement.view?.status())?.changes ?? 0;
          let before = -1;
          let still = 0;
          await until(async () => {
            const last = before;
            await new Promise((resolve) => setTimeout(resolve, 200));
            before = await changes();
            still = before === last ? still + 1 : 0;
            return still === 4;
          });
          await new Promise((resolve) => setTimeout(resolve, 300));
          expect(await changes()).toBe(before);
          break;
        }
        await statement.cancel();
      }
    });

    test('jobs are listed, and stopped by id', async () => {
      await all(endless());
      const statements = await firstTwo('SELECT id FROM endless; SELECT v FROM endless');
      const running = (await session.jobs()).filter((j) => j.state === 'running');
      expect(running.map((j) => j.id).sort()).toEqual(statements.map((s) => s.jobId).sort());
      await session.stopJob(statements[0].jobId as string);
      expect((await statements[0].done).state).toBe('cancelled');
      expect((await session.jobs()).find((j) => j.id === statements[0].jobId)?.state).toBe('cancelled');
      expect((await failure(() => session.stopJob('no such job'))).code).toBe('JOB_NOT_FOUND');
    });

    test('STOP JOB and SHOW JOBS speak of the same jobs', async () => {
      await all(endless());
      const [statement] = await firstTwo('SELECT id FROM endless');
      expect((await rowsOf('SHOW JOBS')).some((row) => row.startsWith(statement.jobId as string))).toBe(true);
      await all(`STOP JOB '${statement.jobId}'`);
      expect((await statement.done).state).toBe('cancelled');
    });

    test('INSERT runs as a job without a view; table.dml-sync waits for it', async () => {
      await all(
        `${people()}; CREATE TABLE nowhere (id INT, name STRING) WITH (${setup.blackhole}); SET 'table.dml-sync' = 'true'`,
      );
      const [insert] = await firstTwo('INSERT INTO nowhere SELECT * FROM people');
      expect(insert).toMatchObject({ kind: 'insert', view: null });
      expect((await insert.done).state).toBe('finished');
    });

    test('a statement set is one job', async () => {
      await all(
        `${people()}; CREATE TABLE n1 (id INT) WITH (${setup.blackhole}); CREATE TABLE n2 (name STRING) WITH (${setup.blackhole})`,
      );
      const [insert] = await firstTwo(
        'EXECUTE STATEMENT SET BEGIN INSERT INTO n1 SELECT id FROM people; INSERT INTO n2 SELECT name FROM people; END',
      );
      expect(insert.kind).toBe('insert');
      expect((await insert.done).state).toBe('finished');
    });

    test('options that were SET are kept, listed and RESET', async () => {
      await all("SET 'table.exec.state.ttl' = '1 h'; SET 'my.own' = 'x'");
      expect(await session.options()).toMatchObject({ 'table.exec.state.ttl': '1 h', 'my.own': 'x' });
      await all("RESET 'my.own'");
      expect(Object.keys(await session.options())).not.toContain('my.own');
    });

    test('views are queries by another name', async () => {
      await all(`${people()}; CREATE VIEW named AS SELECT name FROM people WHERE name IS NOT NULL`);
      expect(await rowsOf('SELECT UPPER(name) FROM named')).toEqual(['ANN', 'BOB']);
      expect(await rowsOf('SHOW VIEWS')).toEqual(['named']);
    });

    test('validate tells errors without running anything', async () => {
      const text = `${people()}; SELECT nope FROM people; SELECT id FROM people; SELEC`;
      const errors = await session.validate(text);
      expect(errors.map((e) => e.code)).toEqual(['COLUMN_NOT_FOUND', 'SQL_SYNTAX']);
      expect(text.slice(errors[0].span?.start, errors[0].span?.end)).toBe('nope');
      expect(await rowsOf('SHOW TABLES')).toEqual([]);
    });

    test('explain has a text for each stage', async () => {
      await all(people());
      for (const stage of ['ast', 'logical', 'optimized', 'physical', 'changelog'] as const) {
        expect(
          (await session.explain('SELECT name, COUNT(*) FROM people GROUP BY name', stage)).length,
        ).toBeGreaterThan(20);
      }
      const [row] = await rowsOf('EXPLAIN SELECT id FROM people');
      expect(row).toContain('people');
    });

    test('complete knows tables, columns, functions and keywords', async () => {
      await all(people());
      const texts = async (text: string): Promise<string[]> =>
        (await session.complete(text, text.length)).map((c) => c.text);
      expect(await texts('SELECT * FROM pe')).toContain('people');
      expect(await texts('SELECT na')).toEqual(expect.any(Array));
      const text = 'SELECT na FROM people';
      expect((await session.complete(text, 9)).map((c) => c.text)).toContain('name');
      expect(await texts('SELECT UPP')).toContain('UPPER');
      expect(await texts('SEL')).toContain('SELECT');
    });

    test('parameters are bound as literals, whatever they hold', async () => {
      await all(people());
      const [query] = await all('SELECT :text AS t, :n AS n, name FROM people WHERE id = :id', {
        parameters: { text: "it's; DROP TABLE people", n: -1.5, id: 1 },
      });
      expect((await query.view?.snapshot())?.map((r) => r.fields[0])).toEqual(["it's; DROP TABLE people"]);
      expect((await query.view?.snapshot())?.map((r) => r.fields[1])).toEqual([-1.5]);
      const text = 'SELECT id FROM people WHERE id = :missing';
      const error = await failure(() => all(text, { parameters: {} }));
      expect(text.slice(error.span?.start, error.span?.end)).toBe(':missing');
    });

    test('a viewport shows a part of the result, sorted and filtered, as Arrow', async () => {
      const rows = Array.from({ length: 50 }, (_, i) => [i, i % 2 === 0 ? 'even' : 'odd']);
      const statements = await all(`CREATE TABLE t (a INT, b STRING) WITH (${setup.bounded(rows)}); SELECT * FROM t`);
      const { view, columns } = statements[1];
      const frame = await new Promise<ViewFrame>((resolve) => {
        const subscription = view?.subscribe(
          { from: 0, to: 3, sort: [{ column: 0, ascending: false }], filter: [{ column: 1, contains: 'EVE' }] },
          (f) => {
            subscription?.close();
            resolve(f);
          },
        );
      });
      expect(frame.rowCount).toBe(25);
      expect(decodeRows(columns, frame.arrow, false).map((r) => r.fields[0])).toEqual([48, 46, 44]);
    });

    test('a live viewport gets at most two frames that were not acknowledged, and the latest state', async () => {
      await all(endless());
      const [query] = await firstTwo('SELECT COUNT(*) AS n FROM endless');
      const frames: ViewFrame[] = [];
      const subscription = query.view?.subscribe({ from: 0, to: 10 }, (frame) => frames.push(frame));
      await until(async () => frames.length >= 2);
      await new Promise((resolve) => setTimeout(resolve, 400));
      expect(frames.map((f) => f.seq)).toEqual([1, 2]);
      subscription?.acknowledge(2);
      await until(async () => frames.length >= 3);
      const count = (frame: ViewFrame): number =>
        Number(decodeRows(query.columns, frame.arrow, false)[0]?.fields[0] ?? 0);
      expect(count(frames[2])).toBeGreaterThan(count(frames[1]));
      await query.cancel();
    });

    test('a view keeps no more rows than asked, and says so', async () => {
      const rows = Array.from({ length: 100 }, (_, i) => [i]);
      await all(`CREATE TABLE t (a INT) WITH (${setup.bounded(rows)})`);
      const [query] = await all('SELECT a FROM t', { maxRows: 10 });
      expect(await query.view?.status()).toMatchObject({ rows: 10, truncated: true, changes: 100 });
      // The newest, when only insertions come.
      expect((await query.view?.snapshot())?.map((r) => Number(r.fields[0])).sort((a, b) => a - b)).toEqual(
        Array.from({ length: 10 }, (_, i) => 90 + i),
      );
    });

    test('a truncated view of a result that changes keeps the first rows, and what changes them', async () => {
      const rows = [...Array.from({ length: 20 }, (_, i) => [i, 1]), ...Array.from({ length: 20 }, (_, i) => [i, 2])];
      await all(`CREATE TABLE t (k INT, a INT) WITH (${setup.bounded(rows)})`);
      const [query] = await all('SELECT k, SUM(a) AS s FROM t GROUP BY k', { maxRows: 5, mode: 'changelog' });
      expect(await query.view?.status()).toMatchObject({ rows: 5, truncated: true });
      expect((await query.view?.snapshot())?.every((r) => Number(r.fields[1]) === 3)).toBe(true);
    });

    test('abort stops what runs and what would come', async () => {
      await all(endless());
      const stop = new AbortController();
      const statements: Statement[] = [];
      for await (const statement of session.execute('SELECT id FROM endless; SHOW TABLES', { signal: stop.signal })) {
        statements.push(statement);
        stop.abort();
      }
      expect(statements).toHaveLength(1);
      expect((await statements[0].done).state).toBe('cancelled');
    });

    test('close stops all jobs, may be called twice, and lets nothing more in', async () => {
      await all(endless());
      const [query] = await firstTwo('SELECT id FROM endless');
      await session.close();
      await session.close();
      expect((await query.done).state).toBe('cancelled');
      expect((await failure(() => all('SHOW TABLES'))).code).toBe('SESSION_CLOSED');
    });
  });
}

function cell(value: Value): string {
  return value instanceof Timestamp ? new Date(value.millis).toISOString() : String(value);
}

function line(row: ChangelogRow): string {
  return [rowKindName(row.kind), ...row.fields.map(cell)].join(' ');
}

async function failure(action: () => Promise<unknown>): Promise<StreamcellError> {
  try {
    await action();
  } catch (thrown) {
    if (thrown instanceof StreamcellError) return thrown;
    throw thrown;
  }
  throw new Error('it did not fail');
}

/** Polls: there is no event for what a session does on its own. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 15_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error('it did not happen in time');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
