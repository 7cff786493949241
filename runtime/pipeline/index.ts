import type { Session } from '../session/session.js';
import { StreamcellError } from '../types/index.js';
import { catalogTypes } from './catalog-types.js';
import { templateText, type TemplateValue } from './sql-template.js';
import { Table, type SessionOf } from './table.js';
import type { RowShape, UntypedRow } from './value-types.js';

export { catalogTypes } from './catalog-types.js';
export { Decimal } from './decimal.js';
export { Expression, Named, SortKey, Typed, type OverWindow } from './expression.js';
export * from './functions.js';
export { type Change, type CollectOptions } from './run.js';
export { type Literal } from './sql-text.js';
export { GroupedTable, Insert, QUERY, Table, type QueryText } from './table.js';
export type * from './value-types.js';
export { cumulate, hop, session, tumble, type WindowColumns, type WindowFunction } from './windows.js';

declare global {
  /**
   * The tables of the catalog and their rows. Empty here; a notebook declares it anew from `catalogTypes` as tables come and go,
   * and so does a program which keeps that text in a file.
   */
  interface StreamcellCatalog {
    readonly [CATALOG]?: never;
  }
}
declare const CATALOG: unique symbol;

/** A table's row: from the catalog's declaration, else what the caller states, else untyped. */
export interface From {
  <N extends keyof StreamcellCatalog & string>(path: N): Table<Extract<StreamcellCatalog[N], RowShape>>;
  <R extends RowShape = UntypedRow>(path: string): Table<R>;
}

/** A query, or another statement, as text; values in it are bound as literals. */
export type Sql = <R extends RowShape = UntypedRow>(
  strings: TemplateStringsArray,
  ...values: readonly TemplateValue[]
) => Table<R>;

export interface Pipeline {
  readonly from: From;
  readonly sql: Sql;
  /** TypeScript declarations of the catalog's tables. */
  catalogTypes(): Promise<string>;
}

/** The Table API on a session; a function is asked anew for each query, so that a notebook's %connect changes where the next one runs. */
export function pipeline(session: Session | SessionOf): Pipeline {
  const of: SessionOf = typeof session === 'function' ? session : () => session;
  return {
    from: (<R extends RowShape>(path: string) => Table.from<R>(path, of)) as From,
    sql: (strings, ...values) => Table.ofText(templateText(strings, values), of),
    catalogTypes: () => catalogTypes(of()),
  };
}

const unconnected = pipeline(() => {
  throw new StreamcellError(
    'SESSION_CLOSED',
    'This table belongs to no session: begin with pipeline(session).from(...).',
  );
});

/** Tables that belong to no session: good for their text. */
export const { from, sql } = unconnected;
