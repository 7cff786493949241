import { describe, expect, test } from '@jest/globals';
import type { ViewBundle, ViewState } from '@streamcell/runtime/protocol/view-channel';
import { csvRows, csvLine } from './csv.js';
import { figures, footnotes, stateWord, type FooterFacts, type HeaderFacts } from './header-text.js';
import { snapshotRows } from '../values/row-source.js';

const status: ViewState = {
  state: 'running',
  rows: 3412,
  changes: 1_284_193,
  truncated: false,
  watermark: 100_000,
  lateRows: 2,
  malformed: 0,
};
const facts = (over: Partial<HeaderFacts> = {}): HeaderFacts => ({
  link: 'live',
  paused: false,
  status,
  bundle: { bounded: false } as ViewBundle,
  rate: () => 10_240,
  ...over,
});
const texts = (f: HeaderFacts, wallClock = 101_400): string[] =>
  figures(f, 0, wallClock).map((parts) => parts.join('').replace(/ /g, ' '));

describe('the line above a result', () => {
  test('while it runs', () => {
    expect(texts(facts())).toEqual(['3,412 rows', '1.28 M changes', '10.2 k/s', 'lag 1.4 s']);
    expect(stateWord(facts())).toEqual({ dot: 'ok', word: 'running' });
  });

  test('old data says where it stands, bounded data nothing', () => {
    expect(texts(facts(), 100_000 + 3 * 86_400_000).at(-1)).toBe('at 1970-01-01 00:01:40');
    expect(texts(facts({ bundle: { bounded: true } as ViewBundle }))).toHaveLength(3);
  });

  test('without rows it counts what goes in, and warns when it knows why nothing comes out', () => {
    const none = { ...status, rows: 0, changes: 0, rowsIn: 48_100 };
    expect(texts(facts({ status: none })).slice(0, 2)).toEqual(['0 rows', 'in 48,100 rows']);
    expect(stateWord(facts({ status: none })).dot).toBe('ok');
    expect(stateWord(facts({ status: { ...none, why: 'No row has come.' } }))).toEqual({
      dot: 'warn',
      word: 'running',
    });
    expect(texts(facts({ status: { ...none, state: 'stopped' } }))).toEqual(['0 rows', '0 changes']);
  });

  test('what has ended has no rate', () => {
    expect(texts(facts({ status: { ...status, state: 'finished', rows: 1, changes: 1 } }))).toEqual([
      '1 row',
      '1 change',
    ]);
  });

  test.each<[Partial<HeaderFacts>, string, string]>([
    [{ paused: true }, 'warn', 'paused'],
    [{ link: 'reconnecting' }, 'warn', 'reconnecting'],
    [{ status: { ...status, away: true } }, 'warn', 'reconnecting'],
    [{ link: 'gone' }, 'off', 'saved'],
    [{ link: 'gone', status: { ...status, state: 'finished' } }, 'ok', 'finished'],
    [{ status: { ...status, state: 'failed' } }, 'error', 'failed'],
    [{ status: { ...status, state: 'stopped' } }, 'off', 'stopped'],
  ])('%j', (over, dot, word) => expect(stateWord(facts(over))).toEqual({ dot, word }));
});

describe('the line below', () => {
  const shown = {
    shownFrom: 0,
    shownTo: 100,
    total: 3412,
    changelog: false,
    truncated: false,
    rows: 3412,
    filtered: false,
    lateRows: 0,
    malformed: 0,
    running: true,
  };

  test('rows', () => {
    expect(footnotes({ ...shown, lateRows: 2, malformed: 1 })).toEqual({
      left: ['showing 1-100 of 3,412'],
      right: ['2 late rows dropped', '1 malformed record'],
    });
    expect(footnotes({ ...shown, total: 0, rows: 0 }).left).toEqual(['no rows yet']);
    expect(footnotes({ ...shown, total: 0, rows: 0, running: false }).left).toEqual(['no rows']);
    expect(footnotes({ ...shown, filtered: true, total: 5, shownTo: 5 }).left).toEqual([
      'showing 1-5 of 5',
      'filtered from 3,412',
    ]);
    expect(footnotes({ ...shown, truncated: true }).left).toContain('result truncated to 3,412 rows');
  });

  test('a chart says which rows it has of too many', () => {
    const charted = { ...shown, shownFrom: 0, shownTo: 5000, total: 17_403 };
    const left = (chart: FooterFacts['chart']): string => footnotes({ ...charted, chart }).left[0];
    expect(left({ column: 'ts', isTime: true })).toBe('showing the newest 5,000 of 17,403');
    expect(left({ column: 'v', isTime: false })).toBe('showing 5,000 of 17,403, those with the highest v');
    expect(left(null)).toBe('showing 1-5,000 of 17,403');
    expect(footnotes({ ...charted, total: 5000, chart: { column: 'v', isTime: false } }).left[0]).toBe(
      'showing 1-5,000 of 5,000',
    );
  });

  test('rows that are counted and not here yet are not shown', () => {
    expect(footnotes({ ...shown, shownFrom: 0, shownTo: 0, total: 23, rows: 23 }).left).toEqual([]);
  });

  test('changes', () => {
    expect(footnotes({ ...shown, changelog: true, total: 5000 }).left).toEqual([
      'showing 1-100 of 5,000',
      '5,000 latest changes kept',
    ]);
  });
});

describe('CSV', () => {
  test('NULL is empty, an empty text is not', () => {
    expect(csvLine(['a', null, '', 'x,"y"', 'l\n'])).toBe('a,,"","x,""y""","l\n"\r\n');
  });

  test('changes carry their operation', () => {
    expect(
      csvRows(
        snapshotRows(
          [{ name: 'n', type: 'INT' }],
          [
            ['+I', '1'],
            ['-D', null],
          ],
          true,
        ),
      ),
    ).toEqual(['+I,1\r\n', '-D,\r\n']);
  });
});
