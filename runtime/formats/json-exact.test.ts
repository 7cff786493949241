import { describe, expect, test } from '@jest/globals';
import {
  ARRAY,
  BIGINT,
  BOOLEAN,
  BYTES,
  columnFromValues,
  DATE,
  DECIMAL,
  DOUBLE,
  FLOAT,
  INT,
  MAP,
  MapValue,
  ROW,
  STRING,
  TIME,
  Timestamp,
  TIMESTAMP,
  TIMESTAMP_LTZ,
  TINYINT,
  type DataType,
  type Value,
} from '../types/index.js';
import { ByteBuffer } from './byte-buffer.js';
import { JsonEncoder } from './json-encoder.js';
import { JsonExact } from './json-exact.js';

interface Settings {
  readonly ignore?: boolean;
  readonly fail?: boolean;
  readonly pull?: boolean;
  readonly iso?: boolean;
}

function decode(
  text: string | Uint8Array,
  fields: readonly (readonly [string, DataType])[],
  settings: Settings = {},
): Value[][] {
  const metrics = { records: 0, bytes: 0, malformed: 0 };
  const exact = new JsonExact(
    fields.map(([name]) => [name]),
    fields.map(([, type]) => type),
    {
      failOnMissingField: settings.fail ?? false,
      ignoreParseErrors: settings.ignore ?? true,
      timestampStandard: settings.iso === true ? 'ISO-8601' : 'SQL',
      decimals: fields.some(([, type]) => type.root === 'DECIMAL'),
      pullParser: settings.pull ?? true,
    },
    metrics,
  );
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  const rows: Value[][] = [];
  exact.record(bytes, 0, bytes.length, (row) => rows.push([...row]));
  return rows;
}

const value = (json: string, type: DataType, settings: Settings = {}): Value | undefined =>
  decode(`{"v":${json}}`, [['v', type]], settings)[0]?.[0];

/** Every expectation of this table was given by Flink 2.3 for the same text, under ignore-parse-errors. */
describe('coercions', () => {
  test.each<[string, DataType, Value | undefined]>([
    ['"12"', INT(), 12],
    ['" 13 "', INT(), 13],
    ['1.5', INT(), 1],
    ['-1.9', INT(), -1],
    ['1e2', INT(), 100],
    ['"1.5"', INT(), null],
    ['2147483648', INT(), null],
    ['true', INT(), null],
    ['"+5"', INT(), 5],
    ['-0', INT(), 0],
    ['1e400', INT(), null],
    ['127', TINYINT(), 127],
    ['128', TINYINT(), null],
    ['1.5', TINYINT(), null],
    ['9223372036854775807', BIGINT(), 9223372036854775807n],
    ['9223372036854775808', BIGINT(), null],
    ['1.0E10', BIGINT(), 10000000000n],
    ['1e30', BIGINT(), null],
    ['"NaN"', DOUBLE(), NaN],
    ['"1f"', DOUBLE(), 1],
    ['"0x1p3"', DOUBLE(), 8],
    ['"5."', DOUBLE(), 5],
    ['1e400', DOUBLE(), Infinity],
    ['0.30000000000000004', DOUBLE(), 0.30000000000000004],
    ['123456789.125', FLOAT(), 123456792],
    ['"TRUE "', BOOLEAN(), true],
    ['"yes"', BOOLEAN(), false],
    ['1', BOOLEAN(), false],
    ['12345678.905', DECIMAL(10, 2), 1234567891n],
    ['"12345678.904"', DECIMAL(10, 2), 1234567890n],
    ['99999999.995', DECIMAL(10, 2), null],
    ['1e30', DECIMAL(10, 2), null],
    ['1E-5', DECIMAL(10, 2), 0n],
    ['1.50', STRING(), '1.50'],
    ['true', STRING(), 'true'],
    ['{"a":1,"b":"x"}', STRING(), '{"a":1,"b":"x"}'],
    ['[1, 2.50]', STRING(), '[1,2.5]'],
    ['"\\u0041\\n\\ud800x"', STRING(), 'A\n?x'],
    ['"2020-01-02 03:04:05"', TIMESTAMP(3), new Timestamp(1577934245000)],
    ['"2020-01-02 03:04:05.123456789"', TIMESTAMP(9), new Timestamp(1577934245123, 456789)],
    ['"2020-01-02 03:04:05.123456789"', TIMESTAMP(3), new Timestamp(1577934245123)],
    ['"2020-02-30 00:00:00"', TIMESTAMP(3), new Timestamp(1582934400000)],
    ['"2020-01-02T03:04:05"', TIMESTAMP(3), null],
    ['"2020-01-02 03:04:05"', TIMESTAMP_LTZ(3), null],
    ['"2020-01-02 03:04:05Z"', TIMESTAMP_LTZ(3), new Timestamp(1577934245000)],
    ['"2020-01-02"', DATE(), 18263],
    ['"2020-02-30"', DATE(), null],
    ['"24:00:00"', TIME(0), 0],
    ['"12:34:56.789"', TIME(0), 45296789],
    ['"12:34"', TIME(0), null],
    ['[1,"x"]', ARRAY(INT()), [1, null]],
    ['["5",null]', ARRAY(INT()), [5, null]],
    ['{}', ARRAY(INT()), null],
    ['{"a":"z"}', MAP(STRING(), INT()), new MapValue([['a', null]])],
    ['"AQID"', BYTES(), Uint8Array.of(1, 2, 3)],
    ['"AQ"', BYTES(), null],
    ['"0x1p3"', BYTES(), undefined],
    ['"1.5"', BYTES(), null],
    [
      '{"a":1}',
      ROW([
        { name: 'a', type: INT() },
        { name: 'b', type: STRING() },
      ]),
      [1, null],
    ],
  ])('%s as %j', (json, type, wanted) => {
    expect(value(json, type)).toEqual(wanted);
  });

  test('the tree reader differs where Flink does', () => {
    expect(value('1.50', STRING(), { pull: false })).toBe('1.5');
    expect(value('1e10', STRING(), { pull: false })).toBe('1.0E10');
    expect(value('1', BYTES(), { pull: false })).toBe(null);
    expect(value('1', MAP(STRING(), INT()), { pull: false })).toEqual(new MapValue([]));
  });

  test('ISO-8601', () => {
    expect(value('"2020-01-02T03:04"', TIMESTAMP(3), { iso: true })).toEqual(new Timestamp(1577934240000));
    expect(value('"2020-02-30T03:04:05"', TIMESTAMP(3), { iso: true })).toBe(null);
    expect(value('"2020-02-30T03:04:05Z"', TIMESTAMP_LTZ(3), { iso: true })).toEqual(new Timestamp(1582945445000));
  });
});

const AB = [
  ['a', INT()],
  ['b', INT()],
] as const;

/** Rows by Flink 2.3 for the same texts. */
describe('records', () => {
  test.each<[string, Value[][]]>([
    ['{"a":1,"a":2,"b":3}', [[2, null]]],
    ['{"b":1,"b":2}', [[null, 2]]],
    ['{"a":1,"b":2} trailing', [[1, 2]]],
    ['{"a":1,"b":2', []],
    [
      '[{"a":1,"b":2},{"a":3,"b":4}]',
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ['5', []],
    ['null', []],
    ['', []],
    ['   ', []],
    ['{}', [[null, null]]],
    ['\uFEFF{"a":1,"b":2}', [[1, 2]]],
    ['{"a":{"q":1},"b":2}', [[null, null]]],
    ['{"a":[1,2],"b":2}', []],
    ['{"a":1,"b":2,}', []],
    ['{"a":01,"b":2}', []],
    ['{"a":1,"b":2,"c":nul}', []],
    ['{"A":1}', [[null, null]]],
    ["{'a':19}", []],
    ['{"b":"x\ty","a":1}', [[1, null]]],
    ['{"a":"{","b":2}', [[null, 2]]],
    ['{ "a" : 5 , "b":\t6 }', [[5, 6]]],
    ['[{"a":1,"b":2},{"a":', [[1, 2]]],
  ])('%s', (text, rows) => {
    expect(decode(text, AB)).toEqual(rows);
  });

  test('projection changes what a repeated key means', () => {
    expect(decode('{"a":1,"a":2,"b":3}', [['a', INT()]])).toEqual([[1]]);
    expect(decode('{"a":1,"a":2,"b":3}', [['a', INT()]], { pull: false })).toEqual([[2]]);
  });

  test('without ignore-parse-errors a record fails with its text and field', () => {
    expect(() => decode('{"a":"x","b":2}', AB, { ignore: false })).toThrow(
      `Failed to deserialize JSON '{"a":"x","b":2}': field 'a': x is no INT.`,
    );
    expect(() => decode('{"a":1', AB, { ignore: false })).toThrow(/unexpected end of input/);
    expect(() => decode('{"a":1}', AB, { ignore: false, fail: true })).toThrow(/missing/);
    expect(() => decode('{"a":1}', AB, { ignore: false, fail: true, pull: false })).toThrow(
      /could not find field with name 'b'/,
    );
    expect(() => decode(Uint8Array.of(123, 34, 97, 34, 58, 34, 0xc3, 34, 125), AB, { ignore: false })).toThrow(/UTF-8/);
  });

  test('a missing field is NULL', () => {
    expect(decode('{"b":2}', AB, { ignore: false })).toEqual([[null, 2]]);
  });

  test('nesting beyond 1000 levels is refused, not overflown', () => {
    expect(decode(`{"x":${'['.repeat(1200)}`, AB)).toEqual([]);
    expect(() => decode(`{"a":1,"x":${'['.repeat(200_000)}`, AB, { ignore: false })).toThrow(/nested deeper/);
  });
});

function encode(type: DataType, v: Value, options: Partial<ConstructorParameters<typeof JsonEncoder>[1]> = {}): string {
  const schema = [{ name: 'v', type }];
  const encoder = new JsonEncoder(schema, {
    timestampStandard: 'SQL',
    nullKeyMode: 'FAIL',
    nullKeyLiteral: 'null',
    plainDecimals: false,
    ignoreNullFields: false,
    ...options,
  });
  const out = new ByteBuffer(1);
  encoder.encode([columnFromValues(type, [v])], 0, out);
  return new TextDecoder().decode(out.take());
}

/** Texts by Flink 2.3. */
describe('encoding', () => {
  test.each<[DataType, Value, string]>([
    [STRING(), 'q"\\/\u0001\bé😀', '"q\\"\\\\/\\u0001\\bé\\uD83D\\uDE00"'],
    [DOUBLE(), 1e10, '1.0E10'],
    [FLOAT(), Math.fround(1e-4), '1.0E-4'],
    [BOOLEAN(), true, 'true'],
    [DATE(), -719162, '"0001-01-01"'],
    [TIME(0), 3723000, '"01:02:03"'],
    [TIMESTAMP(3), new Timestamp(1577934245120), '"2020-01-02 03:04:05.12"'],
    [TIMESTAMP_LTZ(3), new Timestamp(1577934245000), '"2020-01-02 03:04:05Z"'],
    [DECIMAL(12, 2), 100000n, '1E+3'],
    [DECIMAL(12, 2), 10n, '0.1'],
    [DECIMAL(12, 2), 0n, '0'],
    [BYTES(), Uint8Array.of(1, 2, 3), '"AQID"'],
    [ARRAY(STRING()), ['a', null], '["a",null]'],
    [
      ROW([
        { name: 'a', type: INT() },
        { name: 'b', type: STRING() },
      ]),
      [null, 'x'],
      '{"a":null,"b":"x"}',
    ],
    [MAP(STRING(), INT()), new MapValue([['k', null]]), '{"k":null}'],
    [BIGINT(), 9007199254740993n, '9007199254740993'],
    [INT(), null, 'null'],
  ])('%j %j', (type, v, wanted) => {
    expect(encode(type, v)).toBe(`{"v":${wanted}}`);
  });

  test('options', () => {
    expect(encode(DECIMAL(12, 2), 100000n, { plainDecimals: true })).toBe('{"v":1000.00}');
    expect(encode(INT(), null, { ignoreNullFields: true })).toBe('{}');
    expect(encode(TIMESTAMP(3), new Timestamp(0), { timestampStandard: 'ISO-8601' })).toBe(
      '{"v":"1970-01-01T00:00:00"}',
    );
    const map = new MapValue([[null, 1]]);
    expect(() => encode(MAP(STRING(), INT()), map)).toThrow(/null key/);
    expect(encode(MAP(STRING(), INT()), map, { nullKeyMode: 'DROP' })).toBe('{"v":{}}');
    expect(encode(MAP(STRING(), INT()), map, { nullKeyMode: 'LITERAL', nullKeyLiteral: 'none' })).toBe(
      '{"v":{"none":1}}',
    );
  });
});
