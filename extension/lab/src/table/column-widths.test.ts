import { expect, test } from '@jest/globals';
import { columnWidths } from './column-widths.js';

test('columns fill the table', () => {
  const widths = columnWidths(
    [
      { kind: 'op', header: 30, body: 30 },
      { kind: 'time', header: 80, body: 190 },
      { kind: 'number', header: 60, body: 70 },
    ],
    900,
  );
  expect(widths.reduce((a, b) => a + b)).toBe(900);
  expect(widths[0]).toBe(48);
  expect(widths[1]).toBeGreaterThan(widths[2]);
});

test('columns that do not fit keep what they need, none more than its share', () => {
  expect(columnWidths(Array(6).fill({ kind: 'text', header: 50, body: 5000 }), 600)).toEqual(Array(6).fill(360));
});
