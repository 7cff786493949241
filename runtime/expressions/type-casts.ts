import { StreamcellError, typeToString, typesEqual, withNullable, type DataType, type Span } from '../types/index.js';
import type { BoundExpr } from './bound.js';
import {
  isApproximate,
  isBinary,
  isDateTime,
  isExact,
  isInteger,
  isInterval,
  isNumeric,
  isString,
  isTimestamp,
  normalInterval,
} from './type-rules.js';

/** Whether an explicit CAST between the types exists. */
export function castable(from: DataType, to: DataType): boolean {
  if (from.root === 'NULL' || typesEqual(from, to, { ignoreNullable: true })) return true;
  if (isString(to)) return true;
  if (isString(from)) return isNumeric(to) || to.root === 'BOOLEAN' || isDateTime(to) || isBinary(to);
  if (isNumeric(from) && (isNumeric(to) || (to.root === 'BOOLEAN' && isNumeric(from)))) return true;
  if (from.root === 'BOOLEAN') return isNumeric(to);
  if (isBinary(from)) return isBinary(to);
  if (from.root === 'TIME') return to.root === 'TIME' || isTimestamp(to);
  if (from.root === 'DATE') return isTimestamp(to);
  if (isTimestamp(from)) return isDateTime(to);
  if (isInterval(from)) return from.root === to.root;
  if (isInteger(from) && isInterval(to)) return to.root === 'INTERVAL_YEAR_MONTH' || to.root === 'INTERVAL_DAY_TIME';
  if ((from.root === 'ARRAY' && to.root === 'ARRAY') || (from.root === 'MULTISET' && to.root === 'MULTISET'))
    return castable(from.element, to.element);
  if (from.root === 'MAP' && to.root === 'MAP') return castable(from.key, to.key) && castable(from.value, to.value);
  if (from.root === 'ROW' && to.root === 'ROW')
    return from.fields.length === to.fields.length && from.fields.every((f, i) => castable(f.type, to.fields[i].type));
  return false;
}

/** Whether a function's argument may be converted without the user's word (Flink's implicit casts). */
export function implicitlyCastable(from: DataType, to: DataType): boolean {
  if (from.root === 'NULL' || typesEqual(from, to, { ignoreNullable: true })) return true;
  if (isString(from) && isString(to)) return from.root === to.root || to.root === 'VARCHAR';
  if (isBinary(from) && isBinary(to)) return from.root === to.root || to.root === 'VARBINARY';
  if (isExact(from) && to.root === 'DECIMAL') return true;
  if (isInteger(from) && isInteger(to)) return rank(from) <= rank(to);
  if (isNumeric(from) && isApproximate(to)) return !(from.root === 'DOUBLE' && to.root === 'FLOAT');
  if (from.root === 'DATE') return isTimestamp(to);
  if (from.root === 'TIME') return to.root === 'TIME';
  if (from.root === 'TIMESTAMP') return isTimestamp(to);
  if (from.root === 'TIMESTAMP_LTZ') return to.root === 'TIMESTAMP_LTZ' || to.root === 'TIMESTAMP';
  if (isInterval(from)) return from.root === to.root;
  if (from.root === 'ARRAY' && to.root === 'ARRAY') return implicitlyCastable(from.element, to.element);
  if (from.root === 'MULTISET' && to.root === 'MULTISET') return implicitlyCastable(from.element, to.element);
  if (from.root === 'MAP' && to.root === 'MAP')
    return implicitlyCastable(from.key, to.key) && implicitlyCastable(from.value, to.value);
  if (from.root === 'ROW' && to.root === 'ROW')
    return (
      from.fields.length === to.fields.length &&
      from.fields.every((f, i) => implicitlyCastable(f.type, to.fields[i].type))
    );
  return false;
}

function rank(t: DataType): number {
  return ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT'].indexOf(t.root);
}

/**
 * CAST (safe: TRY_CAST). The type's own nullability is ignored: the result is nullable where the argument is.
 * @throws StreamcellError CAST_INVALID for a pair without conversion.
 */
export function bindCast(expr: BoundExpr, type: DataType, safe: boolean, span?: Span, implicit = false): BoundExpr {
  if (!castable(expr.type, type)) {
    throw new StreamcellError(
      'CAST_INVALID',
      `Cannot cast ${typeToString(expr.type)} to ${typeToString(withNullable(type, true))}.`,
      { span },
    );
  }
  type = normalInterval(type);
  const nullable = expr.type.nullable || safe || expr.type.root === 'NULL';
  const target = withNullable(type, nullable);
  if (expr.kind === 'literal' && expr.value === null)
    return { kind: 'literal', type: target, value: null, span: expr.span };
  return { kind: 'cast', arg: expr, type: target, safe, implicit, span: span ?? expr.span };
}

/** Implicit conversion; nothing to do where only nullability differs. */
export function coerce(expr: BoundExpr, type: DataType): BoundExpr {
  if (typesEqual(expr.type, type, { ignoreNullable: true })) return expr;
  return bindCast(expr, type, false, expr.span, true);
}
