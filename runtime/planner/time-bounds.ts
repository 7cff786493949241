import { conjuncts, timeAttributeOf } from '../binder/index.js';
import type { BoundExpr } from '../expressions/index.js';
import type { Schema } from '../types/index.js';

export interface TimeBounds {
  readonly left: number;
  readonly right: number;
  readonly rowtime: boolean;
  /** left.time + lower <= right.time <= left.time + upper, ms. */
  readonly lower: number;
  readonly upper: number;
  readonly rest: readonly BoundExpr[];
}

interface Linear {
  readonly column: number;
  readonly offset: number;
}

/** `time`, `time + INTERVAL`, `time - INTERVAL`: a time attribute and milliseconds. */
function linear(e: BoundExpr): Linear | null {
  if (e.kind === 'input') return timeAttributeOf(e.type) === null ? null : { column: e.index, offset: 0 };
  if (e.kind === 'cast' && e.implicit) return linear(e.arg);
  if (e.kind !== 'call' || (e.fn !== '+' && e.fn !== '-') || e.args.length !== 2) return null;
  const [a, b] = e.args;
  const millis = (x: BoundExpr): number | null =>
    x.kind === 'literal' && x.type.root === 'INTERVAL_DAY_TIME' && typeof x.value === 'bigint' ? Number(x.value) : null;
  const right = millis(b);
  const base = linear(a);
  if (base && right !== null) return { column: base.column, offset: base.offset + (e.fn === '+' ? right : -right) };
  const left = millis(a);
  const other = e.fn === '+' ? linear(b) : null;
  return other && left !== null ? { column: other.column, offset: other.offset + left } : null;
}

/**
 * Bounds between a time attribute of the left and one of the right, among the conjuncts of a join condition. Null when there are none on
 * both sides, or when they speak of several pairs of columns.
 */
export function timeBounds(condition: BoundExpr | null, left: Schema, right: Schema): TimeBounds | null {
  const width = left.length;
  let pair: { left: number; right: number } | null = null;
  let lower = Number.NEGATIVE_INFINITY;
  let upper = Number.POSITIVE_INFINITY;
  const rest: BoundExpr[] = [];
  const typeOf = (column: number): Schema[number]['type'] =>
    (column < width ? left[column] : right[column - width]).type;
  for (const c of conjuncts(condition)) {
    const found = bound(c, width);
    const kinds = found && [timeAttributeOf(typeOf(found.left)), timeAttributeOf(typeOf(found.right))];
    const usable =
      found &&
      kinds &&
      kinds[0] !== null &&
      kinds[0] === kinds[1] &&
      (!pair || (pair.left === found.left && pair.right === found.right));
    if (!usable) {
      rest.push(c);
      continue;
    }
    pair = { left: found.left, right: found.right };
    lower = Math.max(lower, found.lower);
    upper = Math.min(upper, found.upper);
  }
  if (!pair || lower === Number.NEGATIVE_INFINITY || upper === Number.POSITIVE_INFINITY) return null;
  return {
    left: pair.left,
    right: pair.right - width,
    rowtime: timeAttributeOf(typeOf(pair.left)) === 'rowtime',
    lower,
    upper,
    rest,
  };
}

/** One comparison as bounds of right.time - left.time. */
function bound(c: BoundExpr, width: number): { left: number; right: number; lower: number; upper: number } | null {
  if (c.kind !== 'call' || c.args.length !== 2 || !['=', '<', '<=', '>', '>='].includes(c.fn)) return null;
  const a = linear(c.args[0]);
  const b = linear(c.args[1]);
  if (!a || !b || a.column < width === b.column < width) return null;
  const leftFirst = a.column < width;
  const [l, r] = leftFirst ? [a, b] : [b, a];
  const flip: Readonly<Record<string, string>> = { '=': '=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' };
  // l.time + l.offset OP r.time + r.offset  <=>  r.time - l.time OP' l.offset - r.offset
  const op = leftFirst ? flip[c.fn] : c.fn;
  const difference = l.offset - r.offset;
  const open = { lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY };
  const at = { left: l.column, right: r.column };
  switch (op) {
    case '=':
      return { ...at, lower: difference, upper: difference };
    case '<=':
      return { ...at, ...open, upper: difference };
    case '<':
      return { ...at, ...open, upper: difference - 1 };
    case '>=':
      return { ...at, ...open, lower: difference };
    default:
      return { ...at, ...open, lower: difference + 1 };
  }
}
