import type { NodeMetrics } from '../dataflow/index.js';
import type { Progress } from './job-view.js';
import type { PhysicalNode, PhysicalPlan, WindowSpec } from '../planner/physical.js';

/** Milliseconds after which event time that does not move is worth a word. */
const STANDING = 5000;
const IDLE_TIMEOUT = 'table.exec.source.idle-timeout';

interface Place {
  readonly node: PhysicalNode;
  readonly metrics: NodeMetrics;
}

/**
 * Says why a running query has shown no row yet, from the counters of its operators.
 *
 * State: the watermark seen last and since when. It maintains the invariant that nothing is guessed: what it says follows from where rows
 * went in and none came out.
 */
export class WhyNoRows {
  private watermark: number | null = null;
  private since = 0;

  constructor(private readonly plan: PhysicalPlan) {}

  /** @param metrics of the plan's nodes, in its order; @param now wall-clock ms */
  progress(metrics: readonly NodeMetrics[], now: number): Progress {
    const { nodes } = this.plan;
    const rowsIn = metrics.reduce((sum, m, i) => (nodes[i].op === 'source' ? sum + m.rowsOut : sum), 0);
    const why = this.reason(metrics, now);
    return why === null ? { rowsIn } : { rowsIn, why };
  }

  private reason(metrics: readonly NodeMetrics[], now: number): string | null {
    const places = this.plan.nodes.map((node, i): Place => ({ node, metrics: metrics[i] }));
    const sources = places.filter((p) => p.node.op === 'source');
    const silent = sources.filter((p) => p.metrics.rowsOut === 0);
    const broken = silent.find((p) => p.metrics.malformed > 0);
    if (broken !== undefined)
      return `No record of ${tableOf(broken.node)} could be read: ${rows(broken.metrics.malformed)} malformed.`;
    const stuck = places.find(
      ({ node, metrics: m }) => node.op !== 'source' && node.op !== 'sink' && m.rowsIn > 0 && m.rowsOut === 0,
    );
    if (silent.length > 0 && (stuck === undefined || stuck.node.inputs.length > 1))
      return `No row has come from ${silent.map((p) => tableOf(p.node)).join(' and ')} yet.`;
    if (stuck === undefined) return null;
    const { node, metrics: m } = stuck;
    if (m.lateRows > 0 && m.lateRows >= m.rowsIn)
      return `All ${rows(m.rowsIn)} were late: the watermark had passed them already.`;
    if (waitsForTime(node)) return this.time(stuck, places, now);
    const condition = /where=\[(.*)\]/.exec(node.label)?.[1];
    if (node.op === 'calc')
      return `None of ${rows(m.rowsIn)} meets the condition${condition === undefined ? '' : ` ${condition}`}.`;
    if (/join/i.test(node.op)) return `No match so far among ${rows(m.rowsIn)} of the join.`;
    return `${node.label.split('(')[0]} has let none of ${rows(m.rowsIn)} pass.`;
  }

  /** An operator that holds rows until the watermark has passed them. */
  private time({ node, metrics }: Place, places: readonly Place[], now: number): string {
    const clocks = upstream(node, places).filter(({ node: n }) => n.op === 'watermark' || hasWatermark(n));
    const { watermark } = metrics;
    if (watermark !== this.watermark) {
      this.watermark = watermark;
      this.since = now;
    }
    const held = clocks.find((c) => c.metrics.watermark === null || c.metrics.watermark === watermark);
    const holder = held && [held, ...upstream(held.node, places)].find((p) => p.node.op === 'source')?.node;
    if (watermark === null) {
      const whose = holder === undefined ? '' : ` of ${tableOf(holder)}`;
      return `There is no watermark yet: a part${whose} has sent no row with a time. Set '${IDLE_TIMEOUT}' = '5 s' to let silent parts be skipped.`;
    }
    const by = clocks.length > 1 && holder !== undefined ? `, held by ${tableOf(holder)}` : '';
    const at = `the watermark is at ${new Date(watermark).toISOString().slice(0, 19).replace('T', ' ')}${by}`;
    const standing = now - this.since;
    const still =
      standing < STANDING ? '' : ` It has stood there for ${Math.floor(standing / 1000)} s: only newer rows move it.`;
    return `${waits(node)}; ${at}.${still}`;
  }
}

function hasWatermark(node: PhysicalNode): boolean {
  return node.op === 'source' && node.watermark !== null;
}

/** All that a node reads from, nearest first. */
function upstream(node: PhysicalNode, places: readonly Place[]): Place[] {
  return node.inputs.flatMap((id) => {
    const place = places.find((p) => p.node.id === id);
    return place === undefined ? [] : [place, ...upstream(place.node, places)];
  });
}

function waitsForTime(node: PhysicalNode): boolean {
  switch (node.op) {
    case 'windowAggregate':
    case 'windowRank':
      return node.windowing.rowtime;
    case 'windowJoin':
      return node.leftWindow.rowtime;
    case 'sort':
      return node.mode === 'temporal';
    case 'overAggregate':
    case 'temporalJoin':
      return node.rowtime;
    case 'deduplicate':
      return node.rowtime && (node.windowing !== null || node.keep === 'first');
    default:
      return false;
  }
}

function waits(node: PhysicalNode): string {
  switch (node.op) {
    case 'windowAggregate':
    case 'windowRank':
      return windows(node.windowing.spec);
    case 'windowJoin':
      return windows(node.leftWindow.spec);
    default:
      return 'Rows come out when the watermark has passed them';
  }
}

function windows(spec: WindowSpec): string {
  switch (spec.kind) {
    case 'tumble':
      return `Windows of ${span(spec.size)} close once the watermark has passed their end`;
    case 'hop':
      return `A window closes every ${span(spec.slide)}, once the watermark has passed its end`;
    case 'cumulate':
      return `A window closes every ${span(spec.step)}, once the watermark has passed its end`;
    case 'session':
      return `Session windows close once the watermark is ${span(spec.gap)} past their last row`;
  }
}

function span(milliseconds: number): string {
  const units: readonly (readonly [number, string])[] = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
    [1000, 's'],
  ];
  const [size, name] = units.find(([unit]) => milliseconds % unit === 0) ?? [1, 'ms'];
  return `${milliseconds / size} ${name}`;
}

function tableOf(node: PhysicalNode): string {
  return node.op === 'source' ? `'${node.table.split('.').at(-1) ?? node.table}'` : 'the input';
}

function rows(n: number): string {
  return `${n.toLocaleString('en-US')} ${n === 1 ? 'row' : 'rows'}`;
}
