import { bindAggregate, bindCast, foldConstants, simpleEnvironment } from '../expressions/index.js';
import type { BoundExpr } from '../expressions/bound.js';
import type { FunctionCall } from '../parser/ast.js';
import { ARRAY, DOUBLE, StreamcellError, withNullable, type Value } from '../types/index.js';
import { unsupported, type ExprBinder } from './expression-binder.js';
import type { AggregateRequest } from './pending.js';

/** Arguments that must be constants, by function: they are no columns of the aggregation's input. */
const CONSTANT_ARGUMENTS: Readonly<Record<string, readonly number[]>> = {
  LISTAGG: [1],
  PERCENTILE: [1],
  LAG: [1],
  LEAD: [1],
  NTILE: [0],
  NTH_VALUE: [1],
};

/** Binds the arguments and the result type of an aggregate call, grouped or OVER. */
export function requestAggregate(call: FunctionCall, binder: ExprBinder, emptyGroup: boolean): AggregateRequest {
  const { span } = call;
  const name = call.name.parts[call.name.parts.length - 1].name.toUpperCase();
  if (call.withinGroup) throw unsupported('WITHIN GROUP', span);
  if (call.withinDistinct) throw unsupported('WITHIN DISTINCT', span);
  if (call.orderBy.length > 0) throw unsupported('ORDER BY inside an aggregate', call.orderBy[0].span);
  if (call.nullTreatment === 'IGNORE' && !['LAG', 'LEAD', 'FIRST_VALUE', 'LAST_VALUE', 'ARRAY_AGG'].includes(name)) {
    throw new StreamcellError('FUNCTION_ARGUMENTS', `Cannot specify IGNORE NULLS for function ${name}.`, { span });
  }
  if (call.star && name !== 'COUNT')
    throw new StreamcellError('FUNCTION_ARGUMENTS', `${name}(*) is not defined.`, { span });
  if (!call.star && name === 'COUNT' && call.args.length === 0) {
    throw new StreamcellError('FUNCTION_ARGUMENTS', 'Invalid number of arguments to function COUNT.', { span });
  }
  const all = call.args.map((a) => binder.bind(a));
  const constants: Record<number, Value> = {};
  const constantAt = CONSTANT_ARGUMENTS[name] ?? [];
  constantAt.forEach((position) => {
    if (!all[position]) return;
    const arg = foldConstants(name === 'PERCENTILE' ? asDoubles(all[position]) : all[position], simpleEnvironment());
    if (arg.kind !== 'literal') {
      throw new StreamcellError('FUNCTION_ARGUMENTS', `Argument ${position + 1} of ${name} must be a constant.`, {
        span: arg.span ?? span,
      });
    }
    constants[position] = arg.value;
  });
  const bound = bindAggregate(name, all, { distinct: call.quantifier === 'DISTINCT', span, emptyGroup });
  const args: readonly BoundExpr[] = bound.args.filter((_, i) => !constantAt.includes(i));
  let filter: BoundExpr | null = null;
  if (call.filter) {
    filter = binder.bind(call.filter);
    if (filter.type.root !== 'BOOLEAN') {
      throw new StreamcellError('TYPE_MISMATCH', 'FILTER must be a condition.', { span: call.filter.span });
    }
  }
  // A filtered group may have no row left for the aggregate, as an empty one has none.
  const nullable = bound.type.nullable || (filter !== null && !NEVER_NULL.has(name));
  const options = jsonOptions(call, bound.options);
  return {
    fn: bound.fn,
    args,
    constants: Object.keys(constants).length > 0 ? constants : undefined,
    distinct: call.quantifier === 'DISTINCT' && !DISTINCT_INSENSITIVE.has(name),
    filter,
    type: withNullable(bound.type, nullable),
    options,
    span,
  };
}

/** A fraction, or an array of fractions, whatever numbers they were written as. */
function asDoubles(arg: BoundExpr): BoundExpr {
  return bindCast(arg, arg.type.root === 'ARRAY' ? ARRAY(DOUBLE()) : DOUBLE(), false, arg.span);
}

const NEVER_NULL: ReadonlySet<string> = new Set([
  'COUNT',
  'ROW_NUMBER',
  'RANK',
  'DENSE_RANK',
  'NTILE',
  'CUME_DIST',
  'PERCENT_RANK',
  'REGR_COUNT',
]);
/** Distinct changes nothing here, and state for it would be waste. */
const DISTINCT_INSENSITIVE: ReadonlySet<string> = new Set(['MIN', 'MAX']);

function jsonOptions(call: FunctionCall, options: AggregateRequest['options']): AggregateRequest['options'] {
  const more: Record<string, string | boolean> = {};
  if (call.jsonOnNull) more['onNull'] = call.jsonOnNull;
  if (call.nullTreatment === 'IGNORE') more['ignoreNulls'] = true;
  return Object.keys(more).length > 0 ? { ...options, ...more } : options;
}
