import { describe, expect, test } from '@jest/globals';
import { tableFromIPC } from 'apache-arrow';
import {
  ARRAY,
  BIGINT,
  BOOLEAN,
  BYTES,
  CHAR,
  DATE,
  DECIMAL,
  DOUBLE,
  FLOAT,
  INT,
  INTERVAL_DAY_TIME,
  INTERVAL_YEAR_MONTH,
  MAP,
  MapValue,
  MULTISET,
  NULL,
  ROW,
  SMALLINT,
  STRING,
  TIME,
  TIMESTAMP,
  TIMESTAMP_LTZ,
  TINYINT,
  Timestamp,
  VARIANT,
  VariantValue,
  type ChangelogRow,
  type DataType,
  type Value,
} from '../types/index.js';
import { decodeRows, encodeRows } from './arrow-frame.js';

const cases: [string, DataType, Value[]][] = [
  ['BOOLEAN', BOOLEAN(), [true, false]],
  ['TINYINT', TINYINT(), [-128, 127]],
  ['SMALLINT', SMALLINT(), [-32768, 32767]],
  ['INT', INT(), [-2147483648, 2147483647]],
  ['BIGINT', BIGINT(), [-9223372036854775808n, 9223372036854775807n]],
  ['FLOAT', FLOAT(), [0.5, -2]],
  ['DOUBLE', DOUBLE(), [1e300, -0.1]],
  ['DECIMAL(10, 2)', DECIMAL(10, 2), [-1n, 1234567890n]],
  ['DECIMAL(38, 10)', DECIMAL(38, 10), [10n ** 38n - 1n, -(10n ** 38n) + 1n]],
  ['CHAR', CHAR(3), ['abc', 'äöü']],
  ['STRING', STRING(), ['', 'x😀y']],
  ['BYTES', BYTES(), [new Uint8Array([0, 255]), new Uint8Array([])]],
  ['DATE', DATE(), [-1, 20000]],
  ['TIME(0)', TIME(0), [0, 86_399_000]],
  ['TIME(3)', TIME(3), [1, 86_399_999]],
  ['TIME(6)', TIME(6), [1, 86_399_999]],
  ['TIME(9)', TIME(9), [1, 86_399_999]],
  ['TIMESTAMP(0)', TIMESTAMP(0), [new Timestamp(-1000), new Timestamp(1000)]],
  ['TIMESTAMP(3)', TIMESTAMP(3), [new Timestamp(-1), new Timestamp(1.6e12)]],
  ['TIMESTAMP(6)', TIMESTAMP(6), [new Timestamp(-1, 999_000), new Timestamp(1, 1000)]],
  ['TIMESTAMP(9)', TIMESTAMP(9), [new Timestamp(-1, 999_999), new Timestamp(1, 1)]],
  ['TIMESTAMP_LTZ(3)', TIMESTAMP_LTZ(3), [new Timestamp(0), new Timestamp(5)]],
  ['INTERVAL DAY', INTERVAL_DAY_TIME(), [-5n, 86_400_000n]],
  ['INTERVAL YEAR', INTERVAL_YEAR_MONTH(), [-5, 14]],
  ['ARRAY', ARRAY(BIGINT()), [[1n, null, 3n], []]],
  [
    'MAP',
    MAP(STRING(false), ARRAY(INT())),
    [
      new MapValue([
        ['a', [1]],
        ['b', null],
      ]),
      new MapValue([]),
    ],
  ],
  ['MULTISET', MULTISET(STRING()), [new MapValue([['a', 2]]), new MapValue([[null, 1]])]],
  [
    'ROW',
    ROW([
      { name: 'a', type: INT() },
      { name: 'b', type: ROW([{ name: 'c', type: TIMESTAMP(9) }]) },
    ]),
    [
      [1, [new Timestamp(1, 2)]],
      [null, null],
    ],
  ],
  ['VARIANT', VARIANT(), [new VariantValue({ a: [1, null] }), new VariantValue('x')]],
  ['NULL', NULL(), [null, null]],
];

describe('Arrow frames', () => {
  test.each(cases)('%s goes there and back, with NULL', (_name, type, values) => {
    const schema = [{ name: 'v', type }];
    const rows: ChangelogRow[] = [...values, null].map((v, i) => ({
      kind: (i % 4) as ChangelogRow['kind'],
      fields: [v],
    }));
    const frame = encodeRows(schema, rows, true);
    expect(decodeRows(schema, frame, true)).toEqual(rows);
  });

  test('Arrow itself reads what was written', () => {
    const schema = [
      { name: 'a', type: INT() },
      { name: 'd', type: DECIMAL(5, 2) },
      { name: 'm', type: MAP(STRING(false), INT()) },
    ];
    const table = tableFromIPC(encodeRows(schema, [{ kind: 0, fields: [7, 125n, new MapValue([['k', 1]])] }], true));
    expect(table.schema.fields.map((f) => `${f.name} ${String(f.type)}`)).toEqual([
      'op Utf8',
      'a Int32',
      'd Decimal[5e+2]',
      'm Map<{key:Utf8, value:Int32}>',
    ]);
    expect(table.get(0)?.toJSON()).toMatchObject({ op: '+I', a: 7 });
  });

  test('columns of the same name are told apart, also from the kind of change', () => {
    const schema = ['op', 'a', 'a', 'a0'].map((name, i) => ({ name, type: i === 1 ? STRING() : INT() }));
    const rows: ChangelogRow[] = [{ kind: 3, fields: [1, 'x', 2, 3] }];
    expect(decodeRows(schema, encodeRows(schema, rows, true), true)).toEqual(rows);
    expect(tableFromIPC(encodeRows(schema, rows, true)).schema.names).toEqual(['op', 'op0', 'a', 'a1', 'a0']);
  });

  test('no rows still have a schema', () => {
    const schema = [{ name: 'a', type: ARRAY(ROW([{ name: 'x', type: STRING() }])) }];
    expect(decodeRows(schema, encodeRows(schema, [], false), false)).toEqual([]);
  });
});
