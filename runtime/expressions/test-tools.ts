import { BIGINT, BOOLEAN, CHAR, DECIMAL, DOUBLE, INT, NULL, type DataType, type Value } from '../types/index.js';
import type { BoundExpr, InputExpr, LiteralExpr } from './bound.js';
import { evaluateConstant } from './codegen/constant.js';
import { simpleEnvironment } from './environment.js';
import { bindCall } from './functions/registry.js';

/** Short hands for tests of expressions. */
export function input(index: number, type: DataType): InputExpr {
  return { kind: 'input', index, type };
}

/** A literal typed as SQL text would be: number -> INT or DOUBLE, bigint -> BIGINT, string -> CHAR, '1.50m' -> DECIMAL(3, 2). */
export function lit(value: Value, type?: DataType): LiteralExpr {
  return { kind: 'literal', value, type: type ?? literalType(value) };
}

function literalType(value: Value): DataType {
  if (value === null) return NULL();
  if (typeof value === 'boolean') return BOOLEAN(false);
  if (typeof value === 'number') return Number.isInteger(value) ? INT(false) : DOUBLE(false);
  if (typeof value === 'bigint') return BIGINT(false);
  return CHAR([...(value as string)].length, false);
}

export function decimal(unscaled: bigint, precision: number, scale: number): LiteralExpr {
  return lit(unscaled, DECIMAL(precision, scale, false));
}

export function call(name: string, ...args: readonly (BoundExpr | Value)[]): BoundExpr {
  return bindCall(
    name,
    args.map((a) => (isExpr(a) ? a : lit(a))),
  );
}

export function callWith(
  name: string,
  options: Readonly<Record<string, string>>,
  ...args: readonly (BoundExpr | Value)[]
): BoundExpr {
  return bindCall(
    name,
    args.map((a) => (isExpr(a) ? a : lit(a))),
    { options },
  );
}

function isExpr(a: BoundExpr | Value): a is BoundExpr {
  return typeof a === 'object' && a !== null && 'kind' in a;
}

export function evaluate(expr: BoundExpr, timeZone = 'UTC'): Value {
  return evaluateConstant(expr, simpleEnvironment(timeZone));
}
