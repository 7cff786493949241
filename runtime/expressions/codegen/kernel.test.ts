import { describe, expect, test } from '@jest/globals';
import {
  BIGINT,
  Batch,
  DOUBLE,
  INT,
  STRING,
  StrColumn,
  StreamcellError,
  batchFromRows,
  rowsFromBatch,
  type DataType,
  type Value,
} from '../../types/index.js';
import type { BoundExpr } from '../bound.js';
import { simpleEnvironment } from '../environment.js';
import { call, input, lit } from '../test-tools.js';
import { compileKernel } from './compile.js';
import { compilePredicate } from './predicate.js';

const env = simpleEnvironment();

function batch(
  types: readonly DataType[],
  rows: readonly (readonly Value[])[],
  kinds: readonly (0 | 1 | 2 | 3)[] = [],
): Batch {
  return batchFromRows(
    types,
    rows.map((fields, i) => ({ kind: kinds[i] ?? 0, fields })),
  );
}

function run(
  types: readonly DataType[],
  rows: readonly (readonly Value[])[],
  condition: BoundExpr | null,
  projections: readonly BoundExpr[],
): readonly (readonly Value[])[] {
  const out = compileKernel({ inputTypes: types, condition, projections }, env).run(batch(types, rows));
  return rowsFromBatch(
    projections.map((p) => p.type),
    out,
  ).map((r) => r.fields);
}

function bytes(texts: readonly string[]): StrColumn {
  const encoder = new TextEncoder();
  const parts = texts.map((t) => encoder.encode(t));
  const data = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  const starts = new Int32Array(texts.length);
  const lengths = new Int32Array(texts.length);
  let at = 0;
  parts.forEach((p, i) => {
    data.set(p, at);
    starts[i] = at;
    lengths[i] = p.length;
    at += p.length;
  });
  return StrColumn.fromBytes(data, starts, lengths);
}

describe('kernel', () => {
  const a = input(0, INT());
  const b = input(1, BIGINT());

  test('filters and projects in one pass, NULL conditions drop the row', () => {
    const rows = [
      [1, 10n],
      [null, 20n],
      [5, null],
      [7, 40n],
    ];
    expect(run([INT(), BIGINT()], rows, call('>', a, 2), [call('+', a, b), a])).toEqual([
      [null, 5],
      [47n, 7],
    ]);
  });

  test('an input column is passed on as it is when nothing is filtered', () => {
    const source = batch([INT(), BIGINT()], [[1, 2n]]);
    const out = compileKernel(
      { inputTypes: [INT(), BIGINT()], condition: null, projections: [b, call('+', a, 1)] },
      env,
    ).run(source);
    expect(out.columns[0]).toBe(source.columns[1]);
  });

  test('row kinds follow their rows through a filter', () => {
    const kernel = compileKernel({ inputTypes: [INT()], condition: call('>', a, 1), projections: [a] }, env);
    const out = kernel.run(batch([INT()], [[1], [2], [3]], [0, 3, 2]));
    expect(rowsFromBatch([INT()], out).map((r) => [r.kind, r.fields[0]])).toEqual([
      [3, 2],
      [2, 3],
    ]);
  });

  test('strings in bytes form are compared and gathered without being decoded', () => {
    const s = input(0, STRING());
    const kernel = compileKernel(
      { inputTypes: [STRING()], condition: call('=', s, 'caf\u00e9'), projections: [s] },
      env,
    );
    const column = bytes(['tea', 'caf\u00e9', 'caf', 'caf\u00e9']);
    const out = kernel.run(new Batch(4, [column]));
    const gathered = out.columns[0] as StrColumn;
    expect(out.length).toBe(2);
    expect(gathered.data).toBe(column.data);
    expect(gathered.get(1)).toBe('caf\u00e9');
  });

  test('equal results for strings in either form', () => {
    const s = input(0, STRING());
    const projections = [
      call('UPPER', s),
      call('CHAR_LENGTH', s),
      call('LIKE', s, '%b%'),
      call('=', s, 'ab'),
      call('||', s, 'x'),
    ];
    const texts = ['ab', '', 'b\u00fcro \ud83d\ude00', 'xyz'];
    const kernel = compileKernel({ inputTypes: [STRING()], condition: null, projections }, env);
    const types = projections.map((p) => p.type);
    const plain = rowsFromBatch(
      types,
      kernel.run(
        batch(
          [STRING()],
          texts.map((t) => [t]),
        ),
      ),
    );
    const sliced = rowsFromBatch(types, kernel.run(new Batch(texts.length, [bytes(texts)])));
    expect(sliced).toEqual(plain);
  });

  test('buffers grow with the batches and are reused', () => {
    const kernel = compileKernel({ inputTypes: [INT()], condition: null, projections: [call('+', a, 1)] }, env);
    for (const n of [1, 3, 5000, 2]) {
      const out = kernel.run(
        batch(
          [INT()],
          Array.from({ length: n }, (_, i) => [i === 1 ? null : i]),
        ),
      );
      const values = rowsFromBatch([INT()], out).map((r) => r.fields[0]);
      expect(values).toHaveLength(n);
      expect(values[n - 1]).toBe(n === 2 ? null : n);
    }
  });

  test('leaves the narrow form where a result is too wide, and comes back', () => {
    const big = 9007199254740991n;
    expect(run([INT(), BIGINT()], [[1, big]], null, [call('+', b, a)])).toEqual([[big + 1n]]);
    expect(run([INT(), BIGINT()], [[1, (1n << 63n) - 1n]], null, [call('+', b, a)])).toEqual([[-(1n << 63n)]]);
    expect(run([INT(), BIGINT()], [[1, 5n]], null, [call('+', b, a)])).toEqual([[6n]]);
  });

  test('one general code serves columns of any mixture of nulls', () => {
    const types = Array.from({ length: 5 }, () => INT());
    const sum = types.map((t, i) => input(i, t) as BoundExpr).reduce((x, y) => call('+', x, y));
    const kernel = compileKernel({ inputTypes: types, condition: null, projections: [sum] }, env);
    for (let mask = 0; mask < 32; mask++) {
      const out = kernel.run(batch(types, [[1, 2, 3, 4, 5], types.map((_, i) => ((mask >> i) & 1 ? null : i))]));
      expect(rowsFromBatch([INT()], out).map((r) => r.fields[0])).toEqual([15, mask === 0 ? 10 : null]);
    }
  });

  test('a row that fails names its place', () => {
    const span = { start: 7, end: 12 };
    const divide: BoundExpr = { ...call('/', a, b), span } as BoundExpr;
    expect(() => run([INT(), BIGINT()], [[1, 0n]], null, [divide])).toThrow(StreamcellError);
    try {
      run([INT(), BIGINT()], [[1, 0n]], null, [divide]);
    } catch (e) {
      expect((e as StreamcellError).code).toBe('DIVISION_BY_ZERO');
      expect((e as StreamcellError).span).toEqual(span);
    }
  });

  test('what is not reached does not fail', () => {
    const safe = call('CASE', call('<>', b, 0n), call('/', a, b), lit(-1n));
    expect(
      run(
        [INT(), BIGINT()],
        [
          [6, 0n],
          [6, 2n],
        ],
        null,
        [safe],
      ),
    ).toEqual([[-1n], [3n]]);
    const guarded = call('AND', call('<>', b, 0n), call('>', call('/', a, b), 1));
    expect(
      run(
        [INT(), BIGINT()],
        [
          [6, 0n],
          [6, 2n],
        ],
        null,
        [guarded],
      ),
    ).toEqual([[false], [true]]);
  });

  test('functions without determinism are asked for every row and mention', () => {
    const rows = run([INT()], [[1], [2], [3]], null, [call('RAND'), call('RAND')]);
    expect(new Set(rows.flat()).size).toBe(6);
  });

  test('a seeded RAND repeats Java\u2019s sequence', () => {
    expect(run([INT()], [[1], [2]], null, [call('RAND', 42)])).toEqual([[0.7275636800328681], [0.6832234717598454]]);
  });
});

describe('predicate', () => {
  test('compares rows of two inputs of any form', () => {
    const types = [BIGINT(), DOUBLE()];
    const condition = call(
      'AND',
      call('>', input(2, BIGINT()), input(0, BIGINT())),
      call('<', input(1, DOUBLE()), input(3, DOUBLE())),
    );
    const test2 = compilePredicate(types, types, condition, env);
    const left = batch(types, [
      [1n, 1.5],
      [1n << 62n, 1.5],
      [null, 1],
    ]);
    const right = batch(types, [[(1n << 62n) + 1n, 2.5]]);
    expect([0, 1, 2].map((i) => test2(left.columns, i, right.columns, 0))).toEqual([true, true, false]);
  });
});
