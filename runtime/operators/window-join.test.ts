import { describe, expect, test } from '@jest/globals';
import { simpleEnvironment } from '../expressions/index.js';
import { INT, STRING, TIMESTAMP, TIMESTAMP_LTZ, type DataType } from '../types/index.js';
import { JoinHarness } from './join-harness.js';
import type { JoinType } from './join-spec.js';
import { WindowJoin } from './window-join.js';
import type { Windowing } from './windowing.js';

const TYPES: DataType[] = [INT(), STRING(), TIMESTAMP(3), TIMESTAMP(3)];
const WINDOW: Windowing = {
  kind: 'attached',
  start: 2,
  end: 3,
  rowtime: true,
  spec: { kind: 'tumble', size: 10, offset: 0 },
};

function harness(type: JoinType, types = TYPES, timeZone = 'UTC') {
  const single = type === 'semi' || type === 'anti';
  return new JoinHarness(
    () =>
      new WindowJoin({
        join: { type, leftKeys: [0], rightKeys: [0], nullSafe: [false], condition: null },
        leftWindow: WINDOW,
        rightWindow: WINDOW,
        inputTypes: [types, types],
        env: simpleEnvironment(timeZone),
      }),
    [types, types],
    single ? types : [...types, ...types],
  );
}

/** Rows of two windows, [0, 10) and [10, 20), with a key on both sides, on one, and NULL. */
function feed(type: JoinType): JoinHarness {
  return harness(type)
    .send(0, '+I 1 a 0 10', '+I 2 b 0 10', '+I null n 0 10', '+I 1 c 10 20')
    .send(1, '+I 1 x 0 10', '+I 1 y 0 10', '+I 3 z 0 10', '+I null n 0 10', '+I 2 w 10 20');
}

describe('window join', () => {
  test('inner: rows of a key and a window meet when the window ends on both sides', () => {
    const h = feed('inner');
    h.watermark(9, 0);
    expect(h.take()).toEqual([]);
    h.watermark(8, 1).watermark(9, 1);
    expect(h.take()).toEqual(['watermark 8', '+I 1 a 0 10 1 x 0 10', '+I 1 a 0 10 1 y 0 10', 'watermark 9']);
    h.watermark(100);
    expect(h.take()).toEqual(['watermark 100']);
  });

  test('outer: rows without partner come padded', () => {
    const pad = 'null null null null';
    const met = ['+I 1 a 0 10 1 x 0 10', '+I 1 a 0 10 1 y 0 10'];
    const left = [`+I 2 b 0 10 ${pad}`, `+I null n 0 10 ${pad}`];
    const right = [`+I ${pad} 3 z 0 10`, `+I ${pad} null n 0 10`];
    expect(feed('left').watermark(9).takeRows()).toEqual([...met, ...left]);
    expect(feed('right').watermark(9).takeRows()).toEqual([...met, ...right]);
    expect(feed('full').watermark(19).takeRows()).toEqual([
      ...met,
      ...left,
      ...right,
      `+I 1 c 10 20 ${pad}`,
      `+I ${pad} 2 w 10 20`,
    ]);
  });

  test('semi and anti: each left row at most once', () => {
    expect(feed('semi').watermark(19).takeRows()).toEqual(['+I 1 a 0 10']);
    expect(feed('anti').watermark(19).takeRows()).toEqual(['+I 2 b 0 10', '+I null n 0 10', '+I 1 c 10 20']);
  });

  test('a window that fired while an input was idle stays fired after a restart', () => {
    const h = feed('inner');
    h.operator.receiveIdle(true, 1);
    h.watermark(9, 0);
    expect(h.takeRows()).toEqual(['+I 1 a 0 10 1 x 0 10', '+I 1 a 0 10 1 y 0 10']);
    h.restart();
    h.send(0, '+I 1 late 0 10').send(1, '+I 1 late 0 10', '+I 1 in 10 20');
    expect(h.watermark(19).takeRows()).toEqual(['+I 1 c 10 20 1 in 10 20']);
  });

  test('rows of a window that has fired are late', () => {
    const h = feed('inner').watermark(9);
    h.take();
    h.send(0, '+I 3 late 0 10', '+I 2 d 10 20').watermark(19);
    expect(h.takeRows()).toEqual(['+I 2 d 10 20 2 w 10 20']);
    expect(h.harness.metrics.lateRows).toBe(1);
  });

  test('a restart between rows and watermark changes nothing', () => {
    const h = feed('full').watermark(9);
    const before = h.takeRows();
    const r = feed('full').restart().watermark(9).restart();
    expect(r.takeRows()).toEqual(before);
    r.send(0, '+I 9 late 0 10').watermark(19);
    h.watermark(19);
    expect(r.takeRows()).toEqual(h.takeRows());
  });

  test('windows of a zoned time attribute end by the local clock', () => {
    const types: DataType[] = [INT(), TIMESTAMP_LTZ(3, true, 'rowtime'), TIMESTAMP(3), TIMESTAMP(3)];
    const h = harness('inner', types, '+01:00');
    h.send(0, '+I 1 0 3600000 7200000').send(1, '+I 1 0 3600000 7200000').watermark(3_599_998);
    expect(h.takeRows()).toEqual([]);
    expect(h.watermark(3_599_999).takeRows()).toEqual(['+I 1 0 3600000 7200000 1 0 3600000 7200000']);
  });
});
