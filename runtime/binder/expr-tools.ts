import type { BoundExpr, InputExpr } from '../expressions/bound.js';
import type { DataType, Schema, Span } from '../types/index.js';

/** Helpers over bound expressions as trees; they know nothing of what calls mean, but for AND and OR. */

export function input(index: number, type: DataType, span?: Span): InputExpr {
  return span ? { kind: 'input', index, type, span } : { kind: 'input', index, type };
}

export function inputOf(schema: Schema, index: number): InputExpr {
  return { kind: 'input', index, type: schema[index].type };
}

export function children(expr: BoundExpr): readonly BoundExpr[] {
  switch (expr.kind) {
    case 'literal':
    case 'input':
      return [];
    case 'call':
      return expr.args;
    case 'cast':
    case 'field':
      return [expr.arg];
    case 'case':
      return [...expr.whens.flatMap((w) => [w.condition, w.result]), expr.otherwise];
  }
}

/** Rebuilds with every child replaced; the same object when nothing changed. */
export function mapChildren(expr: BoundExpr, fn: (child: BoundExpr) => BoundExpr): BoundExpr {
  switch (expr.kind) {
    case 'literal':
    case 'input':
      return expr;
    case 'call': {
      let changed = false;
      const args = expr.args.map((a) => {
        const b = fn(a);
        changed ||= b !== a;
        return b;
      });
      return changed ? { ...expr, args } : expr;
    }
    case 'cast':
    case 'field': {
      const arg = fn(expr.arg);
      return arg === expr.arg ? expr : { ...expr, arg };
    }
    case 'case': {
      let changed = false;
      const mapped = (e: BoundExpr): BoundExpr => {
        const b = fn(e);
        changed ||= b !== e;
        return b;
      };
      const whens = expr.whens.map((w) => ({ condition: mapped(w.condition), result: mapped(w.result) }));
      const otherwise = mapped(expr.otherwise);
      return changed ? { ...expr, whens, otherwise } : expr;
    }
  }
}

/** Replaces column references, leaves up. */
export function mapInputs(expr: BoundExpr, fn: (e: InputExpr) => BoundExpr): BoundExpr {
  return expr.kind === 'input' ? fn(expr) : mapChildren(expr, (c) => mapInputs(c, fn));
}

export function shiftInputs(expr: BoundExpr, by: number): BoundExpr {
  return by === 0 ? expr : mapInputs(expr, (e) => ({ ...e, index: e.index + by }));
}

export function inputsOf(expr: BoundExpr, into: Set<number> = new Set()): Set<number> {
  if (expr.kind === 'input') into.add(expr.index);
  else for (const c of children(expr)) inputsOf(c, into);
  return into;
}

export function anyExpr(expr: BoundExpr, test: (e: BoundExpr) => boolean): boolean {
  return test(expr) || children(expr).some((c) => anyExpr(c, test));
}

/** A text that is equal exactly for equal expressions; places and time attributes do not count. */
export function exprKey(expr: BoundExpr): string {
  return JSON.stringify(expr, (key, value: unknown) => {
    if (key === 'span' || key === 'timeAttribute' || key === 'implicit') return undefined;
    return typeof value === 'bigint' ? `${value}n` : value;
  });
}

export function conjuncts(expr: BoundExpr | null): readonly BoundExpr[] {
  if (!expr) return [];
  return expr.kind === 'call' && expr.fn === 'AND' ? expr.args.flatMap(conjuncts) : [expr];
}

/** @returns null for none. */
export function conjunction(exprs: readonly BoundExpr[]): BoundExpr | null {
  if (exprs.length === 0) return null;
  return exprs.reduce((a, b) => ({
    kind: 'call',
    fn: 'AND',
    args: [a, b],
    type: { root: 'BOOLEAN', nullable: a.type.nullable || b.type.nullable },
  }));
}

export function disjuncts(expr: BoundExpr): readonly BoundExpr[] {
  return expr.kind === 'call' && expr.fn === 'OR' ? expr.args.flatMap(disjuncts) : [expr];
}

/** Functions whose value differs from call to call or run to run: they must not be moved, merged twice, or folded. */
const NON_DETERMINISTIC = new Set([
  'RAND',
  'RAND_INTEGER',
  'UUID',
  'PROCTIME',
  'CURRENT_WATERMARK',
  'CURRENT_ROW_TIMESTAMP',
]);

export function isDeterministic(expr: BoundExpr): boolean {
  return !anyExpr(expr, (e) => e.kind === 'call' && NON_DETERMINISTIC.has(e.fn));
}

export function withoutTimeAttribute(type: DataType): DataType {
  if ((type.root === 'TIMESTAMP' || type.root === 'TIMESTAMP_LTZ') && type.timeAttribute) {
    return { root: type.root, precision: type.precision, nullable: type.nullable };
  }
  return type;
}

export function timeAttributeOf(type: DataType): 'rowtime' | 'proctime' | null {
  return (type.root === 'TIMESTAMP' || type.root === 'TIMESTAMP_LTZ') && type.timeAttribute ? type.timeAttribute : null;
}
