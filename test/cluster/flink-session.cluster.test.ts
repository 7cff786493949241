import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FlinkSession, openFlinkSession } from '@streamcell/runtime/flink/index';
import { EmbeddedSession } from '@streamcell/runtime/session/index';
import type { ExecuteOptions, Session, Statement } from '@streamcell/runtime/session/session';
import { INSERT, MapValue, StreamcellError, typeToString, type ChangelogRow } from '@streamcell/runtime/types/index';
import { FlinkCluster } from './flink.js';
import { JobManagerClient } from './job-manager-client.js';

const flink = new FlinkCluster({ slots: 8 });
const files = mkdtempSync(join(tmpdir(), 'streamcell-flink-session-'));
/** Far from UTC, and with a summer time. */
const options = { 'table.local-time-zone': 'America/Los_Angeles' };
let onFlink: Session;
let embedded: EmbeddedSession;

beforeAll(async () => {
  await flink.start();
  onFlink = await openFlinkSession({ gateway: flink.gatewayUrl, jobManager: flink.restUrl, options });
  embedded = new EmbeddedSession({ options });
}, 600_000);
afterAll(async () => {
  await onFlink?.close();
  await embedded?.close();
  await flink.stop();
  rmSync(files, { recursive: true, force: true });
});

async function all(session: Session, text: string, given?: ExecuteOptions): Promise<Statement[]> {
  const statements: Statement[] = [];
  for await (const statement of session.execute(text, given)) {
    statements.push(statement);
    if (statement.bounded) await statement.done;
  }
  return statements;
}

async function failure(action: () => Promise<unknown>): Promise<StreamcellError> {
  const thrown = await action().then(
    () => new Error('it did not fail'),
    (error: unknown) => error,
  );
  if (thrown instanceof StreamcellError) return thrown;
  throw thrown;
}

/** Rows as texts that show every bit of a value, in an order of their own. */
function shown(rows: readonly ChangelogRow[] | undefined): string[] {
  return (rows ?? [])
    .map(({ fields }) =>
      JSON.stringify(fields, (_key, value: unknown) => {
        if (value instanceof MapValue) {
          const texts = shown(value.entries.map((entry) => ({ kind: INSERT, fields: entry })));
          return { entries: texts };
        }
        if (typeof value === 'bigint') return `${value}n`;
        if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
        return value instanceof Uint8Array ? [...value] : value;
      }),
    )
    .sort();
}

async function result(session: Session, text: string): Promise<{ columns: string[]; rows: string[] }> {
  const statement = (await all(session, text)).at(-1);
  return {
    columns: (statement?.columns ?? []).map((c) => `${c.name} ${typeToString(c.type)}`),
    rows: shown(await statement?.view?.snapshot()),
  };
}

async function same(text: string): Promise<readonly string[]> {
  const [there, here] = [await result(onFlink, text), await result(embedded, text)];
  expect(there).toEqual(here);
  return there.rows;
}

function jsonTable(name: string, columns: string, rows: readonly object[]): string {
  const path = join(files, `${name}.json`);
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return `CREATE TABLE ${name} (${columns}) WITH ('connector' = 'filesystem', 'path' = 'file://${path}', 'format' = 'json');`;
}

describe('values of every type are the same as on the embedded engine', () => {
  const columns: Readonly<Record<string, readonly string[]>> = {
    numbers: [
      'CAST(-128 AS TINYINT)',
      'CAST(32767 AS SMALLINT)',
      '-2147483648',
      '9223372036854775807',
      'CAST(-9007199254740993 AS BIGINT)',
      "CAST('12345678901234567890123456.123456789012' AS DECIMAL(38, 12))",
      'CAST(100 AS DECIMAL(10, 2))',
      'CAST(0.0000001 AS DECIMAL(10, 7))',
      'CAST(0.1 AS FLOAT)',
      "CAST('1.7976931348623157E308' AS DOUBLE)",
      'CAST(NULL AS BIGINT)',
      'CAST(NULL AS DECIMAL(5, 1))',
    ],
    texts: [
      'TRUE',
      "CAST('a' AS CHAR(3))",
      "CAST('it''s \"ä\" 🎈 \\u0001 12345678901234567890' AS STRING)",
      "''",
      'CAST(NULL AS STRING)',
      "X'00ff10'",
      "CAST(X'01' AS BYTES)",
      'CAST(NULL AS BYTES)',
    ],
    times: [
      "DATE '0001-01-01'",
      "DATE '9999-12-31'",
      "TIME '23:59:59'",
      "CAST(TIME '12:34:56.789' AS TIME(3))",
      "TIMESTAMP '2020-01-02 03:04:05.123456789'",
      "TIMESTAMP '1969-12-31 23:59:59.999'",
      "CAST('2020-07-01 00:00:00' AS TIMESTAMP_LTZ(3))",
      'TO_TIMESTAMP_LTZ(1604217599000, 3)',
      'TO_TIMESTAMP_LTZ(-1, 3)',
      "INTERVAL '1 02:03:04.005' DAY TO SECOND",
      "INTERVAL '1-2' YEAR TO MONTH",
      'CAST(NULL AS TIMESTAMP(3))',
    ],
    nested: [
      "ROW(1, 'a', CAST(NULL AS INT))",
      'ARRAY[1, NULL, 3]',
      "MAP['k', 9223372036854775807, 'l', CAST(NULL AS BIGINT)]",
      "ARRAY[ROW(DATE '2020-01-01', X'ff')]",
      "MAP['when', TO_TIMESTAMP_LTZ(0, 3)]",
      'CAST(NULL AS ARRAY<INT>)',
    ],
    'maps that JSON has no form for': [
      'MAP[1, ARRAY[CAST(1.5 AS DECIMAL(5, 2)), NULL]]',
      'MAP[TRUE, ROW(1, CAST(NULL AS INT))]',
      'ARRAY[MAP[1, 2]]',
      "MAP[TIMESTAMP '2020-01-01 00:00:00.5', CAST(0.1 AS FLOAT)]",
      "MAP[DATE '2020-01-01', TO_TIMESTAMP_LTZ(0, 3)]",
      "'plain, text = {too}'",
      'CAST(NULL AS STRING)',
    ],
  };
  test.each(Object.keys(columns))('%s', async (group) => {
    const list = columns[group].map((text, i) => `${text} AS c${i}`);
    expect(await same(`SELECT ${list.join(', ')}`)).toHaveLength(1);
  });

  test('multisets, and numbers that are none', async () => {
    await same("SELECT COLLECT(a) AS m FROM (VALUES ('x'), ('x'), ('y')) AS t(a)");
    await same('SELECT COLLECT(b) AS n, MAX(b) AS m FROM (VALUES (1), (1), (2)) AS t(b)');
    await same(
      "SELECT CAST(s AS DOUBLE) AS d, CAST(s AS FLOAT) AS f FROM (VALUES ('NaN'), ('-Infinity'), ('1e-40')) AS t(s)",
    );
  });

  test('what the gateway cannot send is refused with a way out, and the job is stopped', async () => {
    const error = await failure(() => all(onFlink, "SELECT MAP[1, 'a, 2=b'] AS m"));
    expect(error.code).toBe('TYPE_UNSUPPORTED');
    expect(error.hint).toContain('MAP_ENTRIES');
    expect((await onFlink.jobs()).filter((j) => j.state === 'running')).toEqual([]);
    expect(await same("SELECT MAP_ENTRIES(MAP[1, 'a, 2=b']) AS m")).toHaveLength(1);
  });
});

describe('results that change come to the same table as on the embedded engine', () => {
  const bids = Array.from({ length: 600 }, (_, i) => ({
    id: i,
    auction: (i * 7) % 23,
    bidder: (i * 13) % 11,
    price: (i * 7919) % 1009,
  }));
  const auctions = Array.from({ length: 30 }, (_, i) => ({ id: i, item: `item ${i % 5}` }));

  beforeAll(async () => {
    for (const session of [onFlink, embedded]) {
      await all(session, jsonTable('bids', 'id BIGINT, auction INT, bidder INT, price INT, ts AS PROCTIME()', bids));
      await all(session, jsonTable('auctions', 'id INT, item STRING', auctions));
    }
  }, 60_000);

  test('an aggregate per key', async () => {
    expect(await same('SELECT auction, COUNT(*) AS n, SUM(price) AS s FROM bids GROUP BY auction')).toHaveLength(23);
  });

  test('groups that come and go', async () => {
    await same('SELECT auction, COUNT(*) AS n FROM bids GROUP BY auction HAVING MOD(COUNT(*), 2) = 0');
  });

  test('the best row per key, an upsert changelog whose key Flink does not tell', async () => {
    const text = `SELECT auction, bidder, price, id FROM (
      SELECT *, ROW_NUMBER() OVER (PARTITION BY auction ORDER BY price DESC, id) AS place FROM bids
    ) WHERE place <= 1`;
    const [statement] = await all(onFlink, text);
    expect(statement.changelog).toBe('upsert');
    expect(statement.upsertKey).toEqual([0]);
    expect(await same(text)).toHaveLength(23);
  });

  test('the best three per key, with their places', async () => {
    const text = `SELECT auction, place, price FROM (
      SELECT *, ROW_NUMBER() OVER (PARTITION BY auction ORDER BY price DESC, id) AS place FROM bids
    ) WHERE place <= 3`;
    expect(await same(text)).toHaveLength(69);
  });

  describe('the first row per key by event time', () => {
    const first = `SELECT id, k, ts FROM (
      SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts) AS place FROM seen
    ) WHERE place = 1`;
    // What comes first is not the first by its time.
    const seen = Array.from({ length: 40 }, (_, i) => ({
      id: i,
      k: i % 3,
      ts: `2020-01-01 00:00:${String(59 - ((i * 7) % 40)).padStart(2, '0')}`,
    }));
    const columns = "id INT, k INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' MINUTE";
    const batches = ['enabled = true', 'allow-latency = 1s', 'size = 4'];

    beforeAll(async () => {
      for (const session of [onFlink, embedded]) await all(session, jsonTable('seen', columns, seen));
    }, 60_000);

    test('is inserted only', async () => {
      expect((await all(onFlink, first))[0].changelog).toBe('append');
      expect(await same(first)).toHaveLength(3);
    });

    test.each([
      ['quoted', batches.map((b) => `SET 'table.exec.mini-batch.${b.replace(' = ', "' = '")}';`)],
      ['without quotes', batches.map((b) => `SET table.exec.mini-batch.${b};`)],
    ])('is updated when Flink works in mini-batches (options %s)', async (_form, options) => {
      const batched = await openFlinkSession({ gateway: flink.gatewayUrl, jobManager: flink.restUrl });
      try {
        await all(batched, `${jsonTable('seen', columns, seen)} ${options.join(' ')}`);
        const [statement] = await all(batched, first);
        expect([statement.bounded, statement.changelog, statement.upsertKey]).toEqual([true, 'upsert', [1]]);
        const status = await statement.view?.status();
        expect(status?.changes).toBeGreaterThan(3);
        expect(shown(await statement.view?.snapshot())).toEqual((await result(embedded, first)).rows);
      } finally {
        await batched.close();
      }
    });

    test('is bounded or not also when only Flink can tell', async () => {
      const unread = await openFlinkSession({ gateway: flink.gatewayUrl, jobManager: flink.restUrl });
      const endless = jsonTable('more', columns, []).replace(/WITH .*/, "WITH ('connector' = 'datagen');");
      try {
        // With such an option Flink is asked, whatever its value.
        await all(
          unread,
          `${jsonTable('seen', columns, seen)} ${endless} SET 'table.exec.emit.late-fire.enabled' = 'false'`,
        );
        expect((await all(unread, first))[0].bounded).toBe(true);
        expect((await all(unread, 'SELECT s.ts FROM seen s LEFT JOIN more m ON s.id = m.id'))[0].bounded).toBe(false);
        expect((await all(unread, 'SELECT m.ts FROM more m'))[0].bounded).toBe(false);
      } finally {
        await unread.close();
      }
    });

    test('windows that fire early update what they said', async () => {
      const early = await openFlinkSession({ gateway: flink.gatewayUrl, jobManager: flink.restUrl });
      const windows = `SELECT TUMBLE_START(ts, INTERVAL '10' SECOND) AS w, COUNT(*) AS n FROM seen GROUP BY TUMBLE(ts, INTERVAL '10' SECOND)`;
      try {
        const emit =
          "SET 'table.exec.emit.early-fire.enabled' = 'true'; SET 'table.exec.emit.early-fire.delay' = '0 s';";
        await all(early, `${jsonTable('seen', columns, seen)} ${emit}`);
        const [statement] = await all(early, windows);
        expect(statement.changelog).not.toBe('append');
        expect(shown(await statement.view?.snapshot())).toEqual((await result(embedded, windows)).rows);
      } finally {
        await early.close();
      }
    });
  });

  test('an outer join', async () => {
    await same('SELECT a.id, a.item, b.price FROM auctions a LEFT JOIN bids b ON a.id = b.auction AND b.price > 900');
    await same(
      'SELECT a.item, COUNT(b.id) AS n FROM auctions a FULL OUTER JOIN bids b ON a.id = b.auction GROUP BY a.item',
    );
  });

  test('rows without a key, some of them equal', async () => {
    await same('SELECT MAX(price) AS m FROM bids GROUP BY bidder, MOD(auction, 3)');
  });

  test('at parallelism 2', async () => {
    const text = 'SELECT auction, MAX(price) AS m FROM bids GROUP BY auction';
    const [statement] = await all(onFlink, text, { parallelism: 2 });
    expect(shown(await statement.view?.snapshot())).toEqual((await result(embedded, text)).rows);
  });

  test('what our own catalog does not know is planned by Flink: boundedness, changelog and key', async () => {
    const top = `SELECT auction, bidder, price FROM (
      SELECT *, ROW_NUMBER() OVER (PARTITION BY auction ORDER BY price DESC, id) AS place FROM bids
    ) WHERE place <= 1`;
    const unread = await openFlinkSession({ gateway: flink.gatewayUrl, jobManager: flink.restUrl, options });
    try {
      await all(unread, jsonTable('bids', 'id BIGINT, auction INT, bidder INT, price INT', bids));
      // The engine has no models: from here on our catalog lacks what Flink has, and is not asked.
      await all(
        unread,
        "CREATE MODEL m INPUT (a INT) OUTPUT (b INT) WITH ('provider' = 'some', 'task' = 'regression')",
      );
      expect(await unread.validate('SELECT a FROM only_flink_knows')).toEqual([]);
      const [statement] = await all(unread, top);
      expect([statement.bounded, statement.upsertKey]).toEqual([true, [0]]);
      expect(shown(await statement.view?.snapshot())).toEqual((await result(embedded, top)).rows);
    } finally {
      await unread.close();
    }
  });
});

describe('jobs', () => {
  const endless =
    "CREATE TABLE IF NOT EXISTS endless (id BIGINT, v INT) WITH ('connector' = 'datagen', 'rows-per-second' = '100');";

  test('a job has the name asked for, its vertices, and is cancelled when the JobManager says so', async () => {
    const cluster = new JobManagerClient(flink.restUrl);
    await all(onFlink, endless);
    for await (const statement of onFlink.execute('SELECT v, COUNT(*) AS n FROM endless GROUP BY v', {
      name: 'my own job',
    })) {
      const id = statement.jobId as string;
      const info = (await onFlink.jobs()).find((j) => j.id === id);
      expect(info?.name).toBe('my own job');
      expect(info?.operators.length).toBeGreaterThan(1);
      await statement.cancel();
      expect(await cluster.state(id)).toBe('CANCELED');
      expect((await statement.done).state).toBe('cancelled');
    }
  });

  test('a job that somebody else cancels is cancelled here too', async () => {
    await all(onFlink, endless);
    const [query] = await all(onFlink, 'SELECT id FROM endless');
    await new JobManagerClient(flink.restUrl).cancel(query.jobId as string);
    expect((await query.done).state).toBe('cancelled');
  });

  test('an INSERT writes, and its end is seen', async () => {
    const out = join(files, 'out');
    const [, insert] = await all(
      onFlink,
      `CREATE TABLE written (a INT) WITH ('connector' = 'filesystem', 'path' = 'file://${out}', 'format' = 'csv');
       INSERT INTO written VALUES (1), (2)`,
    );
    const [read] = await all(onFlink, 'SELECT a FROM written');
    expect(shown(await read.view?.snapshot())).toEqual(['[1]', '[2]']);
    expect(await insert.done).toMatchObject({ state: 'finished', counted: false });
    const [, counted] = await all(
      onFlink,
      "CREATE TABLE taken (a INT) WITH ('connector' = 'blackhole'); INSERT INTO taken VALUES (1), (2), (3)",
    );
    expect(await counted.done).toMatchObject({ state: 'finished', rows: 3, counted: true });
  });

  test('a limit ends the query, and its job on the cluster', async () => {
    await all(onFlink, endless);
    const [query] = await all(onFlink, 'SELECT id FROM endless', { limit: 7 });
    expect(await query.done).toMatchObject({ state: 'finished', rows: 7 });
    const state = (await onFlink.jobs()).find((j) => j.id === query.jobId)?.state;
    expect(['cancelled', 'finished']).toContain(state);
  });

  test('detached INSERTs run on, closed ones do not', async () => {
    const cluster = new JobManagerClient(flink.restUrl);
    const text = `${endless} CREATE TABLE nowhere (id BIGINT) WITH ('connector' = 'blackhole'); INSERT INTO nowhere SELECT id FROM endless; SELECT id FROM endless`;
    const address = { gateway: flink.gatewayUrl, jobManager: flink.restUrl };
    const detached = await FlinkSession.open(address);
    const [, , left, query] = await all(detached, text);
    await detached.detach();
    expect((await query.done).state).toBe('cancelled');
    expect(await cluster.state(left.jobId as string)).toBe('RUNNING');
    await cluster.cancel(left.jobId as string);

    const closed = await FlinkSession.open(address);
    const [, , insert] = await all(closed, text);
    await closed.close();
    expect((await insert.done).state).toBe('cancelled');
    expect(await cluster.state(insert.jobId as string)).toBe('CANCELED');
  });
});

describe('errors are Flink’s, in their place', () => {
  const cases: readonly [string, string, string, RegExp][] = [
    ['SELECT nope FROM known', 'COLUMN_NOT_FOUND', 'nope', /^Column 'nope' not found/],
    ['SELECT 1;\nSELECT *\n  FROM missing', 'TABLE_NOT_FOUND', 'missing', /^Object 'missing' not found$/],
    ['SELECT nothing_like_it(1)', 'FUNCTION_NOT_FOUND', 'nothing_like_it(1)', /^No match found for function signature/],
    ['SELECT a FORM known', 'SQL_SYNTAX', 'known', /^Encountered "known"/],
    ["SELECT 'a' + 1", 'TYPE_MISMATCH', "'a' + 1", /^Cannot apply '\+'/],
    ['SELECT a, COUNT(*) FROM known', 'NOT_GROUPED', 'a', /^Expression 'a' is not being grouped/],
    [
      "CREATE TABLE n (a INT) WITH ('connector' = 'nexmark'); SELECT * FROM n",
      'CONNECTOR_UNSUPPORTED',
      'SELECT * FROM n',
      /'nexmark'/,
    ],
    ['USE CATALOG nowhere', 'CATALOG_NOT_FOUND', 'nowhere', /nowhere/],
    ['DROP TABLE missing', 'TABLE_NOT_FOUND', 'missing', /missing/],
    [
      "SELECT CAST(b AS INT) FROM (VALUES ('x')) AS t(b)",
      'CAST_FAILED',
      "SELECT CAST(b AS INT) FROM (VALUES ('x')) AS t(b)",
      /x/,
    ],
  ];
  test.each(cases)('%s', async (text, code, place, message) => {
    await all(
      onFlink,
      "CREATE TABLE IF NOT EXISTS known (a INT) WITH ('connector' = 'datagen', 'number-of-rows' = '3')",
    );
    const error = await failure(() => all(onFlink, text));
    expect([error.code, text.slice(error.span?.start, error.span?.end)]).toEqual([code, place]);
    expect(error.message).toMatch(message);
    expect(error.message).not.toMatch(/org\.apache|\tat |Caused by/);
    await all(onFlink, 'DROP TABLE IF EXISTS n');
  });

  test('a connector of the embedded engine is named as such', async () => {
    const error = await failure(() =>
      all(onFlink, "CREATE TEMPORARY TABLE n2 (a INT) WITH ('connector' = 'nexmark'); SELECT * FROM n2"),
    );
    expect(error.hint).toContain('embedded');
  });

  test('addresses where no Flink answers', async () => {
    const open = (gateway: string, jobManager: string) => () => openFlinkSession({ gateway, jobManager });
    for (const [gateway, jobManager] of [
      ['http://127.0.0.1:9', flink.restUrl],
      [flink.gatewayUrl, 'http://127.0.0.1:9'],
      [flink.restUrl, flink.restUrl],
      [flink.gatewayUrl, flink.gatewayUrl],
    ])
      expect((await failure(open(gateway, jobManager))).code).toBe('CLUSTER_UNREACHABLE');
    expect((await failure(open('flink', flink.restUrl))).code).toBe('OPTION_INVALID');
    expect((await failure(open('http://user:hidden@127.0.0.1:9', flink.restUrl))).message).not.toContain('hidden');
  });
});
