import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { writeExactJson } from './exact-json.js';
import { FlinkCluster } from './flink.js';
import { GatewayError, type GatewaySession, SqlGatewayClient } from './sql-gateway-client.js';

const flink = new FlinkCluster({ slots: 4 });
let session: GatewaySession;

beforeAll(async () => {
  await flink.start();
  session = await new SqlGatewayClient(flink.gatewayUrl).openSession({ 'parallelism.default': '1' });
}, 600_000);
afterAll(async () => {
  await flink.stop();
});

describe('the Flink of our tests', () => {
  test('answers a query with types and changelog', async () => {
    const result = await session.execute('SELECT a, COUNT(*) AS c FROM (VALUES (1), (1)) AS t(a) GROUP BY a');
    expect(result.columns).toEqual([
      { name: 'a', type: 'INT NOT NULL' },
      { name: 'c', type: 'BIGINT NOT NULL' },
    ]);
    expect(result.rows.map((row) => row.kind + writeExactJson(row.fields))).toEqual(['+I[1,1]', '-U[1,1]', '+U[1,2]']);
    expect(result.complete).toBe(true);
  }, 120_000);

  test('keeps numbers that a double cannot hold', async () => {
    const result = await session.execute("SELECT 9007199254740993, CAST('12345678901234567890.12' AS DECIMAL(30, 2))");
    expect(result.rows.map((row) => writeExactJson(row.fields))).toEqual([
      '[9007199254740993,12345678901234567890.12]',
    ]);
  }, 120_000);

  test('tells a refused text from a failed job', async () => {
    const refused = await session.execute('SELECT nope FROM (VALUES (1)) AS t(a)').catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(GatewayError);
    expect((refused as GatewayError).phase).toBe('validation');
    const failed = await session
      .execute('SELECT 1 / (a - a) FROM (VALUES (1), (2)) AS t(a)')
      .catch((error: unknown) => error);
    expect((failed as GatewayError).phase).toBe('runtime');
  }, 120_000);

  test('ends an unbounded query at the limit', async () => {
    await session.execute("CREATE TABLE ticks (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '50')");
    const result = await session.execute('SELECT * FROM ticks', { rows: 3 });
    expect(result.rows).toHaveLength(3);
    expect(result.complete).toBe(false);
  }, 120_000);
});
