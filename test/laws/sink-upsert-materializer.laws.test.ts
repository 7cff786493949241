import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { SinkUpsertMaterializer } from '@streamcell/runtime/operators/sink-upsert-materializer';
import { INT, STRING, type DataType } from '@streamcell/runtime/types/index';
import { drive, spread, type Place, type Step } from './two-inputs.js';

/** The sink's key, the query's key, a value. */
const TYPES: DataType[] = [INT(), INT(), STRING()];

const place = (upsertKey: readonly number[] | null, subtask = 0, parallelism = 1): Place => ({
  make: () => new SinkUpsertMaterializer({ primaryKey: [0], upsertKey, ttl: 0, inputTypes: [TYPES] }),
  inputTypes: [TYPES],
  outputTypes: TYPES,
  subtask,
  parallelism,
});

/** Batches of a changelog in which only rows that are there are taken back. */
const changelog: fc.Arbitrary<Step[]> = fc
  .array(
    fc.array(fc.record({ key: fc.nat(2), own: fc.nat(3), value: fc.constantFrom('a', 'b'), back: fc.nat(12) }), {
      minLength: 1,
      maxLength: 5,
    }),
    { maxLength: 8 },
  )
  .map((batches) => {
    const there: string[] = [];
    return batches.map((changes): Step => {
      const rows = changes.map(({ key, own, value, back }) => {
        if (back < there.length) return `-D ${there.splice(back, 1)[0]}`;
        const row = `${key} ${own} ${value}`;
        there.push(row);
        return `+I ${row}`;
      });
      return { kind: 'rows', input: 0, rows };
    });
  });

/** What the sink holds after the changes: by key, as an upsert sink takes them. */
function held(changes: readonly string[]): string[] {
  const sink = new Map<string, string>();
  for (const change of changes) {
    const [kind, key] = change.split(' ');
    if (kind.startsWith('+')) sink.set(key, change.slice(3));
    else sink.delete(key);
  }
  return [...sink.values()].sort();
}

/** Per key of the sink the latest row that was not taken back. */
function expected(steps: readonly Step[]): string[] {
  const rows: string[] = [];
  for (const change of steps.flatMap((s) => (s.kind === 'rows' ? s.rows : []))) {
    if (change.startsWith('+')) rows.push(change.slice(3));
    else rows.splice(rows.indexOf(change.slice(3)), 1);
  }
  return held(rows.map((row) => `+I ${row}`));
}

describe('laws of the sink materializer', () => {
  test('the sink holds the latest row of each key that was not taken back', () => {
    fc.assert(
      fc.property(changelog, (steps) => {
        expect(held(drive(place(null)).all(steps))).toEqual(expected(steps));
      }),
      { numRuns: 300 },
    );
  });

  test('cuts of its batches and restarts between them leave no trace', () => {
    fc.assert(
      fc.property(changelog, fc.boolean(), (steps, keyed) => {
        const at = place(keyed ? [1] : null);
        const whole = drive(at).all(steps);
        expect(drive(at).all(steps, { cut: true })).toEqual(whole);
        expect(drive(at).all(steps, { restart: true })).toEqual(whole);
      }),
      { numRuns: 200 },
    );
  });

  test('spread over two subtasks, or moved there half-way, the sink holds the same', () => {
    fc.assert(
      fc.property(changelog, fc.nat(8), (steps, half) => {
        const at = Math.min(half, steps.length);
        const two = [place(null, 0, 2), place(null, 1, 2)];
        expect(held(spread([place(null)], two, steps, at, TYPES, [0]))).toEqual(expected(steps));
        expect(held(spread(two, [place(null)], steps, at, TYPES, [0]))).toEqual(expected(steps));
      }),
      { numRuns: 100 },
    );
  });
});
