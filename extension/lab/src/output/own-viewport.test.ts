import { describe, expect, test } from '@jest/globals';
import type { ViewportRequest } from '@streamcell/runtime/protocol/view-channel';
import { isOwnFrame, ownViewport, type OwnLook } from './own-viewport.js';

const TABLE: OwnLook = { mode: 'table', newestFirst: null, chartRows: 5000 };
const CHANGELOG: OwnLook = { ...TABLE, mode: 'changelog' };
const CHART: OwnLook = { ...TABLE, mode: 'chart', newestFirst: 2 };
const rows = (from: number, to: number, more: Partial<ViewportRequest> = {}): ViewportRequest => ({
  from,
  to,
  mode: 'table',
  ...more,
});
const sort = [{ column: 0, ascending: true }];

describe('which frames stand for the whole result in the saved notebook', () => {
  test.each<[string, OwnLook, ViewportRequest, boolean]>([
    ['the first rows', TABLE, rows(0, 100, { sort: [], filter: [] }), true],
    ['the first rows and more', TABLE, rows(0, 160), true],
    ['rows further down', TABLE, rows(5000, 5200), false],
    ['a filter', TABLE, rows(0, 100, { filter: [{ column: 0, contains: 'a' }] }), false],
    ["the reader's order", TABLE, rows(0, 100, { sort }), false],
    ['the single changes', TABLE, rows(0, 10_000, { mode: 'changelog' }), false],
    ['a single row of a table', { ...TABLE, mode: 'single' }, rows(0, 100), true],
    ['the newest changes', CHANGELOG, rows(6900, 17_000, { mode: 'changelog' }), true],
    ['older changes', CHANGELOG, rows(0, 160, { mode: 'changelog' }), false],
    [
      'changes with a filter',
      CHANGELOG,
      rows(0, 10_000, { mode: 'changelog', filter: [{ column: 0, contains: 'a' }] }),
      false,
    ],
    ["a chart's newest rows", CHART, rows(0, 5000, { sort: [{ column: 2, ascending: false }] }), true],
    ["the table of a chart's result", CHART, rows(0, 100), false],
    ["a chart's rows, too few", CHART, rows(0, 100, { sort: [{ column: 2, ascending: false }] }), false],
  ])('%s', (_, own, request, expected) => {
    expect(isOwnFrame({ request, rowCount: 7050 }, own)).toBe(expected);
  });

  test('of a short result a few rows are all', () => {
    expect(isOwnFrame({ request: rows(0, 4), rowCount: 4 }, TABLE)).toBe(true);
    expect(isOwnFrame({ request: rows(0, 4), rowCount: 5 }, TABLE)).toBe(false);
  });

  test.each([TABLE, CHANGELOG, CHART])('what is fetched to be saved will do: %j', (own) => {
    for (const rowCount of [0, 3, 100, 7050]) {
      expect(isOwnFrame({ request: ownViewport(own, rowCount), rowCount }, own)).toBe(true);
    }
  });
});
