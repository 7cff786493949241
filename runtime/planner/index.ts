import type { BoundStatement, Logical } from '../binder/index.js';
import { asWritten } from '../expressions/index.js';
import { Builder } from './builder.js';
import { canDropBefore, changelogMode, demand, inferUpdateBefore, kindsText, type Wanted } from './changelog.js';
import { draft, type Draft } from './draft.js';
import { needsEachChange } from './emission.js';
import { logicalText, physicalText } from './explain.js';
import { optimize } from './optimize.js';
import { booleanOption, planOptions, type PlannerContext } from './options.js';
import type { Emission, PhysicalNode, PhysicalPlan } from './physical.js';
import { resultSink, tableSink, type PlannedSink } from './sink.js';

export interface Planned {
  readonly plan: PhysicalPlan;
  /** Roots after rewriting, one per sink. */
  readonly optimized: readonly Logical[];
  readonly logical: readonly Logical[];
  /** Whether all sources end. */
  readonly bounded: boolean;
}

export type PlanStage = 'logical' | 'optimized' | 'physical' | 'changelog';

/** Bound statement -> physical plan. @throws StreamcellError for what has no streaming plan here, with the place in the script. */
export function planStatement(statement: BoundStatement, context: PlannerContext): Planned {
  const builder = new Builder(context);
  const logical = statement.kind === 'query' ? [statement.root] : statement.sinks.map((s) => s.input);
  const optimized = logical.map((n) => optimize(n, context));
  const drafts = optimized.map((n) => builder.build(n));
  const sinks =
    statement.kind === 'query'
      ? [resultSink(drafts[0], context)]
      : statement.sinks.map((s, i) => tableSink(s, drafts[i], context));
  return { plan: finish(sinks, context), optimized, logical, bounded: drafts.every((d) => d.bounded) };
}

export function explainPlan(planned: Planned, stage: PlanStage): string {
  switch (stage) {
    case 'logical':
      return planned.logical.map(logicalText).join('\n');
    case 'optimized':
      return planned.optimized.map(logicalText).join('\n');
    case 'physical':
      return physicalText(planned.plan, { changelog: false, emission: true });
    case 'changelog':
      return physicalText(planned.plan, { changelog: true });
  }
}

/** Drafts -> numbered nodes: changelog modes and emission from the sinks down, inputs first. */
function finish(sinks: readonly PlannedSink[], context: PlannerContext): PhysicalPlan {
  const roots = sinks.map((s) => s.draft);
  const demands = sinks.map((s) => ({ draft: s.draft.inputs[0], wanted: s.wanted }));
  const inner = topological(demands.map((d) => d.draft));
  const before = inferUpdateBefore(demands, inner);
  const miniBatch = booleanOption(context.options, 'table.exec.mini-batch.enabled', false);
  const rowWise = reachable([
    ...sinks.filter((s) => !s.foldable && !miniBatch).map((s) => s.draft),
    ...inner.filter(needsEachChange).flatMap((d) => d.inputs),
  ]);
  const ids = new Map<Draft, number>();
  const nodes: PhysicalNode[] = [];
  const emit = (d: Draft, inputs: readonly number[], updateBefore: boolean): number => {
    const id = nodes.length;
    const emission: Emission = rowWise.has(d) ? 'row' : 'folded';
    nodes.push({
      ...(d.spec.op === 'calc' ? { ...d.spec, projections: d.spec.projections.map(asWritten) } : d.spec),
      id,
      inputs,
      distribution: d.distribution,
      schema: d.schema,
      changelog: changelogMode(d, updateBefore),
      changelogKinds: kindsText(d, updateBefore),
      updateBefore,
      upsertKeys: d.keys,
      emission,
      label: d.label,
    });
    return id;
  };
  /** An input that sends -U which this consumer does not want is followed by a node that drops them, made once per input. */
  const dropped = new Map<Draft, number>();
  const inputId = (from: Draft, wanted: Wanted): number => {
    const id = ids.get(from) as number;
    if (wanted === 'before' || !before.get(from) || !canDropBefore(from)) return id;
    const known = dropped.get(from);
    if (known !== undefined) return known;
    const drop = draft({ op: 'dropUpdateBefore' }, [from], {
      schema: from.schema,
      keys: from.keys,
      kinds: from.kinds,
      label: 'DropUpdateBefore()',
    });
    const made = emit(drop, [id], false);
    dropped.set(from, made);
    return made;
  };
  for (const d of inner) {
    const own = before.get(d) ?? false;
    // A retracting source always sends -U: whether they are dropped is each consumer's affair.
    const sends = d.spec.op === 'source' ? d.kinds.update && !isUpsertSource(d, context) : own;
    if (d.spec.op === 'source') before.set(d, sends);
    const wanted = demand(d, own || !d.kinds.update ? 'before' : 'after');
    const inputs = d.inputs.map((i, at) => inputId(i, wanted[at]));
    ids.set(d, emit(d, inputs, sends));
  }
  const sinkIds = roots.map((d, i) =>
    emit(d, [inputId(d.inputs[0], sinks[i].wanted)], before.get(d.inputs[0]) ?? false),
  );
  return { nodes, sinks: sinkIds, options: planOptions(context) };
}

function isUpsertSource(d: Draft, context: PlannerContext): boolean {
  if (d.spec.op !== 'source') return false;
  const { spec } = d;
  const info = context.connectors.source({
    name: spec.table,
    connector: spec.connector,
    options: spec.tableOptions,
    physicalSchema: spec.physicalSchema,
    primaryKey: spec.primaryKey,
    partitionKeys: spec.partitionKeys,
  });
  return info.changelog === 'upsert';
}

function topological(roots: readonly Draft[]): Draft[] {
  const order: Draft[] = [];
  const seen = new Set<Draft>();
  const visit = (d: Draft): void => {
    if (seen.has(d)) return;
    seen.add(d);
    d.inputs.forEach(visit);
    order.push(d);
  };
  roots.forEach(visit);
  return order;
}

function reachable(roots: readonly Draft[]): ReadonlySet<Draft> {
  return new Set(topological(roots));
}

export * from './physical.js';
export { logicalText, physicalText } from './explain.js';
export type { PlannerContext } from './options.js';
export { parseDuration } from './options.js';

export interface ExplainRequest {
  /** Null: as the statement EXPLAIN answers, in Flink's sections. */
  readonly stage: PlanStage | 'ast' | null;
  readonly details: readonly string[];
}

/** The text of EXPLAIN. */
export function explainBound(statement: BoundStatement, context: PlannerContext, request: ExplainRequest): string {
  const planned = planStatement(statement, context);
  if (request.stage !== null && request.stage !== 'ast') return explainPlan(planned, request.stage);
  const changelog = request.details.includes('CHANGELOG_MODE');
  const sections = [
    `== Abstract Syntax Tree ==\n${explainPlan(planned, 'logical')}`,
    `== Optimized Physical Plan ==\n${explainPlan(planned, changelog ? 'changelog' : 'physical')}`,
    `== Optimized Execution Plan ==\n${physicalText(planned.plan, { changelog: false })}`,
  ];
  return `${sections.join('\n\n')}\n`;
}
