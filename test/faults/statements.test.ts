import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { EmbeddedSession } from '@streamcell/runtime/session/index';
import { marked, Scene } from './scene.js';

let scene: Scene;
let session: EmbeddedSession;
beforeAll(async () => {
  scene = new Scene();
  session = scene.session();
  const { error } = await scene.run(
    `CREATE TABLE orders (id INT, item STRING, price DECIMAL(10, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'values', 'rows' = '[]');
     CREATE TABLE keyed (id INT PRIMARY KEY NOT ENFORCED, n BIGINT) WITH ('connector' = 'blackhole');
     CREATE TABLE files (id INT) WITH ('connector' = 'filesystem', 'path' = '${scene.directory}/out', 'format' = 'json');`,
    session,
  );
  if (error !== null) throw error;
});
afterAll(() => scene.clear());

/** Statement, code, what is marked of it, and what the hint must hold. */
const WRONG: readonly (readonly [statement: string, code: string, marked: string, hint?: string])[] = [
  // Syntax
  ['SELEC id FROM orders', 'SQL_SYNTAX', 'SELEC', 'SELECT'],
  ['SELECT id FROM orders WHERE', 'SQL_SYNTAX', ''],
  ['SELECT id,, item FROM orders', 'SQL_SYNTAX', ','],
  ["SELECT 'open FROM orders", 'SQL_UNTERMINATED', "'open FROM orders", 'closed'],
  ['SELECT id FROM orders AS select', 'SQL_RESERVED_WORD', 'select', '`select`'],
  // Names
  ['SELECT itm FROM orders', 'COLUMN_NOT_FOUND', 'itm', 'item'],
  ['SELECT o.id FROM orders', 'COLUMN_NOT_FOUND', 'o.id'],
  ['SELECT * FROM order_s', 'TABLE_NOT_FOUND', 'order_s', 'orders'],
  ['SELECT UPER(item) FROM orders', 'FUNCTION_NOT_FOUND', 'UPER(item)', 'UPPER'],
  ['SELECT id FROM orders AS a JOIN orders AS b ON a.id = b.id', 'COLUMN_AMBIGUOUS', 'id', 'Qualify'],
  ['USE CATALOG nowhere', 'CATALOG_NOT_FOUND', 'nowhere'],
  ['USE nowhere', 'DATABASE_NOT_FOUND', 'nowhere'],
  ['DROP TABLE nothing', 'TABLE_NOT_FOUND', 'nothing'],
  ["STOP JOB 'nothing'", 'JOB_NOT_FOUND', "'nothing'"],
  // Meaning
  ['SELECT item, COUNT(*) FROM orders', 'NOT_GROUPED', 'item', 'Group by'],
  ['SELECT id FROM orders WHERE COUNT(*) > 1', 'AGGREGATE_MISPLACED', 'COUNT(*)'],
  ['SELECT CAST(ts AS INT) FROM orders', 'CAST_INVALID', 'CAST(ts AS INT)'],
  ['SELECT UPPER(item, id) FROM orders', 'FUNCTION_ARGUMENTS', 'UPPER(item, id)'],
  ['INSERT INTO keyed SELECT id FROM orders', 'SINK_SCHEMA', 'SELECT id FROM orders'],
  ['INSERT INTO files SELECT CAST(COUNT(*) AS INT) FROM orders', 'CHANGELOG_MODE', ''],
  // Definitions and options
  ['CREATE TABLE orders (a INT)', 'TABLE_EXISTS', 'orders', 'IF NOT EXISTS'],
  ['CREATE TABLE x (a INT, a STRING)', 'COLUMN_DUPLICATE', 'a'],
  ["CREATE TABLE x (a INT, WATERMARK FOR a AS a) WITH ('connector' = 'values')", 'WATERMARK_INVALID', ''],
  ["SET 'table.local-time-zone' = 'Middle/Earth'", 'OPTION_INVALID', '', 'Europe/Berlin'],
  ["SET 'parallelism.default' = 'many'", 'OPTION_INVALID', ''],
  ["SET 'streamcell.job.memory-limit' = 'lots'", 'OPTION_INVALID', '', '512 mb'],
  ["SET 'execution.runtime-mode' = 'batch'", 'OPTION_UNSUPPORTED', ''],
];

const READ: readonly (readonly [options: string, code: string, message: string])[] = [
  ["'connector' = 'filesytem', 'path' = '/x', 'format' = 'json'", 'CONNECTOR_UNSUPPORTED', "'filesytem'"],
  ["'connector' = 'jdbc', 'url' = 'x'", 'CONNECTOR_UNSUPPORTED', "'jdbc'"],
  ["'path' = '/x'", 'OPTION_MISSING', "'connector'"],
  ["'connector' = 'filesystem', 'format' = 'json'", 'OPTION_MISSING', 'path'],
  ["'connector' = 'filesystem', 'path' = '/x', 'format' = 'jsn'", 'OPTION_INVALID', 'jsn'],
  [
    "'connector' = 'filesystem', 'path' = '/x', 'format' = 'json', 'json.ignore' = 'true'",
    'OPTION_UNKNOWN',
    'json.ignore',
  ],
  [
    "'connector' = 'filesystem', 'path' = '/x', 'format' = 'json', 'json.ignore-parse-errors' = 'perhaps'",
    'OPTION_INVALID',
    'perhaps',
  ],
  [
    "'connector' = 'filesystem', 'path' = '/x', 'format' = 'json', 'json.ignore-parse-errors' = 'true', 'json.fail-on-missing-field' = 'true'",
    'OPTION_INVALID',
    'both',
  ],
  [
    "'connector' = 'filesystem', 'path' = '/x', 'format' = 'json', 'source.monitor-interval' = 'soon'",
    'OPTION_INVALID',
    'soon',
  ],
  ["'connector' = 'datagen', 'rows-per-second' = '-'", 'OPTION_INVALID', '-'],
  ["'connector' = 'kafka', 'topic' = 't', 'format' = 'json'", 'OPTION_MISSING', 'properties.bootstrap.servers'],
  [
    "'connector' = 'kafka', 'topic' = 't', 'format' = 'json', 'scan.startup.mode' = 'earliest-offset', 'properties.bootstrap.servers' = 'nowhere'",
    'OPTION_INVALID',
    'nowhere',
  ],
  [
    "'connector' = 'kafka', 'topic' = 't', 'format' = 'json', 'properties.bootstrap.servers' = 'h:1', 'scan.startup.mode' = 'the-end'",
    'OPTION_INVALID',
    'the-end',
  ],
];

describe('a statement that is wrong', () => {
  test.each(WRONG)('%s: %s', async (...[statement, code, mark, hint]) => {
    const { error } = await scene.run(statement, session);
    expect(error?.code).toBe(code);
    expect(error?.span).toBeDefined();
    if (mark !== '') expect(marked(statement, error)).toBe(mark);
    if (hint !== undefined) expect(`${error?.hint}`).toContain(hint);
  });

  test.each(READ)('a table WITH (%s): %s', async (options, code, message) => {
    const statement = 'SELECT id FROM broken';
    const { error } = await scene.run(
      `DROP TABLE IF EXISTS broken; CREATE TABLE broken (id INT) WITH (${options}); ${statement}`,
      session,
    );
    expect(error?.code).toBe(code);
    expect(error?.message).toContain(message);
    expect(error?.span).toBeDefined();
  });

  test('harms nothing: what was there before works', async () => {
    expect((await scene.run('SELECT id FROM orders', session)).error).toBeNull();
    expect((await session.jobs()).filter((j) => j.state === 'running')).toEqual([]);
  });

  test('on the command line: its place, its line, a mark, a hint, and exit code 1', async () => {
    const { code, stderr } = await scene.command("SELECT 1;\n\nSELECT\n  UPER('x');");
    expect(code).toBe(1);
    expect(stderr.split('\n').slice(0, 4)).toEqual([
      expect.stringMatching(/script\.sql:4:3: FUNCTION_NOT_FOUND /),
      "    UPER('x');",
      expect.stringMatching(/^ {4}\^+$/),
      expect.stringContaining('UPPER'),
    ]);
  });
});
