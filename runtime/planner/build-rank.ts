import {
  timeAttributeOf,
  type LogicalRank,
  type LogicalOver,
  type LogicalSort,
  type LogicalSortKey,
} from '../binder/index.js';
import { BIGINT, StreamcellError, type Schema } from '../types/index.js';
import { attached, requireRowtimeWindow, windowKeys } from './build-window.js';
import { ALL_CHANGES, draft, hashed, INSERTS, isAppend, SINGLE, sortKeys, type Draft } from './draft.js';
import { callText, columnsText, sortText } from './labels.js';
import { booleanOption, durationOption, type PlannerContext } from './options.js';
import type { RankNode } from './physical.js';

/** Top-N: a window's, a deduplication, or a running one. */
export function buildRank(node: LogicalRank, input: Draft, context: PlannerContext): Draft {
  const window = input.window;
  const windowed =
    window &&
    node.partitionKeys.some((k) => window.start.includes(k)) &&
    node.partitionKeys.some((k) => window.end.includes(k));
  if (windowed) return windowRank(node, input);
  const single = singleTime(node, input);
  if (
    single &&
    isAppend(input.kinds) &&
    node.end === 1 &&
    node.start === 1 &&
    node.function === 'ROW_NUMBER' &&
    !node.outputRank &&
    !takesLateRows(node, input, context)
  ) {
    return deduplicate(node, input, node.sort[0], context);
  }
  return rank(node, input, context);
}

/** With mini-batches Flink does not wait for the watermark with the first row: it sends what came first so far, and late rows may still replace it. */
function takesLateRows(node: LogicalRank, input: Draft, context: PlannerContext): boolean {
  const [{ column, ascending }] = node.sort;
  const rowtime = timeAttributeOf(input.schema[column].type) === 'rowtime';
  return rowtime && ascending && booleanOption(context.options, 'table.exec.mini-batch.enabled', false);
}

function singleTime(node: LogicalRank, input: Draft): boolean {
  return node.sort.length === 1 && timeAttributeOf(input.schema[node.sort[0].column].type) !== null;
}

function deduplicate(node: LogicalRank, input: Draft, key: LogicalSortKey, context: PlannerContext): Draft {
  const rowtime = timeAttributeOf(input.schema[key.column].type) === 'rowtime';
  const keep = key.ascending ? 'first' : 'last';
  const keys = node.partitionKeys;
  // The first row by rowtime is held until the watermark says that none earlier can come: it is final as it is sent.
  const insertOnly = keep === 'first';
  return draft(
    {
      op: 'deduplicate',
      keys,
      keep,
      rowtime,
      time: rowtime ? key.column : null,
      windowing: null,
      ttl: durationOption(context.options, 'table.exec.state.ttl', 0),
    },
    [input],
    {
      schema: input.schema,
      kinds: insertOnly ? INSERTS : ALL_CHANGES,
      keys: [keys],
      distribution: [hashed(keys)],
      label: `Deduplicate(keep=[${keep === 'first' ? 'FirstRow' : 'LastRow'}], key=[${columnsText(keys, input.schema)}], order=[${
        rowtime ? 'ROWTIME' : 'PROCTIME'
      }])`,
      span: node.span,
    },
  );
}

function windowRank(node: LogicalRank, input: Draft): Draft {
  const { window } = input;
  const windowing = window && attached(window);
  if (!window || !windowing)
    throw new StreamcellError('INTERNAL', 'A window Top-N without its window.', { span: node.span });
  if (!isAppend(input.kinds)) {
    throw new StreamcellError(
      'CHANGELOG_MODE',
      'A window Top-N takes inserts only, but its input has updates or deletes.',
      { span: node.span },
    );
  }
  if (node.function !== 'ROW_NUMBER') {
    throw new StreamcellError(
      'SQL_UNSUPPORTED',
      `${node.function} in a window Top-N is not supported; ROW_NUMBER is.`,
      { span: node.span },
    );
  }
  const isWindow = (k: number): boolean =>
    window.start.includes(k) || window.end.includes(k) || window.time.includes(k);
  const keys = node.partitionKeys.filter((k) => !isWindow(k));
  const single = node.start === 1 && node.end === 1 && !node.outputRank && singleTime(node, input);
  requireRowtimeWindow(`Window ${single ? 'Deduplication' : 'Top-N'}`, window, node.span);
  const schema: Schema = node.outputRank
    ? [...input.schema, { name: rankName(node), type: BIGINT(false) }]
    : input.schema;
  const bounds = windowing.kind === 'attached' ? windowKeys(windowing.spec, windowing.start, windowing.end) : [];
  const common = { schema, kinds: INSERTS, window, distribution: [hashed(keys)], span: node.span };
  if (single) {
    const rowtime = timeAttributeOf(input.schema[node.sort[0].column].type) === 'rowtime';
    const keep = node.sort[0].ascending ? 'first' : 'last';
    return draft(
      { op: 'deduplicate', keys, keep, rowtime, time: rowtime ? node.sort[0].column : null, windowing, ttl: 0 },
      [input],
      {
        ...common,
        keys: bounds.map((b) => [...keys, ...b]),
        label: `WindowDeduplicate(keep=[${keep === 'first' ? 'FirstRow' : 'LastRow'}], partitionKeys=[${columnsText(keys, input.schema)}], orderKey=[${
          input.schema[node.sort[0].column].name
        }])`,
      },
    );
  }
  return draft(
    {
      op: 'windowRank',
      windowing,
      partitionKeys: keys,
      sort: node.sort,
      start: node.start,
      end: node.end,
      outputRank: node.outputRank,
    },
    [input],
    {
      ...common,
      keys: [
        ...(node.outputRank ? bounds.map((b) => [...keys, ...b, input.schema.length]) : []),
        ...(node.start === node.end ? bounds.map((b) => [...keys, ...b]) : []),
      ],
      label: `WindowRank(partitionBy=[${columnsText(keys, input.schema)}], orderBy=[${sortText(node.sort, input.schema)}], rankRange=[rankStart=${
        node.start
      }, rankEnd=${node.end}])`,
    },
  );
}

function rankName(node: LogicalRank): string {
  return node.schema[node.schema.length - 1].name;
}

function rank(node: LogicalRank, input: Draft, context: PlannerContext): Draft {
  if (node.function !== 'ROW_NUMBER') {
    throw new StreamcellError('SQL_UNSUPPORTED', `${node.function}() on streaming table is not supported currently.`, {
      span: node.span,
      hint: 'Flink has only ROW_NUMBER for a Top-N, too.',
    });
  }
  return topN(input, context, {
    partitionKeys: node.partitionKeys,
    sort: node.sort,
    start: node.start,
    end: node.end,
    rankColumn: node.outputRank ? rankName(node) : null,
    span: node.span,
  });
}

interface TopN {
  readonly partitionKeys: readonly number[];
  readonly sort: readonly LogicalSortKey[];
  readonly start: number;
  readonly end: number;
  readonly rankColumn: string | null;
  readonly span: LogicalRank['span'];
}

function topN(input: Draft, context: PlannerContext, n: TopN): Draft {
  const { strategy, inputKey } = strategyOf(input, n);
  const outputRank = n.rankColumn !== null;
  const spec: RankNode = {
    op: 'rank',
    function: 'ROW_NUMBER',
    partitionKeys: n.partitionKeys,
    sort: n.sort,
    start: n.start,
    end: n.end,
    outputRank,
    strategy,
    inputKey,
    ttl: durationOption(context.options, 'table.exec.state.ttl', 0),
  };
  const schema: Schema =
    n.rankColumn === null ? input.schema : [...input.schema, { name: n.rankColumn, type: BIGINT(false) }];
  const keys: (readonly number[])[] = [];
  if (outputRank) keys.push([...n.partitionKeys, input.schema.length]);
  if (n.start === n.end) keys.push(n.partitionKeys);
  keys.push(...input.keys.filter((k) => isAppend(input.kinds) || n.partitionKeys.every((p) => k.includes(p))));
  return draft(spec, [input], {
    schema,
    kinds: ALL_CHANGES,
    keys: sortKeys(keys),
    distribution: [hashed(n.partitionKeys)],
    label: `Rank(strategy=[${strategyText(strategy, inputKey, input)}], rankRange=[rankStart=${n.start}, rankEnd=${n.end}], partitionBy=[${columnsText(
      n.partitionKeys,
      input.schema,
    )}], orderBy=[${sortText(n.sort, input.schema)}]${outputRank ? ', outputRank' : ''})`,
    span: n.span,
  });
}

function strategyText(strategy: RankNode['strategy'], key: readonly number[] | null, input: Draft): string {
  if (strategy === 'append') return 'AppendFastStrategy';
  return strategy === 'retract'
    ? 'RetractStrategy'
    : `UpdateFastStrategy[primaryKeys: ${columnsText(key ?? [], input.schema)}]`;
}

/** update: rows change by a key that contains the partition, never fall in the order, and are never deleted. */
function strategyOf(input: Draft, n: TopN): { strategy: RankNode['strategy']; inputKey: readonly number[] | null } {
  if (isAppend(input.kinds)) return { strategy: 'append', inputKey: null };
  const improves = n.sort.every((k) => (k.ascending ? input.falling : input.growing).has(k.column));
  const key = input.keys.find((k) => n.partitionKeys.every((p) => k.includes(p)));
  const retract = { strategy: 'retract', inputKey: null } as const;
  if (input.kinds.delete || !improves || !key || n.sort.length === 0) return retract;
  return { strategy: 'update', inputKey: key };
}

// ---- ORDER BY and LIMIT -------------------------------------------------------------------------------------------

export function buildSort(node: LogicalSort, input: Draft, context: PlannerContext): Draft {
  if (node.fetch === 0)
    return draft({ op: 'values', rows: [] }, [], {
      schema: input.schema,
      label: 'Values(tuples=[])',
      keys: [[]],
      bounded: true,
    });
  if (node.keys.length === 0) {
    return draft({ op: 'limit', offset: node.offset, fetch: node.fetch }, [input], {
      schema: input.schema,
      kinds: isAppend(input.kinds) ? INSERTS : ALL_CHANGES,
      keys: input.keys,
      window: input.window,
      distribution: [SINGLE],
      label: `Limit(offset=[${node.offset}], fetch=[${node.fetch ?? 'unlimited'}])`,
      span: node.span,
    });
  }
  if (node.fetch !== null) {
    return topN(input, context, {
      partitionKeys: [],
      sort: node.keys,
      start: node.offset + 1,
      end: node.offset + node.fetch,
      rankColumn: null,
      span: node.span,
    });
  }
  const [first] = node.keys;
  const attribute = timeAttributeOf(input.schema[first.column].type);
  const unordered = node.offset > 0 || attribute === null || !first.ascending;
  if (
    unordered &&
    node.offset === 0 &&
    booleanOption(context.options, '__table.exec.sort.non-temporal.enabled__', false) &&
    input.bounded
  ) {
    if (isAppend(input.kinds)) {
      return draft({ op: 'sort', mode: 'full', sort: node.keys }, [input], {
        schema: input.schema,
        kinds: INSERTS,
        keys: input.keys,
        distribution: [SINGLE],
        label: `Sort(orderBy=[${sortText(node.keys, input.schema)}])`,
        span: node.span,
      });
    }
  }
  if (unordered) {
    throw new StreamcellError('QUERY_INVALID', 'Sort on a non-time-attribute field is not supported.', {
      span: node.span,
      hint: 'In a stream, order by a time attribute ascending, or add LIMIT.',
    });
  }
  if (!isAppend(input.kinds)) {
    throw new StreamcellError(
      'CHANGELOG_MODE',
      'A temporal sort takes inserts only, but its input has updates or deletes.',
      { span: node.span },
    );
  }
  return draft({ op: 'sort', mode: 'temporal', sort: node.keys }, [input], {
    schema: input.schema,
    kinds: INSERTS,
    keys: input.keys,
    window: input.window,
    distribution: [SINGLE],
    label: `TemporalSort(orderBy=[${sortText(node.keys, input.schema)}])`,
    span: node.span,
  });
}

// ---- OVER ---------------------------------------------------------------------------------------------------------

export function buildOver(node: LogicalOver, input: Draft, context: PlannerContext): Draft {
  const [key] = node.sort;
  const attribute = key ? timeAttributeOf(input.schema[key.column].type) : null;
  if (!key || node.sort.length !== 1) {
    throw new StreamcellError('QUERY_INVALID', 'The window can only be ordered by a single column.', {
      span: node.span,
    });
  }
  if (!key.ascending) {
    throw new StreamcellError('QUERY_INVALID', 'The window can only be ordered in ASCENDING mode.', {
      span: node.span,
    });
  }
  if (attribute === null && node.frame.preceding !== null) {
    throw new StreamcellError('QUERY_INVALID', 'Non-time attribute sort is not supported for bounded OVER window.', {
      span: node.span,
    });
  }
  if (attribute !== null && !isAppend(input.kinds)) {
    throw new StreamcellError(
      'CHANGELOG_MODE',
      'An OVER aggregation along time takes inserts only, but its input has updates or deletes.',
      { span: node.span },
    );
  }
  return draft(
    {
      op: 'overAggregate',
      partitionKeys: node.partitionKeys,
      sort: node.sort,
      rowtime: attribute === 'rowtime',
      time: key.column,
      frame: node.frame,
      aggregates: node.calls,
      ttl: durationOption(context.options, 'table.exec.state.ttl', 0),
    },
    [input],
    {
      schema: [...input.schema, ...node.calls.map((c) => ({ name: c.name, type: c.type }))],
      kinds: attribute === null ? ALL_CHANGES : INSERTS,
      keys: input.keys.filter((k) => isAppend(input.kinds) || node.partitionKeys.every((p) => k.includes(p))),
      window: input.window,
      distribution: [hashed(node.partitionKeys)],
      label: `OverAggregate(partitionBy=[${columnsText(node.partitionKeys, input.schema)}], orderBy=[${sortText(node.sort, input.schema)}], window=[${
        node.frame.unit === 'rows' ? 'ROWS' : 'RANGE'
      } BETWEEN ${node.frame.preceding === null ? 'UNBOUNDED' : node.frame.preceding} PRECEDING AND CURRENT ROW], select=[${node.calls
        .map((c) => callText(c, input.schema))
        .join(', ')}])`,
      span: node.span,
    },
  );
}
