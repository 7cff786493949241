import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { EmbeddedSession } from './embedded-session.js';
import type { Statement, ViewStatus } from './session.js';

const endless = (rows: string): string =>
  `'connector' = 'values', 'rows' = '${rows}', 'bounded' = 'false', 'terminating' = 'false'`;
const TWO = '[["+I", 1, "2026-01-01 00:00:01"], ["+I", 2, "2026-01-01 00:00:02"]]';
const TABLES = `
  CREATE TABLE quiet (v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH (${endless('[]')});
  CREATE TABLE two (v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH (${endless(TWO)});
  CREATE TABLE parts (v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts)
    WITH (${endless(TWO)}, 'splits' = '3', 'watermark-push-down' = 'true')`;
const windowed = (table: string, tvf = 'TUMBLE', sizes = "INTERVAL '10' SECOND"): string =>
  `SELECT window_start, COUNT(*) AS n FROM TABLE(${tvf}(TABLE ${table}, DESCRIPTOR(ts), ${sizes}))
   GROUP BY window_start, window_end`;

describe('a query without rows says why', () => {
  let session: EmbeddedSession;
  beforeEach(async () => {
    session = new EmbeddedSession();
    await last(TABLES);
  });
  afterEach(() => session.close());

  async function last(text: string): Promise<Statement> {
    let statement: Statement | null = null;
    for await (const next of session.execute(text)) statement = next;
    if (statement === null) throw new Error('a statement is expected');
    return statement;
  }

  /** The status once it says what is expected, or the last one. */
  async function statusOf(query: string, expected: string): Promise<ViewStatus | undefined> {
    const { view } = await last(query);
    let status: ViewStatus | undefined;
    for (const deadline = Date.now() + 20_000; Date.now() < deadline;) {
      status = await view?.status();
      if (status?.why === expected) return status;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return status;
  }

  test.each<[string, string, number]>([
    ['SELECT * FROM quiet', "No row has come from 'quiet' yet.", 0],
    [windowed('quiet'), "No row has come from 'quiet' yet.", 0],
    ['SELECT * FROM two WHERE v > 7', 'None of 2 rows meets the condition (v > 7).', 2],
    ['SELECT * FROM two AS a JOIN parts AS b ON a.v = b.v + 10', 'No match so far among 4 rows of the join.', 4],
    ['SELECT * FROM two AS a JOIN quiet AS b ON a.v = b.v', "No row has come from 'quiet' yet.", 2],
    [
      windowed('two'),
      'Windows of 10 s close once the watermark has passed their end; the watermark is at 2025-12-31 23:59:57.',
      2,
    ],
    [
      windowed('two', 'HOP', "INTERVAL '1' MINUTE, INTERVAL '1' HOUR"),
      'A window closes every 1 min, once the watermark has passed its end; the watermark is at 2025-12-31 23:59:57.',
      2,
    ],
    [
      windowed('two', 'SESSION', "INTERVAL '25' MINUTE"),
      'Session windows close once the watermark is 25 min past their last row; the watermark is at 2025-12-31 23:59:57.',
      2,
    ],
    [
      'SELECT v FROM two ORDER BY ts',
      'Rows come out when the watermark has passed them; the watermark is at 2025-12-31 23:59:57.',
      2,
    ],
    [
      windowed('parts'),
      "There is no watermark yet: a part of 'parts' has sent no row with a time. Set 'table.exec.source.idle-timeout' = '5 s' to let silent parts be skipped.",
      2,
    ],
  ])('%s', async (query, expected, rowsIn) => {
    expect(await statusOf(query, expected)).toMatchObject({ why: expected, rowsIn, rows: 0 });
  });

  test('nothing any more once there is a row', async () => {
    const { view } = await last('SELECT v FROM two');
    let status: ViewStatus | undefined;
    while ((status = await view?.status())?.rows !== 2) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(status).not.toHaveProperty('why');
    expect(status).not.toHaveProperty('rowsIn');
  });
});
