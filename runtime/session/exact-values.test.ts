import { MessageChannel } from 'node:worker_threads';
import { describe, expect, test } from '@jest/globals';
import { MessagePortTransport } from '../protocol/index.js';
import { typeToString, type ChangelogRow } from '../types/index.js';
import { EmbeddedSession } from './embedded-session.js';
import { GatewaySession } from './gateway-session.js';
import { ProtocolServer } from './protocol-server.js';
import { SharedSessionHost } from './session-host.js';
import type { Session } from './session.js';

const VALUES = [
  'TRUE',
  "CAST('-128' AS TINYINT)",
  "CAST('32767' AS SMALLINT)",
  '2147483647',
  '9223372036854775807',
  "CAST('-9223372036854775808' AS BIGINT)",
  "CAST('0.1' AS FLOAT)",
  '1e300',
  "CAST('NaN' AS DOUBLE)",
  "CAST('-12345678901234567890123456789012345.678' AS DECIMAL(38, 3))",
  "CAST('0.0000000001' AS DECIMAL(38, 10))",
  "'x'",
  "CAST('ab' AS CHAR(5))",
  "CAST('grüße 😀' AS STRING)",
  "X'00ff10'",
  "DATE '0001-01-01'",
  "DATE '9999-12-31'",
  "TIME '23:59:59'",
  "TIMESTAMP '1969-12-31 23:59:59.999999999'",
  "TIMESTAMP '2024-02-29 12:34:56'",
  "CAST(TIMESTAMP '2024-02-29 12:34:56.789' AS TIMESTAMP_LTZ(3))",
  "INTERVAL '1 02:03:04.567' DAY TO SECOND",
  "INTERVAL '-3-2' YEAR TO MONTH",
  'ARRAY[1, CAST(NULL AS INT), 3]',
  "ARRAY[ARRAY['a'], ARRAY['b', 'c']]",
  "MAP['k', ARRAY[1.5, 2.5]]",
  "ROW(1, 'two', ROW(CAST(3 AS DECIMAL(20, 3)), CAST(NULL AS STRING)))",
  'CAST(NULL AS BIGINT)',
  'CAST(NULL AS ROW<a INT, b ARRAY<STRING>>)',
  `PARSE_JSON('{"a": [1, null, "x"]}')`,
];

async function result(session: Session, text: string): Promise<{ types: string[]; rows: readonly ChangelogRow[] }> {
  for await (const statement of session.execute(text)) {
    await statement.done;
    const rows = (await statement.view?.snapshot()) ?? [];
    return { types: statement.columns.map((c) => `${c.name} ${typeToString(c.type)}`), rows };
  }
  throw new Error('no statement');
}

async function changes(session: Session, text: string): Promise<readonly ChangelogRow[]> {
  const rows: ChangelogRow[] = [];
  for await (const statement of session.execute(text, { mode: 'changelog' }))
    for await (const run of statement.view?.changes() ?? []) rows.push(...run);
  return rows;
}

describe('values over a connection', () => {
  test.each([
    ['all types', `SELECT ${VALUES.map((v, i) => `${v} AS c${i}`).join(', ')}`],
    [
      'multisets',
      'SELECT k, COLLECT(v) AS m FROM (VALUES (1, CAST(1.5 AS DECIMAL(5, 2))), (1, 2), (1, 2)) AS t (k, v) GROUP BY k',
    ],
    ['names that are strange', 'SELECT 1 AS `a.b`, 2 AS `op`, 3 AS ``````, 4 AS `ü`'],
    ['no rows', 'SELECT x, ARRAY[x] AS y FROM (VALUES (1)) AS t (x) WHERE x > 1'],
  ])('%s are the same as without it', async (_name, text) => {
    const near = new EmbeddedSession({ options: { 'table.local-time-zone': 'UTC' } });
    const { port1, port2 } = new MessageChannel();
    new ProtocolServer(
      new MessagePortTransport(port1),
      new SharedSessionHost(() => ({ session: near, cluster: 'embedded' })),
    );
    const far = await GatewaySession.open({ connect: async () => new MessagePortTransport(port2), reconnect: 0 });
    try {
      const expected = await result(near, text);
      expect(await result(far, text)).toEqual(expected);
      expect(await changes(far, text)).toEqual(await changes(near, text));
      expect(expected.types.length).toBeGreaterThan(1);
    } finally {
      await far.close();
      await near.close();
    }
  });
});
