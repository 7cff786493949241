import { describe, expect, test } from '@jest/globals';
import { simpleEnvironment } from '../expressions/index.js';
import { BIGINT, INT, TIMESTAMP, type DataType } from '../types/index.js';
import { createDeduplicate } from './deduplicate.js';
import { GroupAggregate } from './group-aggregate.js';
import { OperatorHarness } from './harness.js';
import type { Operator } from './operator.js';

const TTL = 1000;
const types: DataType[] = [INT(), TIMESTAMP(3, true, 'rowtime')];
const common = { inputTypes: [types], emission: 'row', updateBefore: true, ttl: TTL } as const;

function deduplicate(keep: 'first' | 'last'): Operator {
  return createDeduplicate({
    ...common,
    keys: [0],
    keep,
    rowtime: false,
    time: 1,
    windowing: null,
    outputTypes: types,
    env: simpleEnvironment(),
  });
}

function count(): Operator {
  const type = BIGINT(false);
  return new GroupAggregate({
    ...common,
    keys: [0],
    aggregates: [{ fn: 'COUNT', args: [], argTypes: [], distinct: false, filter: null, type, name: 'n' }],
    inputRetracts: false,
    outputTypes: [INT(), type],
  });
}

describe('keys that come all the time and expire', () => {
  test.each([
    ['first row per key', () => deduplicate('first'), types],
    ['last row per key', () => deduplicate('last'), types],
    ['aggregate', count, [INT(), BIGINT(false)]],
  ])('%s: few looks over all keys, and no key stays much longer than its time', (_, make, outputTypes) => {
    const operator = make();
    let looks = 0;
    const look = operator.onProcessingTime.bind(operator);
    operator.onProcessingTime = (now) => {
      looks++;
      look(now);
    };
    const h = new OperatorHarness(operator, [types], outputTypes);
    let most = 0;
    for (let now = 0; now < 10 * TTL; now++) {
      h.processingTime(now);
      h.element(`+I ${now} ${now}`);
      most = Math.max(most, h.metrics.stateKeys);
    }
    expect(looks).toBeLessThanOrEqual(40);
    expect(most).toBeLessThanOrEqual(TTL * 1.25 + 1);
    h.processingTime(12 * TTL);
    h.element('+I 1 0');
    expect(h.metrics.stateKeys).toBe(1);
  });
});
