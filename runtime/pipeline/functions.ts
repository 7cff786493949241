import { StreamcellError } from '../types/index.js';
import { Expression, textOf, type SubQuery, type Typed } from './expression.js';
import { literalText, quoteIdentifier, quoteText, type Literal } from './sql-text.js';
import type { Interval, Numeric, ValueOf } from './value-types.js';

/** A column by its name, which is one name: a dot in it is no path. Its type is yours to state: `$<bigint>('price')`. */
export function $<T = never>(column: string): Expression<T> {
  return new Expression(quoteIdentifier(column), true);
}

/** A value. Whole numbers are INT, others DOUBLE, a bigint is BIGINT, a Date TIMESTAMP(3). */
export function lit<L extends Literal>(value: L): Expression<ValueOf<L>> {
  return new Expression(literalText(value), true);
}

/** A Date as TIMESTAMP_LTZ(3): the instant it is, whatever the session's zone. */
export function instant(date: Date): Expression<Date> {
  const millis = date.getTime();
  if (Number.isNaN(millis)) throw new StreamcellError('QUERY_INVALID', 'An invalid Date is no instant.');
  return new Expression(`TO_TIMESTAMP_LTZ(${literalText(BigInt(millis))}, 3)`, true);
}

/** Any SQL function, built-in or the user's. */
export function call<T = never>(name: string, ...values: readonly (Literal | Typed<unknown>)[]): Expression<T> {
  // A plain name stays unquoted: a few built-in functions are words of the grammar.
  const called = /^[A-Za-z_]\w*$/.test(name) ? name : quoteIdentifier(name);
  return new Expression(`${called}(${values.map(textOf).join(', ')})`, true);
}

/** True when the query has a row. */
export function exists(query: SubQuery): Expression<boolean> {
  return new Expression(`EXISTS (${query.toSql()})`);
}

// ---- aggregates ---------------------------------------------------------------------------------------------------------

/** Rows, or the rows in which the expression is not NULL. */
export function count(value?: Typed<unknown>): Expression<bigint> {
  return new Expression(value === undefined ? 'COUNT(*)' : `COUNT(${value.text})`, true);
}
export function countDistinct(value: Typed<unknown>): Expression<bigint> {
  return new Expression(`COUNT(DISTINCT ${value.text})`, true);
}
export function sum<T extends Numeric | null>(value: Typed<T>): Expression<T | null> {
  return new Expression(`SUM(${value.text})`, true);
}
/** In the type of its values, as Flink has it: the average of whole numbers is whole. */
export function avg<T extends Numeric | null>(value: Typed<T>): Expression<T | null> {
  return new Expression(`AVG(${value.text})`, true);
}
export function min<T>(value: Typed<T>): Expression<T | null> {
  return new Expression(`MIN(${value.text})`, true);
}
export function max<T>(value: Typed<T>): Expression<T | null> {
  return new Expression(`MAX(${value.text})`, true);
}

// ---- rankings, each with .over(...) ---------------------------------------------------------------------------------------

export function rowNumber(): Expression<bigint> {
  return new Expression('ROW_NUMBER()', true);
}
export function rank(): Expression<bigint> {
  return new Expression('RANK()', true);
}
export function denseRank(): Expression<bigint> {
  return new Expression('DENSE_RANK()', true);
}

// ---- lengths of time ------------------------------------------------------------------------------------------------------

export function milliseconds(n: number): Expression<Interval> {
  const whole = Math.floor(n / 1000);
  return interval(`${whole}.${String(wholeNumber(n) % 1000).padStart(3, '0')}`, `SECOND(${digits(whole)}, 3)`);
}
export function seconds(n: number): Expression<Interval> {
  return interval(String(wholeNumber(n)), `SECOND(${digits(n)})`);
}
export function minutes(n: number): Expression<Interval> {
  return interval(String(wholeNumber(n)), `MINUTE(${digits(n)})`);
}
export function hours(n: number): Expression<Interval> {
  return interval(String(wholeNumber(n)), `HOUR(${digits(n)})`);
}
export function days(n: number): Expression<Interval> {
  return interval(String(wholeNumber(n)), `DAY(${digits(n)})`);
}

function interval(text: string, unit: string): Expression<Interval> {
  // Two digits are what a unit holds when it does not say.
  return new Expression(`INTERVAL ${quoteText(text)} ${unit.replace(/\([12]\)$/, '')}`, true);
}

function digits(n: number): number {
  return String(n).length;
}

function wholeNumber(n: number): number {
  if (!Number.isSafeInteger(n) || n < 0)
    throw new StreamcellError('QUERY_INVALID', `A length of time is a whole number, and not ${n}.`);
  return n;
}
