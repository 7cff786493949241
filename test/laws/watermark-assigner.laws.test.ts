import { expect, test } from '@jest/globals';
import { simpleEnvironment } from '@streamcell/runtime/expressions/index';
import { OperatorHarness, rowText } from '@streamcell/runtime/operators/harness';
import { WatermarkAssigner } from '@streamcell/runtime/operators/watermark-assigner';
import { INT, TIMESTAMP, Timestamp, type ChangelogRow, type DataType } from '@streamcell/runtime/types/index';
import fc from 'fast-check';

const types: DataType[] = [INT(), TIMESTAMP(3, true, 'rowtime')];

function open(interval: number): OperatorHarness {
  const operator = new WatermarkAssigner({
    watermark: { rowtime: 1, expression: { kind: 'input', index: 1, type: types[1] } },
    watermarkInterval: interval,
    idleTimeout: 0,
    inputTypes: [types],
    env: simpleEnvironment(),
  });
  return new OperatorHarness(operator, [types], types);
}

type Step = { readonly rows: readonly ChangelogRow[] } | { readonly pass: number };

const rows = fc
  .array(fc.tuple(fc.nat(9), fc.integer({ min: -5, max: 60 })), { minLength: 1, maxLength: 6 })
  .map((list) => list.map(([n, t]): ChangelogRow => ({ kind: 0, fields: [n, new Timestamp(t)] })));
const steps = fc.array(
  fc.oneof(
    rows.map((r): Step => ({ rows: r })),
    fc.integer({ min: 1, max: 20 }).map((pass): Step => ({ pass })),
  ),
  { maxLength: 12 },
);

/** Flink's rule: after a row that raised the watermark by more than the interval, and every interval of wall time. */
function expected(all: readonly Step[], interval: number): string[] {
  const lines: string[] = [];
  let highest = 0;
  let emitted = 0;
  let now = 0;
  const emit = (): void => {
    if (highest > emitted) lines.push(`watermark ${(emitted = highest)}`);
  };
  for (const step of all) {
    if ('pass' in step) {
      const periods = interval === 0 ? 0 : Math.floor((now + step.pass) / interval) - Math.floor(now / interval);
      now += step.pass;
      if (periods > 0) emit();
      continue;
    }
    for (const row of step.rows) {
      lines.push(rowText(row));
      highest = Math.max(highest, (row.fields[1] as Timestamp).millis);
      if (highest - emitted > interval) emit();
    }
  }
  return lines;
}

/** Runs the steps, with batches cut to single rows, or with a new operator that goes on from a snapshot after step `restartAt`. */
function run(all: readonly Step[], interval: number, cut: boolean, restartAt = -1): string[] {
  let harness = open(interval);
  const lines: string[] = [];
  all.forEach((step, k) => {
    if ('pass' in step) harness.processingTime(harness.now + step.pass);
    else for (const batch of cut ? step.rows.map((r) => [r]) : [step.rows]) harness.changelog(batch);
    if (k !== restartAt) return;
    lines.push(...harness.take());
    const next = open(interval);
    next.restore(harness.snapshot());
    harness = next;
  });
  return [...lines, ...harness.take()];
}

test('watermarks follow the rows that caused them, however batches are cut', () => {
  fc.assert(
    fc.property(steps, fc.constantFrom(0, 7), (all, interval) => {
      const lines = expected(all, interval);
      expect(run(all, interval, false)).toEqual(lines);
      expect(run(all, interval, true)).toEqual(lines);
    }),
    { numRuns: 200 },
  );
});

test('a restart repeats no watermark, and loses none that rows cause', () => {
  // Without wall time, which a restart begins to count anew.
  const untimed = steps.map((all) => all.filter((s) => 'rows' in s));
  fc.assert(
    fc.property(untimed, fc.constantFrom(0, 7), fc.nat(11), (all, interval, at) => {
      expect(run(all, interval, false, at)).toEqual(expected(all, interval));
    }),
    { numRuns: 150 },
  );
});
