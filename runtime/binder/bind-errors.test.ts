import { describe, expect, test } from '@jest/globals';
import { Catalog } from '../catalog/index.js';
import { connectorCatalog } from '../connectors/registry.js';
import { parseScript } from '../parser/parser.js';
import { planStatement } from '../planner/index.js';
import { positionAt, StreamcellError, type ErrorCode } from '../types/index.js';
import { applyDdl, bind, bindInserts, type BindOptions } from './index.js';

const TABLES = `
CREATE TABLE bid (auction BIGINT, bidder BIGINT, price BIGINT, r ROW<x INT, y STRING>, ts TIMESTAMP(3), p AS PROCTIME(), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'values');
CREATE TABLE plain (auction BIGINT, at_time TIMESTAMP(3)) WITH ('connector' = 'values');
CREATE TABLE changes (id BIGINT, v BIGINT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'values', 'changelog-mode' = 'I,UB,UA,D');
CREATE TABLE append_sink (id BIGINT, v BIGINT NOT NULL) WITH ('connector' = 'values', 'sink-changelog-mode' = 'I');
CREATE TABLE keyed_sink (id BIGINT, v BIGINT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'values', 'sink-changelog-mode' = 'I,UA,D');
CREATE TABLE no_connector (a INT);
CREATE VIEW v AS SELECT auction FROM bid;
`;

function prepared(): (text: string) => BindOptions {
  const catalog = new Catalog();
  const options = (text: string): BindOptions => ({
    catalog,
    connectors: connectorCatalog,
    timeZone: 'UTC',
    options: {},
    text,
  });
  for (const { statement } of parseScript(TABLES).statements) applyDdl(statement, options(TABLES));
  return options;
}

function run(sql: string): void {
  const options = prepared();
  const script = parseScript(sql);
  if (script.errors[0]) throw script.errors[0];
  const context = {
    connectors: connectorCatalog,
    options: {},
    timeZone: 'UTC',
    parallelism: 1,
    mode: 'changelog',
  } as const;
  for (const { statement } of script.statements) {
    if (statement.kind === 'QueryStatement')
      planStatement({ kind: 'query', root: bind(statement.query, options(sql)) }, context);
    else if (statement.kind === 'Insert') planStatement(bindInserts([statement], options(sql)), context);
    else applyDdl(statement, options(sql));
  }
}

function caught(sql: string): StreamcellError {
  try {
    run(sql);
  } catch (error) {
    if (error instanceof StreamcellError) return error;
    throw error;
  }
  throw new Error(`no error: ${sql}`);
}

/** Statement, code, line:column of its place, and what the message or hint says. */
const ERRORS: readonly (readonly [string, ErrorCode, string, string])[] = [
  ['SELECT auctio FROM bid', 'COLUMN_NOT_FOUND', '1:8', "'auction'"],
  ['SELECT b.prize\nFROM bid b', 'COLUMN_NOT_FOUND', '1:8', "'price'"],
  ['SELECT price FROM bid WHERE\n  x.price > 1', 'COLUMN_NOT_FOUND', '2:3', "'x'"],
  ['SELECT r.z FROM bid', 'COLUMN_NOT_FOUND', '1:10', "'x' or 'y'"],
  ['SELECT price.x FROM bid', 'TYPE_MISMATCH', '1:14', 'not a ROW'],
  ['SELECT * FROM bids', 'TABLE_NOT_FOUND', '1:15', "'bid'"],
  ['SELECT * FROM nowhere.bid', 'DATABASE_NOT_FOUND', '1:15', 'nowhere'],
  ['SELECT * FROM nowhere.x.bid', 'CATALOG_NOT_FOUND', '1:15', 'default_catalog'],
  ['SELECT auction FROM bid a JOIN bid b ON a.auction = b.auction', 'COLUMN_AMBIGUOUS', '1:8', 'auction'],
  ['SELECT a.auction FROM bid a JOIN bid a ON TRUE', 'QUERY_INVALID', '1:34', "'a'"],
  ['SELECT x.* FROM bid', 'TABLE_NOT_FOUND', '1:8', 'bid'],
  ['SELECT * FROM no_connector', 'OPTION_MISSING', '1:15', 'connector'],
  ['SELECT UPER(auction) FROM bid', 'FUNCTION_NOT_FOUND', '1:8', 'UPPER'],
  ['SELECT UPPER(1)', 'FUNCTION_ARGUMENTS', '1:8', 'UPPER'],
  ['SELECT price + TRUE FROM bid', 'FUNCTION_ARGUMENTS', '1:8', '+'],
  ["SELECT CASE WHEN price > 1 THEN 1 ELSE 'x' END FROM bid", 'TYPE_MISMATCH', '1:8', 'CASE'],
  ['SELECT auction FROM bid WHERE price', 'TYPE_MISMATCH', '1:31', 'WHERE'],
  ['SELECT auction FROM bid WHERE COUNT(*) > 1', 'AGGREGATE_MISPLACED', '1:31', 'WHERE'],
  ['SELECT COUNT(*) FROM bid GROUP BY COUNT(*)', 'AGGREGATE_MISPLACED', '1:35', 'GROUP BY'],
  ['SELECT SUM(COUNT(*)) FROM bid', 'AGGREGATE_MISPLACED', '1:12', 'COUNT'],
  ['SELECT price FROM bid GROUP BY auction', 'NOT_GROUPED', '1:8', "'price'"],
  ['SELECT auction FROM bid GROUP BY 1', 'NOT_GROUPED', '1:8', "'auction'"],
  ['SELECT auction AS a FROM bid GROUP BY a', 'COLUMN_NOT_FOUND', '1:39', "'a'"],
  ['SELECT GROUPING(price) FROM bid GROUP BY auction', 'NOT_GROUPED', '1:17', 'GROUPING'],
  ['SELECT auction FROM bid ORDER BY price', 'QUERY_INVALID', '1:34', 'non-time-attribute'],
  ['SELECT auction FROM bid ORDER BY 7 LIMIT 1', 'QUERY_INVALID', '1:34', 'Ordinal'],
  ['SELECT auction FROM bid UNION SELECT auction, price FROM bid', 'QUERY_INVALID', '1:31', 'UNION'],
  ['SELECT auction FROM bid UNION ALL SELECT ts FROM bid', 'TYPE_MISMATCH', '1:35', 'column 1'],
  ["SELECT * FROM (VALUES (1), ('a'))", 'TYPE_MISMATCH', '1:16', 'VALUES'],
  ['SELECT (SELECT auction, price FROM bid)', 'QUERY_INVALID', '1:8', 'one column'],
  ['SELECT (SELECT COUNT(*) + 1 FROM changes WHERE id = auction) FROM bid', 'SQL_UNSUPPORTED', '1:8', 'COUNT'],
  ["SELECT INTERVAL '100' SECOND", 'QUERY_INVALID', '1:8', 'SECOND(2)'],
  ['SELECT 99999999999999999999', 'QUERY_INVALID', '1:8', 'out of range'],
  ['SELECT NULL AS a', 'QUERY_INVALID', '1:8', 'NULL'],
  ["SELECT DATE '2020-02-30'", 'QUERY_INVALID', '1:8', 'DATE'],
  [
    "SELECT * FROM TABLE(TUMBLE(TABLE plain, DESCRIPTOR(at_time), INTERVAL '1' SECOND))",
    'TIME_ATTRIBUTE_REQUIRED',
    '1:52',
    'time attribute',
  ],
  [
    "SELECT * FROM TABLE(TUMBEL(TABLE bid, DESCRIPTOR(ts), INTERVAL '1' SECOND))",
    'FUNCTION_NOT_FOUND',
    '1:21',
    "'TUMBLE'",
  ],
  ["SELECT * FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(tz), INTERVAL '1' SECOND))", 'COLUMN_NOT_FOUND', '1:50', "'ts'"],
  [
    "SELECT * FROM TABLE(HOP(TABLE bid, DESCRIPTOR(ts), INTERVAL '3' SECOND, INTERVAL '5' SECOND))",
    'WINDOW_INVALID',
    '1:73',
    'multiple',
  ],
  [
    "SELECT window_start, COUNT(*) FROM TABLE(TUMBLE((SELECT a.ts FROM bid a JOIN bid b ON a.auction = b.auction), DESCRIPTOR(ts), INTERVAL '1' SECOND)) GROUP BY window_start, window_end",
    'TIME_ATTRIBUTE_REQUIRED',
    '1:36',
    'no longer',
  ],
  ["SELECT TUMBLE_START(ts, INTERVAL '1' HOUR) FROM bid GROUP BY auction", 'WINDOW_INVALID', '1:8', 'TUMBLE'],
  ['SELECT ROW_NUMBER() OVER (PARTITION BY auction) FROM bid', 'WINDOW_INVALID', '1:8', 'ORDER BY'],
  ['SELECT SUM(price) OVER (ORDER BY ts DESC) FROM bid', 'QUERY_INVALID', '1:8', 'ASCENDING'],
  [
    'SELECT SUM(price) OVER (ORDER BY ts), SUM(price) OVER (PARTITION BY auction ORDER BY ts) FROM bid',
    'QUERY_INVALID',
    '1:39',
    'same window',
  ],
  [
    'SELECT * FROM (SELECT *, RANK() OVER (ORDER BY price) AS rn FROM bid) WHERE rn < 3',
    'SQL_UNSUPPORTED',
    '1:26',
    'RANK',
  ],
  [
    'SELECT * FROM bid MATCH_RECOGNIZE (ORDER BY ts MEASURES PREV(A.price) AS x PATTERN (A) DEFINE A AS TRUE)',
    'QUERY_INVALID',
    '1:57',
    'PREV',
  ],
  [
    'SELECT * FROM bid MATCH_RECOGNIZE (ORDER BY ts MEASURES A.price AS x PATTERN (A B) SUBSET S = (A, B) DEFINE A AS TRUE)',
    'QUERY_INVALID',
    '1:91',
    'SUBSET',
  ],
  [
    'SELECT * FROM bid MATCH_RECOGNIZE (ORDER BY ts MEASURES A.price AS x PATTERN (A B+) DEFINE A AS TRUE)',
    'QUERY_INVALID',
    '1:81',
    'Greedy',
  ],
  [
    'SELECT * FROM bid MATCH_RECOGNIZE (ORDER BY ts MEASURES A.price AS x PATTERN (A (B | C)) DEFINE A AS TRUE)',
    'QUERY_INVALID',
    '1:81',
    'Alternation',
  ],
  [
    'SELECT * FROM bid MATCH_RECOGNIZE (ORDER BY ts MEASURES A.price AS x PATTERN (A) DEFINE A AS A.prise > 1)',
    'COLUMN_NOT_FOUND',
    '1:94',
    "'prise'",
  ],
  [
    'SELECT * FROM bid MATCH_RECOGNIZE (ORDER BY ts MEASURES SUM(A.price + B.price) AS x PATTERN (A B) DEFINE A AS TRUE)',
    'QUERY_INVALID',
    '1:57',
    'Multiple pattern variables',
  ],
  [
    'SELECT * FROM bid MATCH_RECOGNIZE (ORDER BY ts MEASURES LAST(A.price, -1) AS x PATTERN (A) DEFINE A AS TRUE)',
    'FUNCTION_ARGUMENTS',
    '1:71',
    'offset',
  ],
  ['SELECT * FROM bid TABLESAMPLE BERNOULLI (5)', 'SQL_UNSUPPORTED', '1:15', 'TABLESAMPLE'],
  [
    'WITH RECURSIVE x AS (SELECT 1 AS a UNION ALL SELECT a FROM x) SELECT * FROM x',
    'SQL_UNSUPPORTED',
    '1:16',
    'RECURSIVE',
  ],
  [
    'SELECT c.id FROM bid b JOIN changes FOR SYSTEM_TIME AS OF b.price AS c ON b.auction = c.id',
    'TIME_ATTRIBUTE_REQUIRED',
    '1:59',
    'time attribute',
  ],
  [
    'INSERT INTO append_sink SELECT auction, COUNT(*) FROM bid GROUP BY auction',
    'CHANGELOG_MODE',
    '1:1',
    'update changes',
  ],
  ['INSERT INTO append_sink SELECT auction FROM bid', 'SINK_SCHEMA', '1:25', 'Not enough columns'],
  ['INSERT INTO append_sink SELECT auction, ts FROM bid', 'SINK_SCHEMA', '1:25', "'v'"],
  ['INSERT INTO append_sink (id) SELECT auction FROM bid', 'SINK_SCHEMA', '1:1', "'v'"],
  ['INSERT INTO append_sink (id, w) SELECT auction, price FROM bid', 'COLUMN_NOT_FOUND', '1:30', "'w'"],
  ['INSERT INTO v SELECT auction FROM bid', 'SINK_SCHEMA', '1:13', 'view'],
  ['INSERT INTO keyed_sink SELECT auction, price FROM bid', 'SINK_KEY_CONFLICT', '1:1', 'ON CONFLICT'],
  [
    'INSERT INTO append_sink SELECT auction, price FROM bid ON CONFLICT DO DEDUPLICATE',
    'SINK_KEY_CONFLICT',
    '1:1',
    'upsert sinks',
  ],
  ["SELECT /*+ STATE_TTL('x' = '1 d') */ auction, COUNT(*) FROM bid GROUP BY auction", 'OPTION_INVALID', '1:12', "'x'"],
  ['CREATE TABLE bid (a INT)', 'TABLE_EXISTS', '1:14', 'IF NOT EXISTS'],
  ['CREATE TABLE t (a INT, a INT)', 'COLUMN_DUPLICATE', '1:24', "'a'"],
  ['CREATE TABLE t (a INT, b AS c + 1)', 'COLUMN_NOT_FOUND', '1:29', "'c'"],
  ['CREATE TABLE t (a INT, WATERMARK FOR a AS a)', 'WATERMARK_INVALID', '1:38', 'TIMESTAMP'],
  ['CREATE TABLE t (a TIMESTAMP(3), WATERMARK FOR b AS a)', 'WATERMARK_INVALID', '1:47', "'a'"],
  ['CREATE TABLE t (a INT, PRIMARY KEY (a))', 'DDL_INVALID', '1:24', 'NOT ENFORCED'],
  ['CREATE TABLE t (a INT, PRIMARY KEY (b) NOT ENFORCED)', 'COLUMN_NOT_FOUND', '1:14', "'b'"],
  ['CREATE TABLE t (a DECIMAL(10, 20))', 'TYPE_INVALID', '1:19', 'scale'],
  ['CREATE VIEW w (a, b) AS SELECT 1', 'DDL_INVALID', '1:16', 'not match'],
  ['DROP TABLE v', 'TABLE_NOT_FOUND', '1:12', 'view'],
  ['DROP TABLE bit_map', 'TABLE_NOT_FOUND', '1:12', 'does not exist'],
  ['USE nope', 'DATABASE_NOT_FOUND', '1:5', 'default_database'],
  ['ALTER TABLE bid DROP price2', 'COLUMN_NOT_FOUND', '1:22', "'price'"],
  ['ALTER TABLE bid DROP ts', 'DDL_INVALID', '1:22', 'watermark'],
];

describe('errors', () => {
  test.each(ERRORS)('%s', (sql, code, place, says) => {
    const error = caught(sql);
    expect({ code: error.code, message: error.message }).toEqual({ code, message: expect.any(String) });
    const at = error.span ? positionAt(sql, error.span.start) : { line: 0, column: 0 };
    expect(`${at.line}:${at.column}`).toBe(place);
    expect(`${error.message} ${error.hint ?? ''}`).toContain(says);
  });
});

test('a view that refers to a dropped table fails where the view is used', () => {
  const error = caught('DROP TABLE bid;\nSELECT * FROM v');
  expect(error.code).toBe('TABLE_NOT_FOUND');
  expect(error.span?.start).toBe('DROP TABLE bid;\nSELECT * FROM '.length);
});
