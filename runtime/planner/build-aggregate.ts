import {
  withoutTimeAttribute,
  type Logical,
  type LogicalAggregate,
  type LogicalWindowTvf,
  inputOf,
} from '../binder/index.js';
import type { AggregateCall, BoundExpr } from '../expressions/index.js';
import { BIGINT, NULL, StreamcellError, TIMESTAMP, withNullable, type Schema } from '../types/index.js';
import { calc, mapWindow, select } from './build-calc.js';
import { requireTime, windowingText, windowKeys } from './build-window.js';
import { draft, hashed, INSERTS, isAppend, type Draft, type WindowProperties } from './draft.js';
import { callText, columnsText } from './labels.js';
import { booleanOption, durationOption, type PlannerContext } from './options.js';
import type { WindowAggregateNode, Windowing } from './physical.js';

/** Grouping sets are expanded first; then it is an aggregation per window, or a running one per key. */
export function buildAggregate(node: LogicalAggregate, context: PlannerContext, build: (n: Logical) => Draft): Draft {
  const fused = fusedWindow(node, build);
  if (fused) return windowAggregate(node, fused.input, fused.places, fused.windowing, fused.columns, fused.timeType);
  const input = build(node.input);
  const window = input.window;
  if (window && usesWindow(node, window)) {
    const windowing: Windowing = {
      kind: 'attached',
      start: window.start[0],
      end: window.end[0],
      rowtime: true,
      spec: window.spec,
    };
    return windowAggregate(node, input, null, windowing, window, TIMESTAMP(3, false, 'rowtime'));
  }
  return groupAggregate(node, input, context);
}

/**
 * A window on both of its bounds among the keys; without them it is a running aggregation. So it is, as in Flink, for windows by processing
 * time, whose rows say no longer when they came, and for sessions that were found by other columns than the rest of the keys.
 */
function usesWindow(node: LogicalAggregate, window: WindowProperties): boolean {
  const { keys } = node;
  if (!window.rowtime) return false;
  if (!keys.some((k) => window.start.includes(k)) || !keys.some((k) => window.end.includes(k))) return false;
  if (window.spec.kind !== 'session') return true;
  const bounds = new Set([...window.start, ...window.end, ...window.time]);
  const rest = new Set(keys.filter((k) => !bounds.has(k)));
  const { partition } = window;
  return node.groupingSets === null && partition?.length === rest.size && partition.every((p) => rest.has(p));
}

// ---- fusing a windowing function with the aggregation over it -----------------------------------------------------

interface Fused {
  /** The function's own input, projected to what the aggregation reads. */
  readonly input: Draft;
  /** Where the aggregation's input columns went when the projection moved below the function (-1: a window column). */
  readonly places: readonly number[];
  readonly windowing: Windowing;
  readonly columns: Pick<WindowProperties, 'start' | 'end' | 'time'>;
  readonly timeType: Schema[number]['type'];
}

/**
 * Aggregate over a projection over a windowing function: the aggregation assigns windows itself, so that a row is not copied per window.
 * The projection must take the window columns as they are; it is moved below the function, with NULLs for the window columns.
 */
function fusedWindow(node: LogicalAggregate, build: (n: Logical) => Draft): Fused | null {
  const projection = node.input.op === 'project' ? node.input : null;
  const tvf = projection ? projection.input : node.input;
  if (tvf.op !== 'windowTvf') return null;
  const width = tvf.input.schema.length;
  const exprs = projection ? projection.exprs : tvf.schema.map((_, i) => inputOf(tvf.schema, i));
  const at = (property: number): number[] =>
    exprs.flatMap((e, i) => (e.kind === 'input' && e.index === width + property ? [i] : []));
  const columns = { start: at(0), end: at(1), time: at(2) };
  const windowColumns = new Set([...columns.start, ...columns.end, ...columns.time]);
  const plain = exprs.every((e, i) => windowColumns.has(i) || !readsBeyond(e, width));
  const used = node.keys.some((k) => columns.start.includes(k)) && node.keys.some((k) => columns.end.includes(k));
  const argumentsPlain = node.aggregates.every((a) =>
    [...a.args, ...(a.filter === null ? [] : [a.filter])].every((c) => !windowColumns.has(c)),
  );
  if (!plain || !used || !argumentsPlain) {
    if (tvf.legacy)
      throw new StreamcellError(
        'SQL_UNSUPPORTED',
        'An aggregate of window bounds in a group window is not supported.',
        { span: node.span },
      );
    return null;
  }
  const input = build(tvf.input);
  const attribute = requireTime(tvf, input);
  const partitionMatches = sessionKeys(tvf, node, exprs, windowColumns);
  if (!partitionMatches) return null;
  requireMerging(node, tvf);
  // The time column joins the projected ones as the last.
  const kept = exprs.map((e, i): BoundExpr =>
    windowColumns.has(i) ? { kind: 'literal', type: withNullable(NULL(), true), value: null } : e,
  );
  const places: number[] = [];
  const projected: BoundExpr[] = [];
  const names: string[] = [];
  kept.forEach((e, i) => {
    if (windowColumns.has(i)) {
      places.push(-1);
      return;
    }
    places.push(projected.length);
    projected.push(e);
    names.push(projection ? projection.schema[i].name : tvf.schema[i].name);
  });
  const timeAt = projected.findIndex((e) => e.kind === 'input' && e.index === tvf.time);
  const time = timeAt >= 0 ? timeAt : projected.length;
  if (timeAt < 0) {
    projected.push(inputOf(input.schema, tvf.time));
    names.push(uniqueName(input.schema[tvf.time].name, names));
  }
  const below = calcUnlessIdentity(input, projected, names);
  const spec = tvf.window;
  const windowing: Windowing = { kind: 'time', time, rowtime: attribute === 'rowtime', spec };
  return { input: below, places, windowing, columns, timeType: tvf.schema[width + 2].type };
}

/** Windows made of parts (slices, panes, sessions that meet) merge what was aggregated of the parts; Flink has no such form of these. */
function requireMerging(node: LogicalAggregate, tvf: LogicalWindowTvf): void {
  if (tvf.window.kind === 'tumble') return;
  // Slices that windows share count the values of DISTINCT in a form that takes values back.
  const retracted = tvf.window.kind === 'hop' && !tvf.legacy ? NOT_RETRACTING : [];
  for (const call of node.aggregates) {
    if (!NOT_MERGING.includes(call.fn) && !(call.distinct && retracted.includes(call.fn))) continue;
    throw new StreamcellError(
      'QUERY_INVALID',
      `${call.fn}${call.distinct ? '(DISTINCT ..)' : ''} in a ${tvf.window.kind.toUpperCase()} window cannot be computed.`,
      {
        span: node.span,
        hint: 'Flink merges parts of windows, and has no such form of this function; TUMBLE needs none.',
      },
    );
  }
}

const NOT_MERGING: readonly string[] = ['FIRST_VALUE', 'LAST_VALUE'];
const NOT_RETRACTING: readonly string[] = ['SUM', '$SUM0', 'LISTAGG'];

function uniqueName(name: string, used: readonly string[]): string {
  let candidate = name;
  for (let i = 0; used.includes(candidate); i++) candidate = `${name}${i}`;
  return candidate;
}

function calcUnlessIdentity(input: Draft, exprs: readonly BoundExpr[], names: readonly string[]): Draft {
  const columns = exprs.map((e) => (e.kind === 'input' ? e.index : -1));
  return columns.every((c) => c >= 0) ? select(input, columns, names) : calc(input, null, exprs, names);
}

/** Session windows are found per partition key: these must be the grouping keys, else windows are assigned before. */
function sessionKeys(
  tvf: LogicalWindowTvf,
  node: LogicalAggregate,
  exprs: readonly BoundExpr[],
  windowColumns: ReadonlySet<number>,
): boolean {
  if (tvf.window.kind !== 'session') return true;
  const groups = node.keys.filter((k) => !windowColumns.has(k)).map((k) => exprs[k]);
  if (!groups.every((g) => g.kind === 'input')) return tvf.legacy;
  const grouped = new Set(groups.map((g) => (g.kind === 'input' ? g.index : -1)));
  const partition = tvf.window.partitionKeys;
  return partition.length === grouped.size && partition.every((p) => grouped.has(p)) && node.groupingSets === null;
}

function readsBeyond(e: BoundExpr, width: number): boolean {
  if (e.kind === 'input') return e.index >= width;
  if (e.kind === 'literal') return false;
  if (e.kind === 'call') return e.args.some((a) => readsBeyond(a, width));
  if (e.kind === 'case')
    return (
      e.whens.some((w) => readsBeyond(w.condition, width) || readsBeyond(w.result, width)) ||
      readsBeyond(e.otherwise, width)
    );
  return readsBeyond(e.arg, width);
}

function windowAggregate(
  node: LogicalAggregate,
  source: Draft,
  places: readonly number[] | null,
  windowing: Windowing,
  columns: Pick<WindowProperties, 'start' | 'end' | 'time'>,
  timeType: Schema[number]['type'],
): Draft {
  const place = (c: number): number => (places ? places[c] : c);
  const isWindow = (k: number): boolean =>
    columns.start.includes(k) || columns.end.includes(k) || columns.time.includes(k);
  let input = source;
  let moved = windowing;
  let groupKeys = node.keys.filter((k) => !isWindow(k)).map(place);
  let calls = node.aggregates.map((a) => mapCall(a, place));
  const ownKeys = node.keys.filter((k) => !isWindow(k));
  if (node.groupingSets) {
    const sets = node.groupingSets.map((s) =>
      s
        .map((i) => node.keys[i])
        .filter((k) => !isWindow(k))
        .map(place),
    );
    const complete = node.groupingSets.every((s) => {
      const keys = s.map((i) => node.keys[i]);
      return keys.some((k) => columns.start.includes(k)) && keys.some((k) => columns.end.includes(k));
    });
    if (!complete) {
      throw new StreamcellError(
        'SQL_UNSUPPORTED',
        'Grouping sets without window_start and window_end in every set are not supported.',
        { span: node.span },
      );
    }
    const expanded = expand(input, groupKeys, sets, calls);
    input = expanded.draft;
    groupKeys = [...expanded.keys, expanded.id];
    calls = expanded.calls;
    moved = expanded.windowing(windowing);
  }
  const properties: WindowAggregateNode['properties'] = ['start', 'end', 'time'];
  const inputRetracts = !isAppend(input.kinds);
  if (inputRetracts && windowing.kind === 'attached') {
    throw new StreamcellError(
      'CHANGELOG_MODE',
      'A window aggregation on windows of another query does not take updates.',
      { span: node.span },
    );
  }
  const keyCount = groupKeys.length;
  const schema: Schema = [
    ...groupKeys.map((k) => ({ name: input.schema[k].name, type: withoutTimeAttribute(input.schema[k].type) })),
    ...calls.map((c) => ({ name: c.name, type: c.type })),
    { name: 'window_start', type: TIMESTAMP(3, false) },
    { name: 'window_end', type: TIMESTAMP(3, false) },
    { name: 'window_time', type: timeType },
  ];
  const first = keyCount + calls.length;
  // Two sessions of different keys may end together: such a window is told by its start as well.
  const start = moved.kind === 'attached' && moved.spec.kind === 'session' ? [moved.start] : [];
  const made = draft(
    { op: 'windowAggregate', keys: groupKeys, aggregates: calls, windowing: moved, properties, inputRetracts },
    [input],
    {
      schema,
      kinds: INSERTS,
      distribution: [hashed([...groupKeys, ...start])],
      window: {
        start: [first],
        end: [first + 1],
        time: [first + 2],
        partition: windowing.spec.kind === 'session' && !node.groupingSets ? groupKeys.map((_, i) => i) : null,
        spec: windowing.spec,
        rowtime: windowing.rowtime,
      },
      keys: [
        ...windowKeys(windowing.spec, first, first + 1).map((bounds) => [...groupKeys.map((_, i) => i), ...bounds]),
      ],
      label: `WindowAggregate(${keyCount > 0 ? `groupBy=[${columnsText(groupKeys, input.schema)}], ` : ''}window=[${windowingText(moved, input.schema)}], select=[${[
        ...groupKeys.map((k) => input.schema[k].name),
        ...calls.map((c) => callText(c, input.schema)),
        'start',
        'end',
        'time',
      ].join(', ')}])`,
      span: node.span,
    },
  );
  // Back to the order of the query: keys as written, then aggregates.
  const order = node.keys.map((k) => {
    if (columns.start.includes(k)) return first;
    if (columns.end.includes(k)) return first + 1;
    if (columns.time.includes(k)) return first + 2;
    return ownKeys.indexOf(k);
  });
  const id = node.groupingSets ? [keyCount - 1] : [];
  return select(
    made,
    [...order, ...id, ...calls.map((_, i) => keyCount + i)],
    node.schema.map((c) => c.name),
  );
}

function mapCall(call: AggregateCall, place: (c: number) => number): AggregateCall {
  return { ...call, args: call.args.map(place), filter: call.filter === null ? null : place(call.filter) };
}

// ---- running aggregation ------------------------------------------------------------------------------------------

function groupAggregate(node: LogicalAggregate, source: Draft, context: PlannerContext): Draft {
  let input = source;
  let keys = node.keys;
  let calls = node.aggregates;
  if (node.groupingSets) {
    const sets = node.groupingSets.map((s) => s.map((i) => node.keys[i]));
    const expanded = expand(input, keys, sets, calls);
    input = expanded.draft;
    keys = [...expanded.keys, expanded.id];
    calls = expanded.calls;
  }
  if (
    context.mode === 'changelog' &&
    calls.some((c) => c.distinct) &&
    booleanOption(context.options, 'table.optimizer.distinct-agg.split.enabled', false)
  ) {
    // The result would be the same, but not the changes on the way to it, and here these are asked for.
    throw new StreamcellError(
      'OPTION_UNSUPPORTED',
      "The changelog of split distinct aggregates ('table.optimizer.distinct-agg.split.enabled') is not supported.",
      {
        span: node.span,
      },
    );
  }
  const inputRetracts = !isAppend(input.kinds);
  const places = keys.map((_, i) => i);
  const constant = (c: number): boolean => input.growing.has(c) && input.falling.has(c);
  // Over updates that only raise a value of a fixed group, MAX never has to look back; a value that stays is none of these to Flink.
  const monotonic = (c: AggregateCall): boolean =>
    inputRetracts &&
    keys.every(constant) &&
    c.filter === null &&
    !constant(c.args[0]) &&
    ((c.fn === 'MAX' && input.growing.has(c.args[0])) || (c.fn === 'MIN' && input.falling.has(c.args[0])));
  const planned = calls.map((c) => (monotonic(c) ? { ...c, options: { ...c.options, monotonic: true } } : c));
  const parts = context.mode === 'changelog' && planned.some(isVariance) ? planned.flatMap(countBehind) : [];
  // A key is constant for its row, which is both.
  const growing = inputRetracts ? [] : calls.flatMap((c, i) => (growsWith(c) ? [keys.length + i] : []));
  const falling = inputRetracts
    ? []
    : calls.flatMap((c, i) => (c.fn === 'MIN' && c.filter === null ? [keys.length + i] : []));
  const ttl = node.stateTtl ?? durationOption(context.options, 'table.exec.state.ttl', 0);
  const all = [...planned, ...parts];
  const schema: Schema = [
    ...keys.map((k, i) => ({ name: node.schema[i].name, type: withoutTimeAttribute(input.schema[k].type) })),
    ...all.map((c) => ({ name: c.name, type: c.type })),
  ];
  const made = draft({ op: 'groupAggregate', keys, aggregates: all, inputRetracts, ttl }, [input], {
    schema,
    kinds: { update: true, delete: inputRetracts },
    distribution: [hashed(keys)],
    keys: [places],
    // An aggregation over this one is again per window, and takes no updates.
    window: node.groupingSets
      ? null
      : mapWindow(
          source.window,
          keys.map((k) => inputOf(source.schema, k)),
        ),
    growing: new Set([...places, ...growing]),
    falling: new Set([...places, ...falling]),
    label: `GroupAggregate(${keys.length > 0 ? `groupBy=[${columnsText(keys, input.schema)}], ` : ''}select=[${[
      ...keys.map((k) => input.schema[k].name),
      ...all.map((c) => callText(c, input.schema)),
    ].join(', ')}])`,
    span: node.span,
  });
  if (parts.length === 0) return made;
  const shown = schema.slice(0, keys.length + calls.length);
  return select(
    made,
    shown.map((_, i) => i),
    shown.map((c) => c.name),
  );
}

function isVariance(call: AggregateCall): boolean {
  return /^(?:STDDEV|VAR)/.test(call.fn);
}

/**
 * Flink computes a variance, and then an average beside it too, of a count and sums, and sends an update when one of these has changed, be
 * the result itself what it was. The count changes with every value: it stands for all of them.
 */
function countBehind(call: AggregateCall): AggregateCall[] {
  if (!isVariance(call) && call.fn !== 'AVG') return [];
  return [{ ...call, fn: 'COUNT', type: BIGINT(false), name: `${call.name}$count` }];
}

/** Aggregates that never fall while rows are only added. */
function growsWith(call: AggregateCall): boolean {
  return call.fn === 'COUNT' || call.fn === 'MAX';
}

// ---- grouping sets ------------------------------------------------------------------------------------------------

/**
 * Every row once per set, with the keys outside the set as NULL and the set's number behind. Keys get columns of their own, so that an
 * aggregate over a grouped column still sees its value.
 */
function expand(
  input: Draft,
  keys: readonly number[],
  sets: readonly (readonly number[])[],
  calls: readonly AggregateCall[],
): { draft: Draft; keys: number[]; id: number; calls: AggregateCall[]; windowing: (w: Windowing) => Windowing } {
  const width = input.schema.length;
  const own = input.schema.map((_, i) => inputOf(input.schema, i));
  const projections = sets.map((set, n): BoundExpr[] => [
    ...own,
    ...keys.map((k): BoundExpr => {
      const type = withNullable(withoutTimeAttribute(input.schema[k].type), true);
      return set.includes(k) ? { ...inputOf(input.schema, k), type } : { kind: 'literal', type, value: null };
    }),
    { kind: 'literal', type: BIGINT(false), value: BigInt(n) },
  ]);
  const names = new Set(input.schema.map((c) => c.name));
  const fresh = (base: string): string => {
    let name = base;
    for (let i = 0; names.has(name); i++) name = `${base}${i}`;
    names.add(name);
    return name;
  };
  const schema: Schema = [
    ...input.schema,
    ...keys.map((k) => ({
      name: fresh(input.schema[k].name),
      type: withNullable(
        withoutTimeAttribute(input.schema[k].type),
        !sets.every((s) => s.includes(k)) || input.schema[k].type.nullable,
      ),
    })),
    { name: fresh('$e'), type: BIGINT(false) },
  ];
  const made = draft({ op: 'expand', projections }, [input], {
    schema,
    window: input.window,
    keys: input.keys.map((k) => [...k, width + keys.length]),
    label: `Expand(sets=[${sets.map((s) => `{${columnsText(s, input.schema)}}`).join(', ')}])`,
  });
  return {
    draft: made,
    keys: keys.map((_, i) => width + i),
    id: width + keys.length,
    calls: [...calls],
    windowing: (w) => w,
  };
}
