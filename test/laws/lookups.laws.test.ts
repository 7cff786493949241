import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { simpleEnvironment } from '@streamcell/runtime/expressions/index';
import { LookupJoin } from '@streamcell/runtime/operators/lookup-join';
import { MIN_WATERMARK } from '@streamcell/runtime/operators/operator';
import { ProcessingTimeTemporalJoin } from '@streamcell/runtime/operators/processing-time-temporal-join';
import { INT, STRING, type DataType } from '@streamcell/runtime/types/index';
import { changelogs, drive, spread, type Place, type Step } from './two-inputs.js';

const TYPES: DataType[] = [INT(), STRING()];
const env = simpleEnvironment();
const join = (type: 'inner' | 'left') => ({ type, leftKeys: [0], rightKeys: [0], nullSafe: [false], condition: null });
const row = fc.tuple(fc.constantFrom('1', '2', 'null'), fc.constantFrom('a', 'b')).map((r) => r.join(' '));
const types = fc.constantFrom<'inner' | 'left'>('inner', 'left');

function place(make: Place['make'], subtask = 0, parallelism = 1): Place {
  return { make, inputTypes: [TYPES, TYPES], outputTypes: [...TYPES, ...TYPES], subtask, parallelism };
}

describe('laws of the lookup join', () => {
  const lookup = (type: 'inner' | 'left') => () =>
    new LookupJoin({ join: join(type), inputTypes: [TYPES, TYPES], env });
  const inserts = changelogs({ retracts: [true, false], row });

  /** With the table's end somewhere: it has no rows after that. Watermarks come in between, and rise. */
  const lookups = fc
    .tuple(inserts, fc.nat(8), fc.array(fc.nat(20), { maxLength: 9 }))
    .map(([all, end, rises]): Step[] => {
      const steps: Step[] = [];
      let watermark = 0;
      all.forEach((step, k) => {
        if (k === end) steps.push({ kind: 'end', input: 1 });
        if (k < end || step.kind !== 'rows' || step.input === 0) steps.push(step);
        const rise = rises[k] ?? 0;
        watermark += rise;
        if (rise > 0) steps.push({ kind: 'watermark', time: watermark });
      });
      if (end >= all.length) steps.push({ kind: 'end', input: 1 });
      return steps;
    });

  function expected(type: 'inner' | 'left', steps: readonly Step[]): string[] {
    const rows = (input: number): string[] =>
      steps.flatMap((s) => (s.kind === 'rows' && s.input === input ? s.rows : []));
    const table = rows(1).map((r) => r.slice(3));
    return rows(0).flatMap((r) => {
      const found = table.filter((t) => t.split(' ')[0] === r.split(' ')[1] && !t.startsWith('null'));
      return found.length > 0 ? found.map((t) => `${r} ${t}`) : type === 'left' ? [`${r} null null`] : [];
    });
  }

  test('each left row meets the whole table, whenever the table ends', () => {
    fc.assert(
      fc.property(types, lookups, (type, steps) => {
        expect(drive(place(lookup(type))).all(steps)).toEqual(expected(type, steps));
      }),
      { numRuns: 200 },
    );
  });

  test('cuts of its batches and restarts between them leave no trace', () => {
    fc.assert(
      fc.property(types, lookups, (type, steps) => {
        const whole = drive(place(lookup(type))).all(steps);
        expect(drive(place(lookup(type))).all(steps, { cut: true })).toEqual(whole);
        expect(drive(place(lookup(type))).all(steps, { restart: true })).toEqual(whole);
      }),
      { numRuns: 150 },
    );
  });

  test('a watermark waits with the rows before it until the table has ended', () => {
    fc.assert(
      fc.property(types, lookups, fc.boolean(), (type, steps, restart) => {
        const { harness } = drive(place(lookup(type)));
        const lines: string[] = [];
        let highest = MIN_WATERMARK;
        let ended = false;
        for (const step of steps) {
          if (step.kind === 'rows') harness.send(step.input, ...step.rows);
          else if (step.kind === 'watermark') harness.watermark((highest = step.time));
          else if (step.kind === 'end') {
            harness.end(step.input);
            ended = true;
          }
          if (restart && !ended) harness.restart();
          const sent = harness.take();
          if (!ended) expect(sent).toEqual([]);
          lines.push(...sent);
        }
        // Rows, then the watermark that they came before: the last one is what the left input's came to.
        const watermarks = lines.filter((l) => l.startsWith('watermark')).map((l) => Number(l.slice(10)));
        expect(watermarks).toEqual([...watermarks].sort((a, b) => a - b));
        expect(watermarks.at(-1) ?? MIN_WATERMARK).toBe(highest);
      }),
      { numRuns: 150 },
    );
  });

  test('spread over two subtasks, or moved there half-way, it gives the same rows', () => {
    fc.assert(
      fc.property(types, lookups, fc.nat(16), (type, steps, half) => {
        const whole = drive(place(lookup(type)))
          .all(steps)
          .sort();
        const at = Math.min(half, steps.length);
        const two = [place(lookup(type), 0, 2), place(lookup(type), 1, 2)];
        expect(spread([place(lookup(type))], two, steps, at, TYPES, [0]).sort()).toEqual(whole);
        expect(spread(two, [place(lookup(type))], steps, at, TYPES, [0]).sort()).toEqual(whole);
      }),
      { numRuns: 100 },
    );
  });
});

describe('laws of the temporal join by processing time', () => {
  const temporal = (type: 'inner' | 'left') => () =>
    new ProcessingTimeTemporalJoin({
      join: join(type),
      rowtime: false,
      leftTime: 0,
      rightTime: null,
      inputTypes: [TYPES, TYPES],
      env,
    });
  const changes = changelogs({ retracts: [true, true], row });

  test('cuts of its batches and restarts between them leave no trace', () => {
    fc.assert(
      fc.property(types, changes, (type, steps) => {
        const whole = drive(place(temporal(type))).all(steps);
        expect(drive(place(temporal(type))).all(steps, { cut: true })).toEqual(whole);
        expect(drive(place(temporal(type))).all(steps, { restart: true })).toEqual(whole);
      }),
      { numRuns: 150 },
    );
  });

  test('spread over two subtasks, or moved there half-way, it gives the same changes', () => {
    fc.assert(
      fc.property(types, changes, fc.nat(8), (type, steps, half) => {
        const whole = drive(place(temporal(type)))
          .all(steps)
          .sort();
        const at = Math.min(half, steps.length);
        const two = [place(temporal(type), 0, 2), place(temporal(type), 1, 2)];
        expect(spread([place(temporal(type))], two, steps, at, TYPES, [0]).sort()).toEqual(whole);
        expect(spread(two, [place(temporal(type))], steps, at, TYPES, [0]).sort()).toEqual(whole);
      }),
      { numRuns: 80 },
    );
  });
});
