import { inputsOf, nodes, inputOf, type Logical, type LogicalOver, type LogicalRank } from '../../binder/index.js';
import type { BoundExpr } from '../../expressions/index.js';
import { BIGINT } from '../../types/index.js';

const RANKING: ReadonlySet<string> = new Set(['ROW_NUMBER', 'RANK', 'DENSE_RANK']);

/**
 * A filter with an upper bound on a ranking function -> the rows of those ranks, and the conditions that remain. Null when there is no
 * upper bound, or the OVER has other calls.
 */
export function rankOf(
  node: LogicalOver,
  conditions: readonly BoundExpr[],
): { node: Logical; rest: readonly BoundExpr[] } | null {
  if (node.calls.length !== 1 || !RANKING.has(node.calls[0].fn)) return null;
  const column = node.input.schema.length;
  let start = 1;
  let end = Number.POSITIVE_INFINITY;
  const rest: BoundExpr[] = [];
  for (const c of conditions) {
    const bound = boundOf(c, column);
    if (!bound) {
      rest.push(c);
      continue;
    }
    start = Math.max(start, bound.start);
    end = Math.min(end, bound.end);
  }
  if (end === Number.POSITIVE_INFINITY) return null;
  if (end < start) return { node: { op: 'values', rows: [], schema: node.schema, span: node.span }, rest: [] };
  const rank: LogicalRank = {
    op: 'rank',
    input: node.input,
    function: node.calls[0].fn as LogicalRank['function'],
    partitionKeys: node.partitionKeys,
    sort: node.sort,
    start,
    end,
    outputRank: true,
    schema: node.schema,
    span: node.span,
  };
  // A single rank is a constant, and keeping no rank column spares updates.
  if (start === end) {
    const plain: LogicalRank = { ...rank, outputRank: false, schema: node.input.schema };
    const exprs: BoundExpr[] = [
      ...plain.schema.map((_, i) => inputOf(plain.schema, i)),
      { kind: 'literal', type: BIGINT(false), value: BigInt(start) },
    ];
    return {
      node: nodes.project(
        plain,
        exprs,
        node.schema.map((c) => c.name),
      ),
      rest,
    };
  }
  return { node: rank, rest };
}

/** `rank <= 3`, `3 >= rank`, `rank = 1`, `rank < 4`, `rank >= 2`. */
function boundOf(c: BoundExpr, column: number): { start: number; end: number } | null {
  if (c.kind !== 'call' || c.args.length !== 2) return null;
  const flipped: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=', '=': '=' };
  const isRank = (e: BoundExpr): boolean =>
    (e.kind === 'input' && e.index === column) || (e.kind === 'cast' && e.implicit === true && isRank(e.arg));
  const [a, b] = c.args;
  const op = isRank(a) ? c.fn : isRank(b) ? flipped[c.fn] : undefined;
  const other = isRank(a) ? b : a;
  if (!op || inputsOf(other).size > 0) return null;
  const value = other.kind === 'literal' ? other.value : null;
  const n =
    typeof value === 'bigint' && other.type.root === 'BIGINT'
      ? Number(value)
      : typeof value === 'number' && other.type.root === 'INTEGER'
        ? value
        : null;
  if (n === null) return null;
  switch (op) {
    case '=':
      return { start: n, end: n };
    case '<':
      return { start: 1, end: n - 1 };
    case '<=':
      return { start: 1, end: n };
    case '>':
      return { start: n + 1, end: Number.POSITIVE_INFINITY };
    case '>=':
      return { start: n, end: Number.POSITIVE_INFINITY };
    default:
      return null;
  }
}
