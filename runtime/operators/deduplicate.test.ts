import { describe, expect, test } from '@jest/globals';
import { simpleEnvironment } from '../expressions/index.js';
import { INT, STRING, TIMESTAMP, type DataType } from '../types/index.js';
import { ChangelogNormalize } from './changelog-normalize.js';
import { createDeduplicate, type DeduplicateSpec } from './deduplicate.js';
import { OperatorHarness } from './harness.js';

const types: DataType[] = [INT(), STRING(), TIMESTAMP(3, true, 'rowtime')];
// The rows, and what Flink 2.3 made of them.
const rows = ['+I 1 x 5', '+I 1 y 3', '+I 1 z 3', '+I 2 p 10', '+I 1 w 7', '+I 2 q 1'];

function harness(keep: 'first' | 'last', rowtime: boolean, more: Partial<DeduplicateSpec> = {}): OperatorHarness {
  const operator = createDeduplicate({
    keys: [0],
    keep,
    rowtime,
    time: 2,
    windowing: null,
    ttl: 0,
    inputTypes: [more.outputTypes ?? types],
    outputTypes: types,
    emission: 'row',
    updateBefore: true,
    env: simpleEnvironment(),
    ...more,
  });
  return new OperatorHarness(operator, [more.outputTypes ?? types], more.outputTypes ?? types);
}

describe('by arrival', () => {
  test('first', () => {
    const h = harness('first', false);
    h.elements(rows);
    expect(h.take()).toEqual(['+I 1 x 5', '+I 2 p 10']);
  });

  test('last; a row equal to the one before is not sent again', () => {
    const h = harness('last', false);
    h.elements([...rows, '+I 2 q 1']);
    expect(h.take()).toEqual([
      '+I 1 x 5',
      '-U 1 x 5',
      '+U 1 y 3',
      '-U 1 y 3',
      '+U 1 z 3',
      '+I 2 p 10',
      '-U 1 z 3',
      '+U 1 w 7',
      '-U 2 p 10',
      '+U 2 q 1',
    ]);
  });

  test('TTL: a forgotten key is first again', () => {
    const h = harness('first', false, { ttl: 10 });
    h.element('+I 1 a 0');
    h.processingTime(9);
    h.element('+I 1 b 0');
    h.processingTime(10);
    h.element('+I 1 c 0');
    expect(h.take()).toEqual(['+I 1 a 0', '+I 1 c 0']);
  });
});

describe('by rowtime', () => {
  test('last: a row that is older stays out, however late', () => {
    const h = harness('last', true);
    h.elements(rows);
    h.watermarkIn(100);
    h.element('+I 2 r 10');
    expect(h.takeRows()).toEqual(['+I 1 x 5', '+I 2 p 10', '-U 1 x 5', '+U 1 w 7', '-U 2 p 10', '+U 2 r 10']);
  });

  test('first: sent when the watermark has passed it, of equal times the earlier; late rows are dropped', () => {
    const h = harness('first', true);
    h.elements(rows);
    expect(h.take()).toEqual([]);
    h.watermarkIn(4);
    expect(h.take()).toEqual(['+I 2 q 1', '+I 1 y 3', 'watermark 4']);
    h.elements(['+I 3 late 3', '+I 1 known 9', '+I 3 new 4']);
    h.watermarkIn(9);
    expect(h.take()).toEqual(['+I 3 new 4', 'watermark 9']);
    expect(h.metrics.lateRows).toBe(1);
  });
});

test.each<['first' | 'last', string[]]>([
  ['first', ['+I 1 b 1 0 10']],
  ['last', ['+I 1 d 7 0 10']],
])('within windows: %s', (keep, expected) => {
  const windowed = [...types, TIMESTAMP(3, false), TIMESTAMP(3, false)];
  const h = harness(keep, true, {
    outputTypes: windowed,
    windowing: { kind: 'attached', start: 3, end: 4, rowtime: true, spec: { kind: 'tumble', size: 10, offset: 0 } },
  });
  h.elements(['+I 1 a 4 0 10', '+I 1 b 1 0 10', '+I 1 c 7 0 10', '+I 1 d 7 0 10']);
  h.watermarkIn(8);
  expect(h.takeRows()).toEqual([]);
  h.watermarkIn(9);
  expect(h.takeRows()).toEqual(expected);
  h.element('+I 1 e 9 0 10');
  expect(h.metrics.lateRows).toBe(1);
});

test('changelog normalisation: full rows, no repetition, unknown deletions ignored', () => {
  const keyed: DataType[] = [INT(), STRING()];
  const operator = new ChangelogNormalize({
    keys: [0],
    condition: null,
    ttl: 0,
    inputTypes: [keyed],
    outputTypes: keyed,
    emission: 'row',
    updateBefore: true,
    env: simpleEnvironment(),
  });
  const h = new OperatorHarness(operator, [keyed], keyed);
  h.elements(['+U 1 a', '+U 1 a', '+U 1 b', '-D 1 null', '-D 1 null', '+I 1 c']);
  expect(h.take()).toEqual(['+I 1 a', '-U 1 a', '+U 1 b', '-D 1 b', '+I 1 c']);
});
