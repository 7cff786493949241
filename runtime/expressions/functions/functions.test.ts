import { describe, expect, test } from '@jest/globals';
import {
  BIGINT,
  DATE,
  DECIMAL,
  DOUBLE,
  FLOAT,
  INT,
  MapValue,
  SMALLINT,
  STRING,
  StreamcellError,
  TIMESTAMP,
  TIMESTAMP_LTZ,
  TINYINT,
  Timestamp,
  parseTimestamp,
  typeToString,
  type DataType,
  type Value,
} from '../../types/index.js';
import type { BoundExpr } from '../bound.js';
import { call, callWith, decimal, evaluate, lit } from '../test-tools.js';
import { bindCast } from '../type-casts.js';
import { functionNames, unsupportedFunctionNames } from './registry.js';

const cast = (v: BoundExpr | Value, type: DataType, safe = false): BoundExpr =>
  bindCast(typeof v === 'object' && v !== null && 'kind' in v ? (v as BoundExpr) : lit(v as Value), type, safe);
const ts = (text: string, precision = 3): BoundExpr => {
  const t = parseTimestamp(text) as Timestamp;
  return lit(new Timestamp(t.millis, t.nanos), TIMESTAMP(precision, false));
};
const date = (text: string): BoundExpr => cast(text, DATE());
const at = (unit: string, name: string, ...args: (BoundExpr | Value)[]): BoundExpr => callWith(name, { unit }, ...args);
const text = (e: BoundExpr): BoundExpr => cast(e, STRING());
const NUL = (type: DataType): BoundExpr => lit(null, type);

/** Expression, its value, its type. All observed on Flink 2.3. */
const CASES: readonly (readonly [string, BoundExpr, Value, string?])[] = [
  ['7 / 2', call('/', 7, 2), 3, 'INT NOT NULL'],
  ['-7 % 2', call('MOD', -7, 2), -1, 'INT NOT NULL'],
  ['INT wraps', call('+', 2147483647, 1), -2147483648],
  ['INT product wraps', call('*', 65536, 65536), 0],
  ['TINYINT wraps', call('+', cast(127, TINYINT()), cast(1, TINYINT())), -128, 'TINYINT NOT NULL'],
  ['BIGINT wraps', call('*', 1n << 62n, 3n), -(1n << 62n)],
  ['decimal product', call('*', decimal(908n, 3, 3), 10n), 9080n, 'DECIMAL(23, 3) NOT NULL'],
  [
    '(20,5) / (10,2)',
    call('/', decimal(100000n, 20, 5), decimal(300n, 10, 2)),
    3333333333333333n,
    'DECIMAL(33, 16) NOT NULL',
  ],
  [
    '(38,18) * (38,18)',
    call('*', decimal(10n ** 18n, 38, 18), decimal(10n ** 18n, 38, 18)),
    1000000n,
    'DECIMAL(38, 6) NOT NULL',
  ],
  ['mod of whole decimals', call('MOD', decimal(17n, 10, 0), 5), 2, 'INT NOT NULL'],
  ['1.005 to (3,2) rounds half up', cast(decimal(1005n, 4, 3), DECIMAL(3, 2)), 101n],
  ['cast overflow is NULL', cast(decimal(12345n, 5, 2), DECIMAL(3, 2)), null],
  ['DOUBLE to INT saturates', cast(lit(1e10, DOUBLE(false)), INT()), 2147483647],
  ['INT to TINYINT wraps', cast(300, TINYINT()), 44],
  ['large DOUBLE to text', text(lit(1e8, DOUBLE(false))), '1.0E8'],
  ['FLOAT to text', text(cast(1.1, FLOAT())), '1.1'],
  ['text to INT', cast(' 42 ', INT()), 42],
  ['text to INT drops a fraction', cast('1.9', INT()), 1],
  ['TRY_CAST', cast('x', INT(), true), null, 'INT'],
  ['text to BOOLEAN', cast('TRUE', { root: 'BOOLEAN', nullable: true }), true],
  ['text to SMALLINT out of range', cast('40000', SMALLINT(), true), null],
  ['BETWEEN-like', call('AND', call('>=', 5, 1), call('<=', 5, 9)), true],
  ['NULL AND FALSE', call('AND', NUL({ root: 'BOOLEAN', nullable: true }), false), false],
  ['NULL OR TRUE', call('OR', NUL({ root: 'BOOLEAN', nullable: true }), true), true],
  ['NULL AND TRUE', call('AND', NUL({ root: 'BOOLEAN', nullable: true }), true), null],
  ['NOT NULL value', call('NOT', NUL({ root: 'BOOLEAN', nullable: true })), null],
  ['IS DISTINCT FROM', call('IS DISTINCT FROM', NUL(INT()), 1), true],
  ['IS NOT DISTINCT FROM', call('IS NOT DISTINCT FROM', NUL(INT()), NUL(INT())), true],
  ['decimals of other scales compare', call('=', decimal(150n, 3, 2), decimal(15n, 2, 1)), true],
  [
    'a long list',
    ['c', 'd', 'e', 'f', 'g', 'b'].map((v) => call('=', lit('b', STRING()), v)).reduce((a, b) => call('OR', a, b)),
    true,
  ],
  ['COALESCE', call('COALESCE', NUL(INT()), 7), 7, 'INT NOT NULL'],
  ['NULLIF', call('NULLIF', 3, 3), null, 'INT'],
  ['GREATEST with NULL', call('GREATEST', 1, NUL(INT())), null],
  ['LEAST', call('LEAST', 3, 1, 2), 1, 'INT NOT NULL'],
  ['IF', call('IF', false, 'abc', 'de'), 'de', 'VARCHAR(3) NOT NULL'],
  ['SUBSTRING', call('SUBSTRING', 'flink', 2, 3), 'lin', 'VARCHAR(5)'],
  ['SUBSTRING from the end', call('SUBSTRING', 'flink', -3), 'ink'],
  ['UPPER keeps CHAR', call('UPPER', 'abc'), 'ABC', 'CHAR(3) NOT NULL'],
  ['POSITION', call('POSITION', 'nk', 'flink'), 4],
  ['LPAD', call('LPAD', 'hi', 5, '?!'), '?!?hi'],
  ['SPLIT_INDEX', call('SPLIT_INDEX', 'a,b,c', ',', 1), 'b'],
  ['CONCAT_WS skips NULL', call('CONCAT_WS', '-', 'a', NUL(STRING()), 'b'), 'a-b'],
  ['TRIM a side', callWith('TRIM', { side: 'LEADING' }, 'xxax', 'x'), 'ax'],
  ['OVERLAY', call('OVERLAY', 'xxxxxtest', 'xxxx', 6), 'xxxxxxxxx', 'VARCHAR(13) NOT NULL'],
  ['LIKE with escape', call('LIKE', '50%', '50!%', '!'), true],
  ['LIKE underscore', call('LIKE', 'test', 't_st'), true],
  ['REGEXP_EXTRACT', call('REGEXP_EXTRACT', 'foothebar', 'foo(.*?)(bar)', 2), 'bar'],
  ['REGEXP_REPLACE', call('REGEXP_REPLACE', 'foobar', 'oo|ar', ''), 'fb'],
  ['SIMILAR TO', call('SIMILAR TO', 'abc', '(a|x)bc'), true],
  ['MD5', call('MD5', 'test'), '098f6bcd4621d373cade4e832627b4f6', 'CHAR(32) NOT NULL'],
  ['TO_BASE64', call('TO_BASE64', 'hello'), 'aGVsbG8='],
  ['PARSE_URL', call('PARSE_URL', 'http://u@h.org:80/p?q=1&k=v#r', 'QUERY', 'k'), 'v'],
  ['CHAR_LENGTH counts characters', call('CHAR_LENGTH', 'a\ud83d\ude00'), 2],
  ['ROUND', call('ROUND', decimal(12345n, 5, 3), 2), 1235n, 'DECIMAL(5, 2) NOT NULL'],
  ['ROUND of a double', call('ROUND', 2.675, 2), 2.68],
  ['TRUNCATE', call('TRUNCATE', decimal(12399n, 5, 3), 1), 123n, 'DECIMAL(4, 1) NOT NULL'],
  ['FLOOR below zero', call('FLOOR', decimal(-15n, 2, 1)), -2n, 'DECIMAL(2, 0) NOT NULL'],
  ['POWER', call('POWER', 2, 10), 1024],
  ['EXTRACT', at('DOW', 'EXTRACT', ts('2020-02-29 01:56:59')), 7n, 'BIGINT NOT NULL'],
  ['ISO week', at('WEEK', 'EXTRACT', date('2021-01-03')), 53n],
  ['FLOOR to the week starts on Sunday', text(at('WEEK', 'FLOOR', date('2020-01-08'))), '2020-01-05'],
  [
    'month ends clamp',
    text(
      call(
        '+',
        date('2020-01-31'),
        lit(1, { root: 'INTERVAL_YEAR_MONTH', from: 'MONTH', to: 'MONTH', precision: 2, fraction: 0, nullable: false }),
      ),
    ),
    '2020-02-29',
  ],
  [
    'TIMESTAMPDIFF',
    at('MONTH', 'TIMESTAMPDIFF', ts('2018-01-31 00:00:00'), ts('2018-02-28 00:00:00')),
    1,
    'INT NOT NULL',
  ],
  ['TIMESTAMPADD on a date', text(at('HOUR', 'TIMESTAMPADD', -1, date('2016-06-15'))), '2016-06-14 23:00:00.000000'],
  [
    'DATE_FORMAT',
    call('DATE_FORMAT', ts('2020-03-04 05:06:07.089'), "yyyy/MM/dd HH:mm:ss.SSS 'q' EEE"),
    '2020/03/04 05:06:07.089 q Wed',
  ],
  ['TO_TIMESTAMP', text(call('TO_TIMESTAMP', '04.03.2020 5:06', 'dd.MM.yyyy H:mm')), '2020-03-04 05:06:00.000'],
  ['TO_TIMESTAMP clamps', text(call('TO_TIMESTAMP', '2017-02-30 00:00:00')), '2017-02-28 00:00:00.000'],
  ['TO_DATE of no date', call('TO_DATE', 'x'), null],
  ['FROM_UNIXTIME', call('FROM_UNIXTIME', 0n), '1970-01-01 00:00:00'],
  ['UNIX_TIMESTAMP', call('UNIX_TIMESTAMP', '1970-01-01 00:00:01'), 1n],
  ['CONVERT_TZ', call('CONVERT_TZ', '1970-01-01 00:00:00', 'UTC', 'America/Los_Angeles'), '1969-12-31 16:00:00'],
  ['array element', call('ITEM', call('ARRAY', 1, 2), 2), 2, 'INT'],
  ['array element beyond', call('ITEM', call('ARRAY', 1, 2), 3), null],
  ['map value', call('ITEM', call('MAP', 'a', 1), 'a'), 1],
  ['ARRAY_DISTINCT', call('ARRAY_DISTINCT', call('ARRAY', 1, 2, 1)), [1, 2]],
  ['ARRAY_SLICE', call('ARRAY_SLICE', call('ARRAY', 1, 2, 3), -2), [2, 3]],
  ['ARRAY_EXCEPT', call('ARRAY_EXCEPT', call('ARRAY', 1, 2, 2), call('ARRAY', 1)), [2]],
  ['MAP_KEYS', call('MAP_KEYS', call('MAP', 'a', 1, 'b', 2)), ['a', 'b']],
  ['STR_TO_MAP', call('STR_TO_MAP', 'k=v'), new MapValue([['k', 'v']])],
  ['nested text', text(call('ROW', 1, call('ARRAY', 'a', NUL(STRING())))), '(1, [a, NULL])'],
  ['JSON_VALUE', call('JSON_VALUE', '{"a":{"b":[1,2.50]}}', '$.a.b[1]'), '2.50'],
  ['JSON_QUERY', call('JSON_QUERY', '{"b":1,"a":{"z":1,"y":2}}', '$.a'), '{"y":2,"z":1}'],
  ['JSON_EXISTS of nothing', call('JSON_EXISTS', '{}', 'lax $.a'), false],
  ['IS JSON', call('IS JSON ARRAY', '[1]'), true],
  [
    'JSON_OBJECT',
    callWith('JSON_OBJECT', { onNull: 'NULL' }, 'k', NUL(STRING()), 'j', call('JSON_ARRAY', 1)),
    '{"j":[1],"k":null}',
  ],
  ['TYPEOF', call('TYPEOF', call('ARRAY', 1)), 'ARRAY<INT NOT NULL> NOT NULL'],
];

describe('functions', () => {
  test.each(CASES.map(([name, expr, value, type]) => ({ name, expr, value, type })))(
    '$name',
    ({ expr, value, type }) => {
      const got = evaluate(expr);
      expect(typeof got === 'number' && Object.is(got, -0) ? 0 : got).toEqual(value);
      if (type !== undefined) expect(typeToString(expr.type)).toBe(type);
    },
  );

  test.each([
    ['1 / 0', call('/', 1, 0), 'DIVISION_BY_ZERO'],
    ['1e0 / 0e0', call('/', lit(1.5), lit(0, { root: 'DOUBLE', nullable: false })), 'DIVISION_BY_ZERO'],
    ['text that is no number', cast('x', INT()), 'CAST_FAILED'],
    ['text too large for a decimal', cast('12345.6', DECIMAL(5, 2)), 'CAST_FAILED'],
    ['two elements', call('ELEMENT', call('ARRAY', 1, 2)), 'EXPRESSION_FAILED'],
  ] as const)('%s ends the row', (_name, expr, code) => {
    let got = '';
    try {
      evaluate(expr);
    } catch (e) {
      got = (e as StreamcellError).code;
    }
    expect(got).toBe(code);
  });

  test.each([
    ['unknown', () => call('UPPERR', 'a'), 'FUNCTION_NOT_FOUND'],
    ['unsupported', () => call('BITMAP_AND', 'a', 'b'), 'FUNCTION_UNSUPPORTED'],
    ['arguments', () => call('UPPER', 1), 'FUNCTION_ARGUMENTS'],
    ['no comparison', () => call('=', 1, 'a'), 'TYPE_MISMATCH'],
    ['no cast', () => cast(lit(1), DATE()), 'CAST_INVALID'],
    [
      'times are not subtracted',
      () => call('-', ts('2020-01-01 00:00:00'), ts('2020-01-01 00:00:00')),
      'FUNCTION_ARGUMENTS',
    ],
  ] as const)('%s is refused when it is bound', (_name, bind, code) => {
    let got = '';
    try {
      bind();
    } catch (e) {
      got = (e as StreamcellError).code;
    }
    expect(got).toBe(code);
  });

  test('an unknown name suggests a near one', () => {
    try {
      call('SUBSTRIN', 'a');
    } catch (e) {
      expect((e as StreamcellError).hint).toContain('SUBSTR');
    }
  });

  test('no function is both supported and not', () => {
    const names = new Set(functionNames());
    expect(unsupportedFunctionNames().filter((n) => names.has(n))).toEqual([]);
    expect(names.size).toBeGreaterThan(180);
  });

  test('local times follow the session zone over daylight saving', () => {
    const local = (text2: string): BoundExpr => cast(ts(text2), TIMESTAMP_LTZ(3));
    const zone = 'America/Los_Angeles';
    // The gap of 2021-03-14 moves on by an hour, in the overlap of November the earlier instant counts.
    expect(evaluate(text(local('2021-03-14 02:30:00')), zone)).toBe('2021-03-14 03:30:00.000');
    expect((evaluate(local('2021-11-07 01:30:00'), zone) as Timestamp).millis).toBe(Date.UTC(2021, 10, 7, 8, 30));
    expect(evaluate(call('HOUR', lit(new Timestamp(Date.UTC(2021, 6, 1)), TIMESTAMP_LTZ(3))), zone)).toBe(17n);
  });

  test('BIGINT literals beyond doubles are exact', () => {
    expect(evaluate(call('+', lit(9223372036854775806n, BIGINT(false)), 1n))).toBe(9223372036854775807n);
  });
});
