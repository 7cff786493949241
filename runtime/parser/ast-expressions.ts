import type { Query } from './ast-query.js';
import type { TypeName } from './ast-types.js';
import type { Span } from '../types/span.js';

/** One part of a dotted name. `name` is the text with quotes and doubled quotes resolved. */
export interface IdentifierPart {
  name: string;
  quoted: boolean;
  span: Span;
}

/** A dotted name: a column, a table path, or a column followed by nested fields; only the binder can tell which. */
export interface Identifier {
  kind: 'Identifier';
  parts: IdentifierPart[];
  span: Span;
}

/** `*` or `t.*`; stands only in a select list. */
export interface Star {
  kind: 'Star';
  qualifier: IdentifierPart[];
  span: Span;
}

/** `text` is the literal as written; `form` says what type family it has before any context is known. */
export interface NumberLiteral {
  kind: 'NumberLiteral';
  text: string;
  form: 'integer' | 'decimal' | 'approximate';
  span: Span;
}

export interface StringLiteral {
  kind: 'StringLiteral';
  value: string;
  /** The introducer's character set (`_UTF16'..'`, `N'..'` is `NATIONAL`), if any. */
  charset: string | null;
  span: Span;
}

/** `X'..'`; `hex` has an even number of digits. */
export interface BinaryLiteral {
  kind: 'BinaryLiteral';
  hex: string;
  span: Span;
}

/** `value` null is the literal UNKNOWN. */
export interface BooleanLiteral {
  kind: 'BooleanLiteral';
  value: boolean | null;
  span: Span;
}

export interface NullLiteral {
  kind: 'NullLiteral';
  span: Span;
}

/** `DATE '..'`, `TIME '..'`, `TIMESTAMP '..'`; the text is unchecked, the binder parses it. */
export interface DateTimeLiteral {
  kind: 'DateTimeLiteral';
  type: 'DATE' | 'TIME' | 'TIMESTAMP' | 'TIMESTAMP_LTZ';
  text: string;
  span: Span;
}

export type TimeUnit =
  | 'YEAR'
  | 'QUARTER'
  | 'MONTH'
  | 'WEEK'
  | 'DAY'
  | 'HOUR'
  | 'MINUTE'
  | 'SECOND'
  | 'MILLISECOND'
  | 'MICROSECOND'
  | 'NANOSECOND'
  | 'DOW'
  | 'DOY'
  | 'ISODOW'
  | 'ISOYEAR'
  | 'EPOCH'
  | 'DECADE'
  | 'CENTURY'
  | 'MILLENNIUM';

/** `DAY(3) TO SECOND(6)`: `precision` belongs to the leading unit, `fraction` to SECOND. */
export interface IntervalQualifier {
  from: TimeUnit;
  to: TimeUnit | null;
  precision: number | null;
  fraction: number | null;
  span: Span;
}

/** `INTERVAL [-] '..' qualifier`; the text is unchecked, the binder parses it. */
export interface IntervalLiteral {
  kind: 'IntervalLiteral';
  negative: boolean;
  text: string;
  qualifier: IntervalQualifier;
  span: Span;
}

/** `INTERVAL expr unit`, where the amount is not a string literal. */
export interface IntervalExpression {
  kind: 'IntervalExpression';
  negative: boolean;
  amount: Expr;
  qualifier: IntervalQualifier;
  span: Span;
}

/** `?`; `index` counts from 0 within the statement. */
export interface DynamicParameter {
  kind: 'DynamicParameter';
  index: number;
  span: Span;
}

export interface Unary {
  kind: 'Unary';
  op: '+' | '-' | 'NOT';
  operand: Expr;
  span: Span;
}

export type ComparisonOp = '=' | '<>' | '<' | '<=' | '>' | '>=';

export type BinaryOp =
  | ComparisonOp
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '||'
  | 'AND'
  | 'OR'
  | 'IS DISTINCT FROM'
  | 'IS NOT DISTINCT FROM'
  | 'MEMBER OF'
  | 'NOT MEMBER OF'
  | 'SUBMULTISET OF'
  | 'NOT SUBMULTISET OF'
  | 'MULTISET UNION'
  | 'MULTISET UNION DISTINCT'
  | 'MULTISET INTERSECT'
  | 'MULTISET INTERSECT DISTINCT'
  | 'MULTISET EXCEPT'
  | 'MULTISET EXCEPT DISTINCT'
  | 'OVERLAPS'
  | 'CONTAINS'
  | 'EQUALS'
  | 'PRECEDES'
  | 'SUCCEEDS'
  | 'IMMEDIATELY PRECEDES'
  | 'IMMEDIATELY SUCCEEDS';

export interface Binary {
  kind: 'Binary';
  op: BinaryOp;
  left: Expr;
  right: Expr;
  /** Where the operator itself is written; errors about operand types point here. */
  opSpan: Span;
  span: Span;
}

export interface Between {
  kind: 'Between';
  operand: Expr;
  low: Expr;
  high: Expr;
  negated: boolean;
  symmetric: boolean;
  span: Span;
}

export interface InList {
  kind: 'InList';
  operand: Expr;
  values: Expr[];
  negated: boolean;
  span: Span;
}

/** `operand` is a Row for a comparison over several columns. */
export interface InSubquery {
  kind: 'InSubquery';
  operand: Expr;
  query: Query;
  negated: boolean;
  span: Span;
}

export interface Like {
  kind: 'Like';
  variant: 'LIKE' | 'ILIKE' | 'RLIKE' | 'SIMILAR TO';
  operand: Expr;
  pattern: Expr;
  escape: Expr | null;
  negated: boolean;
  span: Span;
}

/** `operand IS [NOT] test`. */
export interface Is {
  kind: 'Is';
  operand: Expr;
  test:
    | 'NULL'
    | 'TRUE'
    | 'FALSE'
    | 'UNKNOWN'
    | 'A SET'
    | 'EMPTY'
    | 'JSON VALUE'
    | 'JSON OBJECT'
    | 'JSON ARRAY'
    | 'JSON SCALAR';
  negated: boolean;
  span: Span;
}

/** A branch of CASE. In the simple form several values may share one branch (`WHEN 1, 2 THEN`); else one condition. */
export interface CaseBranch {
  conditions: Expr[];
  result: Expr;
  span: Span;
}

/** `operand` null: the searched form. */
export interface Case {
  kind: 'Case';
  operand: Expr | null;
  branches: CaseBranch[];
  otherwise: Expr | null;
  span: Span;
}

/** `safe` is TRY_CAST. */
export interface Cast {
  kind: 'Cast';
  safe: boolean;
  operand: Expr;
  type: TypeName;
  span: Span;
}

/** `name => value`; stands only among a call's arguments. */
export interface NamedArgument {
  kind: 'NamedArgument';
  name: IdentifierPart;
  value: Expr;
  span: Span;
}

/** A unit given as an argument: EXTRACT(unit FROM x), FLOOR(x TO unit), TIMESTAMPADD(unit, n, x). */
export interface TimeUnitArgument {
  kind: 'TimeUnitArgument';
  unit: TimeUnit;
  span: Span;
}

/** The DEFAULT keyword in place of an argument or an inserted value. */
export interface DefaultArgument {
  kind: 'DefaultArgument';
  span: Span;
}

/** `DESCRIPTOR(a, b)`; stands only among a table function's arguments. */
export interface Descriptor {
  kind: 'Descriptor';
  columns: IdentifierPart[];
  span: Span;
}

/** `TABLE t [PARTITION BY ..] [ORDER BY ..]` or a query in its place; stands only among a table function's arguments. */
export interface TableArgument {
  kind: 'TableArgument';
  input: Identifier | Query;
  partitionBy: Expr[];
  orderBy: OrderItem[];
  span: Span;
}

/** `MODEL m`; stands only among a table function's arguments. */
export interface ModelArgument {
  kind: 'ModelArgument';
  name: Identifier;
  span: Span;
}

export interface OrderItem {
  expr: Expr;
  descending: boolean;
  nulls: 'FIRST' | 'LAST' | null;
  span: Span;
}

export type FrameBound =
  | { kind: 'UnboundedPreceding'; span: Span }
  | { kind: 'Preceding'; amount: Expr; span: Span }
  | { kind: 'CurrentRow'; span: Span }
  | { kind: 'Following'; amount: Expr; span: Span }
  | { kind: 'UnboundedFollowing'; span: Span };

/** `end` null: the short form `ROWS n PRECEDING`, which ends at the current row. */
export interface WindowFrame {
  unit: 'ROWS' | 'RANGE';
  start: FrameBound;
  end: FrameBound | null;
  span: Span;
}

/** The inside of OVER (..) or of a WINDOW clause; `base` names the window it refines. */
export interface WindowSpec {
  kind: 'WindowSpec';
  base: IdentifierPart | null;
  partitionBy: Expr[];
  orderBy: OrderItem[];
  frame: WindowFrame | null;
  allowPartial: boolean | null;
  span: Span;
}

/** `OVER w`. */
export interface WindowReference {
  kind: 'WindowReference';
  name: IdentifierPart;
  span: Span;
}

/**
 * Every call of the shape name(args), and the special spellings that mean one: `SUBSTRING(a FROM b FOR c)` is
 * SUBSTRING(a, b, c), `POSITION(a IN b)` is POSITION(a, b), `OVERLAY(a PLACING b FROM c FOR d)` is OVERLAY(a, b, c, d),
 * `EXTRACT(u FROM a)` is EXTRACT(unit, a), `FLOOR(a TO u)` is FLOOR(a, unit).
 * Names of reserved built-ins are in upper case and unquoted.
 */
export interface FunctionCall {
  kind: 'FunctionCall';
  name: Identifier;
  args: Expr[];
  /** COUNT(*): `args` is empty. */
  star: boolean;
  /** Written without parentheses: CURRENT_DATE. */
  niladic: boolean;
  quantifier: 'DISTINCT' | 'ALL' | null;
  /** ORDER BY inside the parentheses: ARRAY_AGG(x ORDER BY y). */
  orderBy: OrderItem[];
  /** `NULL ON NULL` or `ABSENT ON NULL` of JSON_OBJECTAGG and JSON_ARRAYAGG. */
  jsonOnNull: 'NULL' | 'ABSENT' | null;
  withinGroup: OrderItem[] | null;
  withinDistinct: Expr[] | null;
  nullTreatment: 'IGNORE' | 'RESPECT' | null;
  filter: Expr | null;
  over: WindowSpec | WindowReference | null;
  /** MATCH_RECOGNIZE only. */
  semantics: 'RUNNING' | 'FINAL' | null;
  span: Span;
}

export interface Trim {
  kind: 'Trim';
  side: 'BOTH' | 'LEADING' | 'TRAILING';
  /** Null: blanks. */
  characters: Expr | null;
  operand: Expr;
  span: Span;
}

/** What JSON_VALUE and JSON_QUERY do when there is nothing, or on an error. */
export type JsonBehavior =
  | { kind: 'Null'; span: Span }
  | { kind: 'Error'; span: Span }
  | { kind: 'Default'; value: Expr; span: Span }
  | { kind: 'EmptyArray'; span: Span }
  | { kind: 'EmptyObject'; span: Span };

export interface JsonExists {
  kind: 'JsonExists';
  input: Expr;
  path: Expr;
  onError: 'TRUE' | 'FALSE' | 'UNKNOWN' | 'ERROR' | null;
  span: Span;
}

export interface JsonValue {
  kind: 'JsonValue';
  input: Expr;
  path: Expr;
  returning: TypeName | null;
  onEmpty: JsonBehavior | null;
  onError: JsonBehavior | null;
  span: Span;
}

export interface JsonQuery {
  kind: 'JsonQuery';
  input: Expr;
  path: Expr;
  returning: TypeName | null;
  wrapper: 'WITHOUT' | 'CONDITIONAL' | 'UNCONDITIONAL' | null;
  onEmpty: JsonBehavior | null;
  onError: JsonBehavior | null;
  span: Span;
}

export interface JsonObject {
  kind: 'JsonObject';
  entries: { key: Expr; value: Expr; formatJson: boolean }[];
  onNull: 'NULL' | 'ABSENT' | null;
  span: Span;
}

export interface JsonArray {
  kind: 'JsonArray';
  elements: { value: Expr; formatJson: boolean }[];
  onNull: 'NULL' | 'ABSENT' | null;
  span: Span;
}

/** `ROW(a, b)`, or `(a, b)` when not `explicit`. */
export interface Row {
  kind: 'Row';
  fields: Expr[];
  explicit: boolean;
  span: Span;
}

export interface ArrayConstructor {
  kind: 'ArrayConstructor';
  elements: Expr[];
  span: Span;
}

export interface MultisetConstructor {
  kind: 'MultisetConstructor';
  elements: Expr[];
  span: Span;
}

export interface MapConstructor {
  kind: 'MapConstructor';
  entries: { key: Expr; value: Expr }[];
  span: Span;
}

/** `ARRAY(SELECT ..)`, `MAP(SELECT ..)`, `MULTISET(SELECT ..)`, `CURSOR(SELECT ..)`. */
export interface QueryConstructor {
  kind: 'QueryConstructor';
  collection: 'ARRAY' | 'MAP' | 'MULTISET' | 'CURSOR';
  query: Query;
  span: Span;
}

/** `(expr).field`; the dotted names `a.b.c` are an Identifier instead. */
export interface FieldAccess {
  kind: 'FieldAccess';
  operand: Expr;
  field: IdentifierPart;
  span: Span;
}

/** `a[i]` over an ARRAY, a MAP or a ROW. */
export interface ElementAccess {
  kind: 'ElementAccess';
  operand: Expr;
  index: Expr;
  span: Span;
}

export interface ScalarSubquery {
  kind: 'ScalarSubquery';
  query: Query;
  span: Span;
}

export interface Exists {
  kind: 'Exists';
  query: Query;
  span: Span;
}

/** `operand op SOME|ANY|ALL (..)`, over a query or a list. */
export interface Quantified {
  kind: 'Quantified';
  operand: Expr;
  op: ComparisonOp;
  quantifier: 'SOME' | 'ANY' | 'ALL';
  right: Query | Expr[];
  span: Span;
}

export type Expr =
  | Identifier
  | Star
  | NumberLiteral
  | StringLiteral
  | BinaryLiteral
  | BooleanLiteral
  | NullLiteral
  | DateTimeLiteral
  | IntervalLiteral
  | IntervalExpression
  | DynamicParameter
  | Unary
  | Binary
  | Between
  | InList
  | InSubquery
  | Like
  | Is
  | Case
  | Cast
  | NamedArgument
  | TimeUnitArgument
  | DefaultArgument
  | Descriptor
  | TableArgument
  | ModelArgument
  | FunctionCall
  | Trim
  | JsonExists
  | JsonValue
  | JsonQuery
  | JsonObject
  | JsonArray
  | Row
  | ArrayConstructor
  | MultisetConstructor
  | MapConstructor
  | QueryConstructor
  | FieldAccess
  | ElementAccess
  | ScalarSubquery
  | Exists
  | Quantified;
