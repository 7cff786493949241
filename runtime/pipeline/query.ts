import { StreamcellError } from '../types/index.js';
import { pathParts, quoteIdentifier } from './sql-text.js';
import { windowText, type WindowFunction } from './windows.js';

/*
 * The shape of a query under construction, and its text. Operations fill a SELECT's clauses in the order in which SQL evaluates them; one
 * that comes too late for its clause makes the query so far a subquery. The text is made here and nowhere else.
 */

export type Source =
  | { readonly kind: 'table'; readonly path: string; readonly alias: string | null }
  | { readonly kind: 'query'; readonly query: Query; readonly alias: string | null }
  | { readonly kind: 'window'; readonly input: Source; readonly window: WindowFunction; readonly alias: string | null }
  | {
      readonly kind: 'join';
      readonly word: 'JOIN' | 'LEFT JOIN' | 'RIGHT JOIN' | 'FULL JOIN' | 'CROSS JOIN';
      readonly left: Source;
      readonly right: Source;
      readonly on: string | null;
    };

export interface Select {
  readonly kind: 'select';
  readonly from: Source;
  readonly where: readonly string[];
  readonly groupBy: readonly string[] | null;
  readonly having: readonly string[];
  /** Null is all columns. */
  readonly items: readonly string[] | null;
  readonly distinct: boolean;
  readonly orderBy: readonly string[];
  readonly limit: number | null;
  readonly offset: number;
}

export type SetOperator = 'UNION' | 'UNION ALL' | 'INTERSECT' | 'INTERSECT ALL' | 'EXCEPT' | 'EXCEPT ALL';

export type Query =
  | Select
  | { readonly kind: 'set'; readonly operator: SetOperator; readonly left: Query; readonly right: Query }
  /** A text of the user's, whole. */
  | { readonly kind: 'text'; readonly text: string };

/** SELECT * FROM source. */
export function selectFrom(from: Source): Select {
  return {
    kind: 'select',
    from,
    where: [],
    groupBy: null,
    having: [],
    items: null,
    distinct: false,
    orderBy: [],
    limit: null,
    offset: 0,
  };
}

/** A SELECT in which nothing is evaluated after WHERE yet: the query itself, or one around it. */
export function openForWhere(query: Query): Select {
  return query.kind === 'select' &&
    query.groupBy === null &&
    query.items === null &&
    !query.distinct &&
    query.orderBy.length === 0 &&
    query.limit === null
    ? query
    : wrapped(query);
}

/** A SELECT that may still be ordered: nothing but its order and limit is left. */
export function openForOrder(query: Query): Select {
  return query.kind === 'select' && query.orderBy.length === 0 && query.limit === null && query.items === null
    ? query
    : wrapped(query);
}

export function openForLimit(query: Query): Select {
  return query.kind === 'select' && query.limit === null ? query : wrapped(query);
}

export function openForDistinct(query: Query): Select {
  return query.kind === 'select' && !query.distinct && query.orderBy.length === 0 && query.limit === null
    ? query
    : wrapped(query);
}

function wrapped(query: Query): Select {
  return selectFrom({ kind: 'query', query, alias: null });
}

/** The query as a source: a bare table where nothing was done to it. */
export function asSource(query: Query): Source {
  if (query.kind === 'select' && openForWhere(query) === query && query.where.length === 0) return query.from;
  return { kind: 'query', query, alias: null };
}

export function withAlias(source: Source, alias: string): Source {
  if (source.kind === 'join') return { kind: 'query', query: selectFrom(source), alias };
  return { ...source, alias };
}

// ---- text -----------------------------------------------------------------------------------------------------------------

export function queryText(query: Query, indent = ''): string {
  switch (query.kind) {
    case 'text':
      return query.text;
    case 'set':
      return `${indent}(\n${part(query.left, indent)}\n${indent})\n${indent}${query.operator}\n${indent}(\n${part(query.right, indent)}\n${indent})`;
    case 'select':
      return selectText(query, indent);
  }
}

function part(query: Query, indent: string): string {
  return queryText(query, `${indent}  `);
}

function selectText(select: Select, indent: string): string {
  const lines = [
    `SELECT ${select.distinct ? 'DISTINCT ' : ''}${select.items === null ? '*' : select.items.join(', ')}`,
    `FROM ${sourceText(select.from, indent)}`,
  ];
  if (select.where.length > 0) lines.push(`WHERE ${conjunction(select.where)}`);
  if (select.groupBy !== null && select.groupBy.length > 0) lines.push(`GROUP BY ${select.groupBy.join(', ')}`);
  if (select.having.length > 0) lines.push(`HAVING ${conjunction(select.having)}`);
  if (select.orderBy.length > 0) lines.push(`ORDER BY ${select.orderBy.join(', ')}`);
  if (select.limit !== null) lines.push(`LIMIT ${select.limit}`);
  if (select.offset > 0) lines.push(`OFFSET ${select.offset}`);
  return lines.map((line) => indent + line).join('\n');
}

/** Conditions arrive as operands, in parentheses where they need them. */
function conjunction(conditions: readonly string[]): string {
  return conditions.join(' AND ');
}

function sourceText(source: Source, indent: string): string {
  if (source.kind === 'join') {
    const on = source.on === null ? '' : ` ON ${source.on}`;
    return `${sourceText(source.left, indent)}\n${indent}${source.word} ${sourceText(source.right, indent)}${on}`;
  }
  const named = source.kind === 'table' && pathEndsWith(source.path, source.alias);
  const alias = source.alias === null || named ? '' : ` AS ${quoteIdentifier(source.alias)}`;
  return bareText(source, indent) + alias;
}

/** A table needs no other name when its own is the one asked for. */
function pathEndsWith(path: string, alias: string | null): boolean {
  return alias !== null && pathParts(path).at(-1) === alias;
}

function bareText(source: Exclude<Source, { kind: 'join' }>, indent: string): string {
  switch (source.kind) {
    case 'table':
      return source.path;
    case 'query':
      return `(\n${part(source.query, indent)}\n${indent})`;
    case 'window': {
      const { input } = source;
      if (input.kind === 'table') return windowText(source.window, `TABLE ${input.path}`);
      if (input.kind === 'query') return windowText(source.window, bareText(input, indent));
      throw new StreamcellError('INTERNAL', 'A window stands around a table or a query.');
    }
  }
}
