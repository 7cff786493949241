import type { ChangelogMode, Schema } from '../types/index.js';

/** What Flink's EXPLAIN tells of a query's result. */
export interface ExplainedKey {
  readonly changelog: ChangelogMode;
  readonly upsertKey: readonly number[] | null;
}

interface PlanNode {
  readonly name: string;
  /** `select=[a, b AS c]` -> select: `a, b AS c`. */
  readonly attributes: ReadonlyMap<string, string>;
}

/**
 * Operators that turn insertions into insertions. The changelog mode that EXPLAIN writes beside them is not enough: it calls a Top-1 per key
 * `[I]` whose result is sent with updates.
 */
const APPENDING = new Set([
  'Calc',
  'Correlate',
  'Exchange',
  'GlobalWindowAggregate',
  'IntervalJoin',
  'LocalWindowAggregate',
  'LookupJoin',
  'TableSourceScan',
  'TemporalJoin',
  'Union',
  'Values',
  'WatermarkAssigner',
  'WindowAggregate',
  'WindowJoin',
  'WindowTableFunction',
]);

/** Reads the physical plan that EXPLAIN CHANGELOG_MODE writes: the key is that of the last operator that has one, if its columns come through. */
export function explainedKey(explained: string, columns: Schema): ExplainedKey {
  const section = explained.split(/^== /m).find((s) => s.startsWith('Optimized Physical Plan =='));
  const lines = (section ?? '')
    .split('\n')
    .slice(1)
    .filter((line) => line.trim() !== '');
  const nodes = lines.map(parseNode);
  const insertsOnly = /changelogMode=\[I\]/.test(lines[0] ?? '');
  if (insertsOnly && nodes.every((n) => APPENDING.has(n.name))) return { changelog: 'append', upsertKey: null };
  const upsertKey = keyOf(nodes, columns);
  return { changelog: upsertKey === null ? 'retract' : 'upsert', upsertKey };
}

/** From the result down, as long as columns are only renamed. */
function keyOf(nodes: readonly PlanNode[], columns: Schema): readonly number[] | null {
  let places: ReadonlyMap<string, number> | null = null;
  const indices = (list: string): readonly number[] | null => {
    const found = items(list).map((name) => places?.get(name) ?? -1);
    return found.includes(-1) ? null : found;
  };
  for (const { name, attributes } of nodes) {
    const select = items(attributes.get('select') ?? '').map(renamed);
    if (name === 'Calc') {
      const outer: ReadonlyMap<string, number> | null = places;
      const inner = new Map<string, number>();
      for (const [i, { from, to }] of select.entries()) {
        const place: number | undefined = outer === null ? i : outer.get(to);
        if (place !== undefined) inner.set(from, place);
      }
      places = inner;
      continue;
    }
    if (name === 'Exchange' || name === 'DropUpdateBefore') continue;
    places ??= new Map(
      (select.length === columns.length ? select.map((s) => s.to) : columns.map((c) => c.name)).map((n, i) => [n, i]),
    );
    switch (name) {
      case 'Rank':
        return /rankStart=1, rankEnd=1\b/.test(attributes.get('rankRange') ?? '')
          ? indices(attributes.get('partitionBy') ?? '')
          : null;
      case 'Deduplicate':
      case 'ChangelogNormalize':
        return indices(attributes.get('key') ?? '');
      case 'GroupAggregate':
      case 'GlobalGroupAggregate':
      case 'IncrementalGroupAggregate':
        return indices(attributes.get('groupBy') ?? '');
      default:
        return null;
    }
  }
  return null;
}

function parseNode(line: string): PlanNode {
  const match = /^[\s|:+-]*(\w+)\((.*)\)\s*$/.exec(line);
  const attributes = new Map<string, string>();
  if (match === null) return { name: '', attributes };
  for (const item of items(match[2])) {
    const attribute = /^(\w+)=\[([\s\S]*)\]$/.exec(item);
    if (attribute !== null) attributes.set(attribute[1], attribute[2]);
  }
  return { name: match[1], attributes };
}

/** `b AS c`; an expression has no name to go on with. */
function renamed(item: string): { readonly from: string; readonly to: string } {
  const match = /^(.*) AS ([^()\s]+)$/s.exec(item);
  return match === null ? { from: item, to: item } : { from: match[1], to: match[2] };
}

/** Splits at commas outside of brackets and quotes. */
function items(list: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let quoted = false;
  let start = 0;
  for (let i = 0; i <= list.length; i++) {
    const c = list[i];
    if (c === "'") quoted = !quoted;
    if (quoted) continue;
    if (c === '(' || c === '[' || c === '{') depth++;
    else if (c === ')' || c === ']' || c === '}') depth--;
    else if ((c === ',' && depth === 0) || i === list.length) {
      const item = list.slice(start, i).trim();
      if (item !== '') found.push(item);
      start = i + 1;
    }
  }
  return found;
}
