import { bindCast, type BoundExpr, evaluateConstant, isNumeric, simpleEnvironment } from '../expressions/index.js';
import { withNullable, type Span } from '../types/index.js';

/** What binds operators over bound arguments. */
interface Calls {
  call(fn: string, args: readonly BoundExpr[], span: Span): BoundExpr;
}

/**
 * `operand IN (values)`: an OR of equalities. As in Flink a number of another type is made one of the operand's type first, which may round it
 * or lose it, and a text is cut to the length of a literal on the left: `1 IN (1.25)` is true, and so is `'a' IN (x)` if x is 'abc'.
 */
export function bindInList(binder: Calls, operand: BoundExpr, values: readonly BoundExpr[], span: Span): BoundExpr {
  return values
    .map((value) => equality(binder, operand, value, value.span ?? span, likeOperand))
    .reduce((a, b) => binder.call('OR', [a, b], span));
}

/** `left = right`; rows that are written out are compared field by field, and NULL in one of them makes the answer unknown;
 * rows within them are values like others. */
export function bindEquality(binder: Calls, left: BoundExpr, right: BoundExpr, span: Span): BoundExpr {
  return equality(binder, left, right, span, (_, value) => value);
}

function equality(
  binder: Calls,
  left: BoundExpr,
  right: BoundExpr,
  span: Span,
  converted: (left: BoundExpr, right: BoundExpr) => BoundExpr,
): BoundExpr {
  const [a, b] = [fieldsOf(left), fieldsOf(right)];
  const single = (x: BoundExpr, y: BoundExpr): BoundExpr => {
    const operands = [x, converted(x, y)];
    return withFieldsNullable(binder.call('=', operands, span), operands);
  };
  if (a === null || b === null || a.length !== b.length) return single(left, right);
  return a.map((field, i) => single(field, b[i])).reduce((x, y) => binder.call('AND', [x, y], span));
}

/** The fields of a row that is written out; null for anything else. */
function fieldsOf(expr: BoundExpr): readonly BoundExpr[] | null {
  return expr.kind === 'call' && expr.fn === 'ROW' && expr.args.length > 0 ? expr.args : null;
}

function likeOperand(operand: BoundExpr, value: BoundExpr): BoundExpr {
  const { type } = operand;
  const other = isNumeric(type) && isNumeric(value.type) && type.root !== value.type.root;
  const longer = type.root === 'CHAR' && value.type.root === 'VARCHAR';
  if (!other && !longer) return value;
  const cast = bindCast(value, withNullable(type, value.type.nullable), false, value.span);
  // A literal that does not fit at all is no NULL, just another value.
  return value.kind === 'literal' && value.value !== null && evaluateConstant(cast, simpleEnvironment()) === null
    ? value
    : cast;
}

const COMPARISONS: ReadonlySet<string> = new Set(['=', '<>', '<', '<=', '>', '>=']);

/** A comparison of rows that are written out, as they are: in Flink's types it may be NULL where one of their fields may. */
export function withFieldsNullable(comparison: BoundExpr, operands: readonly BoundExpr[]): BoundExpr {
  if (comparison.kind !== 'call' || !COMPARISONS.has(comparison.fn)) return comparison;
  const nullable = operands.some((operand) => fieldsOf(operand)?.some((field) => field.type.nullable) === true);
  return nullable ? { ...comparison, type: withNullable(comparison.type, true) } : comparison;
}
