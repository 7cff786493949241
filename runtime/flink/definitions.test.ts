import { expect, test } from '@jest/globals';
import { scriptPieces } from '../session/index.js';
import { Definitions } from './definitions.js';

function after(...texts: readonly string[]): Definitions {
  const definitions = new Definitions();
  for (const text of texts) for (const piece of scriptPieces(text)) definitions.add(piece);
  return definitions;
}

function texts(definitions: Definitions): string[] {
  return definitions.all.map((d) => d.text);
}

test('the first of too many are forgotten, and counted once', () => {
  const definitions = after(...Array.from({ length: 1003 }, (_, i) => `CREATE TEMPORARY VIEW v${i} AS SELECT 1 AS a`));
  expect(definitions.all).toHaveLength(1000);
  expect(texts(definitions)[0]).toContain('v3 ');
  expect([definitions.takeForgotten(), definitions.takeForgotten()]).toEqual([3, 0]);
});

test('temporary and permanent objects of one name are two', () => {
  const permanent = "CREATE TABLE t (a INT) WITH ('connector' = 'datagen')";
  const temporary = permanent.replace('TABLE', 'TEMPORARY TABLE');
  expect(texts(after(permanent, temporary, 'DROP TEMPORARY TABLE t'))).toEqual([permanent]);
  expect(texts(after(temporary, 'USE CATALOG other', 'DROP TEMPORARY TABLE IF EXISTS t'))).toHaveLength(3);
  expect(texts(after(temporary, 'USE CATALOG other', 'DROP TABLE default_catalog.default_database.t'))).toHaveLength(3);
});

test('a table that is there already is not made twice', () => {
  const table = "CREATE TABLE IF NOT EXISTS t (a INT) WITH ('connector' = 'datagen')";
  expect(texts(after(table, table, table.replace(' t ', ' u '), table))).toEqual([table, table.replace(' t ', ' u ')]);
});

test('what would run a job is told and then forgotten', () => {
  const fills = "CREATE TABLE t WITH ('connector' = 'blackhole') AS SELECT 1 AS a";
  const definitions = after(fills, 'USE d');
  expect(definitions.all).toMatchObject([{ text: fills, replay: false }, { replay: true }]);
  definitions.forgetLost();
  expect(texts(definitions)).toEqual(['USE d']);
});

test('of statements that only Flink can read, temporary objects alone are made again', () => {
  const odd = ['CREATE TEMPORARY THING x', 'CREATE THING y', 'SHOW THINGS', 'PURGE TABLE z'];
  expect(after(...odd).all).toMatchObject([
    { text: odd[0], replay: true },
    { text: odd[1], replay: false },
  ]);
});
