import type {
  Expr,
  FunctionCall,
  Identifier,
  IdentifierPart,
  IntervalLiteral,
  OrderItem,
  Row,
  WindowSpec,
} from './ast-expressions.js';
import type { Span } from '../types/span.js';

/** A whole query expression: WITH, body, and what applies to the body's result. */
export interface Query {
  kind: 'Query';
  with: CommonTable[];
  body: QueryBody;
  orderBy: OrderItem[];
  offset: Expr | null;
  /** LIMIT n or FETCH FIRST n ROWS ONLY. `LIMIT ALL` is null. */
  limit: Expr | null;
  span: Span;
}

export interface CommonTable {
  name: IdentifierPart;
  columns: IdentifierPart[];
  recursive: boolean;
  query: Query;
  span: Span;
}

/** A Query as a body is one in parentheses. */
export type QueryBody = Select | SetOperation | Values | TableQuery | Query;

export interface SetOperation {
  kind: 'SetOperation';
  op: 'UNION' | 'INTERSECT' | 'EXCEPT';
  all: boolean;
  left: QueryBody;
  right: QueryBody;
  span: Span;
}

/** Each row is a Row (`(1, 2)`, `ROW(1, 2)`) with the fields given; a bare value is a Row of one field. */
export interface Values {
  kind: 'Values';
  rows: Row[];
  span: Span;
}

/** `TABLE t` in place of a SELECT. */
export interface TableQuery {
  kind: 'TableQuery';
  name: Identifier;
  span: Span;
}

export interface Select {
  kind: 'Select';
  hints: Hint[];
  quantifier: 'DISTINCT' | 'ALL' | null;
  items: SelectItem[];
  from: TableRef | null;
  where: Expr | null;
  groupBy: GroupBy | null;
  having: Expr | null;
  windows: NamedWindow[];
  qualify: Expr | null;
  span: Span;
}

/** `expr` is a Star for `*` and `t.*`, which has no alias. */
export interface SelectItem {
  expr: Expr;
  alias: IdentifierPart | null;
  span: Span;
}

export interface GroupBy {
  quantifier: 'DISTINCT' | 'ALL' | null;
  items: GroupItem[];
  span: Span;
}

/** `GroupKey` with no expressions is `()`, with several `(a, b)`; only the latter two forms are `parenthesized`. */
export type GroupItem =
  | { kind: 'GroupKey'; exprs: Expr[]; parenthesized: boolean; span: Span }
  | { kind: 'Rollup'; items: GroupItem[]; span: Span }
  | { kind: 'Cube'; items: GroupItem[]; span: Span }
  | { kind: 'GroupingSets'; items: GroupItem[]; span: Span };

export interface NamedWindow {
  name: IdentifierPart;
  spec: WindowSpec;
  span: Span;
}

/** One hint of a hint comment: `options` for 'key' = 'value' arguments, `args` for plain names and literals. */
export interface Hint {
  name: IdentifierPart;
  options: { key: string; value: string; span: Span }[];
  args: { text: string; quoted: boolean; span: Span }[];
  span: Span;
}

/** The correlation name given to something in FROM. */
export interface Alias {
  name: IdentifierPart;
  columns: IdentifierPart[];
  span: Span;
}

export type TableRef = NamedTable | DerivedTable | TableFunction | Unnest | Join | MatchRecognize | Pivot | Unpivot;

export interface NamedTable {
  kind: 'NamedTable';
  name: Identifier;
  hints: Hint[];
  /** `FOR SYSTEM_TIME AS OF expr`. */
  asOf: Expr | null;
  sample: TableSample | null;
  alias: Alias | null;
  span: Span;
}

export interface TableSample {
  method: 'BERNOULLI' | 'SYSTEM' | 'SUBSTITUTE';
  amount: Expr;
  repeatable: Expr | null;
  span: Span;
}

export interface DerivedTable {
  kind: 'DerivedTable';
  lateral: boolean;
  query: Query;
  sample: TableSample | null;
  alias: Alias | null;
  span: Span;
}

/**
 * `TABLE(f(..))`, `LATERAL TABLE(f(..))`, or `f(..)` directly. The call's arguments may be NamedArgument, Descriptor,
 * TableArgument, ModelArgument.
 */
export interface TableFunction {
  kind: 'TableFunction';
  call: FunctionCall;
  lateral: boolean;
  /** Written with the outer TABLE(..). */
  wrapped: boolean;
  alias: Alias | null;
  span: Span;
}

export interface Unnest {
  kind: 'Unnest';
  exprs: Expr[];
  ordinality: boolean;
  lateral: boolean;
  alias: Alias | null;
  span: Span;
}

export type JoinType = 'INNER' | 'LEFT' | 'RIGHT' | 'FULL' | 'CROSS';

export interface Join {
  kind: 'Join';
  type: JoinType;
  natural: boolean;
  /** `a, b` in FROM; type is CROSS. */
  comma: boolean;
  left: TableRef;
  right: TableRef;
  on: Expr | null;
  using: IdentifierPart[] | null;
  span: Span;
}

export interface MatchRecognize {
  kind: 'MatchRecognize';
  input: TableRef;
  partitionBy: Expr[];
  orderBy: OrderItem[];
  measures: { expr: Expr; alias: IdentifierPart; span: Span }[];
  rowsPerMatch: 'ONE' | 'ALL' | null;
  afterMatch: AfterMatch | null;
  /** `^` at the start or `$` at the end of the pattern. */
  anchoredStart: boolean;
  anchoredEnd: boolean;
  pattern: Pattern;
  within: IntervalLiteral | null;
  subsets: { name: IdentifierPart; members: IdentifierPart[]; span: Span }[];
  define: { name: IdentifierPart; condition: Expr; span: Span }[];
  alias: Alias | null;
  span: Span;
}

export type AfterMatch =
  | { kind: 'SkipToNextRow'; span: Span }
  | { kind: 'SkipPastLastRow'; span: Span }
  | { kind: 'SkipToFirst'; variable: IdentifierPart; span: Span }
  | { kind: 'SkipToLast'; variable: IdentifierPart; span: Span };

/** `max` null is unbounded. */
export type Pattern =
  | { kind: 'PatternVariable'; name: IdentifierPart; span: Span }
  | { kind: 'PatternSequence'; items: Pattern[]; span: Span }
  | { kind: 'PatternAlternation'; items: Pattern[]; span: Span }
  | { kind: 'PatternPermute'; items: Pattern[]; span: Span }
  | { kind: 'PatternExclude'; item: Pattern; span: Span }
  | { kind: 'PatternQuantified'; item: Pattern; min: number; max: number | null; reluctant: boolean; span: Span };

export interface Pivot {
  kind: 'Pivot';
  input: TableRef;
  aggregates: { expr: Expr; alias: IdentifierPart | null; span: Span }[];
  axes: IdentifierPart[];
  values: { exprs: Expr[]; alias: IdentifierPart | null; span: Span }[];
  alias: Alias | null;
  span: Span;
}

export interface Unpivot {
  kind: 'Unpivot';
  input: TableRef;
  includeNulls: boolean;
  measures: IdentifierPart[];
  axes: IdentifierPart[];
  columns: { names: IdentifierPart[]; values: Expr[]; span: Span }[];
  alias: Alias | null;
  span: Span;
}
