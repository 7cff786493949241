import type { Logical } from '../binder/index.js';
import { logicalInputs } from '../binder/index.js';
import { matchText } from './build-match.js';
import { callText, columnsText, exprText, projectionText, sortText } from './labels.js';
import type { PhysicalNode, PhysicalPlan } from './physical.js';

/** Plans as indented text, a node a line, its inputs below it. A node used again is named by its number. */

export function logicalText(root: Logical): string {
  const uses = new Map<Logical, number>();
  const count = (n: Logical): void => {
    uses.set(n, (uses.get(n) ?? 0) + 1);
    if (uses.get(n) === 1) logicalInputs(n).forEach(count);
  };
  count(root);
  return tree([root], logicalLabel, logicalInputs, (n) => (uses.get(n) ?? 0) > 1);
}

export function physicalText(
  plan: PhysicalPlan,
  options: { readonly changelog: boolean; readonly emission?: boolean },
): string {
  const byId = new Map(plan.nodes.map((n) => [n.id, n]));
  const uses = new Map<number, number>();
  for (const n of plan.nodes) for (const i of n.inputs) uses.set(i, (uses.get(i) ?? 0) + 1);
  const node = (id: number): PhysicalNode => byId.get(id) as PhysicalNode;
  const label = (n: PhysicalNode): string => {
    const notes: string[] = [];
    if (options.changelog) notes.push(`changelogMode=[${modeText(n)}]`);
    if (options.emission && n.emission === 'folded') notes.push('emission=[folded]');
    if (options.emission && n.upsertKeys.length > 0 && n.changelog !== 'append')
      notes.push(`upsertKeys=[${n.upsertKeys.map((k) => `[${columnsText(k, n.schema)}]`).join(', ')}]`);
    const exchange = n.distribution.map((d) =>
      d.kind === 'any' ? '-' : d.kind === 'single' ? 'single' : `hash[${d.keys.join(', ')}]`,
    );
    if (options.emission && exchange.some((e) => e !== '-')) notes.push(`distribution=[${exchange.join('; ')}]`);
    return notes.length === 0
      ? n.label
      : `${n.label.slice(0, -1)}${n.label.endsWith('()') ? '' : ', '}${notes.join(', ')})`;
  };
  return tree(
    plan.sinks.map(node),
    label,
    (n) => n.inputs.map(node),
    (n) => (uses.get(n.id) ?? 0) > 1,
  );
}

function modeText(n: PhysicalNode): string {
  if (n.op === 'sink') return 'NONE';
  return n.changelogKinds;
}

function tree<T>(
  roots: readonly T[],
  label: (n: T) => string,
  inputs: (n: T) => readonly T[],
  shared: (n: T) => boolean,
): string {
  const lines: string[] = [];
  const numbers = new Map<T, number>();
  const visit = (n: T, prefix: string, lead: string): void => {
    const known = numbers.get(n);
    if (known !== undefined) {
      lines.push(`${lead}Reused(reference_id=[${known}])`);
      return;
    }
    if (shared(n)) numbers.set(n, numbers.size + 1);
    const number = numbers.get(n);
    lines.push(`${lead}${label(n)}${number === undefined ? '' : `(reuse_id=[${number}])`}`);
    const all = inputs(n);
    all.forEach((c, i) => {
      const last = i === all.length - 1;
      visit(c, `${prefix}${last ? '   ' : '|  '}`, `${prefix}${last ? '+- ' : ':- '}`);
    });
  };
  for (const root of roots) visit(root, '', '');
  return lines.join('\n');
}

function logicalLabel(n: Logical): string {
  switch (n.op) {
    case 'scan':
      return `Scan(table=[${n.table.path.name}], fields=[${n.schema.map((c) => c.name).join(', ')}])`;
    case 'values':
      return `Values(rows=[${n.rows.length}], fields=[${n.schema.map((c) => c.name).join(', ')}])`;
    case 'project':
      return `Project(${projectionText(n.exprs, n.schema, n.input.schema)})`;
    case 'filter':
      return `Filter(${exprText(n.condition, n.input.schema)})`;
    case 'aggregate': {
      const keys = n.groupingSets
        ? `sets=[${n.groupingSets
            .map(
              (s) =>
                `{${columnsText(
                  s.map((i) => n.keys[i]),
                  n.input.schema,
                )}}`,
            )
            .join(', ')}]`
        : `group=[${columnsText(n.keys, n.input.schema)}]`;
      return `Aggregate(${[keys, ...n.aggregates.map((a) => callText(a, n.input.schema))].join(', ')})`;
    }
    case 'join':
      return `Join(type=[${n.type}], condition=[${n.condition ? exprText(n.condition, [...n.left.schema, ...n.right.schema]) : 'true'}]${
        n.asOf ? `, asOf=[${exprText(n.asOf, n.left.schema)}]` : ''
      })`;
    case 'windowTvf':
      return `Window(${n.window.kind.toUpperCase()}, time=[${n.input.schema[n.time].name}])`;
    case 'setOperation':
      return `${n.operation.toUpperCase()}${n.all ? ' ALL' : ''}`;
    case 'sort':
      return `Sort(${sortText(n.keys, n.schema)}${n.offset > 0 ? `, offset=${n.offset}` : ''}${n.fetch === null ? '' : `, fetch=${n.fetch}`})`;
    case 'over':
      return `Over(partition=[${columnsText(n.partitionKeys, n.input.schema)}], order=[${sortText(n.sort, n.input.schema)}], ${n.calls
        .map((c) => callText(c, n.input.schema))
        .join(', ')})`;
    case 'rank':
      return `Rank(${n.function}, partition=[${columnsText(n.partitionKeys, n.input.schema)}], order=[${sortText(n.sort, n.input.schema)}], range=[${n.start}, ${n.end}]${
        n.outputRank ? ', outputRank' : ''
      })`;
    case 'unnest':
      return `Unnest(${exprText(n.collection, n.input.schema)}${n.withOrdinality ? ', ordinality' : ''}${n.outer ? ', outer' : ''})`;
    case 'match':
      return matchText(n.partitionKeys, n.sort, n.pattern, n.input.schema);
    case 'watermark':
      return `Watermark(rowtime=[${n.schema[n.rowtime].name}], ${exprText(n.expression, n.input.schema)})`;
  }
}
