import { describe, expect, test } from '@jest/globals';
import {
  ARRAY,
  BIGINT,
  DECIMAL,
  DOUBLE,
  INT,
  MAP,
  MapValue,
  MULTISET,
  ROW,
  STRING,
  Timestamp,
  TIMESTAMP_LTZ,
  TimeZone,
  VARIANT,
  VariantValue,
} from '../types/index.js';
import { ExactNumber, parseExactJson } from './exact-json.js';
import { dataType, writtenAsJson } from './logical-type.js';
import { valueReader } from './row-values.js';
import { textReader } from './text-values.js';

const zone = TimeZone.get('America/Los_Angeles');

describe('numbers beyond a double', () => {
  test('keep their digits, and texts that look like them stay texts', () => {
    const json = parseExactJson(
      '{"a":[9007199254740993,-1.23456789012345678901E+30,12],"b":"9007199254740993 \\"1234567890123456789"}',
    );
    expect(json).toEqual({
      a: [new ExactNumber('9007199254740993'), new ExactNumber('-1.23456789012345678901E+30'), 12],
      b: '9007199254740993 "1234567890123456789',
    });
  });

  test('a text of the user may begin as our own mark does', () => {
    expect(parseExactJson('["\\u0001abc",12345678901234567890]')).toEqual([
      '\u0001abc',
      new ExactNumber('12345678901234567890'),
    ]);
  });

  test('become exact values', () => {
    expect(valueReader(BIGINT(), zone)(new ExactNumber('-9223372036854775808'))).toBe(-9223372036854775808n);
    expect(valueReader(DECIMAL(38, 2), zone)(new ExactNumber('1.234567890123456789E+20'))).toBe(
      12345678901234567890000n,
    );
    expect(valueReader(DECIMAL(10, 2), zone)(100)).toBe(10000n);
    expect(valueReader(DOUBLE(), zone)('NaN')).toBeNaN();
  });

  test('a value that is none of its type is a mistake that is told', () => {
    expect(() => valueReader(BIGINT(), zone)('x')).toThrow(/"x" for BIGINT/);
  });
});

test('the clock of the session’s zone becomes the instant, whatever its Z says', () => {
  const read = valueReader(TIMESTAMP_LTZ(3), zone);
  expect(read('1969-12-31T16:00:00Z')).toEqual(new Timestamp(0));
  expect(read('2020-07-01T00:00:00.5Z')).toEqual(new Timestamp(Date.UTC(2020, 6, 1, 7) + 500));
});

describe('what JSON has no form for', () => {
  test('is known by its type', () => {
    const integer = { type: 'INTEGER', nullable: true };
    expect(writtenAsJson(dataType({ type: 'MAP', nullable: true, keyType: integer, valueType: integer }))).toBe(false);
    expect(writtenAsJson(MAP(STRING(), INT()))).toBe(true);
    expect(writtenAsJson(ROW([{ name: 'a', type: ARRAY(VARIANT()) }]))).toBe(false);
  });

  test('is read from text when that is exact', () => {
    expect(textReader(MAP(INT(), ARRAY(DECIMAL(5, 2))), zone)?.('{1=[1.50, NULL], 2=[]}')).toEqual(
      new MapValue([
        [1, [150n, null]],
        [2, []],
      ]),
    );
    expect(textReader(MULTISET(ROW([{ name: 'a', type: INT() }])), zone)?.('{(1)=2}')).toEqual(
      new MapValue([[[1], 2]]),
    );
    expect(textReader(VARIANT(), zone)?.('{"a":[1]}')).toEqual(new VariantValue({ a: [1] }));
    expect(textReader(STRING(), zone)?.('NULL')).toBe('NULL');
    expect(textReader(INT(), zone)?.(null)).toBeNull();
  });

  test('is not read from text when texts within are not quoted', () => {
    expect(textReader(MAP(INT(), STRING()), zone)).toBeNull();
  });
});
