import { describe, expect, test } from '@jest/globals';
import { encodeRows } from '@streamcell/runtime/protocol/arrow-frame';
import { readableText } from '@streamcell/runtime/protocol/readable-text';
import { displayText } from '@streamcell/runtime/protocol/value-text';
import * as types from '@streamcell/runtime/types/index';
import { arrowRows } from './arrow-rows.js';

const { DELETE, INSERT, MapValue, Timestamp } = types;
const row = (...fields: types.Value[]): types.ChangelogRow => ({ kind: INSERT, fields });
const read = (type: types.DataType, ...values: types.Value[]) => {
  const rows = arrowRows(
    encodeRows(
      [{ name: 'v', type }],
      values.map((v) => row(v)),
      false,
    ),
    0,
    false,
  );
  return { column: rows.columns[0], rows };
};

describe('rows of a frame', () => {
  const moment = new Timestamp(Date.UTC(2026, 10, 21, 9, 14, 20), 0);
  const early = new Timestamp(Date.UTC(1969, 11, 31, 23, 59, 59, 999), 123_456);

  test.each<[string, types.DataType, types.Value]>([
    ['BOOLEAN', types.BOOLEAN(), true],
    ['TINYINT', types.TINYINT(), -7],
    ['INT', types.INT(), 1204],
    ['BIGINT', types.BIGINT(), 9_007_199_254_740_993n],
    ['FLOAT', types.FLOAT(), Math.fround(0.1)],
    ['DOUBLE', types.DOUBLE(), 1e10],
    ['DECIMAL', types.DECIMAL(30, 4), -12_345_678_901_234_567_890_123_456n],
    ['STRING', types.STRING(), 'grün 🦆'],
    ['BYTES', types.BYTES(), new Uint8Array([0, 255])],
    ['DATE', types.DATE(), 20_413],
    ['TIME', types.TIME(0), 3_661_000],
    ['TIMESTAMP(0)', types.TIMESTAMP(0), moment],
    ['TIMESTAMP(9)', types.TIMESTAMP(9), early],
    ['TIMESTAMP_LTZ(6)', types.TIMESTAMP_LTZ(6), new Timestamp(1_700_000_000_123, 456_000)],
    ['INTERVAL', types.INTERVAL_DAY_TIME(), 93_784_005n],
  ])('%s is shown as a table of Flink shows it', (_, type, value) => {
    const { column } = read(type, value, null);
    expect(column.text(0)).toBe(displayText(value, type));
    expect([column.isNull(0), column.isNull(1), column.text(1)]).toEqual([false, true, '']);
  });

  test('instants are shown in the zone of the session, wall clocks as they are', () => {
    const shown = (type: types.DataType): readonly [string, unknown] => {
      const bytes = encodeRows([{ name: 'v', type }], [row(moment)], false);
      const [column] = arrowRows(bytes, 0, false, 'Asia/Tokyo').columns;
      return [column.text(0), column.datum(0)];
    };
    expect(shown(types.TIMESTAMP_LTZ(3))).toEqual(['2026-11-21 18:14:20', moment.millis + 9 * 3_600_000]);
    expect(shown(types.TIMESTAMP(3))).toEqual(['2026-11-21 09:14:20', moment.millis]);
  });

  test('a fraction of zeros is left out', () => {
    expect(read(types.TIMESTAMP(3), moment).column.text(0)).toBe('2026-11-21 09:14:20');
  });

  test('nested values are readable, and spread in the popup', () => {
    const type = types.ROW([
      { name: 'a b', type: types.INT() },
      { name: 'tags', type: types.ARRAY(types.STRING()) },
      { name: 'm', type: types.MAP(types.STRING(), types.DOUBLE()) },
    ]);
    const { column } = read(type, [1, ['x', null], new MapValue([['k', 0.5]])]);
    expect(column.kind).toBe('nested');
    expect(column.text(0)).toBe('{"a b": 1, tags: ["x", NULL], m: {k: 0.5}}');
    expect(column.pretty(0)).toBe('{\n  "a b": 1,\n  tags: [\n    "x",\n    NULL\n  ],\n  m: {\n    k: 0.5\n  }\n}');
  });

  test('saved values read as live ones do', () => {
    const type = types.ROW([
      { name: 'a b', type: types.INT() },
      { name: 'flag', type: types.BOOLEAN() },
      { name: 'm', type: types.MAP(types.INT(), types.DECIMAL(5, 2)) },
      { name: 'at', type: types.ARRAY(types.TIMESTAMP(9)) },
      { name: 'bag', type: { root: 'MULTISET', element: types.STRING(), nullable: true } },
      {
        name: 'deep',
        type: types.ROW([
          { name: 'b', type: types.BYTES() },
          { name: 'n', type: types.BIGINT() },
        ]),
      },
    ]);
    const value = [
      1,
      true,
      new MapValue([[7, 150n]]),
      [moment, early, null],
      new MapValue([['x y', 2]]),
      [new Uint8Array([1, 255]), null],
    ];
    expect(read(type, value).column.text(0)).toBe(readableText(value, type));
    expect(readableText(value, type)).toMatch(
      /^\{"a b": 1, flag: true, m: \{7: 1\.50\}, at: \["2026-11-21 09:14:20", /,
    );
    for (const time of [types.TIMESTAMP(9), types.TIMESTAMP_LTZ(9)])
      for (const at of [moment, early]) expect(read(time, at).column.text(0)).toBe(readableText(at, time));
    expect(readableText(moment, types.TIMESTAMP(3))).toBe('2026-11-21 09:14:20');
  });

  test('charts get numbers and epoch milliseconds', () => {
    expect(read(types.BIGINT(), 5n).column.datum(0)).toBe(5);
    expect(read(types.DECIMAL(5, 2), 150n).column.datum(0)).toBe(1.5);
    expect(read(types.TIMESTAMP(3), moment).column.datum(0)).toBe(moment.millis);
    expect(read(types.DATE(), 2).column.datum(0)).toBe(2 * 86_400_000);
    expect(read(types.STRING(), null).column.datum(0)).toBeNull();
  });

  test('a changelog has its operations apart', () => {
    const bytes = encodeRows([{ name: 'v', type: types.INT() }], [row(1), { kind: DELETE, fields: [1] }], true);
    const rows = arrowRows(bytes, 40, true);
    expect([rows.from, rows.rows, rows.ops, rows.columns.length]).toEqual([40, 2, ['+I', '-D'], 1]);
  });

  test('no rows are no rows', () => {
    expect(read(types.INT()).rows.rows).toBe(0);
  });
});
