import { describe, expect, test } from '@jest/globals';
import { rangeOf } from './error-range.js';
import { magicOf, mimeOfCell, SQL_MIME, TYPESCRIPT_MIME } from './magic.js';

describe('what a cell is written in', () => {
  test.each([
    ['%%flinksql\nSELECT 1', SQL_MIME],
    ['  %%flinksql --limit 5\nSELECT 1', SQL_MIME],
    ['%%flink_execute_sql\nSELECT 1', SQL_MIME],
    ['%flink.ssql(type=update)\nSELECT 1', SQL_MIME],
    ['%%flinksqlite\nx', 'text/x-ipython'],
    ['x = 1\n%%flinksql', 'text/x-ipython'],
    ['', 'text/x-ipython'],
  ])('in a Python notebook: %j', (source, mime) => expect(mimeOfCell(source, 'text/x-ipython')).toBe(mime));

  test.each([
    ['SELECT 1', SQL_MIME],
    ['%%ts\nlet a = 1', TYPESCRIPT_MIME],
    ['%%html\n<b>', 'text/plain'],
    ['%jobs', SQL_MIME],
  ])('in an SQL notebook: %j', (source, mime) => expect(mimeOfCell(source, SQL_MIME)).toBe(mime));

  test('the magic and its options', () => {
    const text = '%%flinksql --limit 5\nSELECT 1';
    const magic = magicOf(text);
    expect(text.slice(magic?.name.start, magic?.name.end)).toBe('%%flinksql');
    expect(text.slice(magic?.options.start, magic?.options.end)).toBe(' --limit 5');
    expect(magicOf('SELECT 5 % 3')).toBeNull();
  });
});

describe('where a mistake is drawn', () => {
  test.each([
    [2, 6, 2, 6],
    [2, 99, 2, 9],
    [3, 3, 3, 4],
    [9, 9, 8, 9],
    [4, 4, 3, 4],
    [50, 60, 8, 9],
  ])('[%d, %d)', (start, end, from, to) => expect(rangeOf('abcd\nefgh', { start, end })).toEqual({ from, to }));

  test('in an empty cell', () => expect(rangeOf('', { start: 0, end: 0 })).toEqual({ from: 0, to: 0 }));
});
