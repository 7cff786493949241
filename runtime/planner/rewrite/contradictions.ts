import { exprKey, isDeterministic } from '../../binder/index.js';
import type { BoundExpr } from '../../expressions/index.js';

/** What the conditions seen so far say about one expression. */
interface Known {
  isNull: boolean;
  notNull: boolean;
  /** The values it may have; null: any. */
  allowed: ReadonlySet<Constant> | null;
  readonly excluded: Set<Constant>;
  low: Bound | null;
  high: Bound | null;
}

/** BIGINT and DECIMAL are exact numbers in one scale per type, and are compared only with constants of that type. */
type Constant = number | bigint | string | boolean;

interface Bound {
  readonly value: number | bigint;
  readonly open: boolean;
}

const FLIPPED: Readonly<Record<string, string>> = { '=': '=', '<>': '<>', '<': '>', '>': '<', '<=': '>=', '>=': '<=' };

/**
 * Whether no row can pass all of the conditions together: of one expression they ask for two values, for a value and NULL, or for one beyond
 * a bound; or they ask of two expressions both that they are equal and that they differ. Says no where it does not know.
 */
export function contradict(conditions: readonly BoundExpr[]): boolean {
  const known = new Map<string, Known>();
  const related = new Map<string, Set<string>>();
  for (const c of conditions) {
    if (c.kind !== 'call' || !isDeterministic(c)) continue;
    const [a, b] = c.args;
    if (c.fn === 'IS NULL' || c.fn === 'IS NOT NULL') {
      const k = of(known, a);
      if (c.fn === 'IS NULL') k.isNull = true;
      else k.notNull = true;
      continue;
    }
    if (c.fn === 'IN') {
      restrictTo(of(known, a), c.args.slice(1), a);
      continue;
    }
    if (FLIPPED[c.fn] === undefined || c.args.length !== 2) continue;
    if (a.kind === 'literal') compare(of(known, b), FLIPPED[c.fn], b, a);
    else if (b.kind === 'literal') compare(of(known, a), c.fn, a, b);
    else {
      const [first, second] = [exprKey(a), exprKey(b)];
      const [pair, fn] = first <= second ? [`${first} ${second}`, c.fn] : [`${second} ${first}`, FLIPPED[c.fn]];
      related.set(pair, (related.get(pair) ?? new Set()).add(fn));
    }
  }
  return [...known.values()].some(impossible) || [...related.values()].some(disagree);
}

function of(known: Map<string, Known>, e: BoundExpr): Known {
  const key = exprKey(e);
  const found = known.get(key);
  if (found) return found;
  const made: Known = { isNull: false, notNull: false, allowed: null, excluded: new Set(), low: null, high: null };
  known.set(key, made);
  return made;
}

function constant(e: BoundExpr, beside: BoundExpr): Constant | null {
  if (e.kind !== 'literal' || e.value === null) return null;
  if (e.type.root !== beside.type.root && !(isString(e) && isString(beside))) return null;
  if (e.type.root === 'DECIMAL' && beside.type.root === 'DECIMAL' && e.type.scale !== beside.type.scale) return null;
  const { value } = e;
  return typeof value === 'object' ? null : value;
}

function isString(e: BoundExpr): boolean {
  return e.type.root === 'CHAR' || e.type.root === 'VARCHAR';
}

function restrictTo(k: Known, items: readonly BoundExpr[], e: BoundExpr): void {
  k.notNull = true;
  const values = items.map((i) => constant(i, e));
  const there = values.filter((v) => v !== null);
  if (there.length < values.length) return;
  const { allowed } = k;
  k.allowed = new Set(allowed === null ? there : there.filter((v) => allowed.has(v)));
}

function compare(k: Known, fn: string, e: BoundExpr, literal: BoundExpr): void {
  k.notNull = true;
  const value = constant(literal, e);
  if (value === null) return;
  if (fn === '=') restrictTo(k, [literal], e);
  else if (fn === '<>') k.excluded.add(value);
  else if (typeof value === 'number' || typeof value === 'bigint') {
    const bound = { value, open: fn === '<' || fn === '>' };
    if (fn === '>' || fn === '>=') k.low = k.low === null || tighter(bound, k.low, 1) ? bound : k.low;
    else k.high = k.high === null || tighter(bound, k.high, -1) ? bound : k.high;
  }
}

function tighter(a: Bound, b: Bound, direction: 1 | -1): boolean {
  if (a.value === b.value) return a.open;
  return direction === 1 ? a.value > b.value : a.value < b.value;
}

function impossible({ isNull, notNull, allowed, excluded, low, high }: Known): boolean {
  if (isNull && notNull) return true;
  const passes = (v: Constant): boolean =>
    !excluded.has(v) && (low === null || above(v, low, 1)) && (high === null || above(v, high, -1));
  if (allowed !== null) return ![...allowed].some(passes);
  return low !== null && high !== null && !above(low.value, high, -1);
}

/** Whether a value lies on the right side of a bound (direction 1: above it). */
function above(value: Constant, bound: Bound, direction: 1 | -1): boolean {
  if (typeof value !== 'number' && typeof value !== 'bigint') return true;
  if (value === bound.value) return !bound.open;
  return direction === 1 ? value > bound.value : value < bound.value;
}

/** Flink sees no more than this, and what it does not see waits for rows: to see further would be to answer before it. */
function disagree(fns: ReadonlySet<string>): boolean {
  return fns.has('=') && fns.has('<>');
}
