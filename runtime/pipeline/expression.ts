import { StreamcellError } from '../types/index.js';
import { literalText, quoteIdentifier, quoteText, type Literal } from './sql-text.js';
import type { Arithmetic, CastTo, Interval, Numeric, Operand, Truth } from './value-types.js';

declare const valueType: unique symbol;

/**
 * What every operation takes for an operand: text, and the type of its values. A class of its own, since TypeScript compares the types of
 * operands all the time, and those of Expression's many methods not at all then.
 */
export class Typed<out T> {
  declare readonly [valueType]: () => T;

  /** @param tight whether the text binds tighter than any operator, and so needs no parentheses as an operand. */
  constructor(
    readonly text: string,
    private readonly tight = false,
  ) {}

  /** The text as an operand. */
  get operand(): string {
    return this.tight ? this.text : `(${this.text})`;
  }
}

/** A query that can stand in an expression: as `x IN (query)`. */
export interface SubQuery {
  toSql(): string;
}

/** A frame of OVER: rows or time before the current row; everything before it by default. */
export interface OverWindow {
  readonly partitionBy?: Typed<unknown> | readonly Typed<unknown>[];
  readonly orderBy: Typed<unknown> | SortKey | readonly (Typed<unknown> | SortKey)[];
  /** Rows before the current one that count; `'unbounded'` for all. */
  readonly rows?: number | 'unbounded';
  /** Time before the current row that counts. */
  readonly range?: Typed<Interval> | 'unbounded';
}

/** An expression with its direction in ORDER BY. */
export class SortKey {
  constructor(readonly text: string) {}
}

/** An expression with the name of its column. */
export class Named<N extends string, out T> {
  declare readonly [valueType]: () => T;
  constructor(
    readonly name: N,
    readonly expression: Typed<T>,
  ) {}

  /** The item as SELECT has it. */
  get text(): string {
    return `${this.expression.text} AS ${quoteIdentifier(this.name)}`;
  }
}

/**
 * A piece of Flink SQL whose values are of the TypeScript type T: every operation makes a larger piece, and none runs anything.
 *
 * Maintains the invariant that `text` is one whole SQL expression: names in it are quoted, values are literals, and a part that binds
 * weaker than its place stands in parentheses.
 */
export class Expression<T> extends Typed<T> {
  as<N extends string>(name: N): Named<N, T> {
    return new Named(name, this);
  }

  // ---- comparison -----------------------------------------------------------------------------------------------------

  eq<O extends Operand<T>>(other: O): Expression<Truth<T, O>> {
    return binary(this, '=', other);
  }
  ne<O extends Operand<T>>(other: O): Expression<Truth<T, O>> {
    return binary(this, '<>', other);
  }
  gt<O extends Operand<T>>(other: O): Expression<Truth<T, O>> {
    return binary(this, '>', other);
  }
  ge<O extends Operand<T>>(other: O): Expression<Truth<T, O>> {
    return binary(this, '>=', other);
  }
  lt<O extends Operand<T>>(other: O): Expression<Truth<T, O>> {
    return binary(this, '<', other);
  }
  le<O extends Operand<T>>(other: O): Expression<Truth<T, O>> {
    return binary(this, '<=', other);
  }
  /** Both bounds belong to it. */
  between<L extends Operand<T>, H extends Operand<T>>(low: L, high: H): Expression<Truth<T, L> | Truth<T, H>> {
    return new Expression(
      `${this.operand} BETWEEN ${operandOf(low as Typed<unknown>)} AND ${operandOf(high as Typed<unknown>)}`,
    );
  }
  /** One of the values, or of the rows of a query with one column. */
  in(...values: readonly [SubQuery] | readonly Operand<T>[]): Expression<boolean | null> {
    const [first] = values;
    if (values.length === 1 && isSubQuery(first)) return new Expression(`${this.operand} IN (${first.toSql()})`);
    if (values.length === 0) throw new StreamcellError('QUERY_INVALID', 'in() needs a value at least.');
    return new Expression(`${this.operand} IN (${values.map((v) => textOf(v as Typed<unknown>)).join(', ')})`);
  }
  isNull(): Expression<boolean> {
    return new Expression(`${this.operand} IS NULL`);
  }
  isNotNull(): Expression<boolean> {
    return new Expression(`${this.operand} IS NOT NULL`);
  }
  /** Equal, NULL being equal to NULL. */
  isNotDistinctFrom(other: Operand<T>): Expression<boolean> {
    return new Expression(`${this.operand} IS NOT DISTINCT FROM ${operandOf(other as Typed<unknown>)}`);
  }

  // ---- logic ----------------------------------------------------------------------------------------------------------

  and(this: Typed<boolean | null>, other: Typed<boolean | null>): Expression<boolean | null> {
    return binary(this, 'AND', other);
  }
  or(this: Typed<boolean | null>, other: Typed<boolean | null>): Expression<boolean | null> {
    return binary(this, 'OR', other);
  }
  not(this: Typed<boolean | null>): Expression<T> {
    return new Expression(`NOT ${this.operand}`);
  }
  /** SQL's CASE with one condition. */
  then<A, B>(
    this: Typed<boolean | null>,
    yes: Typed<A> | (A & Literal),
    no: Typed<B> | (B & Literal),
  ): Expression<A | B> {
    return new Expression(
      `CASE WHEN ${this.text} THEN ${textOf(yes as Typed<A>)} ELSE ${textOf(no as Typed<B>)} END`,
      true,
    );
  }

  // ---- numbers and times ----------------------------------------------------------------------------------------------

  plus<O extends AddedTo<T>>(this: Typed<Numeric | Date | Interval | null>, other: O): Expression<Arithmetic<T, O>> {
    return binary(this, '+', other);
  }
  minus<O extends AddedTo<T>>(this: Typed<Numeric | Date | Interval | null>, other: O): Expression<Arithmetic<T, O>> {
    return binary(this, '-', other);
  }
  times<O extends NumericOperand>(this: Typed<Numeric | null>, other: O): Expression<Arithmetic<T, O>> {
    return binary(this, '*', other);
  }
  dividedBy<O extends NumericOperand>(this: Typed<Numeric | null>, other: O): Expression<Arithmetic<T, O>> {
    return binary(this, '/', other);
  }
  mod<O extends NumericOperand>(this: Typed<Numeric | null>, other: O): Expression<Arithmetic<T, O>> {
    return binary(this, '%', other);
  }
  negated(this: Typed<Numeric | null>): Expression<T> {
    return new Expression(`- ${this.operand}`);
  }
  abs(this: Typed<Numeric | null>): Expression<T> {
    return new Expression(`ABS(${this.text})`, true);
  }
  round(this: Typed<Numeric | null>, digits = 0): Expression<T> {
    return new Expression(`ROUND(${this.text}, ${literalText(digits)})`, true);
  }

  // ---- text -----------------------------------------------------------------------------------------------------------

  like(this: Typed<string | null>, pattern: string): Expression<boolean | null> {
    return new Expression(`${this.operand} LIKE ${quoteText(pattern)}`);
  }
  upper(this: Typed<string | null>): Expression<T> {
    return new Expression(`UPPER(${this.text})`, true);
  }
  lower(this: Typed<string | null>): Expression<T> {
    return new Expression(`LOWER(${this.text})`, true);
  }
  trim(this: Typed<string | null>): Expression<T> {
    return new Expression(`TRIM(${this.text})`, true);
  }
  charLength(this: Typed<string | null>): Expression<number | null> {
    return new Expression(`CHAR_LENGTH(${this.text})`, true);
  }
  /** From 1, as SQL counts. */
  substring(this: Typed<string | null>, from: number, length?: number): Expression<string | null> {
    const count = length === undefined ? '' : `, ${literalText(length)}`;
    return new Expression(`SUBSTRING(${this.text}, ${literalText(from)}${count})`, true);
  }
  concat(this: Typed<string | null>, other: Typed<string | null> | string): Expression<string | null> {
    return binary(this, '||', other);
  }

  // ---- types and nested values ------------------------------------------------------------------------------------------

  /** @param type Flink's text of a type: `DECIMAL(10, 2)`. */
  cast<S extends string>(type: S): Expression<CastTo<S> | (null extends T ? null : never)> {
    return new Expression(`CAST(${this.text} AS ${typeText(type)})`, true);
  }
  /** NULL instead of an error for what cannot be cast. */
  tryCast<S extends string>(type: S): Expression<CastTo<S> | null> {
    return new Expression(`TRY_CAST(${this.text} AS ${typeText(type)})`, true);
  }
  /** Another value where this one is NULL. */
  ifNull<O extends Operand<T>>(other: O): Expression<NonNullable<T>> {
    return new Expression(`COALESCE(${this.text}, ${textOf(other as Typed<unknown>)})`, true);
  }
  /** A field of a ROW. */
  get<K extends keyof NonNullable<T> & string>(
    field: K,
  ): Expression<NonNullable<T>[K] | (null extends T ? null : never)> {
    return new Expression(`${this.operand}.${quoteIdentifier(field)}`, true);
  }
  /** An element of an ARRAY (from 1, as SQL counts) or the value of a MAP's key. */
  at(key: Literal | Typed<unknown>): Expression<ElementOf<T>> {
    return new Expression(`${this.operand}[${textOf(key)}]`, true);
  }

  // ---- order and windows ------------------------------------------------------------------------------------------------

  asc(): SortKey {
    return new SortKey(`${this.text} ASC`);
  }
  desc(): SortKey {
    return new SortKey(`${this.text} DESC`);
  }
  /** Of an aggregate: only the rows for which the condition is true. */
  filter(condition: Typed<boolean | null>): Expression<T> {
    return new Expression(`${this.text} FILTER (WHERE ${condition.text})`, true);
  }
  /** An aggregate or ranking over the rows before each row. */
  over(window: OverWindow): Expression<T> {
    const partition = listOf(window.partitionBy).map((p) => p.text);
    const order = listOf(window.orderBy).map((o) => o.text);
    if (window.rows !== undefined && window.range !== undefined)
      throw new StreamcellError('QUERY_INVALID', 'An OVER window has rows or range, not both.');
    const start = window.rows ?? window.range;
    const before = start === 'unbounded' ? 'UNBOUNDED' : typeof start === 'number' ? literalText(start) : start?.text;
    const parts = [
      ...(partition.length > 0 ? [`PARTITION BY ${partition.join(', ')}`] : []),
      ...(order.length > 0 ? [`ORDER BY ${order.join(', ')}`] : []),
      ...(before === undefined
        ? []
        : [`${window.rows === undefined ? 'RANGE' : 'ROWS'} BETWEEN ${before} PRECEDING AND CURRENT ROW`]),
    ];
    return new Expression(`${this.text} OVER (${parts.join(' ')})`, true);
  }
}

export type NumericOperand = Numeric | Typed<Numeric | null>;
type AddedTo<T> = [NonNullable<T>] extends [never]
  ? NumericOperand | Typed<Interval>
  : NonNullable<T> extends Date | Interval
    ? Typed<Interval | null>
    : NumericOperand;
type ElementOf<T> =
  NonNullable<T> extends readonly (infer E)[]
    ? E | null
    : NonNullable<T> extends ReadonlyMap<unknown, infer V>
      ? V | null
      : never;

function binary<R>(left: Typed<unknown>, operator: string, right: unknown): Expression<R> {
  return new Expression(`${left.operand} ${operator} ${operandOf(right as Typed<unknown> | Literal)}`);
}

function listOf<T>(items: T | readonly T[] | undefined): readonly T[] {
  return items === undefined ? [] : Array.isArray(items) ? (items as readonly T[]) : [items as T];
}

function isSubQuery(value: unknown): value is SubQuery {
  return typeof value === 'object' && value !== null && 'toSql' in value && typeof value.toSql === 'function';
}

export function textOf(value: Typed<unknown> | Literal): string {
  return value instanceof Typed ? value.text : literalText(value);
}

export function operandOf(value: Typed<unknown> | Literal): string {
  return value instanceof Typed ? value.operand : literalText(value);
}

/** A type is pasted, not bound; whatever ends a cast or begins another token is therefore no type. */
function typeText(type: string): string {
  let depth = 0;
  for (const [piece] of type.matchAll(/`(?:[^`]|``)*`|[^`]/g)) {
    if (piece === '(' || piece === '<') depth++;
    else if (piece === ')' || piece === '>') depth--;
    if (depth < 0 || !/^(?:`[\s\S]*`|[\w\s(),<>])$/.test(piece))
      throw new StreamcellError('TYPE_INVALID', `'${type}' is not the text of a type.`);
  }
  if (depth !== 0 || type.trim() === '')
    throw new StreamcellError('TYPE_INVALID', `'${type}' is not the text of a type.`);
  return type;
}
