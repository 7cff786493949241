import { describe, expect, test } from '@jest/globals';
import * as types from '@streamcell/runtime/types/index';
import { kindOf, shortType, snapshotRows } from './row-source.js';
import { parseType, schemaOf } from './type-text.js';

describe("Flink's texts of types", () => {
  test.each<[types.DataType]>([
    [types.INT()],
    [types.BIGINT(false)],
    [types.STRING()],
    [types.VARCHAR(10, false)],
    [types.BYTES()],
    [types.DECIMAL(38, 18)],
    [types.TIME(3)],
    [types.TIMESTAMP(3, false)],
    [types.TIMESTAMP_LTZ(6)],
    [types.INTERVAL_DAY_TIME()],
    [types.INTERVAL_YEAR_MONTH()],
    [types.ARRAY(types.INT(false))],
    [types.MAP(types.STRING(false), types.ROW([{ name: 'a', type: types.DOUBLE() }]))],
    [types.ROW([{ name: 'x y', type: types.MULTISET(types.STRING()) }], false)],
  ])('read back', (type) => {
    expect(parseType(types.typeToString(type))).toEqual(type);
  });

  test('a time attribute is left out', () => {
    expect(parseType('TIMESTAMP(3) *ROWTIME* NOT NULL')).toEqual(types.TIMESTAMP(3, false));
  });

  test('what is no type is shown as text', () => {
    expect(parseType('FROBNICATED<INT>')).toBeNull();
    expect(parseType('ROW<`a` ')).toBeNull();
    expect(schemaOf([{ name: 'c', type: 'FROB' }])[0].type.root).toBe('VARCHAR');
  });

  test('a header says no more than is asked', () => {
    expect(shortType('BIGINT NOT NULL')).toBe('BIGINT');
    expect(shortType('VARCHAR(2147483647)')).toBe('STRING');
    expect(shortType('TIMESTAMP(3) WITH LOCAL TIME ZONE')).toBe('TIMESTAMP_LTZ(3)');
  });

  test('kinds of columns', () => {
    expect(
      ['INT', 'DECIMAL(5, 2) NOT NULL', 'TIMESTAMP_LTZ(3)', 'ROW<`a` INT>', 'STRING', 'BOOLEAN'].map(kindOf),
    ).toEqual(['number', 'number', 'time', 'nested', 'text', 'boolean']);
  });

  test('saved rows', () => {
    const columns = [
      { name: 't', type: 'TIMESTAMP(3)' },
      { name: 'n', type: 'BIGINT' },
    ];
    const rows = snapshotRows(
      columns,
      [
        ['1970-01-01 00:00:01.5', '12'],
        [null, null],
      ],
      false,
    );
    expect(rows.columns.map((c) => c.datum(0))).toEqual([1500, 12]);
    expect(rows.columns.map((c) => c.isNull(1))).toEqual([true, true]);
    const changes = snapshotRows(columns, [['-D', null, '7']], true);
    expect([changes.ops, changes.columns[1].text(0)]).toEqual([['-D'], '7']);
  });
});
