import type { Insert, Query } from '../parser/ast.js';
import { bindInsert } from './insert-binder.js';
import type { BoundStatement, Logical } from './logical.js';
import { rootContext, rootQuery } from './query-binder.js';
import { BindSession, type BindOptions } from './session.js';

/** Binds a query: names, types, and what the rules of the dialect demand. @throws StreamcellError with a span into the script. */
export function bind(query: Query, options: BindOptions): Logical {
  return rootQuery(query, new BindSession(options));
}

/** Binds the INSERTs of one job (a statement set has several). */
export function bindInserts(inserts: readonly Insert[], options: BindOptions): BoundStatement {
  const context = rootContext(new BindSession(options));
  return { kind: 'insert', sinks: inserts.map((i) => bindInsert(i, context)) };
}

export * from './logical.js';
export * from './expr-tools.js';
export { BindSession, type BindOptions } from './session.js';
export * as nodes from './nodes.js';
export { descriptor as scanDescriptorOf, markRowtime, scanDescriptor } from './table-binder.js';
export { applyDdl } from './ddl.js';
export { durationMillis } from './durations.js';
export { setOperation } from './query-binder.js';
