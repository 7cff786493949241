import { describe, expect, test } from '@jest/globals';
import {
  ARRAY,
  BIGINT,
  BOOLEAN,
  BYTES,
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
  ROW,
  STRING,
  TIME,
  TIMESTAMP,
  TIMESTAMP_LTZ,
  Timestamp,
  type DataType,
  type Value,
} from '../types/index.js';
import { displayText, gatewayJson } from './value-text.js';

/** Recorded from Flink 2.3: the SQL Gateway's JSON row format. */
const RECORDED: [DataType, Value, string][] = [
  [TIMESTAMP(3), new Timestamp(1577872800120), '"2020-01-01T10:00:00.12"'],
  [TIMESTAMP(6), new Timestamp(1577872800000), '"2020-01-01T10:00:00"'],
  [TIMESTAMP(9), new Timestamp(1577872800123, 456789), '"2020-01-01T10:00:00.123456789"'],
  [DATE(), 18295, '"2020-02-03"'],
  [TIME(0), 36672000, '"10:11:12"'],
  [TIME(3), 36672123, '"10:11:12.123"'],
  [DECIMAL(10, 2), 150n, '1.5'],
  [DECIMAL(10, 0), 100n, '1E+2'],
  [DECIMAL(38, 5), 1234567890123456789012345n, '12345678901234567890.12345'],
  [DECIMAL(20, 10), 1n, '1E-10'],
  [DOUBLE(), 1e8, '1.0E8'],
  [DOUBLE(), 1e-4, '1.0E-4'],
  [DOUBLE(), 1e7, '1.0E7'],
  [DOUBLE(), NaN, '"NaN"'],
  [DOUBLE(), Infinity, '"Infinity"'],
  [FLOAT(), Math.fround(0.1), '0.1'],
  [FLOAT(), 1e10, '1.0E10'],
  [BYTES(), new Uint8Array([10, 255]), '"Cv8="'],
  [BIGINT(), 9223372036854775807n, '9223372036854775807'],
  [BOOLEAN(), true, 'true'],
  [INT(), null, 'null'],
  [INTERVAL_DAY_TIME(), 93784500n, '93784500'],
  [INTERVAL_YEAR_MONTH(), 14, '14'],
  [ARRAY(DATE()), [18262], '["2020-01-01"]'],
  [MAP(STRING(), INT()), new MapValue([['a', 1]]), '{"a":1}'],
  [
    MULTISET(STRING()),
    new MapValue([
      ['a', 2],
      ['b', 1],
    ]),
    '{"a":2,"b":1}',
  ],
  [
    ROW([
      { name: 'x', type: INT() },
      { name: 'y', type: STRING() },
    ]),
    [1, 'x'],
    '{"x":1,"y":"x"}',
  ],
];

describe('values as the gateway writes them', () => {
  test.each(RECORDED)('%o %o', (type, value, json) => {
    expect(gatewayJson(value, type)).toBe(json);
  });

  test('an instant is the wall clock of the session zone, marked Z', () => {
    expect(gatewayJson(new Timestamp(0), TIMESTAMP_LTZ(3), 'Asia/Tokyo')).toBe('"1970-01-01T09:00:00Z"');
  });
});

describe('values as a table shows them', () => {
  test.each<[DataType, Value, string]>([
    [BOOLEAN(), true, 'TRUE'],
    [INT(), null, 'NULL'],
    [DOUBLE(), 12345678, '1.2345678E7'],
    [DOUBLE(), 0.00123, '0.00123'],
    [DECIMAL(10, 2), -5n, '-0.05'],
    [TIMESTAMP(3), new Timestamp(-1), '1969-12-31 23:59:59.999'],
    [INTERVAL_DAY_TIME(), 93784500n, '+1 02:03:04.500'],
    [INTERVAL_YEAR_MONTH(), -14, '-1-02'],
    [ARRAY(INT()), [1, null], '[1, NULL]'],
    [MAP(STRING(), INT()), new MapValue([['a', 1]]), '{a=1}'],
    [ROW([{ name: 'x', type: INT() }]), [1], '(1)'],
    [BYTES(), new Uint8Array([10, 255]), "x'0aff'"],
  ])('%o %o', (type, value, text) => {
    expect(displayText(value, type)).toBe(text);
  });

  test('an instant is shown in the session zone, summer time included', () => {
    const summer = new Timestamp(Date.UTC(2020, 6, 1));
    expect(displayText(summer, TIMESTAMP_LTZ(3), 'Europe/Berlin')).toBe('2020-07-01 02:00:00.000');
    expect(displayText(summer, TIMESTAMP_LTZ(0), 'GMT-03:30')).toBe('2020-06-30 20:30:00');
  });
});
