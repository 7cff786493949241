import { BOOLEAN, StreamcellError, typeToString, withNullable, type DataType } from '../../types/index.js';
import type { BoundExpr } from '../bound.js';
import { coerce } from '../type-casts.js';
import { commonArgumentType, commonType, isDateTime, isString } from '../type-rules.js';
import { alignOperands } from './comparison.js';
import { anyNullable, argumentsError, bool, fit, type BuiltIn, type CallInfo } from './define.js';

function common(name: string, args: readonly BoundExpr[], info: CallInfo): DataType {
  const types = args.map((a) => a.type);
  const type = name === 'CASE' ? commonType(types) : commonArgumentType(types);
  if (type?.root === 'NULL' && name !== 'CASE')
    throw new StreamcellError('TYPE_MISMATCH', `Illegal use of 'NULL' in ${name}.`, { span: info.span });
  if (!type)
    throw new StreamcellError(
      'TYPE_MISMATCH',
      `${name} has no common type for ${args.map((a) => typeToString(a.type)).join(', ')}.`,
      { span: info.span },
    );
  return type;
}

export function caseOf(
  whens: readonly { condition: BoundExpr; result: BoundExpr }[],
  otherwise: BoundExpr,
  info: CallInfo,
): BoundExpr {
  const results = [...whens.map((w) => w.result), otherwise];
  if (results.every((r) => r.type.root === 'NULL'))
    throw new StreamcellError('TYPE_MISMATCH', 'ELSE clause or at least one THEN clause must be non-NULL.', {
      span: info.span,
    });
  const type = withNullable(common('CASE', results, info), anyNullable(results));
  return {
    kind: 'case',
    whens: whens.map((w) => ({ condition: w.condition, result: coerce(w.result, type) })),
    otherwise: coerce(otherwise, type),
    type,
    span: info.span,
  };
}

const isNull = (e: BoundExpr): BoundExpr => ({
  kind: 'call',
  fn: 'IS NULL',
  args: [e],
  type: BOOLEAN(false),
  span: e.span,
});
const isNotNull = (e: BoundExpr): BoundExpr => ({
  kind: 'call',
  fn: 'IS NOT NULL',
  args: [e],
  type: BOOLEAN(false),
  span: e.span,
});

/** CASE with arguments condition, result, ..., otherwise. */
const caseFunction: BuiltIn = {
  name: 'CASE',
  signature: 'CASE WHEN condition THEN result ... ELSE result END',
  bind(args, info) {
    const whens = [];
    for (let i = 0; i + 1 < args.length; i += 2) {
      const condition = fit([args[i]], [bool]);
      if (!condition) throw argumentsError('CASE WHEN', 'CASE WHEN BOOLEAN', [args[i]], info.span);
      whens.push({ condition: condition[0], result: args[i + 1] });
    }
    return caseOf(whens, args[args.length - 1], info);
  },
};

const ifFunction: BuiltIn = {
  name: 'IF',
  signature: 'IF(condition, then, else)',
  bind(args, info) {
    const condition = args.length === 3 ? fit([args[0]], [bool]) : undefined;
    if (!condition) throw argumentsError('IF', this.signature, args, info.span);
    const bound = caseOf([{ condition: condition[0], result: args[1] }], args[2], info);
    // The condition's nullability counts for the type, though a NULL condition means the second value.
    return args[0].type.nullable && bound.kind === 'case' ? { ...bound, type: withNullable(bound.type, true) } : bound;
  },
};

/** COALESCE and IFNULL: the type is nullable only when every argument is. */
function coalesce(name: string, arity: number | undefined): BuiltIn {
  return {
    name,
    signature: `${name}(a, b${arity === undefined ? ', ...' : ''})`,
    bind(args, info) {
      if (args.length === 0 || (arity !== undefined && args.length !== arity))
        throw argumentsError(name, this.signature, args, info.span);
      const nullable = args.every((a) => a.type.nullable);
      const [first] = args;
      if (
        arity === 2 &&
        !first.type.nullable &&
        isString(first.type) &&
        isString(args[1].type) &&
        args[1].type.length <= first.type.length
      )
        return first;
      const type = withNullable(common(name, args, info), nullable);
      let result: BoundExpr = coerce(args[args.length - 1], type);
      for (let i = args.length - 2; i >= 0; i--) {
        const a = args[i];
        const value = coerce(a, type);
        result = a.type.nullable
          ? {
              kind: 'case',
              whens: [{ condition: isNotNull(a), result: value }],
              otherwise: result,
              type,
              span: info.span,
            }
          : value;
      }
      return result;
    },
  };
}

const nullif: BuiltIn = {
  name: 'NULLIF',
  signature: 'NULLIF(a, b)',
  bind(args, info) {
    if (args.length !== 2) throw argumentsError('NULLIF', this.signature, args, info.span);
    const [a, b] = alignOperands('NULLIF', args[0], args[1], info);
    const type = withNullable(args[0].type, true);
    const equal: BoundExpr = { kind: 'call', fn: '=', args: [a, b], type: BOOLEAN(anyNullable(args)), span: info.span };
    return {
      kind: 'case',
      whens: [{ condition: equal, result: { kind: 'literal', type, value: null, span: info.span } }],
      otherwise: args[0],
      type,
      span: info.span,
    };
  },
};

/** GREATEST and LEAST are NULL when any argument is. */
function extreme(name: string, op: string): BuiltIn {
  return {
    name,
    signature: `${name}(a, ...)`,
    bind(args, info) {
      if (args.length === 0) throw argumentsError(name, this.signature, args, info.span);
      if (args.some((a) => isDateTime(a.type) && a.type.root !== args[0].type.root))
        throw new StreamcellError(
          'FUNCTION_UNSUPPORTED',
          `${name} over different types of dates and times is not supported.`,
          { span: info.span },
        );
      const type = withNullable(common(name, args, info), anyNullable(args));
      const coerced = args.map((a) => coerce(a, type));
      return coerced.reduce((l, r): BoundExpr => {
        const nullable = l.type.nullable || r.type.nullable;
        const better: BoundExpr = { kind: 'call', fn: op, args: [l, r], type: BOOLEAN(nullable), span: info.span };
        const whens: { condition: BoundExpr; result: BoundExpr }[] = [{ condition: better, result: l }];
        if (l.type.nullable) whens.unshift({ condition: isNull(l), result: l });
        return { kind: 'case', whens, otherwise: r, type: withNullable(type, nullable), span: info.span };
      });
    },
  };
}

export const conditionalFunctions: readonly BuiltIn[] = [
  caseFunction,
  ifFunction,
  coalesce('COALESCE', undefined),
  coalesce('IFNULL', 2),
  nullif,
  extreme('GREATEST', '>='),
  extreme('LEAST', '<='),
];
