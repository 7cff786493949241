import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { FlinkCluster } from '../cluster/flink.js';
import { GatewayProcess } from './gateway-process.js';
import { JupyterServer } from './jupyter-server.js';
import { KernelClient, type CellResult } from './kernel-client.js';
import { sleep } from '../cluster/child-process.js';

/*
 * Wrong input in cells, through a real Jupyter server: the error is the cell's, says where or why, and the next cell works.
 * What is drawn under the text is for errors-on-screen.browser.test.ts.
 */
const ERROR_MIME = 'application/vnd.streamcell.error+json';
const VIEW_MIME = 'application/vnd.streamcell.view+json';

interface Wrong {
  readonly cell: string;
  /** What the message must say. */
  readonly says: RegExp;
  /** The part of the cell that the error points to; absent where there is only a cause. */
  readonly at?: string;
}

let jupyter: JupyterServer;
let kernel: KernelClient;

beforeAll(async () => {
  jupyter = await JupyterServer.start();
  await writeFile(join(jupyter.folder, 'bad.json'), '{"a":1}\n{"a":\n{"a":3}\n');
  kernel = await KernelClient.start(jupyter);
  const ready = await kernel.execute(`%%flinksql
CREATE TABLE small (a INT, t STRING) WITH ('connector' = 'datagen', 'number-of-rows' = '10', 'fields.a.kind' = 'sequence', 'fields.a.start' = '0', 'fields.a.end' = '9');
CREATE TABLE endless (n INT) WITH ('connector' = 'datagen', 'rows-per-second' = '100');
CREATE TABLE sink (a INT) WITH ('connector' = 'blackhole')`);
  expect(ready.error).toBeNull();
});
afterAll(async () => {
  await kernel?.stop();
  await jupyter?.stop();
});

/** The span of the error's bundle, as the text of the cell that it covers. */
function pointedAt(result: CellResult): string | null {
  const bundle = result.bundles.map((b) => b[ERROR_MIME]).find((b) => b !== undefined) as
    { cell: string; span: { start: number; end: number } | null } | undefined;
  if (bundle === undefined || bundle.span === null) return null;
  return bundle.cell.slice(bundle.span.start, bundle.span.end);
}

/** Both languages still answer, and the tables are there. */
async function worksOn(): Promise<void> {
  const sql = await kernel.execute('%%flinksql\nSELECT COUNT(*) AS n FROM small');
  expect(sql.error).toBeNull();
  const [bundle] = sql.bundles.map((b) => b[VIEW_MIME]) as { snapshot: string[][] }[];
  expect(bundle.snapshot).toEqual([['10']]);
  const ts = await kernel.execute('6 * 7');
  expect(ts.bundles.map((b) => b['text/plain'])).toEqual(['42']);
}

const kafka = `CREATE TABLE dead (a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = '127.0.0.1:1', 'scan.startup.mode' = 'earliest-offset', 'format' = 'json')`;
const file = (name: string, path: string, more = ''): string =>
  `CREATE TABLE ${name} (a INT) WITH ('connector' = 'filesystem', 'path' = '${path}', 'format' = 'json'${more})`;

const wrong: Record<string, Wrong> = {
  'a syntax error': { cell: '%%flinksql\nSELEC 1', says: /SELEC/, at: 'SELEC' },
  'an error in the third line': { cell: '%%flinksql\nSELECT a\nFROM small\nWHER a > 1', says: /WHER/, at: 'WHER' },
  'a text that is not closed': { cell: "%%flinksql\nSELECT 'abc", says: /./, at: "'abc" },
  'a reserved word as a name': {
    cell: '%%flinksql\nSELECT a AS value FROM small',
    says: /VALUE.*reserved/i,
    at: 'value',
  },
  'an unknown table': { cell: '%%flinksql\nSELECT * FROM nowhere', says: /nowhere/, at: 'nowhere' },
  'an unknown column': { cell: '%%flinksql\nSELECT a, nope FROM small', says: /nope/, at: 'nope' },
  'an unknown function': {
    cell: '%%flinksql\nSELECT FROBNICATE(a) FROM small',
    says: /FROBNICATE/i,
    at: 'FROBNICATE(a)',
  },
  'a comparison of unlike types': {
    cell: '%%flinksql\nSELECT * FROM small WHERE ARRAY[1] > a',
    says: /./,
    at: 'ARRAY[1] > a',
  },
  'a missing file': {
    cell: `%%flinksql\n${file('missing', '/nowhere/at/all')};\nSELECT * FROM missing`,
    says: /nowhere\/at\/all/,
  },
  'a dead broker': { cell: `%%flinksql --wait\n${kafka};\nSELECT * FROM dead`, says: /127\.0\.0\.1:1/ },
  'a malformed record': { cell: `%%flinksql\n${file('bad', 'bad.json')};\nSELECT * FROM bad`, says: /bad\.json/ },
  'a feature of Flink alone': {
    cell: "%%flinksql\nADD JAR '/tmp/x.jar'",
    says: /not supported/i,
    at: "ADD JAR '/tmp/x.jar'",
  },
  'an unknown option': {
    cell: "%%flinksql\nCREATE TABLE x (a INT) WITH ('connector' = 'datagen', 'rows-per-secnd' = '1');\nSELECT * FROM x",
    says: /rows-per-secnd/,
  },
  'an unknown connector': {
    cell: "%%flinksql\nCREATE TABLE y (a INT) WITH ('connector' = 'carrier-pigeon');\nSELECT * FROM y",
    says: /carrier-pigeon/,
  },
  'a chart of a column that is not there': {
    cell: '%%flinksql --chart "line x=nope y=a"\nSELECT a FROM small',
    says: /nope/,
    at: 'nope',
  },
  'an unknown option of the magic': {
    cell: '%%flinksql --frobnicate\nSELECT 1',
    says: /frobnicate/,
    at: '--frobnicate',
  },
  'an unknown line magic': { cell: '%frobnicate', says: /frobnicate/ },
  'an unknown cell magic': { cell: '%%frobnicate\nSELECT 1', says: /frobnicate/ },
  'a division by zero': { cell: '%%flinksql\nSELECT 1 / a FROM small', says: /zero/i },
  'a cast of what is no number': { cell: "%%flinksql\nSELECT CAST('x' || t AS INT) FROM small", says: /'x|cast/i },
  'a drop of an unknown table': { cell: '%%flinksql\nDROP TABLE nowhere', says: /nowhere/, at: 'nowhere' },
  'a table that exists': {
    cell: "%%flinksql\nCREATE TABLE small (a INT) WITH ('connector' = 'datagen')",
    says: /small/,
    at: 'small',
  },
  'a parameter without a value': {
    cell: '%%flinksql\nSELECT {nothing_there}',
    says: /nothing_there/,
    at: '{nothing_there}',
  },
  'columns that a sink does not take': { cell: '%%flinksql\nINSERT INTO sink SELECT a, t FROM small', says: /./ },
  'a second statement that fails': {
    cell: '%%flinksql\nCREATE VIEW made AS SELECT 1 AS a;\nSELECT b FROM made',
    says: /b/,
    at: 'b',
  },
  'a gateway that is not there': { cell: '%connect ws://127.0.0.1:1', says: /127\.0\.0\.1:1/ },
  'a type error in TypeScript': {
    cell: "const ok = 1;\nconst n: number = 'text';",
    says: /not assignable to type 'number'/,
  },
  'a syntax error in TypeScript': { cell: 'const = 5', says: /./ },
  'an exception in TypeScript': { cell: "throw new RangeError('mine alone')", says: /mine alone/ },
  'a rejected promise in TypeScript': { cell: "await Promise.reject(new Error('not today'))", says: /not today/ },
  'an unknown module': { cell: "import x from 'no-such-module-anywhere'", says: /no-such-module-anywhere/ },
  'an unknown column in the Table API': {
    cell: "from('small').select((t) => ({ x: t.nope }))",
    says: /Property 'nope' does not exist/,
  },
  'an unknown table in the Table API': { cell: "from('nowhere').filter((t) => t.a.gt(5))", says: /nowhere/ },
};

/** Connects the kernel; the token is the value of a variable. */
async function connect(gateway: GatewayProcess, token: string, cluster = ''): Promise<CellResult> {
  await kernel.execute(`var token = ${JSON.stringify(token)};`);
  return kernel.execute(`%connect ${gateway.address}${cluster} --token token`);
}

describe('wrong input', () => {
  test.each(Object.entries(wrong))('%s', async (_, { cell, says, at }) => {
    const result = await kernel.execute(cell);
    expect(result.status).toBe('error');
    expect(result.error?.message).toMatch(says);
    if (at !== undefined) expect(pointedAt(result)).toBe(at);
    // What a front end without the extension shows must say it as well.
    expect(result.error?.traceback).toMatch(says);
    await worksOn();
  });

  test('the statements before a failing one have taken effect', async () => {
    expect((await kernel.execute('%%flinksql\nSELECT a FROM made')).error).toBeNull();
  });

  test('a malformed record that is to be ignored is counted', async () => {
    const result = await kernel.execute(
      `%%flinksql\n${file('tolerant', 'bad.json', ", 'json.ignore-parse-errors' = 'true'")};\nSELECT * FROM tolerant`,
    );
    expect(result.error).toBeNull();
    const view = result.bundles.map((b) => b[VIEW_MIME]).find((b) => b !== undefined) as {
      snapshot: string[][];
      status: { malformed: number };
    };
    expect(view.snapshot).toEqual([['1'], ['3']]);
    expect(view.status.malformed).toBe(1);
  });

  test('an endless loop is interrupted, and what was defined before is kept', async () => {
    await kernel.execute('const kept = 17;');
    const looping = kernel.execute('while (true) {}');
    await sleep(1000);
    await kernel.interrupt();
    expect((await looping).status).toBe('error');
    expect((await kernel.execute('kept + 1')).bundles.map((b) => b['text/plain'])).toEqual(['18']);
    await worksOn();
  });

  test('a query that is waited for is interrupted, and its job ends', async () => {
    const waiting = kernel.execute('%%flinksql --wait\nSELECT n FROM endless');
    await sleep(1500);
    await kernel.interrupt();
    expect((await waiting).status).toBe('error');
    const jobs = await kernel.execute('%%flinksql\nSHOW JOBS');
    expect(JSON.stringify(jobs.bundles)).not.toMatch(/RUNNING/);
    await worksOn();
  });
});

describe('gateways and clusters', () => {
  afterEach(async () => {
    expect((await kernel.execute('%connect embedded')).error).toBeNull();
    await worksOn();
  });

  test('a wrong token is refused, and the session stays as it was', async () => {
    const gateway = await GatewayProcess.start();
    try {
      const refused = await connect(gateway, 'not the token');
      expect(refused.error?.message).toMatch(/token/i);
      expect(JSON.stringify(refused)).not.toContain('not the token');
      await worksOn();
      expect((await connect(gateway, gateway.token)).error).toBeNull();
    } finally {
      await gateway.stop();
    }
  });

  test('a gateway that is killed under a live result', async () => {
    const gateway = await GatewayProcess.start();
    expect((await connect(gateway, gateway.token)).error).toBeNull();
    const live = await kernel.execute(
      "%%flinksql\nCREATE TABLE t (n INT) WITH ('connector' = 'datagen', 'rows-per-second' = '10');\nSELECT COUNT(*) AS n FROM t",
    );
    expect(live.error).toBeNull();
    await gateway.kill();
    const next = await kernel.execute('%%flinksql\nSELECT 1', 120);
    expect(next.status).toBe('error');
    expect(next.error?.message).toMatch(/gateway|connection/i);
  }, 150_000);

  test('Flink: what only the engine has, a wrong statement, and a cluster that is killed', async () => {
    const flink = await new FlinkCluster({ slots: 2, own: true }).start();
    const gateway = await GatewayProcess.start([`flink=${flink.gatewayUrl},${flink.restUrl}`]);
    try {
      expect((await connect(gateway, gateway.token, '?cluster=flink')).error).toBeNull();
      const foreign = await kernel.execute(
        "%%flinksql\nCREATE TABLE n (a INT) WITH ('connector' = 'nexmark');\nSELECT * FROM n",
      );
      expect(foreign.error?.message).toMatch(/nexmark/);
      const wrongColumn = await kernel.execute(
        "%%flinksql\nCREATE TABLE t (n INT) WITH ('connector' = 'datagen', 'rows-per-second' = '10');\nSELECT nope FROM t",
      );
      expect(wrongColumn.error?.message).toMatch(/nope/);
      expect(pointedAt(wrongColumn)).toBe('nope');
      const syntax = await kernel.execute('%%flinksql\nSELECT n FROM');
      expect(syntax.status).toBe('error');
      const live = await kernel.execute('%%flinksql\nSELECT COUNT(*) AS n FROM t');
      expect(live.error).toBeNull();
      await flink.kill('jobmanager', 'taskmanager', 'gateway');
      const after = await kernel.execute('%%flinksql\nSELECT COUNT(*) AS n FROM t', 180);
      expect(after.status).toBe('error');
      expect(after.error?.message).toMatch(/flink|cluster|reach|answer/i);
    } finally {
      await gateway.stop();
      await flink.stop();
    }
  }, 400_000);
});
