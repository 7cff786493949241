import {
  inputOf,
  inputsOf,
  isDeterministic,
  mapChildren,
  mapInputs,
  nodes,
  timeAttributeOf,
  withoutTimeAttribute,
  type Logical,
  type LogicalMatch,
  type LogicalScan,
  type LogicalSortKey,
} from '../../binder/index.js';
import type { AggregateCall, BoundExpr } from '../../expressions/index.js';
import type { PathReader } from '../../expressions/row-pattern.js';
import { withNullable, type DataType, type Schema } from '../../types/index.js';

/** A column, or a field nested within it, that somebody above reads. */
interface Need {
  readonly column: number;
  readonly path: readonly number[];
}

interface Pruned {
  readonly node: Logical;
  /** What each output column of `node` is, in terms of the node that was pruned. */
  readonly columns: readonly Need[];
}

/** What every scan of one table reads, when several scans read the same: they then become one source. */
export type SharedColumns = ReadonlyMap<string, readonly (readonly string[])[]>;

/**
 * Narrows every node to the columns, and fields of ROW columns, that are read above it; the narrowing ends in the scan, so that formats decode
 * only what is wanted. Nodes that compare whole rows (DISTINCT inputs of set operations) keep all.
 */
export interface PruneOptions {
  /** Whether fields of ROW columns can be read alone. */
  readonly nested: (scan: LogicalScan) => boolean;
  /** Columns that are read in any case. */
  readonly required: (scan: LogicalScan) => readonly string[];
}

export function prune(root: Logical, options: PruneOptions): Logical {
  const first = new Pruner(options, new Map());
  const plain = first.root(root);
  const shared = new Map([...first.scans].filter(([, s]) => s.uses > 1).map(([key, s]) => [key, s.paths]));
  return shared.size === 0 ? plain : new Pruner(options, shared).root(root);
}

export function scanKey(scan: LogicalScan): string {
  return JSON.stringify([scan.table.path, scan.options]);
}

class Pruner {
  /** Per table: how often it is scanned, and all paths read. */
  readonly scans = new Map<string, { uses: number; paths: string[][] }>();

  constructor(
    private readonly options: PruneOptions,
    private readonly shared: SharedColumns,
  ) {}

  root(node: Logical): Logical {
    const all = node.schema.map((_, column) => ({ column, path: [] }));
    return this.exactly(node, all);
  }

  /** The node with exactly these whole columns, in order. */
  private exactly(node: Logical, needs: readonly Need[]): Logical {
    const pruned = this.visit(node, needs);
    const exprs = needs.map((n) => access(pruned, n, node.schema));
    if (exprs.length === pruned.node.schema.length && exprs.every((e, i) => e.kind === 'input' && e.index === i))
      return pruned.node;
    return nodes.project(
      pruned.node,
      exprs,
      needs.map((n) => node.schema[n.column].name),
    );
  }

  /** The input of a node that keeps rows: nothing may enter its state that only conditions below have read. */
  private narrowed(node: Logical, wanted: readonly Need[]): Pruned {
    const needs = minimal(wanted);
    const pruned = this.visit(node, needs);
    if (pruned.columns.length <= needs.length) return pruned;
    const exprs = needs.map((n) => access(pruned, n, node.schema));
    return {
      node: nodes.project(
        pruned.node,
        exprs,
        needs.map((n) => needName(n, node.schema)),
        node.span,
      ),
      columns: needs,
    };
  }

  private visit(node: Logical, wanted: readonly Need[]): Pruned {
    const needs = minimal(wanted);
    switch (node.op) {
      case 'scan':
        return this.scan(node, needs);
      case 'values': {
        const columns = whole(needs);
        const indexes = columns.map((c) => c.column);
        return {
          node: {
            ...node,
            rows: node.rows.map((r) => indexes.map((i) => r[i])),
            schema: indexes.map((i) => node.schema[i]),
          },
          columns,
        };
      }
      case 'project':
        return this.project(node, needs);
      case 'filter': {
        const below = this.visit(node.input, [...needs, ...read(node.condition)]);
        return {
          node: nodes.filter(below.node, rewrite(node.condition, below, node.input.schema), node.span),
          columns: below.columns,
        };
      }
      case 'watermark': {
        const below = this.visit(node.input, [...needs, { column: node.rowtime, path: [] }, ...read(node.expression)]);
        const rowtime = below.columns.findIndex((c) => c.column === node.rowtime && c.path.length === 0);
        const schema = below.node.schema.map((c, i) =>
          i === rowtime ? { name: c.name, type: node.schema[node.rowtime].type } : c,
        );
        const expression = rewrite(node.expression, below, node.input.schema);
        return { node: { ...node, input: below.node, rowtime, expression, schema }, columns: below.columns };
      }
      case 'aggregate':
        return this.aggregate(node, needs);
      case 'join':
        return this.join(node, needs);
      case 'windowTvf': {
        const width = node.input.schema.length;
        const partition = node.window.kind === 'session' ? node.window.partitionKeys : [];
        const inner = [...needs.filter((n) => n.column < width), ...[node.time, ...partition].map(asNeed)];
        const below = this.visit(node.input, inner);
        const window =
          node.window.kind === 'session'
            ? { ...node.window, partitionKeys: partition.map((k) => place(below, k)) }
            : node.window;
        const made = nodes.windowTvf(below.node, place(below, node.time), window, node.legacy, node.span);
        return { node: made, columns: [...below.columns, ...[0, 1, 2].map((i) => asNeed(width + i))] };
      }
      case 'setOperation': {
        const columns = node.operation === 'union' && node.all ? whole(needs) : node.schema.map((_, i) => asNeed(i));
        const inputs = node.inputs.map((n) => this.exactly(n, columns));
        return { node: { ...node, inputs, schema: columns.map((c) => node.schema[c.column]) }, columns };
      }
      case 'sort': {
        const below = this.narrowed(node.input, [...needs, ...node.keys.map((k) => asNeed(k.column))]);
        return {
          node: { ...node, input: below.node, keys: placeKeys(node.keys, below), schema: below.node.schema },
          columns: below.columns,
        };
      }
      case 'over': {
        const width = node.input.schema.length;
        const used = node.calls.map((_, i) => i).filter((i) => needs.some((n) => n.column === width + i));
        if (used.length === 0) return this.visit(node.input, needs);
        const calls = used.map((i) => node.calls[i]);
        const inner = [
          ...needs.filter((n) => n.column < width),
          ...[...node.partitionKeys, ...node.sort.map((k) => k.column), ...calls.flatMap(callColumns)].map(asNeed),
        ];
        const below = this.narrowed(node.input, inner);
        const made = calls.map((c) => placeCall(c, below));
        return {
          node: {
            ...node,
            input: below.node,
            partitionKeys: node.partitionKeys.map((k) => place(below, k)),
            sort: placeKeys(node.sort, below),
            calls: made,
            schema: [...below.node.schema, ...made.map((c) => ({ name: c.name, type: c.type }))],
          },
          columns: [...below.columns, ...used.map((i) => asNeed(width + i))],
        };
      }
      case 'rank': {
        const width = node.input.schema.length;
        const outputRank = node.outputRank && needs.some((n) => n.column === width);
        const inner = [
          ...needs.filter((n) => n.column < width),
          ...[...node.partitionKeys, ...node.sort.map((k) => k.column)].map(asNeed),
        ];
        const below = this.narrowed(node.input, inner);
        return {
          node: {
            ...node,
            input: below.node,
            partitionKeys: node.partitionKeys.map((k) => place(below, k)),
            sort: placeKeys(node.sort, below),
            outputRank,
            schema: outputRank ? [...below.node.schema, node.schema[width]] : below.node.schema,
          },
          columns: outputRank ? [...below.columns, asNeed(width)] : below.columns,
        };
      }
      case 'match':
        return this.match(node);
      case 'unnest': {
        const width = node.input.schema.length;
        const inner = [
          ...needs.filter((n) => n.column < width),
          ...read(node.collection),
          ...(node.condition ? read(node.condition).filter((n) => n.column < width) : []),
        ];
        const below = this.visit(node.input, inner);
        const elements = node.schema.slice(width);
        const columns = [...below.columns, ...elements.map((_, i) => asNeed(width + i))];
        const schema = [...below.node.schema, ...elements];
        const made: Logical = {
          ...node,
          input: below.node,
          collection: rewrite(node.collection, below, node.input.schema),
          condition: null,
          schema,
        };
        const whole = { node: made, columns };
        return { node: { ...made, condition: node.condition && rewrite(node.condition, whole, node.schema) }, columns };
      }
    }
  }

  /** Measures are few and stay; what they and the conditions read is whole columns. */
  private match(node: LogicalMatch): Pruned {
    const { pattern, input } = node;
    const width = input.schema.length;
    const definitions = pattern.variables.flatMap((v) => (v.definition === null ? [] : [v.definition]));
    const readers = [...pattern.readers, ...definitions.flatMap((d) => d.readers)];
    const used = [
      ...node.partitionKeys,
      ...node.sort.map((k) => k.column),
      ...readers.flatMap(readerColumns),
      ...definitions.flatMap((d) => [...inputsOf(d.condition)].filter((i) => i < width)),
    ];
    const below = this.narrowed(input, used.map(asNeed));
    const after = below.node.schema.length;
    const move = (r: PathReader): PathReader =>
      r.kind === 'row'
        ? { ...r, column: place(below, r.column) }
        : r.kind === 'aggregate'
          ? { ...r, columns: r.columns.map((c) => place(below, c)) }
          : r;
    const made: LogicalMatch = {
      ...node,
      input: below.node,
      partitionKeys: node.partitionKeys.map((k) => place(below, k)),
      sort: placeKeys(node.sort, below),
      pattern: {
        ...pattern,
        readers: pattern.readers.map(move),
        variables: pattern.variables.map((v) => ({
          ...v,
          definition: v.definition && {
            readers: v.definition.readers.map(move),
            condition: mapInputs(v.definition.condition, (e) => ({
              ...e,
              index: e.index < width ? place(below, e.index) : e.index - width + after,
            })),
          },
        })),
      },
    };
    return { node: made, columns: node.schema.map((_, i) => asNeed(i)) };
  }

  private project(node: Logical & { op: 'project' }, needs: readonly Need[]): Pruned {
    // A need for a field of an expression that is itself a column or field goes through; of any other expression the whole is computed.
    const kept = this.sharedProjection(
      node,
      minimal(needs.map((n) => (n.path.length > 0 && chain(node.exprs[n.column]) ? n : asNeed(n.column)))),
    );
    const exprs = kept.map((n) => fieldsOf(node.exprs[n.column], n.path));
    const below = this.visit(node.input, exprs.flatMap(read));
    const rewritten = exprs.map((e) => rewrite(e, below, node.input.schema));
    const names = kept.map((n) => needName(n, node.schema));
    return { node: nodes.project(below.node, rewritten, names, node.span), columns: kept };
  }

  private required(scan: LogicalScan, schema: Schema): readonly Need[] {
    return this.options.required(scan).map((name) => asNeed(schema.findIndex((c) => c.name === name)));
  }

  /** The projection that adds a table's computed columns: all readers of the table take what any of them needs, so that they can share it. */
  private sharedProjection(node: Logical & { op: 'project' }, needs: readonly Need[]): readonly Need[] {
    if (node.input.op !== 'scan' || node.exprs.length !== node.input.table.columns.length) return needs;
    const key = `computed ${scanKey(node.input)}`;
    const entry = this.scans.get(key) ?? { uses: 0, paths: [] };
    const fixed = needs.filter((n) => isDeterministic(node.exprs[n.column]));
    const paths = fixed.map((n) => [node.schema[n.column].name, ...fieldNames(node.schema[n.column].type, n.path)]);
    this.scans.set(key, { uses: entry.uses + 1, paths: [...entry.paths, ...paths] });
    const shared = this.shared.get(key) ?? [];
    const all = minimal([
      ...needs,
      ...this.required(node.input, node.schema),
      ...shared.map((p) => needIn(node.schema, p)),
    ]);
    return [...all].sort((a, b) => a.column - b.column || comparePaths(a.path, b.path));
  }

  private aggregate(node: Logical & { op: 'aggregate' }, needs: readonly Need[]): Pruned {
    const base = node.keys.length + (node.groupingSets ? 1 : 0);
    const used = node.aggregates.map((_, i) => i).filter((i) => needs.some((n) => n.column === base + i));
    const calls = used.map((i) => node.aggregates[i]);
    const below = this.narrowed(node.input, [...node.keys, ...calls.flatMap(callColumns)].map(asNeed));
    const made = nodes.aggregate(
      below.node,
      node.keys.map((k) => place(below, k)),
      node.groupingSets,
      calls.map((c) => placeCall(c, below)),
      { span: node.span, stateTtl: node.stateTtl },
    );
    const leading = Array.from({ length: base }, (_, i) => asNeed(i));
    return { node: made, columns: [...leading, ...used.map((i) => asNeed(base + i))] };
  }

  private join(node: Logical & { op: 'join' }, needs: readonly Need[]): Pruned {
    const width = node.left.schema.length;
    const all = [...needs, ...(node.condition ? read(node.condition) : [])];
    const asOf = node.asOf ? read(node.asOf) : [];
    // A versioned table is ordered by its rowtime, which no expression mentions.
    const versions = node.asOf
      ? node.right.schema.flatMap((c, i) => (timeAttributeOf(c.type) === 'rowtime' ? [asNeed(i)] : []))
      : [];
    const left = this.narrowed(node.left, [...all.filter((n) => n.column < width), ...asOf]);
    const right = this.narrowed(node.right, [
      ...all.filter((n) => n.column >= width).map((n) => ({ column: n.column - width, path: n.path })),
      ...versions,
    ]);
    const both: Need[] = [...left.columns, ...right.columns.map((c) => ({ column: c.column + width, path: c.path }))];
    const schema: Schema = [...node.left.schema, ...node.right.schema];
    const wide: Pruned = {
      node: { ...left.node, schema: [...left.node.schema, ...right.node.schema] } as Logical,
      columns: both,
    };
    const condition = node.condition && rewrite(node.condition, wide, schema);
    const made = nodes.join(node.type, left.node, right.node, condition, {
      span: node.span,
      asOf: node.asOf && rewrite(node.asOf, left, node.left.schema),
      leftTtl: node.leftTtl,
      rightTtl: node.rightTtl,
    });
    return { node: made, columns: node.type === 'semi' || node.type === 'anti' ? left.columns : both };
  }

  private scan(node: LogicalScan, needs: readonly Need[]): Pruned {
    const key = scanKey(node);
    const nested = this.options.nested(node);
    const required = this.required(node, node.schema);
    let columns: readonly Need[] = minimal(
      [...needs, ...required].map((n) =>
        nested && node.columns[n.column].from.kind === 'physical' ? n : asNeed(n.column),
      ),
    );
    const paths = columns.map((c) => pathNames(node, c));
    const entry = this.scans.get(key) ?? { uses: 0, paths: [] };
    this.scans.set(key, { uses: entry.uses + 1, paths: [...entry.paths, ...paths] });
    const shared = this.shared.get(key);
    if (shared) columns = minimal([...columns, ...shared.map((p) => needOf(node, p))]);
    // Declared order makes equal scans equal.
    columns = [...columns].sort((a, b) => a.column - b.column || comparePaths(a.path, b.path));
    const schema = columns.map((c) => ({
      name: needName(c, node.schema),
      type: typeAt(node.schema[c.column].type, c.path),
    }));
    const made: LogicalScan = {
      ...node,
      columns: columns.map((c, i) => {
        const { from } = node.columns[c.column];
        return {
          name: schema[i].name,
          from:
            from.kind === 'physical'
              ? { kind: 'physical', path: [...from.path, ...fieldNames(node.schema[c.column].type, c.path)] }
              : from,
        };
      }),
      schema,
    };
    return { node: made, columns };
  }
}

function pathNames(scan: LogicalScan, need: Need): string[] {
  const { from } = scan.columns[need.column];
  return from.kind === 'metadata'
    ? ['\0', scan.columns[need.column].name]
    : [scan.columns[need.column].name, ...fieldNames(scan.schema[need.column].type, need.path)];
}

function needOf(scan: LogicalScan, path: readonly string[]): Need {
  return needIn(scan.schema, path[0] === '\0' ? path.slice(1) : path);
}

function needIn(schema: Schema, path: readonly string[]): Need {
  const [first, ...rest] = path;
  const column = schema.findIndex((c) => c.name === first);
  const indexes: number[] = [];
  let type = schema[column].type;
  for (const name of rest) {
    if (type.root !== 'ROW') break;
    const i = type.fields.findIndex((f) => f.name === name);
    indexes.push(i);
    type = type.fields[i].type;
  }
  return { column, path: indexes };
}

function fieldNames(type: DataType, path: readonly number[]): string[] {
  const names: string[] = [];
  let current = type;
  for (const i of path) {
    if (current.root !== 'ROW') break;
    names.push(current.fields[i].name);
    current = current.fields[i].type;
  }
  return names;
}

function needName(need: Need, schema: Schema): string {
  const column = schema[need.column];
  return [column.name, ...fieldNames(column.type, need.path)].join('.');
}

function typeAt(type: DataType, path: readonly number[]): DataType {
  return path.reduce((t, i) => {
    if (t.root !== 'ROW') return t;
    const inner = t.fields[i].type;
    return withNullable(inner, inner.nullable || t.nullable);
  }, type);
}

function comparePaths(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

function asNeed(column: number): Need {
  return { column, path: [] };
}

function isPrefix(a: readonly number[], b: readonly number[]): boolean {
  return a.length <= b.length && a.every((x, i) => x === b[i]);
}

/** Without duplicates and without fields of what is needed as a whole; in order of first mention. */
function minimal(needs: readonly Need[]): readonly Need[] {
  const result: Need[] = [];
  needs.forEach((n, at) => {
    const covered = needs.some(
      (m, i) => m.column === n.column && isPrefix(m.path, n.path) && (m.path.length < n.path.length || i < at),
    );
    if (!covered) result.push(n);
  });
  return result;
}

function whole(needs: readonly Need[]): readonly Need[] {
  return minimal(needs.map((n) => asNeed(n.column)));
}

/** A column, or fields of one: what a need can be traced through. */
function chain(expr: BoundExpr): Need | null {
  if (expr.kind === 'input') return asNeed(expr.index);
  if (expr.kind !== 'field') return null;
  const inner = chain(expr.arg);
  return inner && { column: inner.column, path: [...inner.path, expr.index] };
}

function read(expr: BoundExpr): Need[] {
  const direct = chain(expr);
  if (direct) return [direct];
  const needs: Need[] = [];
  mapChildren(expr, (c) => {
    needs.push(...read(c));
    return c;
  });
  return needs;
}

function fieldsOf(expr: BoundExpr, path: readonly number[]): BoundExpr {
  return path.reduce<BoundExpr>((e, index) => {
    if (e.type.root !== 'ROW') return e;
    const inner = e.type.fields[index].type;
    return { kind: 'field', arg: e, index, type: withNullable(inner, inner.nullable || e.type.nullable) };
  }, expr);
}

/** A need as an expression over the pruned node. `schema` is that of the node before. */
function access(pruned: Pruned, need: Need, schema: Schema): BoundExpr {
  const at = pruned.columns.findIndex((c) => c.column === need.column && isPrefix(c.path, need.path));
  if (at < 0) throw new Error(`column ${schema[need.column]?.name ?? need.column} was pruned away`);
  return fieldsOf(inputOf(pruned.node.schema, at), need.path.slice(pruned.columns[at].path.length));
}

function rewrite(expr: BoundExpr, pruned: Pruned, schema: Schema): BoundExpr {
  const direct = chain(expr);
  if (direct) {
    const made = access(pruned, direct, schema);
    // The declared type may say more (NOT NULL by a cast): only time attributes follow the input.
    return expr.type.nullable === made.type.nullable
      ? { ...made, span: expr.span }
      : { ...made, type: keep(expr.type, made.type), span: expr.span };
  }
  return mapChildren(expr, (c) => rewrite(c, pruned, schema));
}

function keep(declared: DataType, actual: DataType): DataType {
  return withNullable('timeAttribute' in actual ? actual : withoutTimeAttribute(declared), declared.nullable);
}

function place(pruned: Pruned, column: number): number {
  return pruned.columns.findIndex((c) => c.column === column && c.path.length === 0);
}

function placeKeys(keys: readonly LogicalSortKey[], pruned: Pruned): readonly LogicalSortKey[] {
  return keys.map((k) => ({ ...k, column: place(pruned, k.column) }));
}

function readerColumns(reader: PathReader): readonly number[] {
  if (reader.kind === 'time') return [];
  return reader.kind === 'row' ? [reader.column] : reader.columns;
}

function callColumns(call: AggregateCall): readonly number[] {
  return call.filter === null ? call.args : [...call.args, call.filter];
}

function placeCall(call: AggregateCall, pruned: Pruned): AggregateCall {
  return {
    ...call,
    args: call.args.map((a) => place(pruned, a)),
    filter: call.filter === null ? null : place(pruned, call.filter),
  };
}
