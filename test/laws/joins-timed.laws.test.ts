import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { simpleEnvironment } from '@streamcell/runtime/expressions/index';
import { IntervalJoin } from '@streamcell/runtime/operators/interval-join';
import { consolidated } from '@streamcell/runtime/operators/join-harness';
import type { JoinSpec, JoinType } from '@streamcell/runtime/operators/join-spec';
import { MAX_WATERMARK } from '@streamcell/runtime/operators/operator';
import { TemporalJoin } from '@streamcell/runtime/operators/temporal-join';
import { WindowJoin } from '@streamcell/runtime/operators/window-join';
import { INT, TIMESTAMP, type DataType } from '@streamcell/runtime/types/index';
import { drive, spread, type Place, type Step } from './two-inputs.js';

/** key, number, time; the window join's rows have window_start before a time that is window_end. */
const TYPES: DataType[] = [INT(), INT(), TIMESTAMP(3)];
const WINDOWED: DataType[] = [INT(), INT(), TIMESTAMP(3), TIMESTAMP(3)];
const env = simpleEnvironment();

const join = (type: JoinType): JoinSpec => ({
  type,
  leftKeys: [0],
  rightKeys: [0],
  nullSafe: [false],
  condition: null,
});

interface Row {
  readonly key: string;
  readonly n: number;
  readonly time: number;
}

/** Batches and rising watermarks, MAX at the end; rows are never late unless `late`. */
function events(late: boolean): fc.Arbitrary<Step[]> {
  const row = fc.record({
    key: fc.constantFrom('1', '2', 'null'),
    n: fc.nat(9),
    ahead: fc.integer({ min: late ? -30 : 1, max: 40 }),
  });
  const step = fc.record({
    input: fc.constantFrom(0, 1),
    rows: fc.array(row, { minLength: 1, maxLength: 4 }),
    rise: fc.nat(30),
  });
  return fc.array(step, { maxLength: 10 }).map((made) => {
    const steps: Step[] = [];
    let watermark = 50;
    for (const { input, rows, rise } of made) {
      steps.push({ kind: 'rows', input, rows: rows.map((r) => `+I ${r.key} ${r.n} ${watermark + r.ahead}`) });
      watermark += rise;
      if (rise > 0) steps.push({ kind: 'watermark', time: watermark });
    }
    steps.push({ kind: 'watermark', time: MAX_WATERMARK });
    return steps;
  });
}

function rowsOf(steps: readonly Step[], input: number): Row[] {
  return steps
    .flatMap((s) => (s.kind === 'rows' && s.input === input ? s.rows : []))
    .map((line) => {
      const [, key, n, time] = line.split(' ');
      return { key, n: Number(n), time: Number(time) };
    });
}

const text = (r: Row): string => `${r.key} ${r.n} ${r.time}`;
const PAD = 'null null null';

/** The join of two sets of rows from its definition, where `matches` says which meet. */
function joined(
  type: JoinType,
  left: readonly Row[],
  right: readonly Row[],
  matches: (l: Row, r: Row) => boolean,
): string[] {
  const meet = (l: Row, r: Row): boolean => l.key === r.key && l.key !== 'null' && matches(l, r);
  const out: string[] = [];
  for (const l of left) {
    const found = right.filter((r) => meet(l, r));
    if (type === 'semi' || type === 'anti') {
      if (found.length > 0 === (type === 'semi')) out.push(text(l));
      continue;
    }
    out.push(...found.map((r) => `${text(l)} ${text(r)}`));
    if (found.length === 0 && (type === 'left' || type === 'full')) out.push(`${text(l)} ${PAD}`);
  }
  if (type === 'right' || type === 'full')
    out.push(...right.filter((r) => !left.some((l) => meet(l, r))).map((r) => `${PAD} ${text(r)}`));
  return out.sort();
}

/** Whatever the operator: batches may be cut, it may be restarted, and spread over subtasks. */
function invariances(
  name: string,
  place: (type: JoinType) => Place,
  types: readonly JoinType[],
  shape: (steps: Step[]) => Step[],
): void {
  test(`${name}: cuts of its batches and restarts between them leave no trace, late rows or not`, () => {
    fc.assert(
      fc.property(fc.constantFrom(...types), events(true), (type, raw) => {
        const steps = shape(raw);
        // In which order the keys of one watermark fire is nobody's business.
        const whole = consolidated(drive(place(type)).all(steps));
        expect(consolidated(drive(place(type)).all(steps, { cut: true }))).toEqual(whole);
        expect(consolidated(drive(place(type)).all(steps, { restart: true }))).toEqual(whole);
      }),
      { numRuns: 150 },
    );
  });

  test(`${name}: spread over two subtasks, or moved there half-way, it gives the same rows`, () => {
    fc.assert(
      fc.property(fc.constantFrom(...types), events(false), fc.nat(12), (type, raw, half) => {
        const steps = shape(raw);
        const one = place(type);
        const two = [
          { ...one, subtask: 0, parallelism: 2 },
          { ...one, subtask: 1, parallelism: 2 },
        ];
        const whole = consolidated(drive(one).all(steps));
        const at = Math.min(half, steps.length);
        expect(consolidated(spread([one], two, steps, at, one.inputTypes[0], [0]))).toEqual(whole);
        expect(consolidated(spread(two, [one], steps, at, one.inputTypes[0], [0]))).toEqual(whole);
      }),
      { numRuns: 80 },
    );
  });
}

describe('laws of the interval join', () => {
  const OUTER: JoinType[] = ['inner', 'left', 'right', 'full'];
  const place = (type: JoinType): Place => ({
    make: () =>
      new IntervalJoin({
        join: join(type),
        rowtime: true,
        leftTime: 2,
        rightTime: 2,
        lower: -10,
        upper: 15,
        inputTypes: [TYPES, TYPES],
        env,
      }),
    inputTypes: [TYPES, TYPES],
    outputTypes: [...TYPES, ...TYPES],
    subtask: 0,
    parallelism: 1,
  });

  test('without late rows, it is the join within the bounds', () => {
    fc.assert(
      fc.property(fc.constantFrom(...OUTER), events(false), (type, steps) => {
        const within = (l: Row, r: Row): boolean => l.time - 10 <= r.time && r.time <= l.time + 15;
        expect(consolidated(drive(place(type)).all(steps))).toEqual(
          joined(type, rowsOf(steps, 0), rowsOf(steps, 1), within),
        );
      }),
      { numRuns: 300 },
    );
  });

  invariances('interval join', place, OUTER, (steps) => steps);
});

describe('laws of the window join', () => {
  const ALL: JoinType[] = ['inner', 'left', 'right', 'full', 'semi', 'anti'];
  const window = {
    kind: 'attached',
    start: 2,
    end: 3,
    rowtime: true,
    spec: { kind: 'tumble', size: 10, offset: 0 },
  } as const;
  const place = (type: JoinType): Place => ({
    make: () =>
      new WindowJoin({
        join: join(type),
        leftWindow: window,
        rightWindow: window,
        inputTypes: [WINDOWED, WINDOWED],
        env,
      }),
    inputTypes: [WINDOWED, WINDOWED],
    outputTypes: type === 'semi' || type === 'anti' ? WINDOWED : [...WINDOWED, ...WINDOWED],
    subtask: 0,
    parallelism: 1,
  });
  /** Puts each row into its tumbling window of 10. */
  const windowed = (steps: readonly Step[]): Step[] =>
    steps.map((s) =>
      s.kind !== 'rows'
        ? s
        : {
            ...s,
            rows: s.rows.map((line) => {
              const [kind, key, n, time] = line.split(' ');
              const start = Math.floor(Number(time) / 10) * 10;
              return `${kind} ${key} ${n} ${start} ${start + 10}`;
            }),
          },
    );

  test('without late rows, it is the join of equal windows', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ALL), events(false), (type, raw) => {
        const sent = consolidated(drive(place(type)).all(windowed(raw)));
        const start = (r: Row): Row => ({ ...r, time: Math.floor(r.time / 10) * 10 });
        const expected = joined(
          type,
          rowsOf(raw, 0).map(start),
          rowsOf(raw, 1).map(start),
          (l, r) => l.time === r.time,
        );
        // A window's end follows from its start.
        const shown = sent.map((row) =>
          row
            .split(' ')
            .filter((_, c) => c % 4 !== 3)
            .join(' '),
        );
        expect(shown.sort()).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  invariances('window join', place, ALL, windowed);
});

describe('laws of the temporal join', () => {
  const place = (type: JoinType): Place => ({
    make: () =>
      new TemporalJoin({ join: join(type), rowtime: true, leftTime: 2, rightTime: 2, inputTypes: [TYPES, TYPES], env }),
    inputTypes: [TYPES, TYPES],
    outputTypes: [...TYPES, ...TYPES],
    subtask: 0,
    parallelism: 1,
  });

  test('without late rows, each left row meets the version of its time', () => {
    fc.assert(
      fc.property(fc.constantFrom<JoinType>('inner', 'left'), events(false), (type, steps) => {
        // Of versions of one time the last to come counts.
        const versions = rowsOf(steps, 1).filter(
          (r, i, all) => !all.slice(i + 1).some((o) => o.key === r.key && o.time === r.time),
        );
        const valid = (l: Row, r: Row): boolean =>
          r.time <= l.time && !versions.some((o) => o.key === r.key && o.time <= l.time && o.time > r.time);
        expect(consolidated(drive(place(type)).all(steps))).toEqual(joined(type, rowsOf(steps, 0), versions, valid));
      }),
      { numRuns: 300 },
    );
  });

  invariances('temporal join', place, ['inner', 'left'], (steps) => steps);
});
