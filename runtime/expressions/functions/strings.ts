import { CHAR, INT, MAX_LENGTH, STRING, VARCHAR, type DataType } from '../../types/index.js';
import type { BoundExpr } from '../bound.js';
import type { Val } from '../codegen/emitter.js';
import { countPoints } from '../library/intern.js';
import {
  charLength,
  concatWs,
  initCap,
  instr,
  left,
  lpad,
  position,
  repeat,
  reverse,
  right,
  rpad,
  splitIndex,
  substring,
  trimBoth,
  trimEnd,
  trimStart,
} from '../library/text.js';
import { addLengths } from '../type-rules.js';
import { int, simple, str, type BuiltIn } from './define.js';
import type { CharType } from '../../types/index.js';

const argType = (args: readonly BoundExpr[]): DataType => args[0].type;
/** VARCHAR of the argument's length: what takes characters away. */
const varcharOfArg = (args: readonly BoundExpr[]): DataType => VARCHAR((args[0].type as CharType).length);

/** `||` adds up the lengths; CONCAT the function gives STRING. */
const concatOperator: BuiltIn = simple({
  names: ['||'],
  params: [str, str],
  type: (args) => {
    const a = args[0].type as CharType;
    const b = args[1].type as CharType;
    const length = addLengths(a.length, b.length);
    return a.root === 'CHAR' && b.root === 'CHAR' && length < MAX_LENGTH ? CHAR(length) : VARCHAR(length);
  },
  emit: (e, c) => {
    const a = e.emit(c.args[0]);
    const b = e.emit(c.args[1]);
    return e.pure(c.type, [a, b], `${a.v} + ${b.v}`);
  },
});

const concat: BuiltIn = simple({
  names: ['CONCAT'],
  params: [str],
  variadic: true,
  type: STRING(),
  emit: (e, c) => {
    const parts = c.args.map((a) => e.emit(a));
    return e.pure(c.type, parts, parts.map((p) => p.v).join(' + '));
  },
});

const method = (
  names: readonly string[],
  code: string,
  type: DataType | ((args: readonly BoundExpr[]) => DataType),
): BuiltIn =>
  simple({
    names,
    params: [str],
    type,
    emit: (e, c) => {
      const a = e.emit(c.args[0]);
      return e.pure(c.type, [a], `${a.v}.${code}`);
    },
  });

export const stringFunctions: readonly BuiltIn[] = [
  concatOperator,
  concat,
  method(['UPPER'], 'toUpperCase()', argType),
  method(['LOWER'], 'toLowerCase()', argType),
  simple({
    names: ['CHAR_LENGTH', 'CHARACTER_LENGTH'],
    params: [str],
    type: INT(),
    emit: (e, c) => {
      const [arg] = c.args;
      if (arg.kind === 'input' && e.access.form(arg.index)?.bytes) {
        const i = e.access.row(arg.index);
        const n: Val = { v: '', n: e.inputNull(arg.index, arg.type), nanos: '0' };
        return e.pure(
          c.type,
          [n],
          `${e.constant(countPoints)}(${e.part(arg.index, 'data')}, ${e.part(arg.index, 'starts')}[${i}], ${e.part(arg.index, 'lengths')}[${i}])`,
        );
      }
      const a = e.emit(arg);
      return e.pure(c.type, [a], `${e.constant(charLength)}(${a.v})`);
    },
  }),
  simple({
    names: ['SUBSTRING', 'SUBSTR'],
    params: [str, int, int],
    optional: 1,
    type: varcharOfArg,
    nullable: 'always',
    call: substring,
  }),
  simple({ names: ['LEFT'], params: [str, int], type: varcharOfArg, nullable: 'always', call: left }),
  simple({ names: ['RIGHT'], params: [str, int], type: varcharOfArg, nullable: 'always', call: right }),
  simple({ names: ['POSITION'], params: [str, str, int], optional: 1, type: INT(), call: position }),
  simple({ names: ['LOCATE'], params: [str, str, int], optional: 1, type: INT(), call: position }),
  simple({ names: ['INSTR'], params: [str, str, int, int], optional: 2, type: INT(), call: instr }),
  simple({ names: ['LTRIM'], params: [str, str], optional: 1, type: varcharOfArg, call: trimStart }),
  simple({ names: ['RTRIM'], params: [str, str], optional: 1, type: varcharOfArg, call: trimEnd }),
  simple({ names: ['BTRIM'], params: [str, str], optional: 1, type: STRING(), call: trimBoth }),
  simple({
    names: ['TRIM'],
    params: [str, str],
    optional: 1,
    type: varcharOfArg,
    emit: (e, c) => {
      const side = c.options?.side;
      const fn = side === 'LEADING' ? trimStart : side === 'TRAILING' ? trimEnd : trimBoth;
      const args = c.args.map((a) => ({ val: e.emit(a), type: a.type }));
      return e.callLibrary(fn, c.type, args, false);
    },
  }),
  simple({ names: ['LPAD'], params: [str, int, str], type: STRING(), mayBeNull: true, call: lpad }),
  simple({ names: ['RPAD'], params: [str, int, str], type: STRING(), mayBeNull: true, call: rpad }),
  simple({ names: ['REPEAT'], params: [str, int], type: STRING(), call: repeat }),
  simple({ names: ['REVERSE'], params: [str], type: STRING(), nullable: 'always', call: reverse }),
  simple({
    names: ['REPLACE'],
    params: [str, str, str],
    type: STRING(),
    call: (s: string, a: string, b: string) => s.replaceAll(a, () => b),
  }),
  simple({ names: ['INITCAP'], params: [str], type: argType, call: initCap }),
  simple({
    names: ['SPLIT_INDEX'],
    params: [
      [str, str, int],
      [str, int, int],
    ],
    type: STRING(),
    nullable: 'always',
    call: splitIndex,
  }),
  simple({ names: ['CONCAT_WS'], params: [str], variadic: true, type: STRING(), strict: false, call: concatWs }),
];
