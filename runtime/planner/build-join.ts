import {
  conjunction,
  conjuncts,
  inputsOf,
  mapInputs,
  shiftInputs,
  timeAttributeOf,
  inputOf,
  type Logical,
  type LogicalJoin,
  type LogicalScan,
} from '../binder/index.js';
import { commonType, coerce, type BoundExpr } from '../expressions/index.js';
import {
  StreamcellError,
  typeToString,
  typesEqual,
  withNullable,
  type DataType,
  type Schema,
  type Span,
} from '../types/index.js';
import { calc, select } from './build-calc.js';
import { sourceInfo } from './build-source.js';
import { attached, requireRowtimeWindow } from './build-window.js';
import {
  containsKey,
  draft,
  hashed,
  INSERTS,
  isAppend,
  materialize,
  SINGLE,
  sortKeys,
  unite,
  ANY,
  type ChangeKinds,
  type Draft,
  type WindowProperties,
} from './draft.js';
import { columnsText, durationText, exprText } from './labels.js';
import { durationOption, type PlannerContext } from './options.js';
import type { Distribution, JoinSideUnique, JoinSpec, SourceNode } from './physical.js';
import { timeBounds } from './time-bounds.js';

interface Sides {
  readonly left: Draft;
  readonly right: Draft;
  readonly spec: JoinSpec;
}

/** Chooses the kind of join from the condition and what the inputs carry: temporal, window, interval, or regular. */
export function buildJoin(node: LogicalJoin, context: PlannerContext, build: (n: Logical) => Draft): Draft {
  if (node.asOf) return buildAsOf(node, node.asOf, context, build);
  const left = build(node.left);
  const right = build(node.right);
  const window = windowJoin(node, left, right);
  if (window) return window;
  // Flink joins semi and anti by time bounds as any other condition.
  const interval = node.type === 'semi' || node.type === 'anti' ? null : intervalJoin(node, left, right);
  if (interval) return interval;
  return regularJoin(node, left, right, context);
}

// ---- keys of the condition ----------------------------------------------------------------------------------------

/** Splits a condition into equalities of a left and a right column and what remains; computed sides get columns of their own. */
function equiJoin(type: JoinSpec['type'], givenLeft: Draft, givenRight: Draft, condition: BoundExpr | null): Sides {
  const width = givenLeft.schema.length;
  const pairs: { left: BoundExpr; right: BoundExpr; nullSafe: boolean }[] = [];
  const rest: BoundExpr[] = [];
  for (const c of conjuncts(condition)) {
    const pair = equality(c, width);
    if (pair) pairs.push(pair);
    else rest.push(c);
  }
  const extraLeft: BoundExpr[] = [];
  const extraRight: BoundExpr[] = [];
  const leftKeys = pairs.map((p) => keyColumn(p.left, width, extraLeft));
  const rightKeys = pairs.map((p) => keyColumn(shiftInputs(p.right, -width), givenRight.schema.length, extraRight));
  const left = widen(givenLeft, extraLeft);
  const right = widen(givenRight, extraRight);
  const shift = left.schema.length - width;
  const remaining = conjunction(rest);
  const shifted = remaining && mapInputs(remaining, (e) => (e.index >= width ? { ...e, index: e.index + shift } : e));
  const spec: JoinSpec = { type, leftKeys, rightKeys, nullSafe: pairs.map((p) => p.nullSafe), condition: shifted };
  return { left, right, spec };
}

function equality(c: BoundExpr, width: number): { left: BoundExpr; right: BoundExpr; nullSafe: boolean } | null {
  if (c.kind !== 'call' || (c.fn !== '=' && c.fn !== 'IS NOT DISTINCT FROM')) return null;
  const side = (e: BoundExpr): 'left' | 'right' | null => {
    const used = [...inputsOf(e)];
    if (used.length === 0) return null;
    return used.every((i) => i < width) ? 'left' : used.every((i) => i >= width) ? 'right' : null;
  };
  const [a, b] = c.args;
  const sides = [side(a), side(b)];
  if (!sides.includes('left') || !sides.includes('right')) return null;
  const [left, right] = sides[0] === 'left' ? [a, b] : [b, a];
  if (c.fn !== '=') requireOneType(written(left).type, written(right).type, c.span);
  // Keys are compared as bytes of one type; what the comparison itself would convert is converted here.
  if (!typesEqual(left.type, right.type, { ignoreNullable: true })) {
    const type = commonType([left.type, right.type]);
    if (!type) return null;
    return {
      left: coerce(left, withNullable(type, left.type.nullable)),
      right: coerce(right, withNullable(type, right.type.nullable)),
      nullSafe: c.fn !== '=',
    };
  }
  return { left, right, nullSafe: c.fn !== '=' };
}

/** The expression without what the comparison converts by itself. */
function written(e: BoundExpr): BoundExpr {
  return e.kind === 'cast' && e.implicit === true ? written(e.arg) : e;
}

/** As in Flink, only `=` brings the sides of a join key to one type. */
function requireOneType(left: DataType, right: DataType, span: Span | undefined): void {
  if (typesEqual(left, right, { ignoreNullable: true }) || (isString(left) && isString(right))) return;
  throw new StreamcellError(
    'TYPE_MISMATCH',
    `A join on IS NOT DISTINCT FROM needs one type on both sides, not ${typeToString(left)} and ${typeToString(right)}.`,
    { span, hint: 'CAST one of them.' },
  );
}

function isString(type: DataType): boolean {
  return type.root === 'CHAR' || type.root === 'VARCHAR';
}

function keyColumn(e: BoundExpr, width: number, extra: BoundExpr[]): number {
  if (e.kind === 'input') return e.index;
  extra.push(e);
  return width + extra.length - 1;
}

function widen(input: Draft, extra: readonly BoundExpr[]): Draft {
  if (extra.length === 0) return input;
  return calc(
    input,
    null,
    [...input.schema.map((_, i) => inputOf(input.schema, i)), ...extra],
    [...input.schema.map((c) => c.name), ...extra.map((_, i) => `$k${i}`)],
  );
}

/** The join's output without the key columns that `widen` added. */
function narrow(made: Draft, node: LogicalJoin, left: Draft): Draft {
  const leftWidth = node.left.schema.length;
  const names = node.schema.map((c) => c.name);
  if (node.type === 'semi' || node.type === 'anti') return select(made, range(0, leftWidth), names);
  return select(made, [...range(0, leftWidth), ...range(left.schema.length, node.right.schema.length)], names);
}

function range(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

function nullable(schema: Schema, yes: boolean): Schema {
  return yes ? schema.map((c) => ({ name: c.name, type: withNullable(c.type, true) })) : schema;
}

function joinSchema(type: JoinSpec['type'], left: Schema, right: Schema): Schema {
  if (type === 'semi' || type === 'anti') return left;
  return [
    ...nullable(left, type === 'right' || type === 'full'),
    ...nullable(right, type === 'left' || type === 'full'),
  ];
}

function distribution(spec: JoinSpec): readonly [Distribution, Distribution] {
  return spec.leftKeys.length === 0 ? [SINGLE, SINGLE] : [hashed(spec.leftKeys), hashed(spec.rightKeys)];
}

function joinText(spec: JoinSpec, left: Schema, right: Schema): string {
  const names = {
    inner: 'InnerJoin',
    left: 'LeftOuterJoin',
    right: 'RightOuterJoin',
    full: 'FullOuterJoin',
    semi: 'LeftSemiJoin',
    anti: 'LeftAntiJoin',
  };
  const equal = spec.leftKeys.map(
    (k, i) => `${left[k].name} ${spec.nullSafe[i] ? 'IS NOT DISTINCT FROM' : '='} ${right[spec.rightKeys[i]].name}`,
  );
  const rest = spec.condition ? conjuncts(spec.condition).map((c) => exprText(c, [...left, ...right])) : [];
  return `joinType=[${names[spec.type]}], where=[${[...equal, ...rest].join(' AND ') || 'true'}]`;
}

/** Keys of the joined rows: a side's keys hold on when the other side has at most one match; both sides' together always do. */
function joinKeys(spec: JoinSpec, left: Draft, right: Draft): Draft['keys'] {
  const withKey = (d: Draft, keys: readonly number[]): readonly (readonly number[])[] =>
    d.keys.filter((k) => keys.every((c) => k.includes(c)));
  // Rows of one upsert key must meet in one subtask, in order: only keys that contain the join key survive a change.
  const leftKeys = isAppend(left.kinds) ? left.keys : withKey(left, spec.leftKeys);
  const rightKeys = isAppend(right.kinds) ? right.keys : withKey(right, spec.rightKeys);
  if (spec.type === 'semi' || spec.type === 'anti') return leftKeys;
  const shift = left.schema.length;
  const moved = rightKeys.map((k) => k.map((c) => c + shift));
  const result: (readonly number[])[] = leftKeys.flatMap((l) => moved.map((r) => [...l, ...r]));
  const noNullLeft = spec.type === 'inner' || spec.type === 'left';
  const noNullRight = spec.type === 'inner' || spec.type === 'right';
  if (containsKey(right.keys, spec.rightKeys) && noNullLeft) result.push(...leftKeys);
  if (containsKey(left.keys, spec.leftKeys) && noNullRight) result.push(...moved);
  return sortKeys(result);
}

// ---- regular ------------------------------------------------------------------------------------------------------

function regularJoin(node: LogicalJoin, givenLeft: Draft, givenRight: Draft, context: PlannerContext): Draft {
  const { left, right, spec } = equiJoin(node.type, givenLeft, givenRight, node.condition);
  const ttl = durationOption(context.options, 'table.exec.state.ttl', 0);
  const outer = node.type === 'left' || node.type === 'right' || node.type === 'full' || node.type === 'anti';
  const below = unite(left.kinds, right.kinds);
  const semiKinds: ChangeKinds = { update: left.kinds.update, delete: left.kinds.delete || !isAppend(right.kinds) };
  const kinds = node.type === 'semi' ? semiKinds : { update: below.update, delete: below.delete || outer };
  const [leftAt, rightAt] = distribution(spec);
  const made = draft(
    {
      op: 'join',
      join: spec,
      leftUnique: uniqueWithin(left, spec.leftKeys),
      rightUnique: uniqueWithin(right, spec.rightKeys),
      leftRetracts: !isAppend(left.kinds),
      rightRetracts: !isAppend(right.kinds),
      leftTtl: node.leftTtl ?? ttl,
      rightTtl: node.rightTtl ?? ttl,
    },
    [left, right],
    {
      schema: materialize(joinSchema(node.type, left.schema, right.schema)),
      kinds,
      keys: joinKeys(spec, left, right),
      distribution: [leftAt, rightAt],
      label: `Join(${joinText(spec, left.schema, right.schema)})`,
      span: node.span,
    },
  );
  return narrow(made, node, left);
}

function uniqueWithin(side: Draft, joinKeys: readonly number[]): JoinSideUnique {
  if (containsKey(side.keys, joinKeys)) return { kind: 'joinKey' };
  const smallest = side.keys[0];
  return smallest && smallest.length > 0 ? { kind: 'columns', columns: smallest } : { kind: 'none' };
}

// ---- window join --------------------------------------------------------------------------------------------------

/** Both inputs windowed alike, and the condition equates both bounds. */
function windowJoin(node: LogicalJoin, left: Draft, right: Draft): Draft | null {
  if (!left.window || !right.window) return null;
  const width = left.schema.length;
  const leftWindow = attached(left.window);
  const rightWindow = attached(right.window);
  if (!leftWindow || !rightWindow || !sameWindows(left.window, right.window)) return null;
  let start = false;
  let end = false;
  const rest: BoundExpr[] = [];
  for (const c of conjuncts(node.condition)) {
    const pair = equality(c, width);
    const l = pair?.left.kind === 'input' ? pair.left.index : -1;
    const r = pair?.right.kind === 'input' ? pair.right.index - width : -1;
    if (left.window.start.includes(l) && right.window.start.includes(r)) start = true;
    else if (left.window.end.includes(l) && right.window.end.includes(r)) end = true;
    else rest.push(c);
  }
  if (!start || !end) return null;
  requireRowtimeWindow('Window Join', left.window, node.span);
  requireInserts(node, 'A window join', left, right);
  const sides = equiJoin(node.type, left, right, conjunction(rest));
  const [leftAt, rightAt] = distribution(sides.spec);
  const shift = sides.left.schema.length;
  const semi = node.type === 'semi' || node.type === 'anti';
  const fromLeft = node.type !== 'right';
  const window: WindowProperties = {
    ...left.window,
    partition: fromLeft ? left.window.partition : (right.window.partition?.map((c) => c + shift) ?? null),
    start: [
      ...(fromLeft ? left.window.start : []),
      ...(semi || node.type === 'left' ? [] : right.window.start.map((c) => c + shift)),
    ],
    end: [
      ...(fromLeft ? left.window.end : []),
      ...(semi || node.type === 'left' ? [] : right.window.end.map((c) => c + shift)),
    ],
    time: [
      ...(fromLeft ? left.window.time : []),
      ...(semi || node.type === 'left' ? [] : right.window.time.map((c) => c + shift)),
    ],
  };
  const made = draft({ op: 'windowJoin', join: sides.spec, leftWindow, rightWindow }, [sides.left, sides.right], {
    schema: joinSchema(node.type, sides.left.schema, sides.right.schema),
    kinds: INSERTS,
    distribution: [leftAt, rightAt],
    window: node.type === 'full' ? null : window,
    label: `WindowJoin(window=[win_start=[${left.schema[leftWindow.kind === 'attached' ? leftWindow.start : 0].name}], win_end=[${
      left.schema[leftWindow.kind === 'attached' ? leftWindow.end : 0].name
    }]], ${joinText(sides.spec, sides.left.schema, sides.right.schema)})`,
    span: node.span,
  });
  return narrow(made, node, sides.left);
}

function sameWindows(a: WindowProperties, b: WindowProperties): boolean {
  const plain = (w: WindowProperties): string =>
    JSON.stringify(w.spec.kind === 'session' ? { kind: 'session', gap: w.spec.gap } : w.spec);
  return plain(a) === plain(b) && a.rowtime === b.rowtime;
}

function requireInserts(node: LogicalJoin, what: string, ...sides: readonly Draft[]): void {
  if (sides.every((s) => isAppend(s.kinds))) return;
  throw new StreamcellError('CHANGELOG_MODE', `${what} takes inserts only, but an input has updates or deletes.`, {
    span: node.span,
  });
}

// ---- interval join ------------------------------------------------------------------------------------------------

function intervalJoin(node: LogicalJoin, left: Draft, right: Draft): Draft | null {
  const condition = node.condition && currentTimes(node.condition, left.schema, right.schema);
  const bounds = timeBounds(condition, left.schema, right.schema);
  if (!bounds) return null;
  requireInserts(node, 'An interval join', left, right);
  const sides = equiJoin(node.type, left, right, conjunction(bounds.rest));
  const [leftAt, rightAt] = distribution(sides.spec);
  const made = draft(
    {
      op: 'intervalJoin',
      join: sides.spec,
      rowtime: bounds.rowtime,
      leftTime: bounds.left,
      rightTime: bounds.right,
      lower: bounds.lower,
      upper: bounds.upper,
    },
    [sides.left, sides.right],
    {
      schema: joinSchema(node.type, sides.left.schema, sides.right.schema),
      kinds: INSERTS,
      distribution: [leftAt, rightAt],
      keys: joinKeys(sides.spec, sides.left, sides.right),
      label: `IntervalJoin(${joinText(sides.spec, sides.left.schema, sides.right.schema)}, windowBounds=[isRowTime=${bounds.rowtime}, lower=${durationText(
        bounds.lower,
      )}, upper=${durationText(bounds.upper)}, leftTime=${left.schema[bounds.left].name}, rightTime=${right.schema[bounds.right].name}])`,
      span: node.span,
    },
  );
  return narrow(made, node, sides.left);
}

/** Types of the condition's columns as the drafts have them (a time attribute may be gone). */
function currentTimes(condition: BoundExpr, left: Schema, right: Schema): BoundExpr {
  const all = [...left, ...right];
  return mapInputs(condition, (e) =>
    timeAttributeOf(e.type) !== null && timeAttributeOf(all[e.index].type) === null
      ? { ...e, type: all[e.index].type }
      : e,
  );
}

// ---- FOR SYSTEM_TIME AS OF ----------------------------------------------------------------------------------------

function buildAsOf(node: LogicalJoin, asOf: BoundExpr, context: PlannerContext, build: (n: Logical) => Draft): Draft {
  const left = build(node.left);
  const time = asOf.kind === 'input' ? asOf.index : -1;
  const attribute = time >= 0 ? timeAttributeOf(left.schema[time].type) : null;
  if (attribute === null) {
    throw new StreamcellError(
      'TIME_ATTRIBUTE_REQUIRED',
      'FOR SYSTEM_TIME AS OF needs a time attribute of the left table.',
      { span: node.span },
    );
  }
  if (attribute === 'proctime') return lookupJoin(node, left, context, build);
  return temporalJoin(node, left, time, build);
}

function temporalJoin(node: LogicalJoin, givenLeft: Draft, time: number, build: (n: Logical) => Draft): Draft {
  const givenRight = build(node.right);
  const rightTime = givenRight.schema.findIndex((c) => timeAttributeOf(c.type) === 'rowtime');
  if (rightTime < 0) {
    throw new StreamcellError(
      'TIME_ATTRIBUTE_REQUIRED',
      'Event-Time Temporal Table Join requires both primary key and row time attribute in versioned table, but no row time attribute can be found.',
      {
        span: node.span,
      },
    );
  }
  const { left, right, spec } = equiJoin(node.type, givenLeft, givenRight, node.condition);
  if (spec.leftKeys.length === 0) {
    throw new StreamcellError(
      'QUERY_INVALID',
      'Temporal table join requires an equality condition on fields of the temporal table.',
      { span: node.span },
    );
  }
  if (!right.keys.some((k) => k.length > 0 && k.every((c) => spec.rightKeys.includes(c)))) {
    throw new StreamcellError(
      'QUERY_INVALID',
      right.keys.length === 0
        ? 'Event-Time Temporal Table Join requires both primary key and row time attribute in versioned table, but no primary key can be found.'
        : "Temporal table's primary key must be included in the equivalence condition of temporal join.",
      { span: node.span },
    );
  }
  const [leftAt, rightAt] = distribution(spec);
  const made = draft(
    { op: 'temporalJoin', join: spec, rowtime: true, leftTime: time, rightTime, rightRetracts: !isAppend(right.kinds) },
    [left, right],
    {
      schema: [...left.schema, ...materialize(nullable(right.schema, node.type === 'left'))],
      kinds: left.kinds,
      keys: left.keys,
      distribution: [leftAt, rightAt],
      label: `TemporalJoin(${joinText(spec, left.schema, right.schema)}, leftTime=${left.schema[time].name}, rightTime=${right.schema[rightTime].name})`,
      span: node.span,
    },
  );
  return narrow(made, node, left);
}

/** Processing time: the right side is asked per row, or, bounded, read whole before. */
function lookupJoin(node: LogicalJoin, givenLeft: Draft, context: PlannerContext, build: (n: Logical) => Draft): Draft {
  const chain = tableChain(node.right);
  if (!chain)
    throw new StreamcellError(
      'SQL_UNSUPPORTED',
      'A processing-time temporal join with a query or view is not supported; it takes a table.',
      { span: node.span },
    );
  const info = sourceInfo(chain.scan, context);
  if (!info.lookup && !info.bounded) {
    throw new StreamcellError(
      'SQL_UNSUPPORTED',
      `Processing-time temporal join with the unbounded table '${chain.scan.table.path.name}' is not supported: its connector serves no lookups.`,
      {
        span: node.span,
      },
    );
  }
  const table = build(chain.scan);
  const source = table.spec;
  if (source.op !== 'source') {
    throw new StreamcellError(
      'SQL_UNSUPPORTED',
      'A processing-time temporal join with a changelog table is not supported.',
      { span: node.span },
    );
  }
  const right = draft({ op: 'values', rows: [] }, [], { schema: chain.schema, label: 'table' });
  const sides = equiJoin(node.type, givenLeft, right, node.condition);
  if (sides.spec.leftKeys.length === 0) {
    throw new StreamcellError('QUERY_INVALID', 'Lookup join requires an equality condition on fields of the table.', {
      span: node.span,
    });
  }
  const extra = sides.right.spec.op === 'calc' ? sides.right.spec.projections.slice(chain.schema.length) : [];
  const tableProjections = [...chain.projections, ...extra.map((e) => mapInputs(e, (i) => chain.projections[i.index]))];
  const tableSource: SourceNode = source;
  const keys = node.type === 'inner' || node.type === 'left' ? sides.left.keys : [];
  const unique = chain.scan.table.primaryKey?.columns.every((k) => {
    const at = chain.scan.columns.findIndex((c) => c.name === k);
    return sides.spec.rightKeys.some((r) => {
      const p = chain.projections[r];
      return p?.kind === 'input' && p.index === at;
    });
  });
  const made = draft(
    {
      op: 'lookupJoin',
      join: sides.spec,
      table: tableSource,
      tableSchema: chain.scan.schema,
      tableCondition: chain.condition,
      tableProjections,
    },
    [sides.left],
    {
      schema: [...sides.left.schema, ...nullable(materialize(sides.right.schema), node.type === 'left')],
      kinds: sides.left.kinds,
      keys: unique ? keys : [],
      distribution: [ANY],
      label: `LookupJoin(table=[${chain.scan.table.path.catalog}.${chain.scan.table.path.database}.${chain.scan.table.path.name}], ${joinText(
        sides.spec,
        sides.left.schema,
        sides.right.schema,
      )}, select=[${columnsText(range(0, sides.left.schema.length), sides.left.schema)}])`,
      span: node.span,
    },
  );
  return narrow(made, node, sides.left);
}

interface TableChain {
  readonly scan: LogicalScan;
  readonly condition: BoundExpr | null;
  readonly projections: readonly BoundExpr[];
  readonly schema: Schema;
}

/** scan, with projections, filters and watermarks over it, as one condition and projections over the scan. */
function tableChain(node: Logical): TableChain | null {
  switch (node.op) {
    case 'scan':
      return {
        scan: node,
        condition: null,
        projections: node.schema.map((_, i) => inputOf(node.schema, i)),
        schema: node.schema,
      };
    case 'watermark': {
      const below = tableChain(node.input);
      return below && { ...below, schema: node.schema };
    }
    case 'filter': {
      const below = tableChain(node.input);
      if (!below) return null;
      const over = mapInputs(node.condition, (e) => below.projections[e.index]);
      return { ...below, condition: conjunction([...conjuncts(below.condition), over]) };
    }
    case 'project': {
      const below = tableChain(node.input);
      if (!below) return null;
      return {
        ...below,
        projections: node.exprs.map((x) => mapInputs(x, (e) => below.projections[e.index])),
        schema: node.schema,
      };
    }
    default:
      return null;
  }
}
