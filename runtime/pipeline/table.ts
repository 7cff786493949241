import { StreamcellError } from '../types/index.js';
import type { Session, Statement } from '../session/session.js';
import { Expression, Typed, type Named, type SortKey, type SubQuery } from './expression.js';
import {
  asSource,
  openForDistinct,
  openForLimit,
  openForOrder,
  openForWhere,
  queryText,
  selectFrom,
  withAlias,
  type Query,
  type Select,
  type SetOperator,
  type Source,
} from './query.js';
import { collectRows, runChanges, runRows, runStatement, showRows, type Change, type CollectOptions } from './run.js';
import { literalText, pathParts, quoteIdentifier, quotePath, type Literal } from './sql-text.js';
import type { ColumnsOf, Flat, Merged, Nullable, RowShape, UntypedRow, ValueOf } from './value-types.js';
import type { WindowColumns, WindowFunction } from './windows.js';

/** Where a value stands for a query: `value[QUERY]` is `{ sql }`. A notebook shows such a value as the live result of its query. */
export const QUERY = Symbol.for('streamcell.query');

export interface QueryText {
  readonly sql: string;
}

/** Where tables run: the session current at the time, or an error that says that there is none. */
export type SessionOf = () => Session;

type Condition = Typed<boolean | null>;
type Item = Literal | Typed<unknown>;
type ItemMap = Readonly<Record<string, Item>>;
type Flatten<S> = Flat<{ readonly [K in keyof S]: ValueOf<S[K]> }>;
/** Names of columns, and expressions with a name. */
type Picked<R> = (keyof R & string) | Named<string, unknown>;
type PickedRow<R, A extends readonly unknown[]> = Flat<
  { readonly [K in Extract<A[number], keyof R & string>]: R[K] } & {
    readonly [N in Extract<A[number], Named<string, unknown>> as N['name']]: N extends Named<string, infer T>
      ? ValueOf<Typed<T>>
      : never;
  }
>;
type Scopes<S extends readonly unknown[]> = { readonly [I in keyof S]: ColumnsOf<S[I]> };
type Grouping = Typed<unknown> | readonly Typed<unknown>[];
type SortItem = Typed<unknown> | SortKey;
type Sorting = SortItem | readonly SortItem[];

class Column extends Expression<never> {
  constructor(
    alias: string | null,
    readonly column: string,
  ) {
    super(`${alias === null ? '' : `${quoteIdentifier(alias)}.`}${quoteIdentifier(column)}`, true);
  }
}

/** Columns by name, each quoted, and qualified where several tables are in sight. */
function columns<R>(alias: string | null): ColumnsOf<R> {
  return new Proxy(Object.create(null) as object, {
    get: (_, name) => (typeof name === 'symbol' ? undefined : new Column(alias, name)),
  }) as ColumnsOf<R>;
}

/**
 * A query in the making, with the words of Flink's Table API. R is its row; S the rows of its tables where a join has brought several.
 *
 * Immutable: every operation gives another table, and nothing runs before `execute`, `collect`, `rows`, `changes` or `show`, or before a
 * notebook shows it. `toSql` is the whole truth about it: what runs is that text.
 */
export class Table<R extends RowShape = UntypedRow, S extends readonly unknown[] = readonly [R]>
  implements SubQuery, AsyncIterable<R>
{
  private constructor(
    private readonly query: Query,
    /** Names of the tables of a join, in order; one null where no name is needed. */
    private readonly scopes: readonly (string | null)[],
    private readonly session: SessionOf,
  ) {}

  /** @param path `table`, `database.table` or `catalog.database.table`; backquotes keep a dot within a name. */
  static from<R extends RowShape>(path: string, session: SessionOf): Table<R> {
    return new Table(selectFrom({ kind: 'table', path: quotePath(path), alias: null }), [null], session);
  }

  static ofText<R extends RowShape>(text: string, session: SessionOf): Table<R> {
    return new Table({ kind: 'text', text }, [null], session);
  }

  // ---- columns and rows -------------------------------------------------------------------------------------------------

  /** `select(b => ({ auction: b.auction, twice: b.price.times(2) }))`, or `select('auction', $('price').times(2).as('twice'))`. */
  select<I extends ItemMap>(items: (...tables: Scopes<S>) => I): Table<Flatten<I>>;
  select<A extends readonly Picked<R>[]>(...items: A): Table<PickedRow<R, A>>;
  select(...items: readonly unknown[]): unknown {
    return this.one({ ...openForWhere(this.query), items: this.items(items) });
  }

  /** All columns, and more. */
  addColumns<I extends ItemMap>(items: (...tables: Scopes<S>) => I): Table<Flat<R & Flatten<I>>> {
    return this.one({ ...openForWhere(this.query), items: ['*', ...this.items([items])] });
  }

  /** Rows for which the condition is true. */
  filter(condition: Condition | ((...tables: Scopes<S>) => Condition)): Table<R, S> {
    const open = openForWhere(this.query);
    const scopes = this.scopesOf(open);
    const met = this.evaluate(condition, scopes);
    return new Table({ ...open, where: [...open.where, met.operand] }, scopes, this.session);
  }

  distinct(): Table<R> {
    return this.one({ ...openForDistinct(this.query), distinct: true });
  }

  /** Without a limit, a stream is ordered by its time attribute only, ascending first. */
  orderBy(
    ...keys: readonly [(...tables: Scopes<S>) => Sorting] | readonly ((keyof R & string) | SortItem)[]
  ): Table<R> {
    const open = openForOrder(this.query);
    return this.one({ ...open, orderBy: this.keys(keys, open) });
  }

  limit(rows: number, offset = 0): Table<R> {
    for (const n of [rows, offset])
      if (!Number.isSafeInteger(n) || n < 0)
        throw new StreamcellError('QUERY_INVALID', `A limit is a whole number of rows, and not ${n}.`);
    return this.one({ ...openForLimit(this.query), limit: rows, offset });
  }

  // ---- groups and windows -------------------------------------------------------------------------------------------------

  /** Then `.select` with the keys and aggregates. */
  groupBy(
    ...keys: readonly [(...tables: Scopes<S>) => Grouping] | readonly ((keyof R & string) | Typed<unknown>)[]
  ): GroupedTable<R, S> {
    const open = openForWhere(this.query);
    const groupBy = this.keys(keys, open);
    return new GroupedTable<R, S>(
      (having, items) => this.one({ ...open, groupBy, having, items: this.items(items) }),
      (condition) => this.evaluate(condition as Condition, this.scopesOf(open)).operand,
    );
  }

  /** Every row with the windows it belongs to: window_start, window_end and window_time. Group by the first two to aggregate. */
  window(window: WindowFunction<keyof R & string>): Table<Flat<R & WindowColumns>> {
    const source = asSource(this.query);
    const input: Source =
      source.kind === 'table' || source.kind === 'query'
        ? source
        : { kind: 'query', query: selectFrom(source), alias: null };
    return this.one(selectFrom({ kind: 'window', input, window, alias: null }));
  }

  // ---- several tables -----------------------------------------------------------------------------------------------------

  /** The name of the table in expressions written by hand. */
  as(name: string): Table<R> {
    return new Table(selectFrom(withAlias(asSource(this.query), name)), [name], this.session);
  }

  /** `bids.join(auctions, (b, a) => b.auction.eq(a.id))`; then `.select((b, a) => ...)`. */
  join<T extends RowShape>(
    right: Table<T>,
    on: (...tables: Scopes<readonly [...S, T]>) => Condition,
  ): Table<Flat<Merged<readonly [...S, T]> & object>, readonly [...S, T]> {
    return this.joined('JOIN', right, on);
  }
  /** With the rows of the left table that match nothing, beside NULLs. */
  leftJoin<T extends RowShape>(
    right: Table<T>,
    on: (...tables: Scopes<readonly [...S, T]>) => Condition,
  ): Table<Flat<Merged<readonly [...S, Nullable<T>]> & object>, readonly [...S, Nullable<T>]> {
    return this.joined('LEFT JOIN', right, on);
  }
  rightJoin<T extends RowShape>(
    right: Table<T>,
    on: (...tables: Scopes<readonly [...S, T]>) => Condition,
  ): Table<Flat<Nullable<R> & T>, readonly [...NullableAll<S>, T]> {
    return this.joined('RIGHT JOIN', right, on);
  }
  fullOuterJoin<T extends RowShape>(
    right: Table<T>,
    on: (...tables: Scopes<readonly [...S, T]>) => Condition,
  ): Table<Flat<Nullable<R> & Nullable<T>>, readonly [...NullableAll<S>, Nullable<T>]> {
    return this.joined('FULL JOIN', right, on);
  }

  /** The rows of both, doubles once. The other's columns are of the same types, in the same order. */
  union(other: Table<R>): Table<R> {
    return this.combined('UNION', other);
  }
  unionAll(other: Table<R>): Table<R> {
    return this.combined('UNION ALL', other);
  }
  intersect(other: Table<R>): Table<R> {
    return this.combined('INTERSECT', other);
  }
  intersectAll(other: Table<R>): Table<R> {
    return this.combined('INTERSECT ALL', other);
  }
  minus(other: Table<R>): Table<R> {
    return this.combined('EXCEPT', other);
  }
  minusAll(other: Table<R>): Table<R> {
    return this.combined('EXCEPT ALL', other);
  }

  // ---- text and results ---------------------------------------------------------------------------------------------------

  toSql(): string {
    return queryText(this.query);
  }

  get [QUERY](): QueryText {
    return { sql: this.toSql() };
  }

  /** The table's rows as a job that writes them to another table, once executed. */
  insertInto(path: string, columnNames: readonly string[] = []): Insert {
    const into = columnNames.length === 0 ? '' : ` (${columnNames.map(quoteIdentifier).join(', ')})`;
    // A parenthesis behind the table's name would begin a list of columns.
    const query = this.query.kind === 'set' ? queryText(selectFrom(asSource(this.query))) : this.toSql();
    return new Insert(`INSERT INTO ${quotePath(path)}${into}\n${query}`, this.session);
  }

  /** Starts the query; what the statement tells of, one can wait for, look at and cancel. */
  execute(): Promise<Statement> {
    return runStatement(this.session(), this.toSql());
  }

  /**
   * The result as rows. A bounded query is waited for; of an unbounded one say how many rows, or how long: it is cancelled then.
   * @throws StreamcellError QUERY_INVALID for an unbounded query without limits.
   */
  collect(options: CollectOptions = {}): Promise<R[]> {
    return collectRows<R>(this.session(), this.toSql(), options);
  }

  /** Rows as they come; leaving the loop cancels the query. For queries that only append: see `changes` for others. */
  rows(): AsyncIterable<R> {
    return runRows<R>(this.session, this.toSql());
  }

  [Symbol.asyncIterator](): AsyncIterator<R> {
    return this.rows()[Symbol.asyncIterator]();
  }

  /** The changelog as it comes, each change with its kind; leaving the loop cancels the query. */
  changes(): AsyncIterable<Change<R>> {
    return runChanges<R>(this.session, this.toSql());
  }

  /** Prints the result as a text table; of an unbounded query what a second brings. */
  async show(rows = 20): Promise<void> {
    await showRows(this.session(), this.toSql(), rows);
  }

  // ---- inside -------------------------------------------------------------------------------------------------------------

  private one<T extends RowShape>(query: Query): Table<T> {
    return new Table<T>(query, [null], this.session);
  }

  private tables(scopes: readonly (string | null)[]): Scopes<S> {
    return scopes.map((alias) => columns(alias)) as unknown as Scopes<S>;
  }

  private evaluate(
    condition: Condition | ((...tables: Scopes<S>) => Condition),
    scopes: readonly (string | null)[],
  ): Condition {
    return typeof condition === 'function' ? condition(...this.tables(scopes)) : condition;
  }

  private items(items: readonly unknown[]): readonly string[] {
    const [first] = items;
    const scopes = this.scopesOf(openForWhere(this.query));
    const listed =
      typeof first === 'function'
        ? Object.entries((first as (...tables: Scopes<S>) => ItemMap)(...this.tables(scopes))).map(([name, item]) =>
            named(name, item),
          )
        : (items as readonly (string | Named<string, unknown> | Typed<unknown>)[]).map((item) =>
            typeof item === 'string' ? quoteIdentifier(item) : item.text,
          );
    if (listed.length === 0) throw new StreamcellError('QUERY_INVALID', 'select() needs a column at least.');
    return listed;
  }

  private keys(keys: readonly unknown[], open: Select): readonly string[] {
    const [first] = keys;
    const listed =
      typeof first === 'function'
        ? (first as (...tables: Scopes<S>) => unknown)(...this.tables(this.scopesOf(open)))
        : keys;
    return (Array.isArray(listed) ? listed : [listed]).map((key: string | Typed<unknown> | SortKey) =>
      typeof key === 'string' ? quoteIdentifier(key) : key.text,
    );
  }

  /** Names of the tables inside a SELECT made from this one: those of a join are out of sight once it is a subquery. */
  private scopesOf(open: Select): readonly (string | null)[] {
    return open === this.query ? this.scopes : [null];
  }

  private joined<T extends RowShape, S2 extends readonly unknown[]>(
    word: 'JOIN' | 'LEFT JOIN' | 'RIGHT JOIN' | 'FULL JOIN',
    right: unknown,
    on: (...tables: never) => Condition,
  ): Table<T, S2> {
    const other = right as Table;
    if (other.scopes.length > 1)
      throw new StreamcellError('QUERY_INVALID', 'The right side of a join is one table: select() from it first.');
    const names: string[] = [];
    const unique = (given: string | null, source: Source): string => {
      const base = given ?? nameOf(source);
      let name = base;
      for (let n = 2; names.includes(name); n++) name = `${base}${n}`;
      names.push(name);
      return name;
    };
    let left = asSource(this.query);
    let where: readonly string[] = [];
    if (this.scopes.length > 1) {
      // The tables of a join keep their names, so its filter cannot become a subquery's; behind an outer join it would mean something else.
      const open = openForWhere(this.query);
      if (open.where.length > 0 && word !== 'JOIN' && word !== 'LEFT JOIN')
        throw new StreamcellError('QUERY_INVALID', `select() from the filtered join before its ${word}.`);
      left = open.from;
      where = open.where;
      this.scopes.forEach((scope) => names.push(scope as string));
    } else left = withAlias(left, unique(this.scopes[0], left));
    const rightSource = asSource(other.query);
    const source: Source = {
      kind: 'join',
      word,
      left,
      right: withAlias(rightSource, unique(other.scopes[0] ?? null, rightSource)),
      on: (on as (...tables: readonly unknown[]) => Condition)(...names.map((name) => columns(name))).text,
    };
    return new Table<T, S2>({ ...selectFrom(source), where }, names, this.session);
  }

  private combined(operator: SetOperator, other: Table<R>): Table<R> {
    return this.one({ kind: 'set', operator, left: this.query, right: other.query });
  }
}

type NullableAll<S extends readonly unknown[]> = { readonly [I in keyof S]: Nullable<S[I]> };

function nameOf(source: Source): string {
  if (source.kind === 'join' || source.alias === null)
    return source.kind === 'table' ? (pathParts(source.path).at(-1) as string) : 't';
  return source.alias;
}

function named(name: string, item: Item): string {
  const text = item instanceof Typed ? item.text : literalText(item);
  // A column that keeps its name needs no AS.
  return item instanceof Column && item.column === name ? text : `${text} AS ${quoteIdentifier(name)}`;
}

/** Rows in groups: SELECT says what becomes of each group. */
export class GroupedTable<R extends RowShape, S extends readonly unknown[]> {
  constructor(
    private readonly build: (having: readonly string[], items: readonly unknown[]) => Table,
    private readonly condition: (condition: unknown) => string,
    private readonly conditions: readonly string[] = [],
  ) {}

  /** Groups for which the condition, with aggregates in it, is true. */
  having(condition: Condition | ((...tables: Scopes<S>) => Condition)): GroupedTable<R, S> {
    return new GroupedTable(this.build, this.condition, [...this.conditions, this.condition(condition)]);
  }

  select<I extends ItemMap>(items: (...tables: Scopes<S>) => I): Table<Flatten<I>>;
  select<A extends readonly Picked<R>[]>(...items: A): Table<PickedRow<R, A>>;
  select(...items: readonly unknown[]): unknown {
    return this.build(this.conditions, items);
  }
}

/** An INSERT, not yet begun. */
export class Insert {
  constructor(
    private readonly text: string,
    private readonly session: SessionOf,
  ) {}

  toSql(): string {
    return this.text;
  }

  get [QUERY](): QueryText {
    return { sql: this.text };
  }

  /** Starts the job; `done` of the statement resolves at its end. */
  execute(): Promise<Statement> {
    return runStatement(this.session(), this.text);
  }
}
