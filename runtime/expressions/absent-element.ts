import { withNullable, type DataType, type Value } from '../types/index.js';
import type { BoundExpr, LiteralExpr } from './bound.js';
import { isConstant } from './codegen/constant.js';
import { bindCall } from './functions/registry.js';

/** Whether an expression takes an element out of an array or map whose elements are declared NOT NULL. */
export function takesNotNullElement(expr: BoundExpr): boolean {
  if (expr.kind !== 'call' || expr.fn !== 'ITEM') return false;
  const collection = expr.args[0].type;
  if (collection.root === 'ARRAY') return !collection.element.nullable;
  return collection.root === 'MAP' && !collection.value.nullable;
}

/** What Java has where Flink's generated code sets no value; undefined where it is a null after all. */
function unset(type: DataType, constant: boolean): Value | undefined {
  switch (type.root) {
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'FLOAT':
    case 'DOUBLE':
    case 'DATE':
      return -1;
    case 'BIGINT':
      return -1n;
    case 'BOOLEAN':
      return false;
    case 'VARCHAR':
      return '';
    case 'CHAR':
      return constant ? ' '.repeat(type.length) : '';
    default:
      return undefined;
  }
}

/**
 * A projection as Flink writes it into a row. An element that is not there is NULL within an expression; but where the elements are NOT NULL,
 * Flink writes the bare element without asking, and an INT that is absent comes out as -1 (seen on 2.3: cases expressions/absent-*).
 */
export function asWritten(expr: BoundExpr): BoundExpr {
  if (!takesNotNullElement(expr)) return expr;
  const value = unset(expr.type, isConstant(expr));
  if (value === undefined) return expr;
  const literal: LiteralExpr = { kind: 'literal', type: withNullable(expr.type, false), value, span: expr.span };
  return bindCall('COALESCE', [expr, literal], { span: expr.span, timeZone: 'UTC' });
}
