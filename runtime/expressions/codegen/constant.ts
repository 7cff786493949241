import { Batch, Timestamp, boxedValue, type DataType, type Value } from '../../types/index.js';
import type { BoundExpr } from '../bound.js';
import type { EvalEnvironment } from '../environment.js';
import { isDeterministic } from '../functions/registry.js';
import { children } from './expression-tree.js';
import { plainKernel } from './kernel.js';

const ONE_ROW = new Batch(1, []);

/** The value of an expression without inputs, by the same generated code as any other. */
export function evaluateConstant(expr: BoundExpr, env: EvalEnvironment): Value {
  if (expr.kind === 'literal') return expr.value;
  const result = plainKernel({ inputTypes: [], condition: null, projections: [expr] }, env).run(ONE_ROW);
  return boxedValue(result.columns[0], expr.type, 0);
}

/** A constant keeps no more of a fraction than its type has digits, which a running sum of a TIMESTAMP(0) and half a second does. */
function cutToPrecision(value: Value, type: DataType): Value {
  if (!(value instanceof Timestamp) || !('precision' in type)) return value;
  const unit = 10 ** (3 - type.precision);
  return type.precision <= 3 ? new Timestamp(Math.floor(value.millis / unit) * unit) : value;
}

export function isConstant(expr: BoundExpr): boolean {
  return expr.kind !== 'input' && isDeterministic(expr) && children(expr).every(isConstant);
}

/**
 * Replaces deterministic constant parts by literals. A part that fails to evaluate stays as it is, so that it fails where and when its
 * row is reached, or never.
 */
export function foldConstants(expr: BoundExpr, env: EvalEnvironment): BoundExpr {
  if (expr.kind === 'literal' || expr.kind === 'input') return expr;
  if (isConstant(expr)) {
    try {
      return {
        kind: 'literal',
        type: expr.type,
        value: cutToPrecision(evaluateConstant(expr, env), expr.type),
        span: expr.span,
      };
    } catch {
      return expr;
    }
  }
  switch (expr.kind) {
    case 'call':
      return { ...expr, args: expr.args.map((a) => foldConstants(a, env)) };
    case 'cast':
    case 'field':
      return { ...expr, arg: foldConstants(expr.arg, env) };
    case 'case':
      return {
        ...expr,
        whens: expr.whens.map((w) => ({
          condition: foldConstants(w.condition, env),
          result: foldConstants(w.result, env),
        })),
        otherwise: foldConstants(expr.otherwise, env),
      };
  }
}
