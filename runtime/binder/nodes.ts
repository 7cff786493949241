import type { BoundExpr } from '../expressions/bound.js';
import { BIGINT, INT, TIMESTAMP, withNullable, type DataType, type Schema, type Span } from '../types/index.js';
import { inputOf } from './expr-tools.js';
import type {
  Logical,
  LogicalAggregate,
  LogicalFilter,
  LogicalJoin,
  LogicalJoinType,
  LogicalProject,
  LogicalWindow,
  LogicalWindowTvf,
} from './logical.js';
import type { AggregateCall } from '../expressions/bound.js';

/** Makers of logical nodes: they derive the output schema, so that nobody else does. */

export function project(
  input: Logical,
  exprs: readonly BoundExpr[],
  names: readonly string[],
  span?: Span,
): LogicalProject {
  return { op: 'project', input, exprs, schema: exprs.map((e, i) => ({ name: names[i], type: e.type })), span };
}

/** Some columns of a node; the node itself when those are all, in order. */
export function projectColumns(node: Logical, columns: readonly number[]): Logical {
  if (columns.length === node.schema.length && columns.every((c, i) => c === i)) return node;
  return project(
    node,
    columns.map((c) => inputOf(node.schema, c)),
    columns.map((c) => node.schema[c].name),
  );
}

export function filter(input: Logical, condition: BoundExpr, span?: Span): LogicalFilter {
  return { op: 'filter', input, condition, schema: input.schema, span };
}

export function join(
  type: LogicalJoinType,
  left: Logical,
  right: Logical,
  condition: BoundExpr | null,
  more: { span?: Span; asOf?: BoundExpr; leftTtl?: number; rightTtl?: number } = {},
): LogicalJoin {
  const nullableSide = (schema: Schema): Schema =>
    schema.map((c) => ({ name: c.name, type: withNullable(c.type, true) }));
  const l = type === 'right' || type === 'full' ? nullableSide(left.schema) : left.schema;
  const r = type === 'left' || type === 'full' ? nullableSide(right.schema) : right.schema;
  const schema = type === 'semi' || type === 'anti' ? left.schema : [...l, ...r];
  return { op: 'join', type, left, right, condition, schema, ...more };
}

export const GROUP_ID_COLUMN = '$e';

export function aggregate(
  input: Logical,
  keys: readonly number[],
  groupingSets: readonly (readonly number[])[] | null,
  aggregates: readonly AggregateCall[],
  more: { span?: Span; stateTtl?: number } = {},
): LogicalAggregate {
  const nullable = (position: number): boolean =>
    groupingSets !== null && !groupingSets.every((s) => s.includes(position));
  const keyColumns = keys.map((k, i) => {
    const column = input.schema[k];
    return nullable(i) ? { name: column.name, type: withNullable(column.type, true) } : column;
  });
  const schema = [
    ...keyColumns,
    ...(groupingSets ? [{ name: GROUP_ID_COLUMN, type: BIGINT(false) }] : []),
    ...aggregates.map((a) => ({ name: a.name, type: a.type })),
  ];
  return { op: 'aggregate', input, keys, groupingSets, aggregates, schema, ...more };
}

export function windowTvf(
  input: Logical,
  time: number,
  window: LogicalWindow,
  legacy: boolean,
  span?: Span,
): LogicalWindowTvf {
  const [start, end, windowTime] = windowColumns(input.schema[time].type);
  // The rowtime of an old group window is as nullable as the column it comes from.
  const last = legacy
    ? { ...windowTime, type: withNullable(windowTime.type, input.schema[time].type.nullable) }
    : windowTime;
  const schema = [...input.schema, start, end, last];
  return { op: 'windowTvf', input, time, window, legacy, schema, span };
}

/** window_start and window_end are plain times; window_time is a time attribute again. */
export function windowColumns(time: DataType): Schema {
  const proctime = time.root === 'TIMESTAMP_LTZ' && time.timeAttribute === 'proctime';
  const windowTime: DataType =
    time.root === 'TIMESTAMP_LTZ'
      ? { root: 'TIMESTAMP_LTZ', precision: 3, nullable: false, timeAttribute: proctime ? 'proctime' : 'rowtime' }
      : TIMESTAMP(3, false, 'rowtime');
  return [
    { name: 'window_start', type: TIMESTAMP(3, false) },
    { name: 'window_end', type: TIMESTAMP(3, false) },
    { name: 'window_time', type: windowTime },
  ];
}

export function ordinalityType(): DataType {
  return INT(false);
}

/** Names like Flink's for columns without one: EXPR$0, EXPR$1 by position. */
export function generatedName(position: number): string {
  return `EXPR$${position}`;
}

/** Names made distinct as Calcite does: a, a0, a1. */
export function uniqueNames(names: readonly string[]): readonly string[] {
  const used = new Set<string>();
  return names.map((name) => {
    let candidate = name;
    for (let i = 0; used.has(candidate); i++) candidate = `${name}${i}`;
    used.add(candidate);
    return candidate;
  });
}
