import {
  anyExpr,
  conjunction,
  conjuncts,
  exprKey,
  mapChildren,
  mapInputs,
  isDeterministic,
  type Logical,
} from '../../binder/index.js';
import { nodes } from '../../binder/index.js';
import { foldConstants, takesNotNullElement, type BoundExpr, type EvalEnvironment } from '../../expressions/index.js';
import { contradict } from './contradictions.js';
import { transform } from './map.js';

/** Constant folding in every expression; filters on TRUE vanish, those on FALSE or NULL become an empty relation. */
export function simplify(root: Logical, env: EvalEnvironment): Logical {
  const fold = (e: BoundExpr): BoundExpr => simplifyBoolean(foldConstants(e, env));
  // A bare element that may be absent is not NULL once it is written (see `asWritten`): which of the two it is here shows when the plan is done.
  const foldProjected = (e: BoundExpr): BoundExpr => (takesNotNullElement(e) ? mapChildren(e, fold) : fold(e));
  return transform(root, (node) => {
    switch (node.op) {
      case 'project':
        return { ...node, exprs: node.exprs.map(foldProjected) };
      case 'filter': {
        const parts = conjuncts(fold(node.condition)).filter((c) => !isLiteral(c, true));
        const unique = [...new Map(parts.map((p) => [exprKey(p), p])).values()];
        const condition = conjunction(unique);
        if (!condition) return node.input;
        if (parts.some((p) => p.kind === 'literal' && p.value !== true) || contradict(unique))
          return { op: 'values', rows: [], schema: node.schema, span: node.span };
        return { ...node, condition };
      }
      case 'join': {
        const parts = conjuncts(node.condition && fold(node.condition)).filter((c) => !isLiteral(c, true));
        const inner = node.type === 'inner' && node.asOf === undefined;
        if (inner && (parts.some((p) => p.kind === 'literal') || contradict(parts)))
          return { op: 'values', rows: [], schema: node.schema, span: node.span };
        return { ...node, condition: conjunction(parts) };
      }
      case 'unnest':
        return { ...node, collection: fold(node.collection), condition: node.condition && fold(node.condition) };
      case 'watermark':
        return { ...node, expression: fold(node.expression) };
      default:
        return node;
    }
  });
}

function isLiteral(e: BoundExpr, value: boolean): boolean {
  return e.kind === 'literal' && e.value === value;
}

function simplifyBoolean(expr: BoundExpr): BoundExpr {
  const e = mapChildren(expr, simplifyBoolean);
  if (e.kind === 'call' && (e.fn === 'IS NULL' || e.fn === 'IS NOT NULL') && !e.args[0].type.nullable)
    return { kind: 'literal', type: e.type, value: e.fn === 'IS NOT NULL' };
  if (e.kind === 'call' && e.fn === 'AND') {
    if (e.args.some((a) => isLiteral(a, false))) return { kind: 'literal', type: e.type, value: false };
    if (isLiteral(e.args[0], true)) return e.args[1];
    if (isLiteral(e.args[1], true)) return e.args[0];
  }
  if (e.kind === 'call' && e.fn === 'OR') {
    if (e.args.some((a) => isLiteral(a, true))) return { kind: 'literal', type: e.type, value: true };
    if (isLiteral(e.args[0], false)) return e.args[1];
    if (isLiteral(e.args[1], false)) return e.args[0];
    return commonFactor(e);
  }
  return e;
}

/** (a AND b) OR (a AND c) -> a AND (b OR c): join keys hidden in a disjunction come to light. */
function commonFactor(e: BoundExpr & { kind: 'call' }): BoundExpr {
  const left = conjuncts(e.args[0]);
  const right = conjuncts(e.args[1]);
  const rightKeys = new Set(right.map(exprKey));
  const shared = left.filter((l) => rightKeys.has(exprKey(l)) && isDeterministic(l));
  if (shared.length === 0) return e;
  const sharedKeys = new Set(shared.map(exprKey));
  const restLeft = conjunction(left.filter((l) => !sharedKeys.has(exprKey(l))));
  const restRight = conjunction(right.filter((r) => !sharedKeys.has(exprKey(r))));
  const rest: readonly BoundExpr[] = restLeft && restRight ? [{ ...e, args: [restLeft, restRight] }] : [];
  return conjunction([...shared, ...rest]) ?? e;
}

const MAX_MERGED_SIZE = 400;

/** Two projections in a row become one; a filter over a filter too. Expressions that may not run twice or move keep their place. */
export function mergeProjects(root: Logical): Logical {
  return transform(root, (node) => {
    if (node.op === 'filter' && node.input.op === 'filter') {
      const condition = conjunction([...conjuncts(node.input.condition), ...conjuncts(node.condition)]);
      return condition ? { ...node, input: node.input.input, condition } : node;
    }
    if (node.op !== 'project') return node;
    if (node.input.op === 'project') {
      const below = node.input;
      if (mayInline(node.exprs, below.exprs)) {
        const exprs = node.exprs.map((e) => substitute(e, below.exprs));
        if (exprs.reduce((n, e) => n + size(e), 0) <= MAX_MERGED_SIZE)
          return identityOr(
            nodes.project(
              below.input,
              exprs,
              node.schema.map((c) => c.name),
              node.span,
            ),
          );
      }
    }
    return identityOr(node);
  });
}

/** A projection of all columns, in order, under their names, is no projection. */
function identityOr(node: Logical): Logical {
  if (node.op !== 'project') return node;
  const { input } = node;
  const same =
    node.exprs.length === input.schema.length &&
    node.exprs.every(
      (e, i) =>
        e.kind === 'input' &&
        e.index === i &&
        node.schema[i].name === input.schema[i].name &&
        node.schema[i].type.nullable === input.schema[i].type.nullable,
    );
  return same ? input : node;
}

/** Whether expressions over a projection may take in its expressions: none of those that differ per call more than once, or at all. */
export function mayInline(users: readonly BoundExpr[], below: readonly BoundExpr[]): boolean {
  const uses = new Map<number, number>();
  const count = (e: BoundExpr): void => {
    if (e.kind === 'input') uses.set(e.index, (uses.get(e.index) ?? 0) + 1);
    else mapChildren(e, (c) => (count(c), c));
  };
  users.forEach(count);
  return below.every((e, i) => {
    const n = uses.get(i) ?? 0;
    if (!isDeterministic(e))
      return (
        n <= 1 && users.every((u) => u.kind === 'input' || !anyExpr(u, (x) => x.kind === 'input' && x.index === i))
      );
    return n <= 1 || size(e) <= 12 || e.kind === 'input';
  });
}

export function substitute(expr: BoundExpr, by: readonly BoundExpr[]): BoundExpr {
  return mapInputs(expr, (e) => {
    const target = by[e.index];
    return target.kind === 'input' ? { ...target, span: e.span ?? target.span } : target;
  });
}

function size(e: BoundExpr): number {
  let n = 1;
  mapChildren(e, (c) => {
    n += size(c);
    return c;
  });
  return n;
}
