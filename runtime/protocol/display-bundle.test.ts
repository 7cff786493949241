import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { BIGINT, DELETE, INSERT, STRING, type ChangelogRow, type Schema } from '../types/index.js';
import { displayBundle, shortCount, type Presentation, type ResultDescription } from './display-bundle.js';
import { errorBundle, errorText } from './error-bundle.js';
import { ERROR_MIME, VEGALITE_MIME, VIEW_MIME, type ViewBundle, type ViewState } from './view-channel.js';

const COLUMNS: Schema = [
  { name: 'name', type: STRING() },
  { name: 'n', type: BIGINT() },
];
const DESCRIPTION: ResultDescription = {
  stream: 's1',
  statement: 'SELECT 1',
  columns: COLUMNS,
  upsertKey: [0],
  bounded: false,
  cluster: 'embedded',
};
const PLAIN: Presentation = { title: null, mode: 'table', chart: null, refresh: 50, zone: 'UTC' };
const RUNNING: ViewState = {
  state: 'running',
  rows: 3412,
  changes: 1_284_193,
  truncated: false,
  watermark: null,
  lateRows: 0,
  malformed: 0,
};
const row = (name: string | null, n: bigint, kind: ChangelogRow['kind'] = INSERT): ChangelogRow => ({
  kind,
  fields: [name, n],
});

describe('a display bundle', () => {
  test('has what a header says, the first rows, and what was left out', () => {
    const rows = Array.from({ length: 100 }, (_, i) => row(i === 1 ? null : `r${i}`, BigInt(i)));
    const bundle = displayBundle(
      DESCRIPTION,
      { rows, from: 0, total: 3412 },
      { ...RUNNING, truncated: true, lateRows: 2, malformed: 1 },
      PLAIN,
    );
    const text = String(bundle['text/plain']).split('\n');
    expect(text[0]).toBe('running · 3,412 rows · 1.28 M changes · embedded');
    expect(text[5]).toBe('| NULL |  1 |');
    expect(text.at(-1)).toBe(
      'showing 1-100 of 3,412 · only 3,412 rows kept · 2 late rows dropped · 1 malformed record',
    );
    const view = bundle[VIEW_MIME] as ViewBundle;
    expect(view.snapshot).toHaveLength(100);
    expect(view.snapshot[1]).toEqual([null, '1']);
    expect(bundle[VEGALITE_MIME]).toBeUndefined();
    const html = String(bundle['text/html']);
    expect(html).toContain('<b>running</b>');
    expect(html).toContain('font-style:italic;opacity:.65">NULL</td>');
    expect(html).not.toMatch(/<script|class=|on\w+=/);
  });

  test('of a changelog has the last changes with their kinds', () => {
    const rows = Array.from({ length: 150 }, (_, i) => row('x', BigInt(i), i % 2 === 0 ? INSERT : DELETE));
    const bundle = displayBundle(DESCRIPTION, { rows, from: 50, total: 200 }, RUNNING, { ...PLAIN, mode: 'changelog' });
    const view = bundle[VIEW_MIME] as ViewBundle;
    expect(view.snapshot).toHaveLength(100);
    expect(view.snapshot[0]).toEqual(['+I', 'x', '50']);
    expect(view.snapshot[99]).toEqual(['-D', 'x', '149']);
    expect(String(bundle['text/plain'])).toContain('showing changes 101-200 of 200');
  });

  test('of a failed query says why', () => {
    const status = {
      ...RUNNING,
      state: 'failed',
      error: { code: 'DIVISION_BY_ZERO', message: 'Division by zero.' },
    } as const;
    const bundle = displayBundle(DESCRIPTION, { rows: [], from: 0, total: 0 }, status, PLAIN);
    expect(String(bundle['text/plain'])).toContain('DIVISION_BY_ZERO Division by zero.');
    expect(String(bundle['text/html'])).toContain('Division by zero. <code');
  });

  test('a chart takes rows of its own', () => {
    const chart = { mark: 'line', x: 'name', y: 'n' } as const;
    const bundle = displayBundle(
      DESCRIPTION,
      { rows: [row('a', 1n)], from: 0, total: 2 },
      RUNNING,
      { ...PLAIN, mode: 'chart', chart },
      [row('a', 1n), row('b', 2n)],
    );
    expect(bundle[VEGALITE_MIME]).toMatchObject({
      data: {
        values: [
          { x: 'a', y: 1 },
          { x: 'b', y: 2 },
        ],
      },
    });
  });

  test('whatever the values are, there is no markup but our own', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('<img src=x onerror=alert(1)>', '"><script>', "' onload='x", '\u0000\u001b[2J', '&lt;'),
    );
    fc.assert(
      fc.property(hostile, hostile, (name, title) => {
        const columns: Schema = [{ name, type: STRING() }];
        const bundle = displayBundle(
          { ...DESCRIPTION, columns, cluster: title },
          { rows: [{ kind: INSERT, fields: [name] }], from: 0, total: 1 },
          RUNNING,
          { ...PLAIN, title },
        );
        const html = String(bundle['text/html']);
        const tags = [...html.matchAll(/<\/?([a-z]+)([^<>]*)>/gi)];
        expect(html.replace(/<\/?[a-z]+[^<>]*>/gi, '')).not.toMatch(/[<>]/);
        for (const [, tag, attributes] of tags) {
          expect(['div', 'span', 'b', 'br', 'small', 'table', 'thead', 'tbody', 'tr', 'th', 'td']).toContain(tag);
          expect(attributes).toMatch(/^(?: style="[\w#.;:-]*")?$/);
        }
        // eslint-disable-next-line no-control-regex
        expect(String(bundle['text/plain'])).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
      }),
    );
  });

  test('very long values are cut', () => {
    const bundle = displayBundle(
      DESCRIPTION,
      { rows: [row('x'.repeat(100_000), 1n)], from: 0, total: 1 },
      RUNNING,
      PLAIN,
    );
    expect(JSON.stringify(bundle).length).toBeLessThan(5000);
  });

  test.each([
    [0, '0'],
    [9999, '9,999'],
    [10_000, '10 k'],
    [48_123, '48.1 k'],
    [999_499, '999 k'],
    [999_500, '1 M'],
    [1_284_193, '1.28 M'],
    [1e9, '1 G'],
  ])('%d changes are %s', (n, text) => {
    expect(shortCount(n)).toBe(text);
  });
});

describe('an error bundle', () => {
  const cell = '%%flinksql\nSELECT auction, pric FROM bids';
  const error = {
    code: 'COLUMN_NOT_FOUND',
    message: "Column 'pric' is not in 'bids'.",
    span: { start: 27, end: 31 },
    hint: "Did you mean 'price'?",
  } as const;

  test('draws the mark under the place', () => {
    const bundle = errorBundle(error, cell);
    expect(bundle[ERROR_MIME]).toEqual({ version: 1, error, cell, span: error.span });
    expect(bundle['text/plain']).toBe(
      [
        "2:17 COLUMN_NOT_FOUND Column 'pric' is not in 'bids'.",
        '  SELECT auction, pric FROM bids',
        '                  ^^^^',
        "Hint: Did you mean 'price'?",
      ].join('\n'),
    );
    expect(String(bundle['text/html'])).toContain('Column <code>pric</code> is not in <code>bids</code>.');
    expect(String(bundle['text/html'])).toContain('COLUMN_NOT_FOUND · 2:17</code>');
  });

  test('keeps tabs, cuts long lines, and marks something even at the end of a line', () => {
    expect(errorText({ ...error, span: { start: 1, end: 3 } }, '\tab')).toContain('\n  \tab\n  \t^^\n');
    const long = `${'a'.repeat(5000)} wrong ${'b'.repeat(5000)}`;
    const [, source, marks] = errorText({ ...error, span: { start: 5001, end: 5006 } }, long).split('\n');
    expect(source.length).toBeLessThan(250);
    expect(source.slice(marks.indexOf('^'), marks.length)).toBe('wrong');
    expect(errorText({ ...error, span: { start: 1, end: 1 } }, 'a\nb')).toContain('1:2 ');
    expect(errorText({ ...error, span: { start: 1, end: 1 } }, 'a\nb')).toContain('\n  a\n   ^\n');
  });

  test('shows markup as text', () => {
    const odd = { ...error, code: '<script>' as typeof error.code, message: "Column '<b>' <i>" };
    const html = String(errorBundle(odd, '<u>'.repeat(20))['text/html']);
    expect(html).not.toMatch(/<[biu]>|<script/);
    expect(html).toContain('<code>&lt;b&gt;</code>');
  });
});
