import { expect } from '@jest/globals';
import { OperatorHarness, rowText } from '@streamcell/runtime/operators/harness';
import type { Operator } from '@streamcell/runtime/operators/operator';
import { hashColumns, subtaskOfHash } from '@streamcell/runtime/state/hash';
import { batchFromRows, type ChangelogRow, type DataType, type Value } from '@streamcell/runtime/types/index';
import fc from 'fast-check';

/** What an operator with one input is put through: rows, watermarks and the clock, in order. */
export type Event =
  | { readonly kind: 'row'; readonly row: ChangelogRow }
  | { readonly kind: 'watermark'; readonly time: number }
  | { readonly kind: 'clock'; readonly time: number }
  /** The input is over; nothing comes after it. */
  | { readonly kind: 'end' };

export interface Subject {
  readonly inputTypes: readonly DataType[];
  readonly outputTypes: readonly DataType[];
  /** Columns by which rows may be spread over subtasks; null: one subtask only. */
  readonly keys: readonly number[] | null;
  /** Whether the order of the rows is part of the result, as a sort's is; they are inserts then. */
  readonly ordered?: boolean;
  make(emission: 'row' | 'folded'): Operator;
  /** The rows that the table must have come to, naively. */
  recompute(events: readonly Event[]): readonly (readonly Value[])[];
}

function harness(subject: Subject, emission: 'row' | 'folded', subtask = 0, parallelism = 1): OperatorHarness {
  return new OperatorHarness(subject.make(emission), [subject.inputTypes], subject.outputTypes, {
    subtask,
    parallelism,
  });
}

/** Feeds events; neighbouring rows go into one batch, which is cut after the numbers of events in `cuts`. */
function feed(h: OperatorHarness, events: readonly Event[], cuts: ReadonlySet<number> | 'each' = new Set()): void {
  let rows: ChangelogRow[] = [];
  const flush = (): void => {
    h.changelog(rows);
    rows = [];
  };
  events.forEach((event, i) => {
    if (event.kind === 'row') {
      rows.push(event.row);
      if (cuts === 'each' || cuts.has(i)) flush();
      return;
    }
    flush();
    if (event.kind === 'watermark') h.watermarkIn(event.time);
    else if (event.kind === 'clock') h.processingTime(event.time);
    else h.endInput();
  });
  flush();
}

/** Folds a changelog to the sorted texts of the rows that are left; a row taken back that was not there fails. */
export function materialize(rows: readonly ChangelogRow[]): string[] {
  const table = new Map<string, number>();
  for (const row of rows) {
    const text = rowText({ kind: 0, fields: row.fields });
    const count = (table.get(text) ?? 0) + ((row.kind & 1) === 0 ? 1 : -1);
    if (count < 0) throw new Error(`taken back, but never sent: ${text}`);
    table.set(text, count);
  }
  return [...table].flatMap(([text, count]) => new Array<string>(count).fill(text)).sort();
}

function subtaskOf(subject: Subject, row: ChangelogRow, parallelism: number): number {
  const keys = subject.keys ?? [];
  const batch = batchFromRows(subject.inputTypes, [row]);
  const hashes = new Int32Array(1);
  hashColumns(
    keys.map((k) => batch.columns[k]),
    1,
    hashes,
  );
  return subtaskOfHash(hashes[0], parallelism);
}

const text = (rows: readonly (readonly Value[])[]): string[] => rows.map((fields) => rowText({ kind: 0, fields }));

/** Checks every law on generated events. */
export function checkLaws(subject: Subject, events: fc.Arbitrary<Event[]>, runs = 60): void {
  const table = (rows: readonly ChangelogRow[]): string[] =>
    subject.ordered === true ? rows.map(rowText) : materialize(rows);
  fc.assert(
    fc.property(events, fc.array(fc.nat(100), { maxLength: 6 }), fc.nat(1000), (all, cutAt, where) => {
      const rowByRow = harness(subject, 'row');
      feed(rowByRow, all, 'each');
      const result = table(rowByRow.rows);

      // Incremental = recomputed.
      const expected = text(subject.recompute(all));
      expect(result).toEqual(subject.ordered === true ? expected : expected.sort());

      // Any cut of the batches = the same changelog.
      const cut = harness(subject, 'row');
      feed(cut, all, new Set(cutAt));
      expect(cut.lines).toEqual(rowByRow.lines);

      // Folded emission comes to the same table.
      const folded = harness(subject, 'folded');
      feed(folded, all, new Set(cutAt));
      expect(table(folded.rows)).toEqual(result);

      // Snapshot and restore anywhere = uninterrupted.
      const at = where % (all.length + 1);
      const first = harness(subject, 'row');
      feed(first, all.slice(0, at));
      const snapshot = first.snapshot();
      const second = harness(subject, 'row');
      second.now = first.now;
      second.restore(snapshot);
      feed(second, all.slice(at));
      expect(table([...first.rows, ...second.rows])).toEqual(result);

      if (subject.keys === null) return;
      // Parallelism 2 = 1, also when restored from 1 and going back to 1.
      const third = Math.floor(at / 2);
      const before = harness(subject, 'row');
      feed(before, all.slice(0, third));
      const parts = [0, 1].map((subtask) => harness(subject, 'row', subtask, 2));
      parts.forEach((part) => {
        part.now = before.now;
        part.restore(before.snapshot());
      });
      const middle = all.slice(third, at);
      parts.forEach((part, subtask) =>
        feed(
          part,
          middle.filter((e) => e.kind !== 'row' || subtaskOf(subject, e.row, 2) === subtask),
        ),
      );
      const after = harness(subject, 'row');
      after.now = parts[0].now;
      after.restore(...parts.map((p) => p.snapshot()));
      feed(after, all.slice(at));
      expect(table([...before.rows, ...parts[0].rows, ...parts[1].rows, ...after.rows])).toEqual(result);
    }),
    { numRuns: runs },
  );
}

/** Rows that only come. */
export function inserts(fields: fc.Arbitrary<Value[]>, more: fc.Arbitrary<Event> | null = null): fc.Arbitrary<Event[]> {
  const row = fields.map((f): Event => ({ kind: 'row', row: { kind: 0, fields: f } }));
  return fc.array(more === null ? row : fc.oneof({ weight: 4, arbitrary: row }, { weight: 1, arbitrary: more }), {
    maxLength: 40,
  });
}

/** Rows that come, change and go: whatever is taken back was there. */
export function changes(fields: fc.Arbitrary<Value[]>): fc.Arbitrary<Event[]> {
  return fc.array(fc.record({ fields, pick: fc.nat(1000), kind: fc.nat(5) }), { maxLength: 40 }).map((steps) => {
    const live: Value[][] = [];
    const events: Event[] = [];
    for (const step of steps) {
      if (step.kind >= 3 && live.length > 0) {
        const [gone] = live.splice(step.pick % live.length, 1);
        if (step.kind === 3) {
          events.push({ kind: 'row', row: { kind: 1, fields: gone } });
          continue;
        }
        events.push({ kind: 'row', row: { kind: 3, fields: gone } });
        events.push({ kind: 'row', row: { kind: 2, fields: step.fields } });
      } else events.push({ kind: 'row', row: { kind: 0, fields: step.fields } });
      live.push(step.fields);
    }
    return events;
  });
}

/** Rows still there at the end, in order of arrival. */
export function liveRows(events: readonly Event[]): Value[][] {
  const live: Value[][] = [];
  for (const event of events) {
    if (event.kind !== 'row') continue;
    const { kind, fields } = event.row;
    if ((kind & 1) === 0) live.push([...fields]);
    else {
      const wanted = rowText({ kind: 0, fields });
      live.splice(
        live.findIndex((f) => rowText({ kind: 0, fields: f }) === wanted),
        1,
      );
    }
  }
  return live;
}

export function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const k = key(item);
    const group = groups.get(k);
    if (group === undefined) groups.set(k, [item]);
    else group.push(item);
  }
  return groups;
}
