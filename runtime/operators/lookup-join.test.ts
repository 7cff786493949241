import { describe, expect, test } from '@jest/globals';
import { simpleEnvironment } from '../expressions/index.js';
import { INT, STRING, type DataType } from '../types/index.js';
import { JoinHarness } from './join-harness.js';
import { LookupJoin } from './lookup-join.js';

const LEFT: DataType[] = [INT(), STRING()];
const TABLE: DataType[] = [INT(), STRING()];

function harness(type: 'inner' | 'left') {
  return new JoinHarness(
    () =>
      new LookupJoin({
        join: { type, leftKeys: [0], rightKeys: [0], nullSafe: [false], condition: null },
        inputTypes: [LEFT, TABLE],
        env: simpleEnvironment(),
      }),
    [LEFT, TABLE],
    [...LEFT, ...TABLE],
  );
}

describe('lookup join', () => {
  test('left rows wait for the whole table, then pass in order and with their kind', () => {
    const h = harness('inner');
    h.send(0, '+I 1 a', '-U 2 b', '+I 9 c').send(1, '+I 1 x', '+I 2 y').send(1, '+I 1 z');
    expect(h.take()).toEqual([]);
    h.end(1);
    expect(h.takeRows()).toEqual(['+I 1 a 1 x', '+I 1 a 1 z', '-U 2 b 2 y']);
    h.send(0, '+U 2 d');
    expect(h.takeRows()).toEqual(['+U 2 d 2 y']);
  });

  test('left: a row that finds nothing comes padded', () => {
    const h = harness('left').send(1, '+I 1 x', '+I null n').end(1);
    h.send(0, '+I 1 a', '+I 2 b', '+I null c');
    expect(h.takeRows()).toEqual(['+I 1 a 1 x', '+I 2 b null null', '+I null c null null']);
  });

  test('watermarks of the left side wait too', () => {
    const h = harness('inner').send(0, '+I 1 a').watermark(5, 0);
    expect(h.take()).toEqual([]);
    h.send(1, '+I 1 x').watermark(10, 1).end(1);
    expect(h.take()).toEqual(['+I 1 a 1 x', 'watermark 5']);
  });

  test('a restart keeps the table and what waits', () => {
    const h = harness('inner').send(0, '+I 1 a').send(1, '+I 1 x').restart();
    h.send(1, '+I 1 y').end(1);
    expect(h.takeRows()).toEqual(['+I 1 a 1 x', '+I 1 a 1 y']);
    h.restart().send(0, '+I 1 b');
    expect(h.takeRows()).toEqual(['+I 1 b 1 x', '+I 1 b 1 y']);
  });
});
