import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  ARRAY,
  BOOLEAN,
  BYTES,
  columnFromValues,
  DATE,
  DECIMAL,
  DOUBLE,
  FLOAT,
  INT,
  MAP,
  ROW,
  rowsFromBatch,
  STRING,
  TIME,
  Timestamp,
  TIMESTAMP,
  TIMESTAMP_LTZ,
  type DataType,
  type Value,
} from '../types/index.js';
import { ByteBuffer } from './byte-buffer.js';
import { csvFormat } from './csv-format.js';
import { Options } from './options.js';

type Fields = readonly (readonly [string, DataType])[];

function schemaOf(fields: Fields): { name: string; type: DataType }[] {
  return fields.map(([name, type]) => ({ name, type }));
}

function decode(
  text: string,
  fields: Fields,
  options: Record<string, string> = {},
  wanted = fields.map(([name]) => name),
  cut = Infinity,
): Value[][] {
  const columns = wanted.map((name) => ({ path: [name], type: fields.find(([n]) => n === name)?.[1] ?? INT() }));
  const decoder = csvFormat.createDecoder({
    schema: schemaOf(fields),
    columns,
    options: new Options(options),
    file: true,
  });
  const data = new TextEncoder().encode(text);
  const rows: Value[][] = [];
  // Text comes in growing pieces, as from a file: what is not used comes again.
  for (let at = 0, end = Math.min(cut, data.length); ;) {
    const last = end === data.length;
    const { batch, bytes } = decoder.decodeLines(data, at, end, 3, last);
    rows.push(
      ...rowsFromBatch(
        columns.map((c) => c.type),
        batch,
      ).map((r) => [...r.fields]),
    );
    at += bytes;
    if (at >= data.length) return rows;
    if (bytes === 0 && batch.length === 0) {
      if (last) throw new Error('the decoder does not go on');
      end = Math.min(end + cut, data.length);
    }
  }
}

const ISD: Fields = [
  ['i', INT()],
  ['s', STRING()],
  ['d', DATE()],
];
const TEXT =
  '1,a,2020-01-02\n2,"q ""x"" y",2020-1-2\n3, sp ,2020-01-02\n\n4,"multi\nline",2020-01-02\n5,extra,2020-01-02,\n' +
  '6,\\n,2020-01-02\n#7,c,2020-01-02\n8,"a" ,2020-01-02\n';

/** Rows by Flink 2.3 for the same file. */
describe('decoding', () => {
  test('under ignore-parse-errors', () => {
    const rows = decode(TEXT, ISD, { 'ignore-parse-errors': 'true' });
    expect(rows).toEqual([
      [1, 'a', 18263],
      [2, 'q "x" y', 18263],
      [3, ' sp ', 18263],
      [null, null, null],
      [4, 'multi\nline', 18263],
      [5, 'extra', 18263],
      [6, '\\n', 18263],
      [null, 'c', 18263],
      [8, 'a', 18263],
    ]);
  });

  test('a quote that nothing closes takes all that follows with it', () => {
    expect(
      decode(
        'x,1\n"a,2\nb,3\n',
        [
          ['a', STRING()],
          ['b', INT()],
        ],
        { 'ignore-parse-errors': 'true' },
      ),
    ).toEqual([['x', 1]]);
  });

  test('with comments, an escape character and trimmed spaces', () => {
    const options = {
      'ignore-parse-errors': 'true',
      'allow-comments': 'true',
      'escape-character': '\\',
      'trim-spaces': 'true',
    };
    expect(decode(TEXT, ISD, options).map((r) => [r[0], r[1]])).toEqual([
      [1, 'a'],
      [2, 'q "x" y'],
      [3, 'sp'],
      [4, 'multi\nline'],
      [5, 'extra'],
      [6, ''],
      [8, 'a'],
    ]);
  });

  test('fails otherwise, with the row', () => {
    expect(() => decode(TEXT, ISD)).toThrow(/row length mismatch: 3 fields expected but was 1/);
    expect(() => decode('x,a,2020-01-01', ISD)).toThrow(
      "Failed to deserialize CSV row 'x,a,2020-01-01': field 'i': 'x' is no INT.",
    );
    expect(() => decode('1,a,2020-01-01,9', ISD)).toThrow(/too many entries/);
    expect(() => decode('1,"a,2020-01-01', ISD)).toThrow(/missing closing quote/);
    expect(() => decode('1,"a"b,2020-01-01', ISD)).toThrow(/expected column separator/);
  });

  test.each<[string, Record<string, string>, Value[][]]>([
    ['1;a;2020-01-02', { 'field-delimiter': ';' }, [[1, 'a', 18263]]],
    ['1\ta\t2020-01-02', { 'field-delimiter': '\\t' }, [[1, 'a', 18263]]],
    ["1,'a,b',2020-01-02", { 'quote-character': "'" }, [[1, 'a,b', 18263]]],
    ['1,"a",2020-01-02', { 'disable-quote-character': 'true' }, [[1, '"a"', 18263]]],
    ['1,n/a,n/a', { 'null-literal': 'n/a' }, [[1, null, null]]],
    ['1,,', { 'empty-string-as-null': 'true' }, [[1, null, null]]],
    ['1,a,2020-01-02,x,y', { 'ignore-trailing-unmappable': 'true' }, [[1, 'a', 18263]]],
    ['1,a', { 'ignore-parse-errors': 'true' }, [[1, 'a', null]]],
    ['1,a\\,b,2020-01-02', { 'escape-character': '\\' }, [[1, 'a,b', 18263]]],
    [
      '1,a,2020-01-02\r\n2,b,2020-01-02\r\n',
      {},
      [
        [1, 'a', 18263],
        [2, 'b', 18263],
      ],
    ],
    ['\uFEFF1,ü,2020-01-02', {}, [[1, 'ü', 18263]]],
  ])('%j with %j', (text, options, rows) => {
    expect(decode(text, ISD, options)).toEqual(rows);
  });

  test('more refusals', () => {
    expect(() => decode('1,a,2020-01-02,', ISD, { 'allow-trailing-comma': 'false' })).toThrow(/too many entries/);
    expect(() => decode('1,a', ISD, { 'fail-on-missing-columns': 'true' })).toThrow(/row length mismatch/);
    expect(() => decode('{}', [['m', MAP(STRING(), INT())]])).toThrow(/does not support/);
    expect(() => decode('1', [['a', ARRAY(ARRAY(INT()))]])).toThrow(/simple types/);
  });

  test('only wanted columns are looked at', () => {
    expect(decode('x,a,y', ISD, {}, ['s'])).toEqual([['a']]);
  });

  test('arrays and rows within a field', () => {
    const fields: Fields = [
      ['a', ARRAY(INT())],
      [
        'r',
        ROW([
          { name: 'x', type: INT() },
          { name: 'y', type: STRING() },
        ]),
      ],
    ];
    expect(decode('1;2,3;z\n,4;', fields)).toEqual([
      [
        [1, 2],
        [3, 'z'],
      ],
      [[], [4, '']],
    ]);
    expect(decode('1|2,3|z', fields, { 'array-element-delimiter': '|' })).toEqual([
      [
        [1, 2],
        [3, 'z'],
      ],
    ]);
  });

  test('text cut anywhere gives the same rows', () => {
    for (let cut = 1; cut < TEXT.length + 2; cut++) {
      const options = { 'ignore-parse-errors': 'true' };
      expect(decode(TEXT, ISD, options, ['i', 's', 'd'], cut)).toEqual(decode(TEXT, ISD, options));
    }
  });
});

function encode(fields: Fields, values: readonly Value[], options: Record<string, string> = {}): string {
  const encoder = csvFormat.createEncoder(schemaOf(fields), new Options(options));
  const out = new ByteBuffer();
  encoder.encode(
    fields.map(([, type], i) => columnFromValues(type, [values[i]])),
    0,
    out,
  );
  return new TextDecoder().decode(out.take());
}

/** Texts by Flink 2.3. */
describe('encoding', () => {
  test.each<[DataType, Value, string]>([
    [STRING(), 'plain', 'plain'],
    [STRING(), 'a b', '"a b"'],
    [STRING(), 'a,b', '"a,b"'],
    [STRING(), 'a"b', '"a""b"'],
    [STRING(), '', ''],
    [STRING(), null, ''],
    [STRING(), 'a'.repeat(24), 'a'.repeat(24)],
    [STRING(), 'a'.repeat(25), `"${'a'.repeat(25)}"`],
    [STRING(), 'a#b', '"a#b"'],
    [STRING(), 'a-b_é', 'a-b_é'],
    [DOUBLE(), 1e10, '1.0E10'],
    [FLOAT(), 1.5, '1.5'],
    [BOOLEAN(), false, 'false'],
    [DATE(), 18263, '2020-01-02'],
    [TIME(0), 3723000, '01:02:03'],
    [TIMESTAMP(3), new Timestamp(1577934245120), '"2020-01-02 03:04:05.12"'],
    [TIMESTAMP_LTZ(3), new Timestamp(1577934245000), '"2020-01-02 03:04:05Z"'],
    [DECIMAL(12, 2), 100000n, '1E+3'],
    [DECIMAL(12, 2), 123450n, '1234.5'],
    [BYTES(), Uint8Array.of(255), '/w=='],
    [ARRAY(STRING()), ['a', 'b'], 'a;b'],
    [ARRAY(STRING()), [null, 'b'], ';b'],
    [ARRAY(STRING()), ['a,c', 'b;d'], '"a,c;b;d"'],
    [
      ROW([
        { name: 'a', type: INT() },
        { name: 'b', type: STRING() },
      ]),
      [1, 'x y'],
      '"1;x y"',
    ],
  ])('%j %j', (type, v, wanted) => {
    expect(encode([['v', type]], [v])).toBe(wanted);
  });

  test('options', () => {
    const fields: Fields = [
      ['a', STRING()],
      ['b', DECIMAL(12, 2)],
    ];
    expect(
      encode(fields, ['a;b', 100000n], { 'field-delimiter': ';', 'write-bigdecimal-in-scientific-notation': 'false' }),
    ).toBe('"a;b";1000.00');
    expect(encode(fields, ['a,"b', null], { 'disable-quote-character': 'true', 'null-literal': 'nil' })).toBe(
      'a,"b,nil',
    );
    expect(encode(fields, ["it's", 0n], { 'quote-character': "'" })).toBe("'it''s',0");
    expect(encode(fields, ['a\\b', 0n], { 'escape-character': '\\' })).toBe('"a\\\\b",0');
    expect(encode(fields, ['UPPER-1', 0n], { 'escape-character': '\\' })).toBe('UPPER-1,0');
  });

  test('what is written is read back', () => {
    const fields: Fields = [
      ['a', STRING()],
      ['b', STRING()],
    ];
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (a, b) => {
        expect(decode(`${encode(fields, [a, b])}\n`, fields)).toEqual([[a, b]]);
      }),
    );
  });
});
