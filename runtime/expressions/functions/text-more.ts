import {
  BOOLEAN,
  BYTES,
  MAP,
  MapValue,
  STRING,
  VARBINARY,
  VARCHAR,
  typeToString,
  withNullable,
  type CharType,
  type Value,
} from '../../types/index.js';
import type { BoundExpr } from '../bound.js';
import { compareBytes } from '../library/compare.js';
import { wellFormed } from '../library/parse.js';
import { javaFormat } from '../library/printf.js';
import { javaSplit } from '../library/regex.js';
import { coerce } from '../type-casts.js';
import { addLengths, commonType, isBinary, isInteger, isString } from '../type-rules.js';
import { boxed } from './boxed.js';
import { mapOf } from './collections.js';
import { anyNullable, argumentsError, int, simple, str, type BuiltIn } from './define.js';

function isText(e: BoundExpr): boolean {
  return isString(e.type) || e.type.root === 'NULL';
}

function overlay(s: string, replacement: string, start: number, length?: number): string {
  // Positions are UTF-16 units here, unlike those of other functions.
  if (start <= 0 || start > s.length) return s;
  const count = length ?? replacement.length;
  return wellFormed(s.slice(0, start - 1) + replacement + (count > 0 ? s.slice(start - 1 + count) : ''));
}

function translate(s: string | null, from: string | null, to: string | null): string | null {
  if (s === null || from === null) return s;
  const source = Array.from(from);
  const target = Array.from(to ?? '');
  let out = '';
  for (const c of s) {
    const i = source.indexOf(c);
    if (i < 0) out += c;
    else if (i < target.length) out += target[i];
  }
  return out;
}

const elt: BuiltIn = boxed({
  names: ['ELT'],
  signature: 'ELT(INT, STRING or BYTES, ...)',
  nulls: true,
  bind(args) {
    const [index, ...rest] = args;
    if (rest.length === 0 || !(isInteger(index.type) || index.type.root === 'NULL')) return undefined;
    const texts = rest.every(isText);
    const binaries = rest.every((a) => isBinary(a.type) || a.type.root === 'NULL');
    if (!texts && !binaries) return undefined;
    if (index.kind === 'literal' && index.value !== null && Number(index.value) < 0) return undefined;
    const common = commonType(rest.map((a) => a.type));
    if (!common) return undefined;
    const length = Math.max(...rest.map((a) => (a.type.root === 'NULL' ? 0 : (a.type as CharType).length)));
    const type =
      common.root === 'NULL'
        ? STRING()
        : texts
          ? common.root === 'CHAR'
            ? common
            : VARCHAR(length)
          : common.root === 'BINARY'
            ? common
            : VARBINARY(length);
    return {
      args: [
        coerce(index, index.type.root === 'NULL' ? { root: 'INTEGER', nullable: true } : index.type),
        ...rest.map((a) => coerce(a, texts ? STRING() : BYTES())),
      ],
      type: withNullable(type, true),
    };
  },
  call([index, ...rest]) {
    if (index === null) return null;
    const i = Number(index);
    return i < 1 || i > rest.length ? null : rest[i - 1];
  },
});

const strToMap: BuiltIn = boxed({
  names: ['STR_TO_MAP'],
  signature: 'STR_TO_MAP(STRING[, STRING, STRING])',
  bind(args) {
    if ((args.length !== 1 && args.length !== 3) || !args.every(isText)) return undefined;
    return { args: args.map((a) => coerce(a, STRING())), type: MAP(STRING(), STRING()) };
  },
  call([s, list = ',', pair = '=']) {
    if (s === '') return new MapValue([]);
    return mapOf(
      javaSplit(s as string, list as string).map((p): [Value, Value] => {
        const [k, v = null] = javaSplit(p, pair as string, 2);
        return [k, v];
      }),
    );
  },
});

const printf: BuiltIn = boxed({
  names: ['PRINTF'],
  signature: 'PRINTF(STRING, ...)',
  nulls: true,
  bind: (args) =>
    args.length > 0 && isText(args[0])
      ? { args: [coerce(args[0], STRING()), ...args.slice(1)], type: STRING() }
      : undefined,
  call: ([format, ...values], [, ...types]) => (format === null ? null : javaFormat(format as string, values, types)),
});

const typeOf: BuiltIn = {
  name: 'TYPEOF',
  signature: 'TYPEOF(ANY[, BOOLEAN])',
  bind(args, info) {
    if (
      args.length < 1 ||
      args.length > 2 ||
      (args[1] && (args[1].type.root !== 'BOOLEAN' || args[1].kind !== 'literal'))
    )
      throw argumentsError('TYPEOF', this.signature, args, info.span);
    const value = typeToString(args[0].type).replace(/ \*(ROW|PROC)TIME\*/, '');
    return { kind: 'literal', type: STRING(true), value, span: info.span };
  },
};

/** STARTSWITH and ENDSWITH, for text and for bytes. */
function affix(name: string, ofText: (s: string, p: string) => boolean, start: boolean): BuiltIn {
  return boxed({
    names: [name],
    signature: `${name}(STRING, STRING) or ${name}(BYTES, BYTES)`,
    bind(args) {
      if (args.length !== 2) return undefined;
      const type = BOOLEAN(anyNullable(args));
      if (args.every(isText)) return { args: args.map((a) => coerce(a, STRING())), type };
      return args.every((a) => isBinary(a.type) || a.type.root === 'NULL')
        ? { args: args.map((a) => coerce(a, BYTES())), type }
        : undefined;
    },
    call([s, p]) {
      if (typeof s === 'string') return ofText(s, p as string);
      const bytes = s as Uint8Array;
      const part = p as Uint8Array;
      if (part.length > bytes.length) return false;
      return (
        compareBytes(start ? bytes.subarray(0, part.length) : bytes.subarray(bytes.length - part.length), part) === 0
      );
    },
  });
}

const currentDatabase: BuiltIn = simple({
  names: ['CURRENT_DATABASE'],
  params: [],
  type: STRING(),
  nullable: 'never',
  emit: (e) => ({ v: JSON.stringify(e.env.database ?? 'default_database'), n: 'false', nanos: '0' }),
});

export const moreTextFunctions: readonly BuiltIn[] = [
  currentDatabase,
  simple({
    names: ['OVERLAY'],
    params: [str, str, int, int],
    optional: 1,
    type: (args) => VARCHAR(addLengths((args[0].type as CharType).length, (args[1].type as CharType).length)),
    call: overlay,
  }),
  simple({
    names: ['TRANSLATE', 'TRANSLATE3'],
    params: [str, str, str],
    type: (args) => STRING(args[0].type.nullable),
    nullable: 'type',
    strict: false,
    call: translate,
  }),
  elt,
  strToMap,
  printf,
  typeOf,
  affix('STARTSWITH', (s, p) => s.startsWith(p), true),
  affix('ENDSWITH', (s, p) => s.endsWith(p), false),
];
