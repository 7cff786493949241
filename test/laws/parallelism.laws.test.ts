import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EmbeddedSession } from '@streamcell/runtime/session/index';
import type { Statement } from '@streamcell/runtime/session/session';
import { materialize } from './one-input.js';

/**
 * A job comes to the same table at every parallelism, whoever looks at its changes, as long as no row is late: rows are out of order by less
 * than the watermark's delay. What is late depends on when a watermark is sent, here as in Flink; so a view of last rows is windowed only
 * where a row is replaced while its window must still be open, or with the one watermark at the end of the input.
 */
const ROWS = 600;
const DELAY = 60;

interface Bid {
  readonly id: number;
  readonly k: number;
  readonly price: number;
  readonly time: number;
}

/** About one a second, no two at one time, with pauses that part sessions; late by at most `disorder` seconds. */
function bids(disorder: number): Bid[] {
  let seed = 7;
  const random = (below: number): number => (seed = (seed * 48271) % 2147483647) % below;
  return Array.from({ length: ROWS }, (_, id) => ({
    id,
    // A key is used for a few seconds, and never again.
    k: Math.floor(id / 8) * 3 + random(3),
    price: random(50),
    time: id + Math.floor(id / 40) * 25 - (disorder > 0 ? random(disorder) : 0) + id / 1000,
  }));
}

const stamp = (seconds: number): string =>
  new Date(Date.UTC(2024, 0, 1) + seconds * 1000).toISOString().slice(0, 23).replace('T', ' ');
const COLUMNS = `id INT, k INT, price INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '${DELAY}' SECOND`;

function values(name: string, rows: readonly Bid[], splits: number, pushed: boolean): string {
  const data = JSON.stringify(rows.map((r) => ['+I', r.id, r.k, r.price, stamp(r.time)]));
  return `CREATE TABLE ${name} (${COLUMNS}) WITH ('connector' = 'values', 'rows' = '${data}', 'splits' = '${splits}',
    'batch-size' = '5', 'watermark-push-down' = '${pushed}');\n`;
}

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'streamcell-parallelism-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Three files of different lengths, each of a stretch of time: at parallelism 2 one subtask reads two of them. */
function files(name: string, rows: readonly Bid[]): string {
  const path = mkdtempSync(join(directory, `${name}-`));
  const cuts = [0, Math.floor(ROWS / 6), Math.floor(ROWS / 2), ROWS];
  for (let i = 0; i < 3; i++) {
    const lines = rows.slice(cuts[i], cuts[i + 1]).map((r) => `${r.id},${r.k},${r.price},${stamp(r.time)}`);
    writeFileSync(join(path, `${i}.csv`), `${lines.join('\n')}\n`);
  }
  return `CREATE TABLE ${name} (${COLUMNS}) WITH ('connector' = 'filesystem', 'path' = '${path}', 'format' = 'csv');\n`;
}

const SOURCES: Record<string, (name: string, rows: readonly Bid[]) => string> = {
  'one split': (name, rows) => values(name, rows, 1, true),
  'one split, watermarks behind the source': (name, rows) => values(name, rows, 1, false),
  'two splits': (name, rows) => values(name, rows, 2, true),
  'three splits, watermarks behind the source': (name, rows) => values(name, rows, 3, false),
  files,
};

const VIEWS = `CREATE VIEW latest AS SELECT id, k, price, ts
  FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS rn FROM bid) WHERE rn = 1;
CREATE VIEW lately AS SELECT id, k, price, ts, price / 25 AS g FROM latest;
CREATE VIEW paired AS SELECT b.id, b.k, b.price, b.ts, a.price AS other FROM bid b, ask a
  WHERE b.k = a.k AND a.ts BETWEEN b.ts - INTERVAL '6' SECOND AND b.ts + INTERVAL '4' SECOND;\n`;
const AGGREGATES = 'COUNT(*) AS n, SUM(price) AS s, COUNT(DISTINCT price) AS d';
const window = (call: string, table: string): string =>
  `SELECT window_start, window_end, price / 10 AS g, ${AGGREGATES} FROM TABLE(${call.replace('*', `TABLE ${table}`)})
   GROUP BY window_start, window_end, price / 10`;
const TUMBLE = "TUMBLE(*, DESCRIPTOR(ts), INTERVAL '20' SECOND)";
const HOP = "HOP(*, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '20' SECOND)";
const CUMULATE = "CUMULATE(*, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '20' SECOND)";

const QUERIES: Record<string, string> = {
  'tumbling windows': window(TUMBLE, 'bid'),
  'hopping windows': window(HOP, 'bid'),
  'cumulating windows': window(CUMULATE, 'bid'),
  sessions: `SELECT window_start, window_end, k, ${AGGREGATES}
    FROM TABLE(SESSION(TABLE bid PARTITION BY k, DESCRIPTOR(ts), INTERVAL '3' SECOND)) GROUP BY window_start, window_end, k`,
  'tumbling windows over last rows': window(TUMBLE, 'latest'),
  'hopping windows over last rows': window(HOP, 'latest'),
  'windows over an interval join': window(TUMBLE, 'paired'),
  'a group aggregate over a join':
    'SELECT a.k, COUNT(*) AS n, SUM(a.price) AS s FROM ask a JOIN bid b ON a.k = b.k GROUP BY a.k',
  'Top-N over a group aggregate': `SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY g ORDER BY s DESC, k) AS rn
    FROM (SELECT k, k / 20 AS g, SUM(price) AS s FROM bid GROUP BY k)) WHERE rn <= 3`,
  'a group aggregate': `SELECT price / 10 AS g, ${AGGREGATES}, MIN(ts) AS t FROM bid GROUP BY price / 10`,
  'an aggregate of an aggregate': `SELECT n, ${AGGREGATES} FROM (SELECT price, COUNT(*) AS n FROM latest GROUP BY price) GROUP BY n`,
  MATCH_RECOGNIZE: `SELECT * FROM bid MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts
    MEASURES FIRST(a.id) AS x, b.id AS y, SUM(a.price) AS s AFTER MATCH SKIP PAST LAST ROW
    PATTERN (a+ b) WITHIN INTERVAL '9' SECOND DEFINE a AS a.price < 30, b AS b.price > LAST(a.price))`,
  'OVER by time':
    "SELECT id, SUM(price) OVER (PARTITION BY k ORDER BY ts RANGE BETWEEN INTERVAL '5' SECOND PRECEDING AND CURRENT ROW) AS s FROM bid",
};

/** Which rows were once the last, and so held a session open, depends on how splits come together: only one split has one result. */
const SESSIONS = `SELECT window_start, window_end, g, ${AGGREGATES}
    FROM TABLE(SESSION(TABLE lately PARTITION BY g, DESCRIPTOR(ts), INTERVAL '9' SECOND)) GROUP BY window_start, window_end, g`;

async function tableOf(
  query: string,
  tables: string,
  parallelism: number,
  mode: string,
  interval: string,
): Promise<string[]> {
  const session = new EmbeddedSession({ options: { 'table.local-time-zone': 'UTC' } });
  try {
    const statements: Statement[] = [];
    const settings = `SET 'parallelism.default' = '${parallelism}'; SET 'sql-client.execution.result-mode' = '${mode}';
      SET 'pipeline.auto-watermark-interval' = '${interval}';\n`;
    for await (const statement of session.execute(`${settings}${tables}${VIEWS}${query};`)) statements.push(statement);
    const last = statements[statements.length - 1];
    await last.done;
    return materialize((await last.view?.snapshot()) ?? []);
  } finally {
    await session.close();
  }
}

async function checkEqual(query: string, source: (name: string, rows: readonly Bid[]) => string): Promise<void> {
  for (const disorder of [0, 5]) {
    const tables =
      source('bid', bids(disorder)) +
      source(
        'ask',
        bids(disorder).map((b) => ({ ...b, price: b.id % 7 })),
      );
    const expected = await tableOf(query, tables, 1, 'changelog', '1 ms');
    expect(expected.length).toBeGreaterThan(3);
    expect(await tableOf(query, tables, 1, 'table', '1 ms')).toEqual(expected);
    expect(await tableOf(query, tables, 2, 'table', '1 ms')).toEqual(expected);
    // Behind the source that is a watermark after every row; at the source, none but the last.
    expect(await tableOf(query, tables, 2, 'changelog', '0 ms')).toEqual(expected);
  }
}

describe.each(Object.entries(SOURCES))('parallelism 2 = 1, a table = its changes: %s', (source, make) => {
  test.each(Object.entries(QUERIES))('%s', (_name, query) => checkEqual(query, make));
  if (source.startsWith('one split')) test('sessions over last rows', () => checkEqual(SESSIONS, make));
});
