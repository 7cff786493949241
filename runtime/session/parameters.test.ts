import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { StreamcellError } from '../types/index.js';
import { EmbeddedSession } from './embedded-session.js';
import { bindParameters, maskParameters, parameterNames, parameterPlaces, pasteParameters } from './parameters.js';
import type { ParameterValue } from './session.js';

const bound = (text: string, values: Record<string, ParameterValue>): string => bindParameters(text, values).text;

function refusal(action: () => unknown): StreamcellError {
  try {
    action();
  } catch (thrown) {
    if (thrown instanceof StreamcellError) return thrown;
  }
  throw new Error('a StreamcellError is expected');
}

/** Names, whether they are pasted, and where they stand. The Python package is tested by the same. */
const PLACES = JSON.parse(
  readFileSync(new URL('../../session/parameter-places.vectors.json', import.meta.url), 'utf8'),
) as readonly { readonly text: string; readonly places: readonly unknown[] }[];

describe('places of parameters', () => {
  test.each(PLACES)('of $text', ({ text, places }) => {
    expect(parameterPlaces(text).map(({ name, raw, span }) => [name, raw, span.start, span.end])).toEqual(places);
  });

  test('are :name and {name}, each name once', () => {
    expect(parameterNames('SELECT :a, {b}, :a FROM t WHERE c > {größe!r}')).toEqual(['a', 'b', 'größe']);
  });

  test.each([
    "'{a} :a '' {a}'",
    '`{a} :a `` :a`',
    '"{a}"',
    '-- {a} :a',
    '/* {a} */',
    "/*+ OPTIONS('x'='{a}', :a) */",
    'CAST(x AS INT)::a',
    "JSON_OBJECT('k':a, KEY k:a)",
    'PATTERN (A{2} B{2,3} C{,4} {- D -})',
    "'never closed {a}",
    '{ a }',
    '{a.b}',
  ])('%s holds none', (text) => {
    expect(parameterNames(text)).toEqual([]);
    expect(bound(text, { a: 1 })).toBe(text);
  });

  test('are numbers of their own length where only the syntax is looked at', () => {
    expect(maskParameters('a > :low AND {x} {y!r}')).toBe('a > 0    AND 0        ');
  });
});

describe('values as literals', () => {
  test.each<[ParameterValue, string]>([
    ["it's", "'it''s'"],
    ['', "''"],
    ["'; DROP TABLE t; --", "'''; DROP TABLE t; --'"],
    ['*/ \\ \n \u{1f600} \u2028', "'*/ \\ \n \u{1f600} \u2028'"],
    ['{x} :x', "'{x} :x'"],
    [5, '5'],
    [-5, '(-5)'],
    [-0, '0'],
    [1.5, "CAST('1.5' AS DOUBLE)"],
    [1e21, "CAST('1e+21' AS DOUBLE)"],
    [NaN, "CAST('NaN' AS DOUBLE)"],
    [-Infinity, "CAST('-Infinity' AS DOUBLE)"],
    [9007199254740993n, "CAST('9007199254740993' AS BIGINT)"],
    [2n ** 63n, "CAST('9223372036854775808' AS DECIMAL(38, 0))"],
    [true, 'TRUE'],
    [null, 'NULL'],
    [new Date(Date.UTC(2020, 1, 29, 1, 2, 3, 45)), "TIMESTAMP '2020-02-29 01:02:03.045'"],
    [['a', null, 1], "'a', NULL, 1"],
  ])('%p', (value, text) => {
    expect(bound('({x})', { x: value })).toBe(`(${text})`);
    expect(bound('(:x)', { x: value })).toBe(`(${text})`);
  });

  test.each<[unknown, string]>([
    [undefined, 'is undefined'],
    [{}, 'is an object'],
    [() => 1, 'is a function'],
    [[], 'is an empty list'],
    [[[1]], 'is a list in a list'],
    [new Date(NaN), 'is an invalid Date'],
    [10n ** 38n, 'has more than the 38 digits'],
  ])('%p is refused at its place', (value, message) => {
    const error = refusal(() => bindParameters('SELECT {x}', { x: value as ParameterValue }));
    expect(error).toMatchObject({ code: 'PARAMETER_INVALID', span: { start: 7, end: 10 } });
    expect(error.message).toContain(message);
  });

  test('a name without a value is refused at its place, with the nearest name', () => {
    const error = refusal(() => bindParameters('SELECT {limt}', { limit: 1 }));
    expect(error).toMatchObject({ span: { start: 7, end: 13 }, hint: "Did you mean 'limit'?" });
    expect(refusal(() => bindParameters(':toString', {})).code).toBe('PARAMETER_INVALID');
  });

  test('do not grow together with what stands beside them', () => {
    expect(bound('SELECT{a}FROM t', { a: 1 })).toBe('SELECT 1 FROM t');
  });

  test('{x!r} is pasted on request only', () => {
    expect(pasteParameters('SELECT {c!r} FROM t WHERE a = {v}', { c: 'a, b' }).text).toBe(
      'SELECT a, b FROM t WHERE a = {v}',
    );
    expect(refusal(() => bindParameters('SELECT {c!r}', { c: 'a' })).message).toContain('pasted');
  });
});

describe('places of the text as written', () => {
  test('whatever follows a parameter is found again', () => {
    const text = 'SELECT {a}, :b, wrong FROM t';
    const { text: sql, original } = bindParameters(text, { a: 'a long text instead', b: 1 });
    const start = sql.indexOf('wrong');
    const span = original({ start, end: start + 5 });
    expect(text.slice(span.start, span.end)).toBe('wrong');
  });

  test('a place within a value is the whole parameter', () => {
    const { text: sql, original } = bindParameters('SELECT {a} + 1', { a: 'abc' });
    const at = sql.indexOf('abc');
    expect(original({ start: at, end: at + 2 })).toEqual({ start: 7, end: 10 });
    expect(original({ start: 0, end: sql.length })).toEqual({ start: 0, end: 14 });
  });

  test('any text between any values is found again', () => {
    const word = fc.stringMatching(/^[a-z]{1,6}$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(word, fc.string()), { minLength: 1, maxLength: 6 }), (parts) => {
        const text = parts.map(([w], i) => `${w} {p${i}} `).join('');
        const values = Object.fromEntries(parts.map(([, v], i) => [`p${i}`, v]));
        const { text: sql, original } = bindParameters(text, values);
        let from = 0;
        let expected = 0;
        parts.forEach(([w, v], i) => {
          const start = sql.indexOf(w, from);
          expect(original({ start, end: start + w.length })).toEqual({ start: expected, end: expected + w.length });
          from = start + w.length + 1 + v.replaceAll("'", "''").length + 3;
          expected += `${w} {p${i}} `.length;
        });
      }),
    );
  });
});

describe('in the engine', () => {
  test('hostile texts come back as they went in', async () => {
    const session = new EmbeddedSession();
    try {
      await fc.assert(
        fc.asyncProperty(fc.string({ unit: 'binary' }), async (value) => {
          for await (const statement of session.execute('SELECT {v} AS v, :v AS w', {
            parameters: { v: value },
          })) {
            await statement.done;
            const rows = await statement.view?.snapshot();
            expect(rows?.map((r) => r.fields)).toEqual([[value, value]]);
          }
        }),
        {
          numRuns: 25,
          examples: [["'; DROP TABLE t; --"], ['/* */ \\'], ["''"], ["U&'\\0041'"], ['{v} :v'], ['\0\n\r\t']],
        },
      );
    } finally {
      await session.close();
    }
  });

  test('values have the types of their literals', async () => {
    const session = new EmbeddedSession();
    try {
      const parameters = { a: 5, b: 5n, c: 1.5, d: new Date(0), e: true, f: [1, 2] };
      const text = 'SELECT {a} a, {b} b, {c} c, {d} d, {e} e FROM (VALUES (1), (3)) AS t (x) WHERE x IN ({f})';
      for await (const statement of session.execute(text, { parameters })) {
        expect(statement.columns.map((c) => c.type.root)).toEqual([
          'INTEGER',
          'BIGINT',
          'DOUBLE',
          'TIMESTAMP',
          'BOOLEAN',
        ]);
        await statement.done;
        expect(await statement.view?.snapshot()).toHaveLength(1);
      }
    } finally {
      await session.close();
    }
  });
});
