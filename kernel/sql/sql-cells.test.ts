import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { decodeRows } from '@streamcell/runtime/protocol/arrow-frame';
import {
  ERROR_MIME,
  VEGALITE_MIME,
  VIEW_MIME,
  type ErrorBundle,
  type ToView,
  type ViewBundle,
} from '@streamcell/runtime/protocol/view-channel';
import { BIGINT, INT, STRING } from '@streamcell/runtime/types/index';
import type { CellResult } from '../host.js';
import { alone, CellHarness, remoteSession, until, type RecordedOutput } from './cell-harness.js';

const numbers = (rows: number | null, perSecond: number): string =>
  `CREATE TABLE numbers (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '${perSecond}',` +
  `${rows === null ? '' : ` 'number-of-rows' = '${rows}',`} 'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '${rows ?? 10_000_000}')`;
const PEOPLE = "(VALUES (1, 'Ann'), (2, 'Bob'), (3, CAST(NULL AS STRING))) AS people (id, name)";

function bundle(output: RecordedOutput, n = output.shown.length - 1): ViewBundle {
  return output.shown[n].data[VIEW_MIME] as ViewBundle;
}

function failure(result: CellResult): { name: string; message: string; text: string; data: ErrorBundle } {
  if (result.ok) throw new Error('the cell was to fail');
  const { name, message, traceback, data } = result.failure;
  return { name, message, text: traceback.join('\n'), data: data?.[ERROR_MIME] as ErrorBundle };
}

describe.each(['embedded', 'remote'])('%%flinksql in an %s session', (where) => {
  let cells: CellHarness;
  const open = async (headless = false): Promise<CellHarness> =>
    new CellHarness({ headless }, alone, where === 'remote' ? await remoteSession() : undefined);
  beforeEach(async () => {
    cells = await open();
  });
  afterEach(() => cells.close());

  describe('outputs', () => {
    test('a bounded query is waited for and shown complete, in every form', async () => {
      const { result, output } = await cells.run(`%%flinksql --name "our people"\nSELECT * FROM ${PEOPLE}`);
      expect(result).toEqual({ ok: true });
      expect(output.shown).toHaveLength(1);
      expect(bundle(output)).toMatchObject({
        version: 1,
        title: 'our people',
        columns: [
          { name: 'id', type: 'INT NOT NULL' },
          { name: 'name', type: 'STRING' },
        ],
        bounded: true,
        cluster: 'embedded',
        mode: 'table',
        status: { state: 'finished', rows: 3, changes: 3 },
        snapshot: [
          ['1', 'Ann'],
          ['2', 'Bob'],
          ['3', null],
        ],
      });
      expect(output.plain(0)).toBe(
        [
          'our people',
          'finished · 3 rows · 3 changes · embedded',
          '+----+------+',
          '| id | name |',
          '+----+------+',
          '|  1 | Ann  |',
          '|  2 | Bob  |',
          '|  3 | NULL |',
          '+----+------+',
          'showing 1-3 of 3',
        ].join('\n'),
      );
      expect(output.shown[0].data['text/html']).toContain('<td style="text-align:left">Ann</td>');
    });

    test('an unbounded query goes live with its first rows and returns; its end is shown as well', async () => {
      await cells.run(`%%flinksql\n${numbers(null, 1000)}`);
      const began = performance.now();
      const { result, output } = await cells.run(
        '%%flinksql\nSELECT MOD(id, 3) AS k, COUNT(*) AS n FROM numbers GROUP BY MOD(id, 3)',
      );
      expect(result.ok).toBe(true);
      expect(performance.now() - began).toBeLessThan(3000);
      expect(bundle(output)).toMatchObject({ status: { state: 'running' }, bounded: false, upsertKey: [0] });
      const frames: ToView[] = [];
      const view = cells.cells.targets
        .get('streamcell.view')
        ?.open(
          { id: 'c1', send: (data) => frames.push(data as ToView), close: () => undefined },
          { stream: bundle(output).stream, viewport: { from: 0, to: 10, mode: 'table' } },
        );
      await until(() => frames.some((f) => f.type === 'frame' && f.rowCount === 3), 'three rows');
      view?.message({ type: 'stop' }, []);
      await until(() => output.shown[0].updates === 1, 'the complete output');
      expect(bundle(output)).toMatchObject({ status: { state: 'stopped', rows: 3 } });
      expect(bundle(output).snapshot).toHaveLength(3);
      view?.closed();
    });

    test('a front end that opens no views sees the saved form brought up to date, until one comes that does', async () => {
      const unwatched = new CellHarness(
        { watched: false },
        alone,
        where === 'remote' ? await remoteSession() : undefined,
      );
      try {
        await unwatched.run(`%%flinksql\n${numbers(null, 100)}`);
        const { output } = await unwatched.run('%%flinksql\nSELECT id FROM numbers');
        const first = bundle(output).status.rows;
        expect(first).toBeGreaterThan(0);
        await until(() => output.shown[0].updates === 2, 'two updates');
        expect(bundle(output).status.rows).toBeGreaterThan(first);
        const channel = { id: 'c', send: () => undefined, close: () => undefined };
        unwatched.cells.targets.get('streamcell.control')?.open(channel, {}).closed();
        await new Promise((resolve) => setTimeout(resolve, 2500));
        expect(output.shown[0].updates).toBe(2);
      } finally {
        await unwatched.close();
      }
    });

    test('each statement has its output, in order', async () => {
      const { result, output } = await cells.run(
        [
          '%%flinksql',
          "CREATE TABLE sink (a INT) WITH ('connector' = 'blackhole');",
          'DESCRIBE sink; -- columns',
          'INSERT INTO sink VALUES (1), (2);',
          'EXPLAIN SELECT 1;',
          'SELECT 2 AS two;',
          "SET 'table.local-time-zone' = 'Asia/Tokyo';",
          'SHOW CREATE TABLE sink',
        ].join('\n'),
      );
      expect(result).toEqual({ ok: true });
      expect(output.plain(0)).toMatch(/^OK · CREATE TABLE sink · \d+ ms$/);
      expect(output.plain(1)).toContain('| a    | INT  |');
      expect(output.plain(2)).toMatch(/^INSERT INTO sink · finished · 2 rows written · .+ · job [0-9a-f]{32}$/);
      expect(output.plain(3)).toContain('== Optimized Physical Plan ==');
      expect(bundle(output, 4).snapshot).toEqual([['2']]);
      expect(output.plain(5)).toMatch(/^OK · SET 'table.local-time-zone' · \d+ ms$/);
      expect(output.plain(6)).toContain("'connector' = 'blackhole'");
      expect(output.shown).toHaveLength(7);
    });

    test('single shows one row, large', async () => {
      const { output } = await cells.run(
        '%%flinksql --mode single\nSELECT COUNT(*) AS bids FROM (VALUES (1), (2)) AS t (a)',
      );
      expect(bundle(output)).toMatchObject({ mode: 'single', snapshot: [['2']] });
      expect(output.plain(0)).toContain('bids: 2');
    });

    test('a changelog shows kinds; so does a session that was set to it', async () => {
      const query = 'SELECT k, COUNT(*) AS n FROM (VALUES (1), (1)) AS t (k) GROUP BY k';
      const { output } = await cells.run(`%%flinksql --mode changelog\n${query}`);
      expect(bundle(output)).toMatchObject({
        mode: 'changelog',
        snapshot: [
          ['+I', '1', '1'],
          ['-U', '1', '1'],
          ['+U', '1', '2'],
        ],
      });
      expect(output.plain(0)).toContain('| -U | 1 | 1 |');
      const set = await cells.run(`%%flinksql\nSET 'sql-client.execution.result-mode' = 'changelog';\n${query}`);
      expect(bundle(set.output)).toMatchObject({ mode: 'changelog' });
    });

    test('a chart is saved with its data', async () => {
      const { output } = await cells.run(`%%flinksql --chart "bar x=name y=id"\nSELECT * FROM ${PEOPLE}`);
      expect(bundle(output)).toMatchObject({ mode: 'chart', chart: { mark: 'bar', x: 'name', y: 'id' } });
      expect(output.shown[0].data[VEGALITE_MIME]).toMatchObject({
        mark: { type: 'bar' },
        data: {
          values: [
            { x: 'Ann', y: 1 },
            { x: 'Bob', y: 2 },
            { x: null, y: 3 },
          ],
        },
      });
    });

    test('hostile values are text in every form', async () => {
      const { output } = await cells.run("%%flinksql\nSELECT '<script>alert(1)</script>&\"''' AS `<b>`");
      const html = String(output.shown[0].data['text/html']);
      expect(html).not.toMatch(/<script|<b>(?!finished)/);
      expect(html).toContain('&lt;script&gt;');
    });
  });

  describe('options', () => {
    test('--limit stops the query with exactly these rows', async () => {
      await cells.run(`%%flinksql\n${numbers(null, 100_000)}`);
      const { result, output } = await cells.run('%%flinksql --limit 250 -o first\nSELECT id FROM numbers');
      expect(result.ok).toBe(true);
      expect(bundle(output)).toMatchObject({ status: { state: 'finished', rows: 250 } });
      const ipc = cells.variables.arrow.get('first') as Uint8Array;
      const rows = decodeRows([{ name: 'id', type: BIGINT() }], ipc, false);
      expect(rows.map((r) => r.fields[0])).toEqual(Array.from({ length: 250 }, (_, i) => BigInt(i + 1)));
      expect((await cells.session.jobs()).filter((j) => j.state === 'running')).toEqual([]);
    });

    test('-o keeps the result as Arrow', async () => {
      await cells.run(`%%flinksql -o people\nSELECT * FROM ${PEOPLE}`);
      const ipc = cells.variables.arrow.get('people') as Uint8Array;
      const columns = [
        { name: 'id', type: INT(false) },
        { name: 'name', type: STRING() },
      ];
      expect(decodeRows(columns, ipc, false).map((r) => r.fields)).toEqual([
        [1, 'Ann'],
        [2, 'Bob'],
        [3, null],
      ]);
    });

    test('--wait with a time gives back a running query after it', async () => {
      await cells.run(`%%flinksql\n${numbers(null, 1000)}`);
      const began = performance.now();
      const { result, output } = await cells.run('%%flinksql --wait 700ms -o sofar\nSELECT id FROM numbers');
      expect(result.ok).toBe(true);
      expect(performance.now() - began).toBeGreaterThan(650);
      expect(bundle(output)).toMatchObject({ status: { state: 'running' } });
      expect(output.text).toMatch(/^sofar holds the [\d,]+ rows so far/);
    });

    test('parameters come from --param, then from variables', async () => {
      cells.variables.values.set('name', "O'Hara -- {x}");
      cells.variables.values.set('n', 5n);
      cells.variables.values.set('ids', new Float64Array([1, 3]));
      const { output } = await cells.run(
        `%%flinksql --param n=7\nSELECT {name} AS a, :n AS b, id FROM ${PEOPLE} WHERE id IN ({ids})`,
      );
      expect(bundle(output).snapshot).toEqual([
        ["O'Hara -- {x}", '7', '1'],
        ["O'Hara -- {x}", '7', '3'],
      ]);
    });

    test('{x!r} is pasted, and errors behind it still point into the cell', async () => {
      cells.variables.values.set('columns', 'id, name, id AS again');
      const code = `%%flinksql\nSELECT {columns!r} FROM ${PEOPLE} WHERE wrong = 1`;
      const { name, data } = failure((await cells.run(code)).result);
      expect(name).toBe('COLUMN_NOT_FOUND');
      expect(code.slice(data.span?.start, data.span?.end)).toBe('wrong');
    });

    test('an interrupt stops the query that is waited for, and leaves the others', async () => {
      await cells.run(`%%flinksql\n${numbers(null, 1000)}`);
      await cells.run('%%flinksql --name other\nSELECT id FROM numbers');
      const stop = new AbortController();
      const running = cells.run('%%flinksql --wait --name mine\nSELECT id FROM numbers;\nSELECT 1', stop.signal);
      setTimeout(() => stop.abort(), 500);
      const { result, output } = await running;
      expect(failure(result).name).toBe('Interrupted');
      expect(output.shown).toHaveLength(1);
      expect(bundle(output)).toMatchObject({ status: { state: 'stopped' } });
      expect((await cells.session.jobs()).map((j) => [j.name, j.state])).toEqual([
        ['other', 'running'],
        ['mine', 'cancelled'],
      ]);
    });

    test('without a front end an unbounded query is stopped, and says so', async () => {
      const headless = await open(true);
      try {
        await headless.run(`%%flinksql\n${numbers(null, 1000)}`);
        const { result, output } = await headless.run('%%flinksql --wait 1s\nSELECT id FROM numbers');
        expect(result.ok).toBe(true);
        expect(output.text).toMatch(/^Stopped after 1 s/);
        expect(bundle(output)).toMatchObject({ status: { state: 'stopped' } });
        expect(bundle(output).snapshot.length).toBe(100);
      } finally {
        await headless.close();
      }
    });

    test.each<[string, RegExp, string]>([
      ['%%flinksql --chrt "line x=a y=b"', /There is no option --chrt/, '--chrt'],
      ['%%flinksql --limit many', /whole number/, 'many'],
      ['%%flinksql --limit', /needs a value/, '--limit'],
      ['%%flinksql --mode tabel', /no mode 'tabel'/, 'tabel'],
      ['%%flinksql --wait=soon', /no time/, 'soon'],
      ['%%flinksql -o 1x', /no name of a variable/, '1x'],
      ['%%flinksql --help=yes', /takes no value/, 'yes'],
      ['%%flinksql --name a --name b', /given twice/, '--name'],
      ['%%flinksql --name "a', /not closed/, '"a'],
      ['%%flinksql SELECT 1', /no option of %%flinksql/, 'SELECT'],
      ['%%flinksql --param 5', /name=value/, '5'],
      ['%%flinksql --cluster prod', /not on 'prod'/, 'prod'],
      ['%%flinksql --chart "line x=name y=idd"', /Column 'idd' is not in the result/, 'idd'],
      ['%%flinksql --chart "lin x=name y=id"', /no mark 'lin'/, 'lin'],
      ['%%flinksql --chart "line x=name"', /has no y/, 'line x=name'],
      ['%%flinksql --chart "line x=id y=name"', /y takes numbers/, 'name'],
    ])('%s is refused at its place', async (head, message, place) => {
      const code = `${head}\nSELECT * FROM ${PEOPLE}`;
      const { result, output } = await cells.run(code);
      const { message: said, data } = failure(result);
      expect(said).toMatch(message);
      expect(said).toMatch(/^1:\d+ /);
      expect(code.slice(data.span?.start, data.span?.end)).toBe(place);
      expect(output.shown).toEqual([]);
      expect((await cells.run('%%flinksql\nSELECT 1')).result.ok).toBe(true);
    });

    test.each([
      ['%%flink_execute_sql', 'table'],
      ['%%flinksql type=update', 'table'],
      ['%flink.ssql(type=single, parallelism=1)', 'single'],
      ['%flink.ssql', 'table'],
      ['%%flinksql type=append', 'table'],
      ['%%flinksql --chart line x=name y=id', 'chart'],
    ])('%s is understood', async (head, mode) => {
      const { result, output } = await cells.run(`${head}\nSELECT * FROM ${PEOPLE}`);
      expect(result).toEqual({ ok: true });
      expect(bundle(output).mode).toBe(mode);
    });

    test('append refuses a query that updates', async () => {
      const code = '%%flinksql --mode append\nSELECT k, COUNT(*) FROM (VALUES (1), (1)) AS t (k) GROUP BY k';
      expect(failure((await cells.run(code)).result).name).toBe('CHANGELOG_MODE');
    });

    test.each(['%%flinksql?', '%%flinksql --help', '%%flinksql -h\nSELECT 1'])('%s shows help', async (code) => {
      const { result, output } = await cells.run(code);
      expect(result).toMatchObject({ ok: true, pager: expect.stringContaining('--limit N') });
      expect(output.shown).toEqual([]);
    });
  });

  describe('errors', () => {
    test('have their place in the cell, marked, with a hint; what came before them stays', async () => {
      const code = `%%flinksql\nSELECT 1 AS first_one;\nSELECT id,\n  nam FROM ${PEOPLE}`;
      const { result, output } = await cells.run(code);
      const { name, message, text, data } = failure(result);
      expect(name).toBe('COLUMN_NOT_FOUND');
      expect(message).toMatch(/^4:3 /);
      expect(text.split('\n').slice(0, 3)).toEqual([
        expect.stringMatching(/^4:3 COLUMN_NOT_FOUND /),
        `    nam FROM ${PEOPLE}`,
        '    ^^^',
      ]);
      expect(text).toContain("Did you mean 'name'");
      expect(code.slice(data.span?.start, data.span?.end)).toBe('nam');
      expect(bundle(output, 0).snapshot).toEqual([['1']]);
      expect((await cells.run('%%flinksql\nSELECT 1')).result.ok).toBe(true);
    });

    test('a query that fails at once is an error and nothing else', async () => {
      const code = '%%flinksql\nSELECT 1 / a AS q FROM (VALUES (1), (0)) AS t (a);\nSELECT 1';
      const { result, output } = await cells.run(code);
      expect(failure(result)).toMatchObject({ name: 'DIVISION_BY_ZERO', message: '2:8 Division by zero.' });
      expect(output.shown).toEqual([]);
    });

    test('a query that fails later shows what it had, and fails the cell', async () => {
      await cells.run(`%%flinksql\n${numbers(1000, 1000)}`);
      const { result, output } = await cells.run('%%flinksql\nSELECT 1 / (id - 600) AS q FROM numbers;\nSELECT 1');
      expect(failure(result)).toMatchObject({ name: 'DIVISION_BY_ZERO', message: '2:8 Division by zero.' });
      expect(output.shown).toHaveLength(1);
      expect(bundle(output)).toMatchObject({ status: { state: 'failed', error: { code: 'DIVISION_BY_ZERO' } } });
      expect(bundle(output).snapshot).toHaveLength(100);
    });

    test('an INSERT that fails at once fails its cell, one that fails later says so in its line', async () => {
      await cells.run(
        `%%flinksql\n${numbers(1000, 1000)};\nCREATE TABLE sink (q BIGINT) WITH ('connector' = 'blackhole')`,
      );
      const quick = await cells.run('%%flinksql\nINSERT INTO sink SELECT 1 / a FROM (VALUES (0)) AS t (a)');
      expect(failure(quick.result)).toMatchObject({ name: 'DIVISION_BY_ZERO' });
      expect(quick.output.shown).toEqual([]);
      const late = await cells.run('%%flinksql\nINSERT INTO sink SELECT 1 / (id - 600) FROM numbers');
      expect(failure(late.result)).toMatchObject({ name: 'DIVISION_BY_ZERO' });
      expect(late.output.plain(0)).toMatch(/^INSERT INTO sink · failed · job \w+\nDIVISION_BY_ZERO Division by zero\./);
    });

    test('an INSERT without an end runs on; its line tells its end', async () => {
      await cells.run(
        `%%flinksql\n${numbers(null, 1000)};\nCREATE TABLE sink (q BIGINT) WITH ('connector' = 'blackhole')`,
      );
      const { result, output } = await cells.run('%%flinksql\nINSERT INTO sink SELECT id FROM numbers;\nSELECT 1');
      expect(result).toEqual({ ok: true });
      expect(output.plain(0)).toMatch(/^INSERT INTO sink · running · job [0-9a-f]{32}$/);
      expect(bundle(output, 1).snapshot).toEqual([['1']]);
      await cells.run('%jobs stop all');
      expect(output.shown[0].updates).toBe(1);
      expect(output.plain(0)).toMatch(/^INSERT INTO sink · stopped · [\d,]+ rows? written/);
    });

    test('who stops a job sees its output complete', async () => {
      await cells.run(`%%flinksql\n${numbers(null, 1000)}`);
      const { output } = await cells.run('%%flinksql\nSELECT id FROM numbers');
      const [job] = await cells.session.jobs();
      expect((await cells.run(`%%flinksql\nSTOP JOB '${job.id}'`)).result).toEqual({ ok: true });
      expect(bundle(output)).toMatchObject({ status: { state: 'stopped' } });
    });

    test('a failure behind a long parameter still points to its place', async () => {
      cells.variables.values.set('text', 'a long text that moves what follows it');
      const code = '%%flinksql\nSELECT {text} AS t, 1 / a AS q FROM (VALUES (1), (0)) AS t (a)';
      const { data } = failure((await cells.run(code)).result);
      expect(code.slice(data.span?.start, data.span?.end)).toBe('1 / a');
    });

    test('a session that goes away leaves what was seen of its results, marked', async () => {
      await cells.run(`%%flinksql\n${numbers(null, 1000)}`);
      const { output } = await cells.run('%%flinksql\nSELECT id FROM numbers');
      const seen = bundle(output).snapshot.length;
      await cells.session.close();
      await until(() => output.shown[0].updates === 1, 'the end of the result');
      expect(['stopped', 'failed']).toContain(bundle(output).status.state);
      expect(bundle(output).snapshot.length).toBeGreaterThanOrEqual(seen);
      expect((await cells.run('%%flinksql\nSELECT 1')).result.ok).toBe(false);
    }, 40_000);

    test('a missing file, a broken statement and an unknown parameter each leave the next cell alone', async () => {
      const file =
        "%%flinksql\nCREATE TABLE f (a INT) WITH ('connector' = 'filesystem', 'path' = '/no/such/file', 'format' = 'csv');\nSELECT * FROM f";
      expect(failure((await cells.run(file)).result).name).toBe('FILE_NOT_FOUND');
      expect(failure((await cells.run('%%flinksql\nSELEC 1')).result)).toMatchObject({
        name: 'SQL_SYNTAX',
        message: expect.stringMatching(/^2:1 /),
      });
      expect(failure((await cells.run('%%flinksql\nSELECT {nothing}')).result)).toMatchObject({
        name: 'PARAMETER_INVALID',
        message: expect.stringMatching(/^2:8 /),
      });
      expect((await cells.run('%%flinksql\nSELECT 1')).result.ok).toBe(true);
    });
  });
});
