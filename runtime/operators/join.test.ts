import { describe, expect, test } from '@jest/globals';
import type { BoundExpr } from '../expressions/index.js';
import { simpleEnvironment } from '../expressions/index.js';
import { BOOLEAN, INT, STRING, type DataType } from '../types/index.js';
import { JoinHarness } from './join-harness.js';
import type { JoinSideUnique } from './join-side.js';
import type { JoinType } from './join-spec.js';
import { Join, type JoinOperatorSpec } from './join.js';

const LEFT: DataType[] = [INT(), STRING()];
const RIGHT: DataType[] = [INT(), STRING()];
const NONE: JoinSideUnique = { kind: 'none' };
const env = simpleEnvironment();

function harness(
  type: JoinType,
  change: Partial<JoinOperatorSpec> & { keys?: number[]; nullSafe?: boolean; condition?: BoundExpr } = {},
) {
  const keys = change.keys ?? [0];
  const single = type === 'semi' || type === 'anti';
  return new JoinHarness(
    () =>
      new Join({
        join: {
          type,
          leftKeys: keys,
          rightKeys: keys,
          nullSafe: keys.map(() => change.nullSafe ?? false),
          condition: change.condition ?? null,
        },
        leftUnique: NONE,
        rightUnique: NONE,
        leftRetracts: true,
        rightRetracts: true,
        leftTtl: 0,
        rightTtl: 0,
        inputTypes: [LEFT, RIGHT],
        env,
        ...change,
      }),
    [LEFT, RIGHT],
    single ? LEFT : [...LEFT, ...RIGHT],
  );
}

describe('inner join', () => {
  test('rows of a key meet, in whatever order they come', () => {
    const h = harness('inner', { leftRetracts: false, rightRetracts: false });
    h.send(0, '+I 1 a', '+I 2 b', '+I 1 c').send(1, '+I 1 x', '+I 3 y').send(0, '+I 3 d');
    expect(h.take()).toEqual(['+I 1 a 1 x', '+I 1 c 1 x', '+I 3 d 3 y']);
  });

  test('rows carry the kind of the row that caused them', () => {
    const h = harness('inner');
    h.send(0, '+I 1 a', '+U 1 b').send(1, '+U 1 x', '-U 1 x', '+I 1 z', '-D 1 z');
    expect(h.take()).toEqual([
      '+U 1 a 1 x',
      '+U 1 b 1 x',
      '-U 1 a 1 x',
      '-U 1 b 1 x',
      '+I 1 a 1 z',
      '+I 1 b 1 z',
      '-D 1 a 1 z',
      '-D 1 b 1 z',
    ]);
    h.send(0, '-U 1 b').send(1, '+I 1 w');
    expect(h.take()).toEqual(['+I 1 a 1 w']);
  });

  test('equal rows count each', () => {
    const h = harness('inner');
    h.send(0, '+I 1 a', '+I 1 a').send(1, '+I 1 x').send(0, '-D 1 a').send(1, '-D 1 x');
    expect(h.take()).toEqual(['+I 1 a 1 x', '+I 1 a 1 x', '-D 1 a 1 x', '-D 1 a 1 x']);
  });

  test('NULL keys meet only where NULL equals NULL', () => {
    const h = harness('inner');
    h.send(0, '+I null a').send(1, '+I null x');
    expect(h.take()).toEqual([]);
    const safe = harness('inner', { nullSafe: true });
    safe.send(0, '+I null a').send(1, '+I null x');
    expect(safe.take()).toEqual(['+I null a null x']);
  });

  test('a side unique by its join key keeps its latest row only', () => {
    const h = harness('inner', { leftUnique: { kind: 'joinKey' } });
    h.send(0, '+I 1 a', '+U 1 b').send(1, '+I 1 x').send(0, '-D 1 b').send(1, '+I 1 y');
    expect(h.take()).toEqual(['+I 1 b 1 x', '-D 1 b 1 x']);
  });

  test('a side unique by other columns replaces by them', () => {
    const three = [INT(), STRING(), INT()];
    const h = new JoinHarness(
      () =>
        new Join({
          join: { type: 'inner', leftKeys: [0], rightKeys: [0], nullSafe: [false], condition: null },
          leftUnique: { kind: 'columns', columns: [1] },
          rightUnique: NONE,
          leftRetracts: true,
          rightRetracts: true,
          leftTtl: 0,
          rightTtl: 0,
          inputTypes: [three, RIGHT],
          env,
        }),
      [three, RIGHT],
      [...three, ...RIGHT],
    );
    h.send(0, '+I 1 a 1', '+I 1 b 1', '+U 1 a 2').send(1, '+I 1 x');
    expect(h.take()).toEqual(['+I 1 b 1 1 x', '+I 1 a 2 1 x']);
    h.send(0, '-D 1 a 99').send(1, '-D 1 x');
    expect(h.take()).toEqual(['-D 1 a 99 1 x', '-D 1 b 1 1 x']);
  });

  test('without keys every row meets every row', () => {
    const h = harness('inner', { keys: [] });
    h.send(0, '+I 1 a', '+I 2 b').send(1, '+I 7 x').send(0, '-D 1 a').send(1, '-D 7 x');
    expect(h.take()).toEqual(['+I 1 a 7 x', '+I 2 b 7 x', '-D 1 a 7 x', '-D 2 b 7 x']);
  });
});

/** left.name < right.name */
const NAME_LESS: BoundExpr = {
  kind: 'call',
  fn: '<',
  type: BOOLEAN(),
  args: [
    { kind: 'input', index: 1, type: STRING() },
    { kind: 'input', index: 3, type: STRING() },
  ],
};

describe('outer joins', () => {
  test('left: the padded row goes with the first match and returns with the loss of the last', () => {
    const h = harness('left');
    h.send(0, '+I 1 a').send(1, '+I 1 x', '+U 1 y').send(1, '-U 1 x', '-D 1 y').send(0, '-D 1 a');
    expect(h.take()).toEqual([
      '+I 1 a null null',
      '-D 1 a null null',
      '+I 1 a 1 x',
      '+I 1 a 1 y',
      '-U 1 a 1 x',
      '-D 1 a 1 y',
      '+I 1 a null null',
      '-D 1 a null null',
    ]);
  });

  test('left: a left row found with matches is +I and -D whatever its kind', () => {
    const h = harness('left');
    h.send(1, '+I 1 x', '+I 1 y').send(0, '+U 1 a', '-U 1 a');
    expect(h.take()).toEqual(['+I 1 a 1 x', '+I 1 a 1 y', '-D 1 a 1 x', '-D 1 a 1 y']);
  });

  test('right and full pad the other way and both ways', () => {
    const right = harness('right');
    right.send(0, '+I 1 a').send(1, '+I 2 x', '+I null y').send(0, '+I 2 b');
    expect(right.take()).toEqual(['+I null null 2 x', '+I null null null y', '-D null null 2 x', '+I 2 b 2 x']);
    const full = harness('full');
    full.send(0, '+I 1 a', '+I null n').send(1, '+I 1 x').send(1, '+I 2 y').send(0, '-D 1 a');
    expect(full.take()).toEqual([
      '+I 1 a null null',
      '+I null n null null',
      '-D 1 a null null',
      '+I 1 a 1 x',
      '+I null null 2 y',
      '-D 1 a 1 x',
      '+I null null 1 x',
    ]);
  });

  test('a row that fails the condition is no match', () => {
    const h = harness('left', { condition: NAME_LESS });
    h.send(0, '+I 1 m').send(1, '+I 1 a', '+I 1 z').send(1, '-D 1 a', '-D 1 z');
    expect(h.take()).toEqual(['+I 1 m null null', '-D 1 m null null', '+I 1 m 1 z', '-D 1 m 1 z', '+I 1 m null null']);
  });

  test('equal rows lose and regain their padded form each', () => {
    const h = harness('left');
    h.send(0, '+I 1 a', '+I 1 a').send(1, '+I 1 x').send(1, '-D 1 x');
    expect(h.take()).toEqual([
      '+I 1 a null null',
      '+I 1 a null null',
      '-D 1 a null null',
      '-D 1 a null null',
      '+I 1 a 1 x',
      '+I 1 a 1 x',
      '-D 1 a 1 x',
      '-D 1 a 1 x',
      '+I 1 a null null',
      '+I 1 a null null',
    ]);
  });
});

describe('semi and anti joins', () => {
  test('semi: a left row is there while it has a match', () => {
    const h = harness('semi');
    h.send(0, '+I 1 a').send(1, '+U 1 x', '+I 1 y').send(0, '+I 1 b').send(1, '-U 1 x').send(1, '-D 1 y');
    expect(h.take()).toEqual(['+U 1 a', '+I 1 b', '-D 1 a', '-D 1 b']);
  });

  test('anti: a left row is there while it has none', () => {
    const h = harness('anti');
    h.send(0, '+I 1 a', '+I null n').send(1, '+I 1 x', '+I 1 y').send(1, '-D 1 x', '-D 1 y').send(0, '-D 1 a');
    expect(h.take()).toEqual(['+I 1 a', '+I null n', '-D 1 a', '+I 1 a', '-D 1 a']);
  });
});

describe('state time to live', () => {
  test('each side forgets by its own time, refreshed on write', () => {
    const h = harness('inner', { leftTtl: 10, rightTtl: 100 });
    h.send(0, '+I 1 a', '+I 2 b');
    h.processingTime(9).send(0, '+I 2 b');
    h.processingTime(10).send(1, '+I 1 x', '+I 2 x');
    expect(h.take()).toEqual(['+I 2 b 2 x', '+I 2 b 2 x']);
    h.processingTime(50).send(0, '+I 1 c');
    expect(h.take()).toEqual(['+I 1 c 1 x']);
  });

  test('rows of keys that never come again are dropped in passing', () => {
    const h = harness('inner', { leftTtl: 10, rightTtl: 10, leftRetracts: false, rightRetracts: false });
    for (let t = 0; t < 200; t++)
      h.processingTime(t * 5).send(0, ...Array.from({ length: 20 }, (_, i) => `+I ${t * 20 + i} a`));
    expect(h.harness.metrics.stateKeys).toBeLessThan(200);
  });
});
