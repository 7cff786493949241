import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { simpleEnvironment, type BoundExpr } from '@streamcell/runtime/expressions/index';
import { consolidated } from '@streamcell/runtime/operators/join-harness';
import type { JoinSideUnique } from '@streamcell/runtime/operators/join-side';
import type { JoinType } from '@streamcell/runtime/operators/join-spec';
import { Join } from '@streamcell/runtime/operators/join';
import { BOOLEAN, INT, STRING, type DataType } from '@streamcell/runtime/types/index';
import { changelogs, drive, spread, type Step } from './two-inputs.js';

const TYPES: DataType[] = [INT(), STRING()];
const KINDS: JoinType[] = ['inner', 'left', 'right', 'full', 'semi', 'anti'];

type Unique = 'none' | 'joinKey' | 'columns';

interface Case {
  readonly type: JoinType;
  readonly keyed: boolean;
  readonly nullSafe: boolean;
  readonly conditional: boolean;
  readonly retracts: readonly [boolean, boolean];
  readonly unique: readonly [Unique, Unique];
  readonly steps: readonly Step[];
}

/** left.s <> right.s */
const DIFFERENT: BoundExpr = {
  kind: 'call',
  fn: '<>',
  type: BOOLEAN(),
  args: [
    { kind: 'input', index: 1, type: STRING() },
    { kind: 'input', index: 3, type: STRING() },
  ],
};

const uniqueSide = (unique: Unique): JoinSideUnique =>
  unique === 'columns' ? { kind: 'columns', columns: [1] } : { kind: unique };

function operator(c: Case): Join {
  const keys = c.keyed ? [0] : [];
  return new Join({
    join: {
      type: c.type,
      leftKeys: keys,
      rightKeys: keys,
      nullSafe: keys.map(() => c.nullSafe),
      condition: c.conditional ? DIFFERENT : null,
    },
    leftUnique: uniqueSide(c.unique[0]),
    rightUnique: uniqueSide(c.unique[1]),
    leftRetracts: c.retracts[0],
    rightRetracts: c.retracts[1],
    leftTtl: 0,
    rightTtl: 0,
    inputTypes: [TYPES, TYPES],
    env: simpleEnvironment(),
  });
}

const outputTypes = (c: Case): DataType[] => (c.type === 'semi' || c.type === 'anti' ? TYPES : [...TYPES, ...TYPES]);
const place = (c: Case, subtask = 0, parallelism = 1) => ({
  make: () => operator(c),
  inputTypes: [TYPES, TYPES],
  outputTypes: outputTypes(c),
  subtask,
  parallelism,
});

/** The join of what the inputs hold in the end, from its definition. */
function recompute(c: Case): string[] {
  const [left, right] = [0, 1].map((input) =>
    consolidated(c.steps.flatMap((s) => (s.kind === 'rows' && s.input === input ? s.rows : []))),
  );
  const matches = (l: string, r: string): boolean => {
    const [lk, ls] = l.split(' ');
    const [rk, rs] = r.split(' ');
    if (c.keyed && (lk !== rk || (lk === 'null' && !c.nullSafe))) return false;
    return !c.conditional || (ls !== 'null' && rs !== 'null' && ls !== rs);
  };
  const out: string[] = [];
  for (const l of left) {
    const found = right.filter((r) => matches(l, r));
    if (c.type === 'semi' || c.type === 'anti') {
      if (found.length > 0 === (c.type === 'semi')) out.push(l);
      continue;
    }
    out.push(...found.map((r) => `${l} ${r}`));
    if (found.length === 0 && (c.type === 'left' || c.type === 'full')) out.push(`${l} null null`);
  }
  if (c.type === 'right' || c.type === 'full')
    out.push(...right.filter((r) => !left.some((l) => matches(l, r))).map((r) => `null null ${r}`));
  return out.sort();
}

/** What a row of a unique input has alone: its join key, or its second column beside that key. */
const identity = (unique: Unique, keyed: boolean): ((row: string) => string) | null =>
  unique === 'none' ? null : unique === 'columns' ? (row) => row : (row) => (keyed ? row.split(' ')[0] : '');

const row = fc
  .tuple(fc.constantFrom('1', '2', '3', 'null'), fc.constantFrom('a', 'b', 'null'))
  .map((cells) => cells.join(' '));
const uniques = fc.constantFrom<Unique>('none', 'joinKey', 'columns');

const cases: fc.Arbitrary<Case> = fc
  .record({
    keyed: fc.boolean(),
    retracts: fc.tuple(fc.boolean(), fc.boolean()),
    unique: fc.tuple(uniques, uniques),
  })
  .chain((given) => {
    // Unique rows are told apart by updates: such an input retracts. Without a join key the second column alone cannot be unique here.
    const unique = given.unique.map((u, s) => (given.retracts[s] && (given.keyed || u !== 'columns') ? u : 'none'));
    const [left, right] = unique as [Unique, Unique];
    return fc.record({
      type: fc.constantFrom(...KINDS),
      keyed: fc.constant(given.keyed),
      nullSafe: fc.boolean(),
      conditional: fc.boolean(),
      retracts: fc.constant(given.retracts),
      unique: fc.constant([left, right] as const),
      steps: changelogs({
        retracts: given.retracts,
        row,
        unique: [identity(left, given.keyed), identity(right, given.keyed)],
      }),
    });
  });

describe('laws of the regular join', () => {
  test('what it sent is, after every step, the join of what its inputs hold', () => {
    fc.assert(
      fc.property(cases, (c) => {
        const sent: string[] = [];
        const run = drive(place(c));
        c.steps.forEach((step, k) => {
          sent.push(...run.step(step));
          expect(consolidated(sent)).toEqual(recompute({ ...c, steps: c.steps.slice(0, k + 1) }));
        });
      }),
      { numRuns: 300 },
    );
  });

  test('cuts of its batches and restarts between them leave no trace', () => {
    fc.assert(
      fc.property(cases, (c) => {
        const whole = drive(place(c)).all(c.steps);
        expect(drive(place(c)).all(c.steps, { cut: true })).toEqual(whole);
        expect(drive(place(c)).all(c.steps, { restart: true })).toEqual(whole);
      }),
      { numRuns: 200 },
    );
  });

  test('spread over two subtasks, or moved there half-way, it gives the same rows', () => {
    fc.assert(
      fc.property(cases, fc.nat(10), (c, half) => {
        fc.pre(c.keyed);
        const whole = consolidated(drive(place(c)).all(c.steps));
        const two = [place(c, 0, 2), place(c, 1, 2)];
        expect(consolidated(spread([place(c)], two, c.steps, Math.min(half, c.steps.length), TYPES, [0]))).toEqual(
          whole,
        );
        expect(consolidated(spread(two, [place(c)], c.steps, Math.min(half, c.steps.length), TYPES, [0]))).toEqual(
          whole,
        );
      }),
      { numRuns: 100 },
    );
  });
});
