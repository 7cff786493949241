import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { simpleEnvironment } from '@streamcell/runtime/expressions/index';
import { LookupJoin } from '@streamcell/runtime/operators/lookup-join';
import { ProcessingTimeTemporalJoin } from '@streamcell/runtime/operators/processing-time-temporal-join';
import { INT, STRING, type DataType } from '@streamcell/runtime/types/index';
import { changelogs, drive, spread, type Driver, type Place, type Step } from './two-inputs.js';

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

  /** Runs the steps, with the table's end after step `end`. */
  const run = (driver: Driver, steps: readonly Step[], end: number, restart = false): string[] => {
    const out: string[] = [];
    // A table has no rows after its end.
    const allowed = steps.filter((s, k) => k <= end || s.kind !== 'rows' || s.input === 0);
    const last = Math.min(end, allowed.length - 1);
    allowed.forEach((step, k) => {
      out.push(...driver.step(step));
      if (restart) driver.harness.restart();
      if (k === last) driver.harness.end(1);
    });
    return [...out, ...driver.harness.takeRows()];
  };

  test('each left row meets the whole table, whenever the table ends', () => {
    fc.assert(
      fc.property(types, inserts, fc.nat(8), (type, steps, end) => {
        fc.pre(steps.length > 0);
        const rows = (input: number): string[] =>
          steps.flatMap((s, k) => (s.kind === 'rows' && s.input === input && (input === 0 || k <= end) ? s.rows : []));
        const table = rows(1).map((r) => r.slice(3));
        const expected = rows(0).flatMap((r) => {
          const found = table.filter((t) => t.split(' ')[0] === r.split(' ')[1] && !t.startsWith('null'));
          return found.length > 0 ? found.map((t) => `${r} ${t}`) : type === 'left' ? [`${r} null null`] : [];
        });
        expect(run(drive(place(lookup(type))), steps, end)).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  test('restarts leave no trace', () => {
    fc.assert(
      fc.property(types, inserts, fc.nat(8), (type, steps, end) => {
        const whole = run(drive(place(lookup(type))), steps, end);
        expect(run(drive(place(lookup(type))), steps, end, true)).toEqual(whole);
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
