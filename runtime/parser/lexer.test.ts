import { describe, expect, test } from '@jest/globals';
import { tokenize } from './lexer.js';

function pieces(text: string): string[] {
  const { tokens } = tokenize(text);
  return tokens.slice(0, -1).map((token) => text.slice(token.start, token.end));
}

describe('tokens', () => {
  test.each<[string, string[]]>([
    ['a<=b<>c', ['a', '<=', 'b', '<>', 'c']],
    ['a=>b||c', ['a', '=>', 'b', '||', 'c']],
    ['1.5e3.x', ['1.5e3', '.', 'x']],
    ['1e', ['1', 'e']],
    ['1a', ['1', 'a']],
    ['a.1', ['a', '.1']],
    ["x'0f' X'' n'a'", ["x'0f'", "X''", "n'a'"]],
    ["_utf8'a' _b", ["_utf8'a'", '_b']],
    ["U&'a' u&b", ["U&'a'", 'u', '&', 'b']],
    ["'a''b'", ["'a''b'"]],
    ["e'a\\'b'", ["e'a\\'b'"]],
    ['`a``b`', ['`a``b`']],
    ['a--b\nc', ['a', 'c']],
    ['a//b\nc', ['a', 'c']],
    ['a/*b*/c/**/d', ['a', 'c', 'd']],
    ['a/*+ b(c) */d', ['a', '/*+', 'b', '(', 'c', ')', '*/', 'd']],
    ['a*/b', ['a', '*', '/', 'b']],
    ['$a $', ['$a', '$']],
    ['größe 名前', ['größe', '名前']],
    ['😀', ['😀']],
  ])('%s', (text, expected) => {
    expect(pieces(text)).toEqual(expected);
  });

  test.each<[string, string, number]>([
    ["a 'b", 'SQL_UNTERMINATED', 2],
    ['a `b', 'SQL_UNTERMINATED', 2],
    ['a /* b', 'SQL_UNTERMINATED', 2],
    ["E'a\\'", 'SQL_UNTERMINATED', 0],
    ['``', 'SQL_SYNTAX', 0],
    ['a "b" c', 'SQL_SYNTAX', 2],
    ['a # b', 'SQL_SYNTAX', 2],
  ])('%s is %s', (text, code, start) => {
    const { errors } = tokenize(text);
    expect(errors.map((error) => [error.code, error.span?.start])).toEqual([[code, start]]);
  });

  test('keywords are in upper case, names are not changed', () => {
    const { tokens } = tokenize('Select `From`');
    expect(tokens.map((token) => token.word)).toEqual(['SELECT', '', '']);
  });
});
