import type { Expr, Query } from '../parser/ast.js';
import { StreamcellError, type DataType, type Span } from '../types/index.js';
import { coerce } from './expression-binder.js';
import { inputOf } from './expr-tools.js';
import type { Logical } from './logical.js';
import { project } from './nodes.js';
import type { Scope } from './scope.js';
import type { BindSession } from './session.js';

/** What surrounds a query: common tables by name, and the scope around a correlated one. */
export interface QueryContext {
  readonly session: BindSession;
  readonly commonTables: ReadonlyMap<string, Logical>;
  readonly outer: Scope | null;
  /** STATE_TTL hints of the SELECT being bound: table name or alias to ms. */
  readonly stateTtl?: ReadonlyMap<string, number>;
  /** Binds a query within this one; handed down, since queries nest in everything that they are made of. */
  readonly bindQuery: (query: Query, context: QueryContext) => Logical;
}

/** What ORDER BY may refer to besides the output columns: a select list's own input. */
export interface SelectResult {
  readonly node: Logical;
  /** Binds an expression over the select's input and gives the node with it as an extra last column; null where that has no meaning. */
  readonly extend: ((exprs: readonly Expr[]) => { node: Logical; columns: readonly number[] }) | null;
  /** Output position of an expression of the select list. */
  readonly find: (expr: Expr) => number | null;
}

/** The node with other column names; their number must fit. */
export function renameColumns(node: Logical, names: readonly string[], span: Span): Logical {
  if (names.length !== node.schema.length) {
    throw new StreamcellError(
      'QUERY_INVALID',
      `Number of columns must match number of query columns: ${names.length} names for ${node.schema.length} columns.`,
      { span },
    );
  }
  return project(
    node,
    node.schema.map((_, i) => inputOf(node.schema, i)),
    names,
  );
}

/** Casts columns implicitly where their types differ; renames. */
export function castColumns(node: Logical, types: readonly DataType[], names: readonly string[]): Logical {
  let same = true;
  const exprs = types.map((type, i) => {
    const column = inputOf(node.schema, i);
    const bound = coerce(column, type, node.span ?? { start: 0, end: 0 });
    same &&= bound === column && names[i] === node.schema[i].name;
    return bound;
  });
  return same ? node : project(node, exprs, names);
}

/** The order of a query within another means nothing, unless it decides which rows a LIMIT takes. A view keeps its order, as in Flink. */
export function withoutOrder(node: Logical): Logical {
  if (node.op === 'sort' && node.fetch === null && node.offset === 0) return node.input;
  // Columns that only ORDER BY read are projected away above the sort.
  if (node.op === 'project' && node.input.op === 'sort') {
    const input = withoutOrder(node.input);
    return input === node.input ? node : { ...node, input };
  }
  return node;
}
