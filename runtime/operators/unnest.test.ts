import { describe, expect, test } from '@jest/globals';
import { simpleEnvironment } from '../expressions/index.js';
import {
  ARRAY,
  INT,
  MAP,
  MULTISET,
  MapValue,
  ROW,
  STRING,
  type ChangelogRow,
  type DataType,
  type Value,
} from '../types/index.js';
import { OperatorHarness } from './harness.js';
import { Unnest } from './unnest.js';

function run(
  type: DataType,
  output: DataType[],
  rows: readonly ChangelogRow[],
  options: { outer?: boolean; withOrdinality?: boolean } = {},
): string[] {
  const input = [INT(), type];
  const operator = new Unnest({
    collection: { kind: 'input', index: 1, type },
    withOrdinality: options.withOrdinality ?? false,
    outer: options.outer ?? false,
    condition: null,
    inputTypes: [input],
    env: simpleEnvironment(),
  });
  const harness = new OperatorHarness(operator, [input], [...input, ...output]);
  harness.changelog(rows);
  return harness.takeRows();
}

const row = (kind: 0 | 1, ...fields: Value[]): ChangelogRow => ({ kind, fields });

describe('UNNEST', () => {
  test('arrays: an element a row, of the kind of its row; nothing for empty and NULL', () => {
    const rows = [row(0, 1, [5, null]), row(0, 2, []), row(0, 3, null), row(1, 1, [5, null])];
    expect(run(ARRAY(INT()), [INT()], rows)).toEqual([
      '+I 1 [5,null] 5',
      '+I 1 [5,null] null',
      '-D 1 [5,null] 5',
      '-D 1 [5,null] null',
    ]);
  });

  test('outer: a row without elements stays', () => {
    expect(run(ARRAY(INT()), [INT()], [row(0, 2, []), row(0, 3, null)], { outer: true })).toEqual([
      '+I 2 [] null',
      '+I 3 null null',
    ]);
  });

  test('rows of arrays give a column per field, ordinality counts from 1', () => {
    const type = ARRAY(
      ROW([
        { name: 'a', type: INT() },
        { name: 'b', type: STRING() },
      ]),
    );
    expect(
      run(type, [INT(), STRING(), INT()], [row(0, 1, [[7, 'x'], null, [8, null]])], { withOrdinality: true }),
    ).toEqual(['+I 1 [[7,x],null,[8,null]] 7 x 1', '+I 1 [[7,x],null,[8,null]] 8 null 3']);
  });

  test('maps give key and value, multisets each element as often as it is in', () => {
    const map = new MapValue([
      ['a', 1],
      ['b', 2],
    ]);
    expect(run(MAP(STRING(), INT()), [STRING(), INT()], [row(0, 1, map)])).toEqual([
      '+I 1 {a=1,b=2} a 1',
      '+I 1 {a=1,b=2} b 2',
    ]);
    const bag = new MapValue([
      ['a', 2],
      ['b', 1],
    ]);
    expect(run(MULTISET(STRING()), [STRING()], [row(0, 1, bag)])).toEqual([
      '+I 1 {a=2,b=1} a',
      '+I 1 {a=2,b=1} a',
      '+I 1 {a=2,b=1} b',
    ]);
  });
});
