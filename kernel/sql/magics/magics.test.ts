import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { VIEW_MIME } from '@streamcell/runtime/protocol/view-channel';
import { StreamcellError } from '@streamcell/runtime/types/index';
import type { CellResult, Sessions } from '../../host.js';
import { CellHarness } from '../cell-harness.js';

const ENDLESS =
  "CREATE TABLE endless (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100', " +
  "'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '10000000')";

function said(result: CellResult): string {
  return result.ok ? 'ok' : `${result.failure.name} ${result.failure.message}`;
}

/** What the failure points to. */
function place(result: CellResult, code: string): string {
  const bundle = result.ok ? undefined : result.failure.data?.['application/vnd.streamcell.error+json'];
  const { span } = bundle as { span: { start: number; end: number } };
  return code.slice(span.start, span.end);
}

describe('line magics', () => {
  let cells: CellHarness;
  beforeEach(() => {
    cells = new CellHarness();
  });
  afterEach(() => cells.close());

  test('%lsmagic lists what there is, and every line of it has help', async () => {
    const { output } = await cells.run('%lsmagic');
    const names = [...output.plain(0).matchAll(/^(%{1,2})(\w+)/gm)].map(([, marks, name]) => marks + name);
    expect(names).toEqual(['%%flinksql', '%%ts', '%catalog', '%connect', '%explain', '%jobs', '%load_sql', '%lsmagic']);
    for (const name of names.filter((n) => n !== '%%ts')) {
      const { result } = await cells.run(`${name}?`);
      expect(result).toMatchObject({ ok: true, pager: expect.stringContaining(name) });
    }
  });

  test.each([
    ['%job', /There is no magic %job\./, "Did you mean '%jobs'?"],
    ['%%flinksq\nSELECT 1', /There is no magic %%flinksq\./, "Did you mean '%%flinksql'?"],
    ['%%sql\nSELECT 1', /There is no magic %%sql\./, "Did you mean '%%flinksql'?"],
    ['%flink.bsql', /There is no magic %flink\.bsql\./, "Did you mean '%%flinksql'?"],
    ['%cluster create', /There is no magic %cluster\./, '%lsmagic'],
    ['%savepoint', /There is no magic %savepoint\./, '%lsmagic'],
    ['%secret x', /There is no magic %secret\./, '%lsmagic'],
    ['%%jobs', /%%jobs is no magic of a whole cell/, '%jobs'],
    ['%%bash\nls', /There is no magic %%bash/, '%lsmagic'],
  ])('%s is unknown, and says what there is', async (code, message, hint) => {
    const { result } = await cells.run(code);
    expect(said(result)).toMatch(message);
    expect(said(result)).toMatch(/^MAGIC_UNKNOWN 1:1 /);
    expect(result.ok ? '' : result.failure.traceback.join('\n')).toContain(hint);
  });

  test('%jobs lists and stops', async () => {
    expect((await cells.run('%jobs')).output.plain(0)).toBe('no jobs');
    await cells.run(`%%flinksql\n${ENDLESS}`);
    await cells.run('%%flinksql --name mine\nSELECT id FROM endless');
    const [job] = await cells.session.jobs();
    const listed = (await cells.run('%jobs')).output;
    expect(listed.plain(0)).toMatch(/\| id +\| name +\| state +\| since +\| +rows \|/);
    expect(listed.plain(0)).toContain(`| ${job.id} | mine | running |`);
    const stopped = await cells.run(`%jobs stop ${job.id.slice(0, 8)}`);
    expect(stopped.output.plain(0)).toBe(`stopped · mine · job ${job.id}`);
    expect((await cells.session.jobs())[0].state).toBe('cancelled');
    const unknown = await cells.run('%jobs stop zzz');
    expect(said(unknown.result)).toMatch(/JOB_NOT_FOUND 1:12 /);
    const wrong = await cells.run('%jobs halt 5');
    expect(place(wrong.result, '%jobs halt 5')).toBe('halt');
  });

  test('%explain shows a plan at a stage, of one line or of the rest of the cell', async () => {
    expect((await cells.run('%explain SELECT 1')).output.plain(0)).toMatch(/Values|Calc/);
    const ast = (await cells.run('%%explain --stage ast\nSELECT\n 1')).output;
    expect(JSON.parse(ast.plain(0))).toMatchObject({ kind: 'QueryStatement' });
    const code = '%explain\nSELECT a\nFROM nowhere';
    const { result } = await cells.run(code);
    expect(said(result)).toMatch(/^TABLE_NOT_FOUND 3:6 /);
    expect(place(result, code)).toBe('nowhere');
    expect(said((await cells.run('%explain --stage phisical SELECT 1')).result)).toMatch(
      /MAGIC_INVALID 1:18 .*phisical/,
    );
    expect(said((await cells.run('%explain --stag ast SELECT 1')).result)).toMatch(/There is no option --stag/);
    expect(said((await cells.run('%explain')).result)).toMatch(/A statement is missing/);
  });

  test('%catalog shows tables and views with their columns', async () => {
    await cells.run(`%%flinksql\n${ENDLESS};\nCREATE VIEW odd AS SELECT id FROM endless WHERE MOD(id, 2) = 1;`);
    const { output } = await cells.run('%catalog');
    expect(output.plain(0)).toBe(
      [
        'default_catalog  catalog',
        '  default_database  database',
        '    endless  table',
        '      id  BIGINT',
        '    odd  view',
        '      id  BIGINT',
      ].join('\n'),
    );
    expect(output.shown[0].data['text/html']).toContain('<summary>endless');
  });

  test('%load_sql runs a file; what is wrong in it has its place in it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'streamcell-magics-'));
    try {
      const good = join(folder, 'good.sql');
      const bad = join(folder, 'bad one.sql');
      await writeFile(good, '\ufeff-- first\nSELECT 5 AS five;\n');
      await writeFile(bad, 'SELECT 1 AS a;\nSELECT b FROM nowhere;\n');
      const { output } = await cells.run(`%load_sql ${good}`);
      expect(output.shown[0].data[VIEW_MIME]).toMatchObject({ snapshot: [['5']] });
      const failed = await cells.run(`%load_sql "${bad}"`);
      expect(said(failed.result)).toMatch(/^TABLE_NOT_FOUND .*bad one\.sql:2:15 /);
      expect(failed.output.shown).toHaveLength(1);
      expect(said((await cells.run('%load_sql nofile.sql')).result)).toMatch(/FILE_NOT_FOUND 1:11 .*nofile/);
      expect(said((await cells.run(`%load_sql ${folder}`)).result)).toMatch(/FILE_ACCESS .*directory/);
      expect(said((await cells.run('%load_sql')).result)).toMatch(/A file is missing/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('a cell may hold several; a failing one ends it', async () => {
    const { result, output } = await cells.run('\n%jobs\n-- and\n%lsmagic\n%jobs stop x\n%jobs');
    expect(output.shown).toHaveLength(2);
    expect(said(result)).toMatch(/JOB_NOT_FOUND 5:12 /);
  });

  test('beside TypeScript they stand alone; in a SQL notebook SQL may follow', async () => {
    expect(said((await cells.run('%jobs\nconst a = 1')).result)).toMatch(/MAGIC_INVALID 2:1 .*nothing else/);
    const sql = new CellHarness({ language: 'sql' });
    try {
      const { result, output } = await sql.run('%jobs\nSELECT 7 AS seven');
      expect(result).toEqual({ ok: true });
      expect(output.shown[1].data[VIEW_MIME]).toMatchObject({ snapshot: [['7']] });
      const wrong = await sql.run('%jobs\nSELECT x FROM nowhere');
      expect(said(wrong.result)).toMatch(/TABLE_NOT_FOUND 2:15 /);
      const whole = await sql.run('SELECT 8 AS eight');
      expect(whole.output.shown[0].data[VIEW_MIME]).toMatchObject({ snapshot: [['8']] });
    } finally {
      await sql.close();
    }
  });
});

describe('%connect', () => {
  const SECRET = 'hunter2-is-long';
  let cells: CellHarness;
  let asked: { address: string; token: string | null } | null;
  let refusal: StreamcellError | null;
  let heard: AbortSignal | undefined;
  beforeEach(() => {
    asked = null;
    refusal = null;
    const sessions = {
      cluster: 'embedded',
      connect: async (address: string, token: string | null, signal?: AbortSignal) => {
        heard = signal;
        asked = { address, token };
        if (refusal !== null) throw refusal;
        sessions.cluster = 'prod';
      },
      disconnect: async () => {
        sessions.cluster = 'embedded';
      },
      onChange: () => undefined,
    };
    cells = new CellHarness({}, (current): Sessions => Object.assign(sessions, { current }));
  });
  afterEach(() => cells.close());

  test('takes the token from a variable, and shows none of it', async () => {
    cells.variables.values.set('token', SECRET);
    const { result, output } = await cells.run('%connect ws://localhost:8090?cluster=prod --token token');
    expect(result).toEqual({ ok: true });
    expect(asked).toEqual({ address: 'ws://localhost:8090/?cluster=prod', token: SECRET });
    expect(output.plain(0)).toBe('connected · localhost:8090 · prod');
    expect((await cells.run('%flink_connect embedded')).output.plain(0)).toBe('connected · embedded');
  });

  test('what connects hears of the interrupt', async () => {
    const controller = new AbortController();
    await cells.run('%connect ws://localhost:8090', controller.signal);
    expect(heard?.aborted).toBe(false);
    controller.abort();
    expect(heard?.aborted).toBe(true);
  });

  test('a refusal has its place, and never the token', async () => {
    cells.variables.values.set('token', SECRET);
    refusal = new StreamcellError('SESSION_CLOSED', `The token ${SECRET} is wrong.`);
    const code = '%connect ws://localhost:8090 --token token';
    const { result } = await cells.run(code);
    expect(JSON.stringify(result)).not.toContain(SECRET);
    expect(said(result)).toBe('SESSION_CLOSED 1:10 The token *** is wrong.');
    expect(place(result, code)).toBe('ws://localhost:8090');
  });

  test.each([
    ['%connect', /An address is missing/],
    ['%connect a b', /One address is expected/],
    ['%connect nonsense', /'nonsense' is no address/],
    ['%connect ftp://x', /begins with ws/],
    ['%connect ws://x?token=abc', /does not belong into a cell/],
    ['%connect ws://abc@x', /does not belong into a cell/],
    ['%connect ws://u:p@x', /does not belong into a cell/],
    ['%connect ws://x --token nothing', /no variable nothing/],
    ['%connect ws://x --tokn t', /no option --tokn/],
  ])('%s is refused', async (code, message) => {
    expect(said((await cells.run(code)).result)).toMatch(message);
    expect(asked).toBeNull();
  });
});
