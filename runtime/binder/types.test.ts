import { expect, test } from '@jest/globals';
import { Catalog } from '../catalog/index.js';
import { connectorCatalog } from '../connectors/registry.js';
import { parseScript } from '../parser/parser.js';
import { typeToString } from '../types/index.js';
import { applyDdl, bind, type BindOptions } from './index.js';

const TABLE = `CREATE TABLE t (
  i INT, n INT NOT NULL, b BIGINT, d DECIMAL(10, 2), f DOUBLE, s STRING, c CHAR(3) NOT NULL, v VARCHAR(5), a ARRAY<INT NOT NULL>,
  m MAP<STRING, BIGINT>, r ROW<x INT NOT NULL, y ROW<z STRING>>, ts TIMESTAMP(3), lz TIMESTAMP_LTZ(3), dt DATE, p AS PROCTIME(), k AS n + 1,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'values')`;

/** As Flink 2.3 types the same query. */
const TYPES: readonly (readonly [string, readonly string[]])[] = [
  [
    'SELECT 1, 3000000000, 1.50, 0.1, 1e3 FROM t',
    ['INT NOT NULL', 'BIGINT NOT NULL', 'DECIMAL(3, 2) NOT NULL', 'DECIMAL(2, 1) NOT NULL', 'DOUBLE NOT NULL'],
  ],
  [
    "SELECT 'abc', X'0A', TRUE, DATE '2020-01-01', TIME '10:00:00', TIMESTAMP '2020-01-01 00:00:00.12'",
    [
      'CHAR(3) NOT NULL',
      'BINARY(1) NOT NULL',
      'BOOLEAN NOT NULL',
      'DATE NOT NULL',
      'TIME(0) NOT NULL',
      'TIMESTAMP(2) NOT NULL',
    ],
  ],
  [
    'SELECT i + n, n + n, n + b, n * 1.5, i / n FROM t',
    ['INT', 'INT NOT NULL', 'BIGINT', 'DECIMAL(13, 1) NOT NULL', 'INT'],
  ],
  [
    'SELECT k, p, ts, CAST(ts AS TIMESTAMP(3)), CAST(i AS BIGINT), CAST(n AS STRING) FROM t',
    [
      'INT NOT NULL',
      'TIMESTAMP_LTZ(3) *PROCTIME* NOT NULL',
      'TIMESTAMP(3) *ROWTIME*',
      'TIMESTAMP(3)',
      'BIGINT',
      'STRING NOT NULL',
    ],
  ],
  ["SELECT r.x, r.y.z, a[1], m['q'] FROM t", ['INT', 'STRING', 'INT', 'BIGINT']],
  [
    "SELECT CASE WHEN i > 1 THEN 'a' ELSE 'bcd' END, CASE WHEN i > 1 THEN n END, COALESCE(i, n) FROM t",
    ['VARCHAR(3) NOT NULL', 'INT', 'INT NOT NULL'],
  ],
  [
    "SELECT i = 1, n = 1, i IS NULL, NOT (i > 1), s LIKE 'x%' FROM t",
    ['BOOLEAN', 'BOOLEAN NOT NULL', 'BOOLEAN NOT NULL', 'BOOLEAN', 'BOOLEAN'],
  ],
  [
    'SELECT COUNT(*), COUNT(i), SUM(i), SUM(n), AVG(d), MAX(c), MIN(n) FROM t',
    ['BIGINT NOT NULL', 'BIGINT NOT NULL', 'INT', 'INT', 'DECIMAL(38, 6)', 'CHAR(3)', 'INT'],
  ],
  [
    'SELECT n, COUNT(*), SUM(n), SUM(n) FILTER (WHERE i > 1), SUM(d) FROM t GROUP BY n',
    ['INT NOT NULL', 'BIGINT NOT NULL', 'INT NOT NULL', 'INT', 'DECIMAL(38, 2)'],
  ],
  ['SELECT n, i FROM t GROUP BY GROUPING SETS ((n), (n, i))', ['INT NOT NULL', 'INT']],
  ['SELECT n, GROUPING(n) FROM t GROUP BY ROLLUP (n)', ['INT', 'BIGINT NOT NULL']],
  ["SELECT * FROM (VALUES (1, 'a'), (2, 'bb'), (3, 'c')) AS x(u, w)", ['INT NOT NULL', 'VARCHAR(2) NOT NULL']],
  ['SELECT i FROM t UNION ALL SELECT b FROM t', ['BIGINT']],
  ['SELECT x.n, y.n FROM t x LEFT JOIN t y ON x.i = y.i', ['INT NOT NULL', 'INT']],
  ['SELECT x.n, y.n FROM t x FULL JOIN t y ON x.i = y.i', ['INT', 'INT']],
  [
    "SELECT window_start, window_time FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' HOUR))",
    ['TIMESTAMP(3) NOT NULL', 'TIMESTAMP(3) *ROWTIME* NOT NULL'],
  ],
  [
    "SELECT window_time FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(p), INTERVAL '1' HOUR))",
    ['TIMESTAMP_LTZ(3) *PROCTIME* NOT NULL'],
  ],
  [
    "SELECT TUMBLE_START(ts, INTERVAL '1' HOUR), TUMBLE_ROWTIME(ts, INTERVAL '1' HOUR) FROM t GROUP BY TUMBLE(ts, INTERVAL '1' HOUR)",
    ['TIMESTAMP(3) NOT NULL', 'TIMESTAMP(3) *ROWTIME*'],
  ],
  ['SELECT (SELECT MAX(n) FROM t), EXISTS (SELECT 1 FROM t) FROM t', ['INT', 'BOOLEAN NOT NULL']],
  ['SELECT e, o FROM t CROSS JOIN UNNEST(a) WITH ORDINALITY AS u(e, o)', ['INT NOT NULL', 'INT NOT NULL']],
  [
    'SELECT ROW_NUMBER() OVER (PARTITION BY i ORDER BY ts), SUM(n) OVER (PARTITION BY i ORDER BY ts ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM t',
    ['BIGINT NOT NULL', 'INT NOT NULL'],
  ],
  [
    "SELECT ts - INTERVAL '1' DAY, dt + INTERVAL '1' MONTH, CURRENT_TIMESTAMP, LOCALTIMESTAMP FROM t",
    ['TIMESTAMP(3)', 'DATE', 'TIMESTAMP_LTZ(3) NOT NULL', 'TIMESTAMP(3) NOT NULL'],
  ],
];

test.each(TYPES)('%s', (sql, expected) => {
  const catalog = new Catalog();
  const options = (text: string): BindOptions => ({
    catalog,
    connectors: connectorCatalog,
    timeZone: 'UTC',
    options: {},
    text,
  });
  for (const { statement } of parseScript(TABLE).statements) applyDdl(statement, options(TABLE));
  const [{ statement }] = parseScript(sql).statements;
  if (statement.kind !== 'QueryStatement') throw new Error('a query is expected');
  expect(bind(statement.query, options(sql)).schema.map((c) => typeToString(c.type))).toEqual(expected);
});
