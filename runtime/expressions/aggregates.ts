import {
  ARRAY,
  BIGINT,
  DECIMAL,
  DOUBLE,
  INT,
  MULTISET,
  STRING,
  StreamcellError,
  VARCHAR,
  typeToString,
  withNullable,
  type DataType,
  type Span,
} from '../types/index.js';
import type { BoundExpr, CallExpr } from './bound.js';
import { coerce } from './type-casts.js';
import { decimalArithmetic, isNumeric, isString } from './type-rules.js';

/** How an aggregate is called: result type, and arguments converted to what its accumulator takes. */
export interface BoundAggregate {
  readonly fn: string;
  readonly args: readonly BoundExpr[];
  readonly type: DataType;
  readonly options?: CallExpr['options'];
}

export interface AggregateInfo {
  readonly distinct: boolean;
  readonly span?: Span;
  /** The group may be empty (no GROUP BY): an aggregate over nothing is NULL. */
  readonly emptyGroup?: boolean;
}

type Rule = (
  args: readonly BoundExpr[],
  info: AggregateInfo,
) => { readonly args?: readonly BoundExpr[]; readonly type: DataType } | undefined;

function ofGroup(type: DataType, args: readonly BoundExpr[], info: AggregateInfo): DataType {
  return withNullable(type, args[0].type.nullable || (info.emptyGroup ?? false));
}

function sumType(t: DataType): DataType {
  return t.root === 'DECIMAL' ? DECIMAL(38, t.scale, t.nullable) : t;
}

function averageType(t: DataType): DataType {
  return t.root === 'DECIMAL'
    ? withNullable(decimalArithmetic('/', DECIMAL(38, t.scale), DECIMAL(20, 0)), t.nullable)
    : t;
}

const numericOnly =
  (type: (t: DataType) => DataType): Rule =>
  (args, info) => {
    if (args.length !== 1) return undefined;
    const arg = args[0].type.root === 'NULL' ? coerce(args[0], INT()) : args[0];
    if (!isNumeric(arg.type)) return undefined;
    return { args: [arg], type: ofGroup(type(arg.type), [arg], info) };
  };

const sameAsArgument: Rule = (args, info) =>
  args.length === 1 ? { type: ofGroup(args[0].type, args, info) } : undefined;

const ranking =
  (type: DataType, arity = 0): Rule =>
  (args) =>
    args.length === arity ? { type } : undefined;

const offsetInFrame: Rule = (args) => {
  if (args.length < 1 || args.length > 3) return undefined;
  const type = args[0].type;
  const fallback = args[2];
  return {
    args: fallback ? [args[0], args[1], coerce(fallback, withNullable(type, fallback.type.nullable))] : args,
    type: withNullable(type, fallback ? type.nullable || fallback.type.nullable : true),
  };
};

/** Flink's JSON aggregates are of this length, whatever they come to. */
const JSON_TEXT = VARCHAR(2000, false);
const jsonArray: Rule = (args) => (args.length === 1 ? { type: JSON_TEXT } : undefined);
const jsonObject: Rule = (args) => (args.length === 2 && isString(args[0].type) ? { type: JSON_TEXT } : undefined);

const percentile: Rule = (args) => {
  if (args.length < 2 || args.length > 3 || !isNumeric(args[0].type)) return undefined;
  const fraction = args[1].type;
  const result = fraction.root === 'ARRAY' ? ARRAY(DOUBLE(true)) : DOUBLE();
  if (fraction.root !== 'ARRAY' && !isNumeric(fraction)) return undefined;
  return { args, type: result };
};

const RULES: Readonly<Record<string, Rule>> = {
  COUNT: () => ({ type: BIGINT(false) }),
  APPROX_COUNT_DISTINCT: (args) => (args.length === 1 ? { type: BIGINT(false) } : undefined),
  SUM: numericOnly(sumType),
  $SUM0: (args, info) => {
    const r = numericOnly(sumType)(args, info);
    return r && { ...r, type: withNullable(r.type, false) };
  },
  AVG: numericOnly(averageType),
  MIN: sameAsArgument,
  MAX: sameAsArgument,
  FIRST_VALUE: sameAsArgument,
  LAST_VALUE: sameAsArgument,
  SINGLE_VALUE: sameAsArgument,
  STDDEV_POP: numericOnly(averageType),
  STDDEV_SAMP: numericOnly(averageType),
  STDDEV: numericOnly(averageType),
  VAR_POP: numericOnly(averageType),
  VAR_SAMP: numericOnly(averageType),
  VARIANCE: numericOnly(averageType),
  LISTAGG: (args) => {
    if (args.length < 1 || args.length > 2 || args.some((a) => !isString(a.type) && a.type.root !== 'NULL'))
      return undefined;
    // The type is that of the values, however long the list becomes.
    const type = args[0].type.root === 'NULL' ? STRING() : args[0].type;
    return {
      args: args.map((a) => coerce(a, STRING(a.type.nullable))),
      type: withNullable(
        type,
        args.some((a) => a.type.nullable),
      ),
    };
  },
  COLLECT: (args) => (args.length === 1 ? { type: MULTISET(args[0].type, false) } : undefined),
  ARRAY_AGG: (args) =>
    args.length === 1 ? { type: ARRAY(args[0].type, args[0].type.nullable || args[0].type.root === 'ROW') } : undefined,
  JSON_OBJECTAGG: jsonObject,
  JSON_ARRAYAGG: jsonArray,
  PERCENTILE: percentile,
  ROW_NUMBER: ranking(BIGINT(false)),
  RANK: ranking(BIGINT(false)),
  DENSE_RANK: ranking(BIGINT(false)),
  PERCENT_RANK: ranking(DOUBLE(false)),
  CUME_DIST: ranking(DOUBLE(false)),
  NTILE: ranking(BIGINT(false), 1),
  LAG: offsetInFrame,
  LEAD: offsetInFrame,
};

/** Other names of the same aggregates, with what the name itself says. */
const ALIASES: Readonly<Record<string, { readonly fn: string; readonly options?: CallExpr['options'] }>> = {
  STDDEV: { fn: 'STDDEV_SAMP' },
  VARIANCE: { fn: 'VAR_SAMP' },
  JSON_OBJECTAGG_NULL_ON_NULL: { fn: 'JSON_OBJECTAGG', options: { onNull: 'NULL' } },
  JSON_OBJECTAGG_ABSENT_ON_NULL: { fn: 'JSON_OBJECTAGG', options: { onNull: 'ABSENT' } },
  JSON_ARRAYAGG_NULL_ON_NULL: { fn: 'JSON_ARRAYAGG', options: { onNull: 'NULL' } },
  JSON_ARRAYAGG_ABSENT_ON_NULL: { fn: 'JSON_ARRAYAGG', options: { onNull: 'ABSENT' } },
};

const NAMES: ReadonlySet<string> = new Set([...Object.keys(RULES), ...Object.keys(ALIASES)]);

/** Names of all aggregate and ranking functions, upper case. */
export function aggregateNames(): ReadonlySet<string> {
  return NAMES;
}

/** @throws StreamcellError FUNCTION_NOT_FOUND, FUNCTION_ARGUMENTS. */
export function bindAggregate(name: string, args: readonly BoundExpr[], info: AggregateInfo): BoundAggregate {
  const upper = name.toUpperCase();
  const alias = ALIASES[upper];
  const fn = alias?.fn ?? upper;
  const rule = RULES[fn];
  if (!rule)
    throw new StreamcellError('FUNCTION_NOT_FOUND', `There is no aggregate function ${upper}.`, { span: info.span });
  const bound = rule(args, info);
  if (!bound) {
    throw new StreamcellError(
      'FUNCTION_ARGUMENTS',
      `${upper} does not take (${args.map((a) => typeToString(a.type)).join(', ')}).`,
      { span: info.span },
    );
  }
  return { fn, args: bound.args ?? args, type: bound.type, options: alias?.options };
}
