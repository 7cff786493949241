import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  BIGINT,
  BOOLEAN,
  Batch,
  DECIMAL,
  DOUBLE,
  I64Column,
  INT,
  STRING,
  StrColumn,
  StreamcellError,
  TINYINT,
  batchFromRows,
  rowsFromBatch,
  widen,
  type Column,
  type DataType,
  type DecimalType,
  type Value,
} from '../../types/index.js';
import type { BoundExpr } from '../bound.js';
import { simpleEnvironment } from '../environment.js';
import { bindCall } from '../functions/registry.js';
import { input, lit } from '../test-tools.js';
import { bindCast } from '../type-casts.js';
import { compileKernel } from './compile.js';
import { compilePredicate } from './predicate.js';

/** Columns of the random expressions, by position. */
const TYPES: readonly DataType[] = [
  INT(),
  BIGINT(),
  BIGINT(false),
  DECIMAL(10, 2),
  DECIMAL(20, 5),
  BOOLEAN(),
  STRING(),
  TINYINT(),
  DOUBLE(),
];
const env = simpleEnvironment();

const small = fc.integer({ min: -1000, max: 1000 });
const VALUES: readonly fc.Arbitrary<Value>[] = [
  fc.oneof(small, fc.integer()),
  fc.oneof(small.map(BigInt), fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n })),
  fc.oneof(small.map(BigInt), fc.bigInt({ min: -(1n << 54n), max: 1n << 54n })),
  fc.bigInt({ min: -9999999999n, max: 9999999999n }),
  fc.oneof(small.map(BigInt), fc.bigInt({ min: -(10n ** 20n) + 1n, max: 10n ** 20n - 1n })),
  fc.boolean(),
  fc.oneof(fc.constantFrom('', 'a', 'ab', 'b\u00fcro'), fc.string({ maxLength: 6, unit: 'grapheme' })),
  fc.integer({ min: -128, max: 127 }),
  fc.oneof(small, fc.double({ noNaN: true, noDefaultInfinity: true })),
];

const row = fc.tuple(...VALUES.map((v, i) => (TYPES[i].nullable ? fc.option(v, { nil: null, freq: 4 }) : v)));
const rows = fc.array(row, { minLength: 1, maxLength: 12 });

const NUMERIC = [0, 1, 2, 3, 4, 7];
const numericLeaf: fc.Arbitrary<BoundExpr> = fc.oneof(
  fc.constantFrom(...NUMERIC).map((i) => input(i, TYPES[i]) as BoundExpr),
  small.map((v) => lit(v) as BoundExpr),
  small.map((v) => lit(BigInt(v), DECIMAL(4, 1, false)) as BoundExpr),
);

const bind = (name: string, ...args: readonly BoundExpr[]): BoundExpr => bindCall(name, args);
const nonZero = (e: BoundExpr): BoundExpr => bind('CASE', bind('=', e, lit(0)), lit(1), e);

const { numeric, condition } = fc.letrec<{ numeric: BoundExpr; condition: BoundExpr }>((tie) => ({
  numeric: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    numericLeaf,
    fc.tuple(fc.constantFrom('+', '-', '*'), tie('numeric'), tie('numeric')).map(([op, a, b]) => bind(op, a, b)),
    fc.tuple(fc.constantFrom('/', 'MOD'), tie('numeric'), tie('numeric')).map(([op, a, b]) => bind(op, a, nonZero(b))),
    fc.tuple(fc.constantFrom('NEGATE', 'ABS', 'SIGN', 'FLOOR', 'CEIL'), tie('numeric')).map(([f, a]) => bind(f, a)),
    fc.tuple(tie('condition'), tie('numeric'), tie('numeric')).map(([c, a, b]) => bind('CASE', c, a, b)),
    fc.tuple(tie('numeric'), tie('numeric')).map(([a, b]) => bind('COALESCE', a, b)),
    fc
      .tuple(
        tie('numeric'),
        fc.constantFrom<DataType>(INT(), BIGINT(), TINYINT(), DECIMAL(12, 3), DECIMAL(38, 2), DECIMAL(5, 0)),
      )
      .map(([a, t]) => bindCast(a, t, false)),
  ),
  condition: fc.oneof(
    { maxDepth: 4 },
    fc.constant(input(5, BOOLEAN()) as BoundExpr),
    fc
      .tuple(fc.constantFrom('=', '<>', '<', '<=', '>', '>=', 'IS DISTINCT FROM'), tie('numeric'), tie('numeric'))
      .map(([op, a, b]) => bind(op, a, b)),
    fc
      .tuple(fc.constantFrom('=', '<>', '<', '>='), fc.constantFrom('', 'a', 'ab'))
      .map(([op, s]) => bind(op, input(6, STRING()), lit(s))),
    fc.tuple(fc.constantFrom('AND', 'OR'), tie('condition'), tie('condition')).map(([op, a, b]) => bind(op, a, b)),
    fc
      .tuple(fc.constantFrom('NOT', 'IS TRUE', 'IS NOT TRUE', 'IS FALSE', 'IS NULL', 'IS NOT FALSE'), tie('condition'))
      .map(([op, a]) => bind(op, a)),
    tie('numeric').map((a) => bind('IS NOT NULL', a)),
  ),
}));

/** Rows of the result, or the code of the error that a row ended with. */
function run(source: Batch, filter: BoundExpr | null, projections: readonly BoundExpr[]): unknown {
  try {
    const out = compileKernel({ inputTypes: TYPES, condition: filter, projections }, env).run(source);
    return rowsFromBatch(
      projections.map((p) => p.type),
      out,
    ).map((r) => r.fields);
  } catch (e) {
    if (e instanceof StreamcellError && e.kind === 'data') return e.code;
    throw e;
  }
}

function remake(source: Batch, change: (c: Column, type: DataType) => Column): Batch {
  return new Batch(
    source.length,
    source.columns.map((c, i) => change(c, TYPES[i])),
  );
}

function wideForm(source: Batch): Batch {
  return remake(source, (c, type) => {
    if (c.physical !== 'i64') return c;
    const copy = new I64Column(c.values.slice());
    copy.nulls = c.nulls;
    copy.wide = c.wide;
    widen(copy, source.length, type.root === 'DECIMAL' && type.precision > 18);
    return copy;
  });
}

function withNullBytes(source: Batch): Batch {
  return remake(source, (c) => {
    if (c.nulls !== null) return c;
    const copy = Object.create(Object.getPrototypeOf(c) as object) as Column;
    return Object.assign(copy, c, { nulls: new Uint8Array(source.length) });
  });
}

function bytesForm(source: Batch): Batch {
  return remake(source, (c) => {
    if (c.physical !== 'str') return c;
    const encoder = new TextEncoder();
    const parts = Array.from({ length: source.length }, (_, i) => encoder.encode(c.get(i)));
    const data = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
    const starts = new Int32Array(parts.length);
    const lengths = Int32Array.from(parts, (p) => p.length);
    let at = 0;
    parts.forEach((p, i) => {
      data.set(p, at);
      starts[i] = at;
      at += p.length;
    });
    const copy = StrColumn.fromBytes(data, starts, lengths);
    copy.nulls = c.nulls;
    return copy;
  });
}

const FORMS: readonly (readonly [string, (b: Batch) => Batch])[] = [
  ['wide integers', wideForm],
  ['null bytes although nothing is null', withNullBytes],
  ['strings as bytes', bytesForm],
];

describe('every variant of a kernel gives the same rows', () => {
  test.each(FORMS)(
    '%s',
    (_name, form) => {
      fc.assert(
        fc.property(rows, fc.array(numeric, { minLength: 1, maxLength: 2 }), condition, (data, projections, filter) => {
          const source = batchFromRows(
            TYPES,
            data.map((fields) => ({ kind: 0, fields })),
          );
          const all = [...projections, filter, input(6, STRING()), input(1, BIGINT())];
          expect(run(form(source), null, all)).toEqual(run(source, null, all));
          expect(run(form(source), filter, all)).toEqual(run(source, filter, all));
        }),
        { numRuns: 60 },
      );
    },
    60_000,
  );

  test('a filter keeps exactly the rows whose condition is TRUE, and a predicate agrees', () => {
    fc.assert(
      fc.property(rows, condition, (data, filter) => {
        const source = batchFromRows(
          TYPES,
          data.map((fields) => ({ kind: 0, fields })),
        );
        const all = run(source, null, [filter]);
        if (typeof all === 'string') return;
        const truth = (all as (readonly Value[])[]).map((r) => r[0] === true);
        const kept = run(source, filter, [input(2, BIGINT(false))]) as (readonly Value[])[];
        expect(kept.map((r) => r[0])).toEqual(data.filter((_, i) => truth[i]).map((r) => r[2]));
        const predicate = compilePredicate(TYPES, [], filter, env);
        expect(data.map((_, i) => predicate(source.columns, i, [], 0))).toEqual(truth);
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});

/** n / d rounded half away from zero. */
function rounded(n: bigint, d: bigint): bigint {
  const negative = n < 0n !== d < 0n;
  const a = n < 0n ? -n : n;
  const b = d < 0n ? -d : d;
  const q = (2n * a + b) / (2n * b);
  return negative ? -q : q;
}

describe('decimal arithmetic agrees with rationals', () => {
  const scaled = fc.tuple(fc.integer({ min: 1, max: 38 }), fc.integer({ min: 0, max: 38 })).chain(([p, s]) => {
    const scale = Math.min(s, p);
    const limit = 10n ** BigInt(p) - 1n;
    return fc.tuple(
      fc.constant(DECIMAL(p, scale, false)),
      fc.oneof(
        fc.bigInt({ min: -limit, max: limit }),
        fc.bigInt({ min: -(limit > 999n ? 999n : limit), max: limit > 999n ? 999n : limit }),
      ),
    );
  });

  test.each(['+', '-', '*', '/'])(
    '%s',
    (op) => {
      fc.assert(
        fc.property(scaled, scaled, ([ta, a], [tb, b]) => {
          if (op === '/' && b === 0n) return;
          const expr = bindCall(op, [input(0, ta), input(1, tb)]);
          const type = expr.type as DecimalType;
          const source = batchFromRows([ta, tb], [{ kind: 0, fields: [a, b] }]);
          const out = compileKernel({ inputTypes: [ta, tb], condition: null, projections: [expr] }, env).run(source);
          // The exact result as a fraction n / d of units of the result's scale.
          const unit = 10n ** BigInt(type.scale);
          const da = 10n ** BigInt(ta.scale);
          const db = 10n ** BigInt(tb.scale);
          const [n, d] =
            op === '*'
              ? [a * b * unit, da * db]
              : op === '/'
                ? [a * db * unit, b * da]
                : [(op === '+' ? a * db + b * da : a * db - b * da) * unit, da * db];
          const exact = rounded(n, d);
          const limit = 10n ** BigInt(type.precision);
          const want = exact < limit && exact > -limit ? exact : null;
          expect(rowsFromBatch([type], out)[0].fields[0]).toBe(want);
        }),
        { numRuns: 200 },
      );
    },
    60_000,
  );
});
