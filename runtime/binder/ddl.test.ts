import { expect, test } from '@jest/globals';
import { Catalog, type CatalogTable } from '../catalog/index.js';
import { connectorCatalog } from '../connectors/registry.js';
import { parseScript } from '../parser/parser.js';
import { typeToString } from '../types/index.js';
import { applyDdl } from './index.js';

function run(sql: string): Catalog {
  const catalog = new Catalog();
  const script = parseScript(sql);
  if (script.errors[0]) throw script.errors[0];
  for (const { statement } of script.statements) {
    applyDdl(statement, { catalog, connectors: connectorCatalog, timeZone: 'UTC', options: {}, text: sql });
  }
  return catalog;
}

function table(catalog: Catalog, name: string): CatalogTable {
  const found = catalog.relation({ parts: [name] });
  if (found.kind !== 'table') throw new Error(`${name} is a view`);
  return found;
}

/** `name TYPE`, computed ones with their text. */
function columns(t: CatalogTable): readonly string[] {
  return t.columns.map((c) => `${c.name} ${typeToString(c.type)}${c.kind === 'computed' ? ` AS ${c.expression}` : ''}`);
}

const BASE = `CREATE TABLE base (id BIGINT, name STRING, ts TIMESTAMP(3), up AS UPPER(name), off BIGINT METADATA VIRTUAL,
  WATERMARK FOR ts AS ts - INTERVAL '1' MINUTE, PRIMARY KEY (id) NOT ENFORCED) COMMENT 'c' PARTITIONED BY (name)
  WITH ('connector' = 'values', 'bounded' = 'true');`;

test('columns of a primary key are NOT NULL, expressions are kept in Flink form', () => {
  const base = table(run(BASE), 'base');
  expect(columns(base)).toEqual([
    'id BIGINT NOT NULL',
    'name STRING',
    'ts TIMESTAMP(3)',
    'up STRING AS UPPER(`name`)',
    'off BIGINT',
  ]);
  expect(base.watermark).toMatchObject({ column: 'ts', expression: "`ts` - INTERVAL '1' MINUTE" });
  expect(base.primaryKey).toEqual({ name: 'PK_id', columns: ['id'] });
});

test('LIKE takes over everything but the comment; options of the new table win', () => {
  const like = table(run(`${BASE} CREATE TABLE t (more INT) WITH ('bounded' = 'false') LIKE base;`), 't');
  expect(columns(like)).toContain('up STRING AS UPPER(`name`)');
  expect(like.columns[like.columns.length - 1].name).toBe('more');
  expect(like.options).toEqual({ connector: 'values', bounded: 'false' });
  expect(like.comment).toBeNull();
  expect(like.partitionKeys).toEqual(['name']);
});

test('LIKE leaves out what it excludes', () => {
  const like = table(run(`${BASE} CREATE TABLE t WITH ('connector' = 'print') LIKE base (EXCLUDING ALL);`), 't');
  expect(like.columns.map((c) => c.name)).toEqual(['id', 'name', 'ts']);
  expect(like.watermark).toBeNull();
  expect(like.primaryKey).toBeNull();
  expect(like.options).toEqual({ connector: 'print' });
});

test('ALTER TABLE adds, places, changes, renames and drops', () => {
  const t = table(
    run(`${BASE}
      ALTER TABLE base ADD (a INT FIRST, b INT AFTER id, c AS id + 1);
      ALTER TABLE base MODIFY b BIGINT;
      ALTER TABLE base RENAME b TO bb;
      ALTER TABLE base DROP (up, off);
      ALTER TABLE base MODIFY WATERMARK FOR ts AS ts;
      ALTER TABLE base SET ('k' = 'v');
      ALTER TABLE base RESET ('bounded');`),
    'base',
  );
  expect(columns(t)).toEqual([
    'a INT',
    'id BIGINT NOT NULL',
    'bb BIGINT',
    'name STRING',
    'ts TIMESTAMP(3)',
    'c BIGINT NOT NULL AS `id` + 1',
  ]);
  expect(t.watermark?.expression).toBe('`ts`');
  expect(t.options).toEqual({ connector: 'values', k: 'v' });
});

test('CREATE TABLE AS takes the columns of its query, without time attributes', () => {
  const t = table(
    run(
      `${BASE} ALTER TABLE base DROP off; CREATE TABLE t WITH ('connector' = 'print') AS SELECT ts, COUNT(*) AS n FROM base GROUP BY ts;`,
    ),
    't',
  );
  expect(columns(t)).toEqual(['ts TIMESTAMP(3)', 'n BIGINT NOT NULL']);
});

test('a view keeps the namespace it was made in', () => {
  const catalog = run(
    `${BASE} ALTER TABLE base DROP off; CREATE VIEW v (x) AS SELECT id FROM base; CREATE DATABASE db; USE db; CREATE VIEW w AS SELECT * FROM default_database.v;`,
  );
  expect(catalog.relation({ parts: ['w'] }).columns.map((c) => c.name)).toEqual(['x']);
});
