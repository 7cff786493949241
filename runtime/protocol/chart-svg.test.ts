import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  BIGINT,
  DOUBLE,
  INSERT,
  STRING,
  TIMESTAMP,
  Timestamp,
  type ChangelogRow,
  type Schema,
  type Value,
} from '../types/index.js';
import { chartSvg } from './chart-svg.js';
import type { Chart } from './view-channel.js';

const COLUMNS: Schema = [
  { name: 't', type: TIMESTAMP(3) },
  { name: 'k', type: STRING() },
  { name: 'n', type: BIGINT() },
  { name: 'r', type: DOUBLE() },
];
const rows = (...fields: (readonly Value[])[]): ChangelogRow[] => fields.map((f) => ({ kind: INSERT, fields: f }));
const at = (seconds: number): Timestamp => new Timestamp(Date.UTC(2026, 10, 21, 9, 14, seconds));
const DATA = rows([at(0), 'web', 10n, 1.5], [at(10), 'web', 30n, -2.5], [at(0), 'app', 5n, 0], [at(10), 'app', 20n, 4]);

describe('the still picture of a chart', () => {
  test('draws a line per series, ticks and a legend', () => {
    const svg = chartSvg({ mark: 'line', x: 't', y: 'n', color: 'k' }, COLUMNS, DATA) as string;
    expect(svg.match(/<polyline/g)).toHaveLength(2);
    for (const label of ['web', 'app', '09:14:02', '09:14:10', '30', 'n', 't'])
      expect(svg).toContain(`>${label}</text>`);
  });

  test('piles bars of one place up', () => {
    const svg = chartSvg(
      { mark: 'bar', x: 'k', y: 'n' },
      COLUMNS,
      rows([at(0), 'a', 4n, 0], [at(0), 'b', 8n, 0]),
    ) as string;
    const bars = [...svg.matchAll(/<rect x="([\d.]+)" y="([\d.]+)" width="[\d.]+" height="([\d.]+)"/g)];
    expect(bars).toHaveLength(2);
    expect(Number(bars[1][3])).toBeCloseTo(2 * Number(bars[0][3]), 0);
    const stacked = chartSvg({ mark: 'bar', x: 't', y: 'n', color: 'k' }, COLUMNS, DATA) as string;
    const [first, , second] = [
      ...stacked.matchAll(/<rect x="[\d.]+" y="([\d.]+)" width="[\d.]+" height="([\d.]+)" fill/g),
    ];
    expect(Number(second[1]) + Number(second[2])).toBeCloseTo(Number(first[1]), 0);
  });

  test('has nothing to draw without numbers', () => {
    expect(chartSvg({ mark: 'line', x: 't', y: 'n' }, COLUMNS, rows([at(0), 'a', null, NaN]))).toBeNull();
    expect(chartSvg({ mark: 'line', x: 't', y: 'r' }, COLUMNS, rows([at(0), 'a', null, NaN]))).toBeNull();
  });

  test('whatever the values are, it is one well-formed picture of finite numbers', () => {
    const value = fc.tuple(
      fc.option(fc.integer({ min: -8e14, max: 8e14 }).map((ms) => new Timestamp(ms))),
      fc.option(fc.string()),
      fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
      fc.option(fc.double()),
    );
    const chart = fc.record({
      mark: fc.constantFrom<Chart['mark']>('line', 'bar', 'area', 'point'),
      x: fc.constantFrom('t', 'k', 'n', 'r'),
      y: fc.constantFrom('n', 'r'),
      color: fc.constantFrom(undefined, 'k', 'n'),
    });
    fc.assert(
      fc.property(fc.array(value, { maxLength: 30 }), chart, (fields, c) => {
        const svg = chartSvg(c, COLUMNS, rows(...fields));
        if (svg === null) return;
        expect(svg).not.toMatch(/NaN|Infinity|undefined/);
        expect(svg.replace(/<[^<>]+>/g, '')).not.toMatch(/[<>]/);
        expect(svg).toMatch(
          /^<svg [^<>]*>(?:<(?:rect|line|circle|polygon|polyline)[^<>]*\/>|<text[^<>]*>[^<>]*<\/text>)+<\/svg>$/s,
        );
      }),
    );
  });
});
