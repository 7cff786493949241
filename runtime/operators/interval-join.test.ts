import { describe, expect, test } from '@jest/globals';
import { simpleEnvironment } from '../expressions/index.js';
import { INT, STRING, TIMESTAMP, type DataType } from '../types/index.js';
import { IntervalJoin, type IntervalJoinSpec } from './interval-join.js';
import { JoinHarness } from './join-harness.js';
import type { JoinType } from './join-spec.js';
import { MAX_WATERMARK } from './operator.js';

const TYPES: DataType[] = [INT(), STRING(), TIMESTAMP(3)];

/** left.time - 10 <= right.time <= left.time + 20, unless told otherwise. */
function harness(type: JoinType, change: Partial<IntervalJoinSpec> = {}) {
  return new JoinHarness(
    () =>
      new IntervalJoin({
        join: { type, leftKeys: [0], rightKeys: [0], nullSafe: [false], condition: null },
        rowtime: true,
        leftTime: 2,
        rightTime: 2,
        lower: -10,
        upper: 20,
        inputTypes: [TYPES, TYPES],
        env: simpleEnvironment(),
        ...change,
      }),
    [TYPES, TYPES],
    [...TYPES, ...TYPES],
  );
}

describe('interval join', () => {
  test('inner: rows of a key meet within the bounds, both included, in whatever order they come', () => {
    const h = harness('inner');
    h.send(0, '+I 1 a 100').send(1, '+I 1 w 89', '+I 1 x 90', '+I 1 y 120', '+I 1 z 121', '+I 2 o 100');
    expect(h.takeRows()).toEqual(['+I 1 a 100 1 x 90', '+I 1 a 100 1 y 120']);
    h.send(0, '+I 1 b 101', '+I null n 100').send(1, '+I null n 100');
    expect(h.takeRows()).toEqual(['+I 1 b 101 1 y 120', '+I 1 b 101 1 z 121']);
  });

  test('outer: a row without partner comes padded once nothing can match it any more', () => {
    const h = harness('full');
    h.send(0, '+I 1 a 100', '+I 2 b 100').send(1, '+I 1 x 105', '+I 3 y 100');
    expect(h.takeRows()).toEqual(['+I 1 a 100 1 x 105']);
    h.watermark(1000);
    expect(h.take()).toEqual(['+I null null null 3 y 100', '+I 2 b 100 null null null', 'watermark 980']);
    expect(h.harness.metrics.stateKeys).toBe(0);
  });

  test('the end of the input forgets everything', () => {
    const h = harness('left').send(0, '+I 1 a 100').watermark(MAX_WATERMARK).end();
    expect(h.take()).toEqual(['+I 1 a 100 null null null', `watermark ${MAX_WATERMARK}`, 'end']);
  });

  test('a late row meets what is kept, and is not kept itself when nothing can follow', () => {
    const h = harness('left').send(0, '+I 1 a 100', '+I 1 b 150').watermark(130);
    h.take();
    h.send(1, '+I 1 late 101');
    expect(h.takeRows()).toEqual(['+I 1 a 100 1 late 101']);
    // The late row itself was not kept: nothing in time could match it.
    h.send(0, '+I 1 c 105');
    expect(h.takeRows()).toEqual(['+I 1 c 105 null null null']);
  });

  test('bounds that exclude everything pad at once', () => {
    const h = harness('left', { lower: 5, upper: 4 });
    h.send(0, '+I 1 a 100').send(1, '+I 1 x 104');
    expect(h.takeRows()).toEqual(['+I 1 a 100 null null null']);
  });

  test('by processing time, the clock decides', () => {
    const h = harness('left', { rowtime: false });
    h.processingTime(1000).send(0, '+I 1 a 0', '+I 2 b 0');
    h.processingTime(1015).send(1, '+I 1 x 0');
    expect(h.takeRows()).toEqual(['+I 1 a 0 1 x 0']);
    h.processingTime(1100).send(1, '+I 2 y 0');
    expect(h.takeRows()).toEqual(['+I 2 b 0 null null null']);
  });

  test('restarts at every point change nothing', () => {
    const drive = (h: JoinHarness, after: () => void): string[] => {
      const steps: (() => unknown)[] = [
        () => h.send(0, '+I 1 a 100', '+I 2 b 90', '+I 3 c 140'),
        () => h.send(1, '+I 1 x 105', '+I 4 y 100'),
        () => h.watermark(125),
        () => h.send(1, '+I 2 z 95', '+I 3 w 150'),
        () => h.watermark(180),
        () => h.send(0, '+I 4 d 105'),
        () => h.watermark(MAX_WATERMARK),
      ];
      for (const step of steps) {
        step();
        after();
      }
      return h.takeRows();
    };
    const plain = harness('full');
    const restarted = harness('full');
    expect(drive(restarted, () => restarted.restart())).toEqual(drive(plain, () => undefined));
  });
});
