import { expect, test } from '@jest/globals';
import { simpleEnvironment } from '../expressions/index.js';
import { BIGINT, INSERT, STRING, TIMESTAMP, Timestamp, type DataType } from '../types/index.js';
import { OperatorHarness } from './harness.js';
import { createWindowTvf } from './window-tvf.js';
import { WindowRank } from './window-rank.js';
import type { WindowSpec } from './windowing.js';

const rowtime = TIMESTAMP(3, true, 'rowtime');
const types: DataType[] = [STRING(), rowtime];
const windowed: DataType[] = [...types, TIMESTAMP(3, false), TIMESTAMP(3, false), rowtime];

function harness(spec: WindowSpec): OperatorHarness {
  const operator = createWindowTvf({
    windowing: { kind: 'time', time: 1, rowtime: true, spec },
    inputTypes: [types],
    outputTypes: windowed,
    env: simpleEnvironment(),
  });
  return new OperatorHarness(operator, [types], windowed);
}

test('every window of a row, late or not; without a time there is none', () => {
  const tumble = harness({ kind: 'tumble', size: 10, offset: 0 });
  tumble.watermarkIn(50);
  tumble.elements(['+I a 9', '-D b 10', '+I c null']);
  expect(tumble.takeRows()).toEqual(['+I a 9 0 10 9', '-D b 10 10 20 19']);
  const hop = harness({ kind: 'hop', size: 10, slide: 5, offset: 0 });
  hop.element('+I a 7');
  expect(hop.take()).toEqual(['+I a 7 5 15 14', '+I a 7 0 10 9']);
  const cumulate = harness({ kind: 'cumulate', size: 15, step: 5, offset: 0 });
  cumulate.element('+I a 7');
  expect(cumulate.take()).toEqual(['+I a 7 0 10 9', '+I a 7 0 15 14']);
});

test('SESSION sends rows when their session is over', () => {
  const h = harness({ kind: 'session', gap: 5, partitionKeys: [0] });
  h.elements(['+I a 0', '+I b 2', '+I a 4']);
  h.watermarkIn(6);
  expect(h.takeRows()).toEqual(['+I b 2 2 7 6']);
  const restored = harness({ kind: 'session', gap: 5, partitionKeys: [0] });
  restored.restore(h.snapshot());
  restored.elements(['+I b 1', '+I a 9']);
  restored.watermarkIn(100);
  expect(restored.takeRows()).toEqual(['+I a 0 0 14 13', '+I a 4 0 14 13', '+I a 9 0 14 13']);
  expect(restored.metrics.lateRows).toBe(1);
});

test('SESSION: a row that bridges sessions merges them; a session may have more rows than a call has arguments', () => {
  const h = harness({ kind: 'session', gap: 5, partitionKeys: [0] });
  h.elements(['+I a 0', '+I a 10', '+I a 20', '+I a 5', '+I a 15', '+I a 30']);
  h.watermarkIn(34);
  expect(h.takeRows()).toEqual(['0', '10', '5', '20', '15'].map((t) => `+I a ${t} 0 25 24`).concat('+I a 30 30 35 34'));

  const long = harness({ kind: 'session', gap: 5, partitionKeys: [0] });
  const rows = Array.from({ length: 5000 }, () => ({ kind: INSERT, fields: ['a', new Timestamp(1, 0)] }) as const);
  for (let k = 0; k < 40; k++) long.changelog(rows);
  const restored = harness({ kind: 'session', gap: 5, partitionKeys: [0] });
  restored.restore(long.snapshot());
  restored.watermarkIn(100);
  expect(restored.rows).toHaveLength(200_000);
});

test('Top-N within windows: sent in rank order when the window is over', () => {
  const inputTypes = [STRING(), BIGINT(), TIMESTAMP(3, false), TIMESTAMP(3, false)];
  const outputTypes = [...inputTypes, BIGINT(false)];
  const make = (): OperatorHarness =>
    new OperatorHarness(
      new WindowRank({
        windowing: { kind: 'attached', start: 2, end: 3, rowtime: true, spec: { kind: 'tumble', size: 10, offset: 0 } },
        partitionKeys: [],
        sort: [{ column: 1, ascending: false, nullsLast: true }],
        start: 1,
        end: 2,
        outputRank: true,
        inputTypes: [inputTypes],
        outputTypes,
        env: simpleEnvironment(),
      }),
      [inputTypes],
      outputTypes,
    );
  const h = make();
  h.elements(['+I a 1 0 10', '+I b 5 0 10', '+I c 5 0 10', '+I d 9 10 20', '+I e 7 0 10']);
  const restored = make();
  restored.restore(h.snapshot());
  restored.watermarkIn(9);
  expect(restored.takeRows()).toEqual(['+I e 7 0 10 1', '+I b 5 0 10 2']);
  restored.element('+I f 99 0 10');
  restored.watermarkIn(100);
  expect(restored.takeRows()).toEqual(['+I d 9 10 20 1']);
  expect(restored.metrics.lateRows).toBe(1);
});
