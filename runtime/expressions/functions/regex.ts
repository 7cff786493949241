import { ARRAY, BOOLEAN, INT, STRING, type CharType } from '../../types/index.js';
import { groupCount, javaRegex, replaceAll, similarRegex } from '../library/regex.js';
import { boxed } from './boxed.js';
import { int, simple, str, type BuiltIn } from './define.js';
import { coerce } from '../type-casts.js';
import { isInteger, isString } from '../type-rules.js';

const extractAll: BuiltIn = boxed({
  names: ['REGEXP_EXTRACT_ALL'],
  signature: 'REGEXP_EXTRACT_ALL(STRING, STRING[, INT])',
  bind(args) {
    const [s, p, i] = args;
    if (
      args.length < 2 ||
      args.length > 3 ||
      !isText(s) ||
      !isText(p) ||
      (i && !isInteger(i.type) && i.type.root !== 'NULL')
    )
      return undefined;
    return {
      args: [coerce(s, STRING()), coerce(p, STRING()), ...(i ? [coerce(i, INT())] : [])],
      type: ARRAY(STRING()),
    };
  },
  call([s, pattern, index = 1]) {
    const regex = javaRegex(pattern as string, 'g');
    if (regex === null) return null;
    const group = index as number;
    if (group < 0 || group > groupCount(regex)) return null;
    return [...(s as string).matchAll(regex)].map((m) => m[group] ?? null);
  },
});

function isText(e: { type: { root: string } } | undefined): boolean {
  return e !== undefined && (isString(e.type as CharType) || e.type.root === 'NULL');
}

export const regexFunctions: readonly BuiltIn[] = [
  simple({
    names: ['REGEXP'],
    params: [str, str],
    type: BOOLEAN(),
    call: (s: string, p: string) => p !== '' && (javaRegex(p)?.test(s) ?? false),
  }),
  simple({ names: ['REGEXP_REPLACE'], params: [str, str, str], type: STRING(), mayBeNull: true, call: replaceAll }),
  simple({
    names: ['REGEXP_EXTRACT'],
    params: [str, str, int],
    optional: 1,
    type: STRING(),
    nullable: 'always',
    call: (s: string, p: string, group = 0) => {
      const regex = javaRegex(p);
      if (regex === null || group < 0) return null;
      const m = regex.exec(s);
      return m === null || group >= m.length ? null : (m[group] ?? null);
    },
  }),
  simple({
    names: ['REGEXP_COUNT'],
    params: [str, str],
    type: INT(),
    nullable: 'always',
    call: (s: string, p: string) => {
      const regex = javaRegex(p, 'g');
      return regex === null ? null : [...s.matchAll(regex)].length;
    },
  }),
  simple({
    names: ['REGEXP_INSTR'],
    params: [str, str],
    type: INT(),
    nullable: 'always',
    call: (s: string, p: string) => {
      const regex = javaRegex(p);
      if (regex === null) return null;
      const m = regex.exec(s);
      return m === null ? 0 : m.index + 1;
    },
  }),
  simple({
    names: ['REGEXP_SUBSTR'],
    params: [str, str],
    type: STRING(),
    nullable: 'always',
    call: (s: string, p: string) => javaRegex(p)?.exec(s)?.[0] ?? null,
  }),
  extractAll,
  simple({
    names: ['SIMILAR TO', 'SIMILAR'],
    params: [str, str, str],
    optional: 1,
    type: BOOLEAN(),
    call: (s: string, p: string, escape?: string) => similarRegex(p, escape).test(s),
  }),
];
