import * as fc from 'fast-check';
import { parseRow } from '@streamcell/runtime/operators/harness';
import { JoinHarness } from '@streamcell/runtime/operators/join-harness';
import type { Operator } from '@streamcell/runtime/operators/operator';
import { hashColumns, subtaskOfHash } from '@streamcell/runtime/state/hash';
import { batchFromRows, type DataType } from '@streamcell/runtime/types/index';

/** What happens to an operator of two inputs: a batch of rows on one of them, a watermark on both, time passing, or the end of one. */
export type Step =
  | { readonly kind: 'rows'; readonly input: number; readonly rows: readonly string[] }
  | { readonly kind: 'watermark'; readonly time: number }
  | { readonly kind: 'clock'; readonly time: number }
  | { readonly kind: 'end'; readonly input: number };

export interface Place {
  readonly make: () => Operator;
  readonly inputTypes: readonly (readonly DataType[])[];
  readonly outputTypes: readonly DataType[];
  readonly subtask: number;
  readonly parallelism: number;
}

export class Driver {
  readonly harness: JoinHarness;

  constructor(place: Place) {
    this.harness = new JoinHarness(place.make, place.inputTypes, place.outputTypes, place);
  }

  /** @returns the rows that came out. */
  step(step: Step): string[] {
    if (step.kind === 'watermark') this.harness.watermark(step.time);
    else if (step.kind === 'clock') this.harness.processingTime(step.time);
    else if (step.kind === 'end') this.harness.end(step.input);
    else if (step.rows.length > 0) this.harness.send(step.input, ...step.rows);
    return this.harness.takeRows();
  }

  all(steps: readonly Step[], how: { readonly cut?: boolean; readonly restart?: boolean } = {}): string[] {
    const out: string[] = [];
    for (const step of steps) {
      const parts = how.cut && step.kind === 'rows' ? step.rows.map((row) => ({ ...step, rows: [row] })) : [step];
      for (const part of parts) out.push(...this.step(part));
      if (how.restart) this.harness.restart();
    }
    return out;
  }
}

export function drive(place: Place): Driver {
  return new Driver(place);
}

/** Runs the first `half` steps at one parallelism, the rest, from its snapshots, at another; rows go to the owner of their key. */
export function spread(
  first: readonly Place[],
  then: readonly Place[],
  steps: readonly Step[],
  half: number,
  types: readonly DataType[],
  keys: readonly number[],
): string[] {
  const out: string[] = [];
  const feed = (drivers: readonly Driver[], step: Step): void => {
    drivers.forEach((driver, subtask) => {
      const rows =
        step.kind === 'rows' ? step.rows.filter((row) => ownerOf(row, types, keys, drivers.length) === subtask) : [];
      out.push(...driver.step(step.kind === 'rows' ? { ...step, rows } : step));
    });
  };
  const before = first.map(drive);
  for (const step of steps.slice(0, half)) feed(before, step);
  const snapshots = before.map((d) => d.harness.snapshot());
  const after = then.map(drive);
  for (const driver of after) {
    driver.harness.now = before[0].harness.now;
    driver.harness.restore(snapshots);
  }
  for (const step of steps.slice(half)) feed(after, step);
  return out;
}

function ownerOf(row: string, types: readonly DataType[], keys: readonly number[], parallelism: number): number {
  const batch = batchFromRows(types, [parseRow(row, types)]);
  const hash = new Int32Array(1);
  hashColumns(
    keys.map((k) => batch.columns[k]),
    1,
    hash,
  );
  return subtaskOfHash(hash[0], parallelism);
}

/** Batches of two valid changelogs, interleaved: only rows that are there are taken back. */
export function changelogs(options: {
  readonly retracts: readonly [boolean, boolean];
  readonly row: fc.Arbitrary<string>;
  /** Per input: what is unique in a row, if anything is. A row then replaces the one it cannot be beside. */
  readonly unique?: readonly [((row: string) => string) | null, ((row: string) => string) | null];
}): fc.Arbitrary<Step[]> {
  const change = fc.record({ row: options.row, back: fc.nat(20), update: fc.boolean() });
  const step = fc.record({ input: fc.constantFrom(0, 1), changes: fc.array(change, { minLength: 1, maxLength: 6 }) });
  return fc.array(step, { maxLength: 8 }).map((made) => {
    const there: string[][] = [[], []];
    return made.map(({ input, changes }): Step => {
      const rows = changes.flatMap(({ row, back, update }) => {
        const own = there[input];
        // Some one in two changes takes a row back, where the input may.
        if (options.retracts[input] && back < own.length) {
          const [gone] = own.splice(back, 1);
          return [`${update ? '-U' : '-D'} ${gone}`];
        }
        const identity = options.unique?.[input];
        const beside = identity ? own.findIndex((other) => identity(other) === identity(row)) : -1;
        if (beside >= 0) {
          const [old] = own.splice(beside, 1, row);
          return [`-U ${old}`, `+U ${row}`];
        }
        own.push(row);
        return [`${update && options.retracts[input] ? '+U' : '+I'} ${row}`];
      });
      return { kind: 'rows', input, rows };
    });
  });
}
