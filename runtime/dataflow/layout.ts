import type { PhysicalNode, PhysicalPlan } from '../planner/physical.js';

/** How rows pass from node `from` to input `input` of node `to`. */
export interface LayoutEdge {
  readonly from: number;
  readonly to: number;
  readonly input: number;
  /** Null: handed over within the subtask; else the exchange it goes through. */
  readonly exchange: Exchange | null;
}

export interface Exchange {
  /** From 0, in plan order: the same in every subtask. */
  readonly id: number;
  /** Columns to hash by; null: everything to subtask 0. */
  readonly keys: readonly number[] | null;
  /** Subtasks that send. */
  readonly senders: number;
}

/**
 * Where a plan is cut. Every subtask runs the same nodes on its share of the keys; a node of parallelism 1 exists in subtask 0 alone.
 * Nodes connected without an exchange form a fragment: within it rows pass by calls, so a barrier is only ever needed at its entries.
 *
 * Derived from plan and parallelism alone: the job and each of its workers come to the same layout on their own.
 */
export interface Layout {
  readonly parallelism: number;
  /** By node id. */
  readonly nodeParallelism: ReadonlyMap<number, number>;
  readonly edges: readonly LayoutEdge[];
  readonly exchanges: readonly Exchange[];
  /** Node id -> fragment, numbered from 0 in plan order. */
  readonly fragmentOf: ReadonlyMap<number, number>;
  readonly fragments: number;
}

export function layoutOf(plan: PhysicalPlan, parallelism: number): Layout {
  const layout = cut(plan, parallelism, false);
  return feedsItself(layout) ? cut(plan, parallelism, true) : layout;
}

/**
 * Whether rows that leave a fragment may come back into it, as when a union takes a source's rows and what an aggregate makes of them: the
 * fragment would wait for a barrier that it has to send first.
 */
function feedsItself({ edges, fragmentOf, fragments }: Layout): boolean {
  const next = Array.from({ length: fragments }, () => new Set<number>());
  for (const { from, to, exchange } of edges)
    if (exchange !== null) next[fragmentOf.get(from) as number].add(fragmentOf.get(to) as number);
  return next.some((first, start) => {
    const seen = new Set(first);
    for (const f of seen) for (const g of next[f]) seen.add(g);
    return seen.has(start);
  });
}

/** @param apart nodes of several inputs take each through an exchange: then a fragment is entered at one node only. */
function cut(plan: PhysicalPlan, parallelism: number, apart: boolean): Layout {
  const nodeParallelism = new Map<number, number>();
  const edges: LayoutEdge[] = [];
  const exchanges: Exchange[] = [];
  for (const node of plan.nodes) {
    const own = parallelismOf(node, nodeParallelism, parallelism);
    nodeParallelism.set(node.id, own);
    node.inputs.forEach((from, input) => {
      const upstream = nodeParallelism.get(from) as number;
      const distribution = node.distribution[input] ?? { kind: 'any' as const };
      let exchange: Exchange | null = null;
      if (own > 1 && distribution.kind === 'hash')
        exchange = { id: exchanges.length, keys: distribution.keys, senders: upstream };
      else if (own === 1 && upstream > 1) exchange = { id: exchanges.length, keys: null, senders: upstream };
      else if (apart && node.inputs.length > 1)
        exchange = { id: exchanges.length, keys: own === 1 ? null : changeKeys(plan, from), senders: upstream };
      if (exchange) exchanges.push(exchange);
      edges.push({ from, to: node.id, input, exchange });
    });
  }
  const { fragmentOf, fragments } = fragmentsOf(plan, edges);
  return { parallelism, nodeParallelism, edges, exchanges, fragmentOf, fragments };
}

/** Columns by which a node's rows may be spread without mixing up the changes of a row. */
function changeKeys(plan: PhysicalPlan, id: number): readonly number[] {
  const node = plan.nodes.find((n) => n.id === id) as PhysicalNode;
  const key = node.upsertKeys[0] ?? [];
  return key.length > 0 ? key : node.schema.map((_, c) => c);
}

function parallelismOf(node: PhysicalNode, known: ReadonlyMap<number, number>, parallelism: number): number {
  if (node.op === 'source') return parallelism;
  if (node.op === 'values') return 1;
  // The result of a query is gathered where its view is.
  if (node.op === 'sink' && node.table === null) return 1;
  if (node.distribution.some((d) => d.kind === 'single')) return 1;
  if (node.distribution.some((d) => d.kind === 'hash' && d.keys.length > 0)) return parallelism;
  if (node.distribution.some((d) => d.kind === 'hash')) return 1;
  return Math.max(...node.inputs.map((input) => known.get(input) as number));
}

function fragmentsOf(
  plan: PhysicalPlan,
  edges: readonly LayoutEdge[],
): { fragmentOf: Map<number, number>; fragments: number } {
  const parent = new Map<number, number>(plan.nodes.map((n) => [n.id, n.id]));
  const root = (id: number): number => {
    let r = id;
    while (parent.get(r) !== r) r = parent.get(r) as number;
    return r;
  };
  for (const edge of edges) if (edge.exchange === null) parent.set(root(edge.from), root(edge.to));
  const numbers = new Map<number, number>();
  const fragmentOf = new Map<number, number>();
  for (const node of plan.nodes) {
    const r = root(node.id);
    if (!numbers.has(r)) numbers.set(r, numbers.size);
    fragmentOf.set(node.id, numbers.get(r) as number);
  }
  return { fragmentOf, fragments: numbers.size };
}
