import { describe, expect, test } from '@jest/globals';
import { simpleEnvironment } from '../expressions/index.js';
import { INT, TIMESTAMP, type DataType } from '../types/index.js';
import { OperatorHarness } from './harness.js';
import { MAX_WATERMARK } from './operator.js';
import { WatermarkAssigner } from './watermark-assigner.js';

const types: DataType[] = [INT(), TIMESTAMP(3, true, 'rowtime')];

function harness(watermarkInterval: number, idleTimeout = 0): OperatorHarness {
  const operator = new WatermarkAssigner({
    watermark: { rowtime: 1, expression: { kind: 'input', index: 1, type: types[1] } },
    watermarkInterval,
    idleTimeout,
    inputTypes: [types],
    env: simpleEnvironment(),
  });
  return new OperatorHarness(operator, [types], types);
}

describe('watermarks', () => {
  test('follow the very row that raised them by more than the interval', () => {
    const h = harness(200);
    h.elements(['+I 1 100', '+I 2 201', '+I 3 150', '+I 4 401', '+I 5 402']);
    expect(h.take()).toEqual([
      '+I 1 100',
      '+I 2 201',
      'watermark 201',
      '+I 3 150',
      '+I 4 401',
      '+I 5 402',
      'watermark 402',
    ]);
  });

  test('with interval 0 at every rise, otherwise also as wall time passes', () => {
    const eager = harness(0);
    eager.elements(['+I 1 5', '+I 2 5', '+I 3 6']);
    expect(eager.take()).toEqual(['+I 1 5', 'watermark 5', '+I 2 5', '+I 3 6', 'watermark 6']);
    const lazy = harness(200);
    lazy.element('+I 1 5');
    lazy.processingTime(200);
    expect(lazy.take()).toEqual(['+I 1 5', 'watermark 5']);
  });

  test('those of the input are ignored, the last one ends event time', () => {
    const h = harness(200);
    h.watermarkIn(1000);
    expect(h.take()).toEqual([]);
    h.endInput();
    expect(h.take()).toEqual([`watermark ${MAX_WATERMARK}`, 'end']);
  });

  test('a NULL rowtime fails the job', () => {
    expect(() => harness(200).element('+I 1 null')).toThrow(expect.objectContaining({ code: 'NULL_ROWTIME' }));
  });

  test('idle after the timeout, active with the next row', () => {
    const h = harness(200, 500);
    h.element('+I 1 5');
    h.processingTime(600);
    h.element('+I 1 6');
    expect(h.take()).toEqual(['+I 1 5', 'watermark 5', 'idle true', 'idle false', '+I 1 6']);
  });
});
