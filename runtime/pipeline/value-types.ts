import type { Decimal } from './decimal.js';
import type { Expression, Typed } from './expression.js';
import type { Literal } from './sql-text.js';

/*
 * The types of SQL values in TypeScript.
 *
 * BOOLEAN boolean; TINYINT to INT, FLOAT, DOUBLE number; BIGINT bigint; DECIMAL Decimal; CHAR, VARCHAR string; BINARY, VARBINARY Uint8Array;
 * DATE, TIME string (ISO); TIMESTAMP Date (its wall clock read as UTC), TIMESTAMP_LTZ Date; intervals Interval; ARRAY readonly T[];
 * MAP, MULTISET ReadonlyMap; ROW an object; VARIANT unknown. A column of an unknown type is an Expression<never>, which every operation takes;
 * its values come back as unknown.
 */

/** A row: column names and the types of their values. */
export type RowShape = object;
/** The row of a table that nothing is known of. */
export type UntypedRow = Record<string, unknown>;

/** A day-time interval has milliseconds, a year-month one months; the other is 0. */
export interface Interval {
  readonly milliseconds: number;
  readonly months: number;
}

export type Numeric = number | bigint | Decimal;

/** The expression of a column whose values are T. */
export type ColumnOf<T> = unknown extends T ? Expression<never> : Expression<T>;
export type ColumnsOf<R> = { readonly [K in keyof R]-?: ColumnOf<R[K]> };

type IsNever<T> = [T] extends [never] ? true : false;
type NullIn<T> = null extends T ? null : never;
/** Literals lose their narrowness: the column of `lit(5)` is a number. */
type Widened<T> = T extends string
  ? string
  : T extends number
    ? number
    : T extends bigint
      ? bigint
      : T extends boolean
        ? boolean
        : T;

/** What may stand where a value of T is compared with: NULLs compare with everything; whole numbers with BIGINT and DECIMAL. */
export type Operand<T> =
  IsNever<T> extends true
    ? Literal | Typed<unknown>
    : unknown extends T
      ? Literal | Typed<unknown>
      : NonNullable<T> extends Numeric
        ? number | bigint | Decimal | null | Typed<Numeric | null>
        : (NonNullable<T> & Literal) | null | Typed<NonNullable<T> | null>;

/** The value type behind an operand. */
export type ValueOf<O> =
  O extends Typed<infer T> ? (IsNever<T> extends true ? unknown : T) : O extends Literal ? Widened<O> : unknown;

type OperandValue<O> = O extends Typed<infer T> ? T : O;
type Whole<N extends number> = number extends N ? false : `${N}` extends `${bigint}` ? true : false;

/** Result of + - * / and %, NULL aside: Flink's rules as far as TypeScript's types can tell them. */
type ArithmeticOf<A, B, BLiteral extends boolean> = A extends Interval
  ? A
  : B extends Interval
    ? A
    : A extends Decimal
      ? B extends number
        ? BLiteral extends true
          ? Whole<B> extends true
            ? Decimal
            : number
          : Decimal | number
        : Decimal
      : B extends Decimal
        ? A extends number
          ? Decimal | number
          : Decimal
        : A extends bigint
          ? B extends bigint
            ? bigint
            : B extends number
              ? BLiteral extends true
                ? Whole<B> extends true
                  ? bigint
                  : number
                : bigint | number
              : never
          : B extends bigint
            ? bigint | number
            : number;

export type Arithmetic<A, O> =
  IsNever<A> extends true
    ? never
    : IsNever<OperandValue<O>> extends true
      ? never
      : | ArithmeticOf<NonNullable<A>, NonNullable<OperandValue<O>>, O extends number ? true : false>
        | NullIn<A>
        | NullIn<OperandValue<O>>;

/** Boolean of a comparison: NULL when a side may be NULL. */
export type Truth<A, O> =
  IsNever<A> extends true
    ? boolean | null
    : IsNever<OperandValue<O>> extends true
      ? boolean | null
      : boolean | NullIn<A> | NullIn<OperandValue<O>>;

/** Both sides of a join whose rows may find no match. */
export type Nullable<R> = { readonly [K in keyof R]: R[K] | null };

export type Merged<S extends readonly unknown[]> = S extends readonly [infer First, ...infer Rest]
  ? Rest extends readonly []
    ? First
    : First & Merged<Rest>
  : unknown;
/** The same row with its columns written out, so that editors show them. */
export type Flat<R> = { readonly [K in keyof R]: R[K] };

/** SQL type texts to TypeScript types, for CAST. */
export type CastTo<S extends string> =
  Uppercase<S> extends `${infer Name}(${string}`
    ? CastName<TrimEnd<Name>>
    : Uppercase<S> extends `${infer Name} NOT NULL`
      ? CastName<Name>
      : CastName<Uppercase<S>>;
type TrimEnd<S extends string> = S extends `${infer Rest} ` ? TrimEnd<Rest> : S;
type CastName<S extends string> = S extends 'TINYINT' | 'SMALLINT' | 'INT' | 'INTEGER' | 'FLOAT' | 'DOUBLE'
  ? number
  : S extends 'BIGINT'
    ? bigint
    : S extends 'DECIMAL' | 'NUMERIC' | 'DEC'
      ? Decimal
      : S extends 'STRING' | 'CHAR' | 'VARCHAR' | 'DATE' | 'TIME'
        ? string
        : S extends 'BOOLEAN'
          ? boolean
          : S extends 'BYTES' | 'BINARY' | 'VARBINARY'
            ? Uint8Array
            : S extends 'TIMESTAMP' | 'TIMESTAMP_LTZ'
              ? Date
              : never;
