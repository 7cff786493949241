import { describe, expect, test } from '@jest/globals';
import { simpleEnvironment } from '../expressions/index.js';
import { INT, STRING, TIMESTAMP, type DataType } from '../types/index.js';
import { JoinHarness } from './join-harness.js';
import { ProcessingTimeTemporalJoin } from './processing-time-temporal-join.js';
import { TemporalJoin, type TemporalJoinSpec } from './temporal-join.js';

const TYPES: DataType[] = [INT(), STRING(), TIMESTAMP(3)];

function harness(type: 'inner' | 'left', rowtime = true) {
  const spec: TemporalJoinSpec = {
    join: { type, leftKeys: [0], rightKeys: [0], nullSafe: [false], condition: null },
    rowtime,
    leftTime: 2,
    rightTime: rowtime ? 2 : null,
    inputTypes: [TYPES, TYPES],
    env: simpleEnvironment(),
  };
  return new JoinHarness(
    () => (rowtime ? new TemporalJoin(spec) : new ProcessingTimeTemporalJoin(spec)),
    [TYPES, TYPES],
    [...TYPES, ...TYPES],
  );
}

describe('temporal join by event time', () => {
  test('a left row takes the version of its time, when both watermarks have passed it', () => {
    const h = harness('inner');
    h.send(0, '+I 1 a 15', '+I 1 b 5', '+I 1 c 25').send(1, '+I 1 v1 10', '+U 1 v2 20');
    h.watermark(30, 0);
    expect(h.take()).toEqual([]);
    h.watermark(20, 1);
    expect(h.take()).toEqual(['+I 1 a 15 1 v1 10', 'watermark 20']);
    h.watermark(30, 1);
    expect(h.takeRows()).toEqual(['+I 1 c 25 1 v2 20']);
  });

  test('left: without a version, with a deleted one, or with a NULL key the row comes padded', () => {
    const h = harness('left');
    h.send(1, '+I 1 v 10', '-D 1 v 20').send(0, '+I 1 a 9', '+I 1 b 10', '+I 1 c 20', '+I 2 d 10', '+I null e 10');
    expect(h.watermark(30).takeRows().sort()).toEqual([
      '+I 1 a 9 null null null',
      '+I 1 b 10 1 v 10',
      '+I 1 c 20 null null null',
      '+I 2 d 10 null null null',
      '+I null e 10 null null null',
    ]);
  });

  test('left rows keep their kind; a -U of the right side is told by the +U that follows', () => {
    const h = harness('inner');
    h.send(1, '+I 1 v1 10', '-U 1 v1 10', '+U 1 v2 20').send(0, '+I 1 a 15', '-U 1 a 15', '+U 1 b 25');
    expect(h.watermark(30).takeRows()).toEqual(['+I 1 a 15 1 v1 10', '-U 1 a 15 1 v1 10', '+U 1 b 25 1 v2 20']);
  });

  test('of two versions of one time the later to come counts', () => {
    const h = harness('inner');
    h.send(1, '+I 1 v1 10', '+U 1 v2 10').send(0, '+I 1 a 10');
    expect(h.watermark(30).takeRows()).toEqual(['+I 1 a 10 1 v2 10']);
  });

  test('a late left row takes the oldest version that is kept', () => {
    const h = harness('left');
    h.send(1, '+I 1 v1 10', '+U 1 v2 20', '+U 1 v3 30').watermark(25);
    h.take();
    h.send(0, '+I 1 a 15', '+I 1 b 22').watermark(26);
    expect(h.takeRows()).toEqual(['+I 1 a 15 null null null', '+I 1 b 22 1 v2 20']);
  });

  test('restarts at every point change nothing', () => {
    const drive = (h: JoinHarness, after: () => void): string[] => {
      const steps: (() => unknown)[] = [
        () => h.send(0, '+I 1 a 15', '+I 2 b 5', '+U 1 c 25'),
        () => h.send(1, '+I 1 v1 10', '+I 2 w 20', '+U 1 v2 20'),
        () => h.watermark(18),
        () => h.send(0, '+I 2 d 21', '+I 1 late 11'),
        () => h.watermark(40),
      ];
      for (const step of steps) {
        step();
        after();
      }
      return h.takeRows();
    };
    const plain = harness('left');
    const restarted = harness('left');
    expect(drive(restarted, () => restarted.restart())).toEqual(drive(plain, () => undefined));
  });
});

describe('temporal join by processing time', () => {
  test('a left row takes what is there when it comes', () => {
    const h = harness('left', false);
    h.send(0, '+I 1 a 0').send(1, '+I 1 v1 0').send(0, '+I 1 b 0').send(1, '-U 1 v1 0', '+U 1 v2 0').restart();
    h.send(0, '-D 1 c 0').send(1, '-D 1 v2 0', '+I 2 w 0').send(0, '+I 1 d 0', '+I null e 0');
    expect(h.takeRows()).toEqual([
      '+I 1 a 0 null null null',
      '+I 1 b 0 1 v1 0',
      '-D 1 c 0 1 v2 0',
      '+I 1 d 0 null null null',
      '+I null e 0 null null null',
    ]);
  });
});
