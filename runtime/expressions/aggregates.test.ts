import { describe, expect, test } from '@jest/globals';
import {
  BIGINT,
  CHAR,
  DECIMAL,
  DOUBLE,
  INT,
  STRING,
  StreamcellError,
  TIMESTAMP,
  TINYINT,
  typeToString,
  type DataType,
} from '../types/index.js';
import { aggregateNames, bindAggregate } from './aggregates.js';
import { input } from './test-tools.js';

const bind = (name: string, types: readonly DataType[], emptyGroup = false): string =>
  typeToString(
    bindAggregate(
      name,
      types.map((t, i) => input(i, t)),
      { distinct: false, emptyGroup },
    ).type,
  );

describe('result types of aggregates, as Flink 2.3 gives them', () => {
  test.each([
    ['COUNT', [INT()], 'BIGINT NOT NULL'],
    ['SUM', [TINYINT()], 'TINYINT'],
    ['SUM', [INT(false)], 'INT NOT NULL'],
    ['SUM', [DECIMAL(10, 2)], 'DECIMAL(38, 2)'],
    ['$SUM0', [BIGINT()], 'BIGINT NOT NULL'],
    ['AVG', [INT()], 'INT'],
    ['AVG', [DECIMAL(10, 2)], 'DECIMAL(38, 6)'],
    ['STDDEV_POP', [INT()], 'INT'],
    ['VARIANCE', [DOUBLE(false)], 'DOUBLE NOT NULL'],
    ['MAX', [TIMESTAMP(3, true, 'rowtime')], 'TIMESTAMP(3) *ROWTIME*'],
    ['LISTAGG', [CHAR(4, false)], 'CHAR(4) NOT NULL'],
    ['LISTAGG', [STRING(), CHAR(1, false)], 'STRING'],
    ['COLLECT', [INT()], 'MULTISET<INT> NOT NULL'],
    ['ARRAY_AGG', [INT(false)], 'ARRAY<INT NOT NULL> NOT NULL'],
    ['JSON_OBJECTAGG', [STRING(false), INT()], 'VARCHAR(2000) NOT NULL'],
    ['PERCENTILE', [INT(), DOUBLE(false)], 'DOUBLE'],
    ['LAG', [INT(false)], 'INT'],
    ['LAG', [INT(false), INT(false), INT(false)], 'INT NOT NULL'],
    ['ROW_NUMBER', [], 'BIGINT NOT NULL'],
  ] as const)('%s(%j)', (name, types, want) => {
    expect(bind(name, types)).toBe(want);
  });

  test('over a group that may be empty they are NULL', () => {
    expect(bind('SUM', [INT(false)], true)).toBe('INT');
    expect(bind('MIN', [INT(false)], true)).toBe('INT');
    expect(bind('COUNT', [INT(false)], true)).toBe('BIGINT NOT NULL');
  });

  test('other names mean the same aggregates', () => {
    expect(bindAggregate('stddev', [input(0, INT())], { distinct: false }).fn).toBe('STDDEV_SAMP');
    expect(bindAggregate('JSON_ARRAYAGG_ABSENT_ON_NULL', [input(0, INT())], { distinct: false }).options).toEqual({
      onNull: 'ABSENT',
    });
    expect(aggregateNames().has('VARIANCE')).toBe(true);
  });

  test.each([
    ['SUM', [STRING()]],
    ['AVG', []],
    ['LISTAGG', [INT()]],
  ] as const)('%s(%j) is refused', (name, types) => {
    expect(() => bind(name, types)).toThrow(StreamcellError);
  });
});
