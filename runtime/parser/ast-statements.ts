import type { Span } from '../types/span.js';
import type {
  Option,
  PartitionValue,
  CreateTable,
  ReplaceTable,
  AlterTable,
  CreateView,
  AlterView,
  CreateCatalog,
  AlterCatalog,
  CreateDatabase,
  AlterDatabase,
  CreateFunction,
  AlterFunction,
  Drop,
  CreateModel,
  CreateConnection,
  AlterObject,
  CreateMaterializedTable,
  AlterMaterializedTable,
  AnalyzeTable,
} from './ast-ddl.js';
import type { Expr, Identifier, IdentifierPart, StringLiteral } from './ast-expressions.js';
import type { Query, TableRef } from './ast-query.js';

// ---- data ---------------------------------------------------------------------------------------------------------

export interface QueryStatement {
  kind: 'QueryStatement';
  query: Query;
  span: Span;
}

/** `columns` empty: not named. `partition` gives static values of partition columns. */
export interface Insert {
  kind: 'Insert';
  overwrite: boolean;
  upsert: boolean;
  /** Hints stand where Flink allows them: after the table's name. */
  target: TableRef & { kind: 'NamedTable' };
  partition: PartitionValue[];
  columns: Identifier[];
  query: Query;
  onConflict: { behavior: 'NOTHING' | 'ERROR' | 'DEDUPLICATE'; span: Span } | null;
  span: Span;
}

export interface Assignment {
  column: Identifier;
  value: Expr;
  span: Span;
}

export interface Update {
  kind: 'Update';
  target: TableRef & { kind: 'NamedTable' };
  assignments: Assignment[];
  where: Expr | null;
  span: Span;
}

export interface Delete {
  kind: 'Delete';
  target: TableRef & { kind: 'NamedTable' };
  where: Expr | null;
  span: Span;
}

export interface TruncateTable {
  kind: 'TruncateTable';
  name: Identifier;
  span: Span;
}

/** CALL procedure(..). */
export interface Call {
  kind: 'Call';
  call: Expr;
  span: Span;
}

/** `EXECUTE STATEMENT SET BEGIN .. END`, and the script form `BEGIN STATEMENT SET; ..; END;` when both ends are in one script. */
export interface StatementSet {
  kind: 'StatementSet';
  form: 'EXECUTE' | 'BEGIN';
  statements: Insert[];
  span: Span;
}

/** `BEGIN STATEMENT SET` whose END is not in the script. */
export interface BeginStatementSet {
  kind: 'BeginStatementSet';
  span: Span;
}

/** `END` whose BEGIN is not in the script. */
export interface EndStatementSet {
  kind: 'EndStatementSet';
  span: Span;
}

/** EXECUTE statement: the same as the statement alone. */
export interface Execute {
  kind: 'Execute';
  statement: Statement;
  span: Span;
}

export interface CompilePlan {
  kind: 'CompilePlan';
  path: StringLiteral;
  ifNotExists: boolean;
  statement: Statement;
  span: Span;
}

export interface ExecutePlan {
  kind: 'ExecutePlan';
  path: StringLiteral;
  span: Span;
}

export interface CompileAndExecutePlan {
  kind: 'CompileAndExecutePlan';
  path: StringLiteral;
  statement: Statement;
  span: Span;
}

// ---- utility ------------------------------------------------------------------------------------------------------

export type ExplainDetail = 'ESTIMATED_COST' | 'CHANGELOG_MODE' | 'JSON_EXECUTION_PLAN' | 'PLAN_ADVICE';

export interface Explain {
  kind: 'Explain';
  details: ExplainDetail[];
  statement: Statement;
  span: Span;
}

export type ShowSubject =
  | 'CATALOGS'
  | 'DATABASES'
  | 'TABLES'
  | 'VIEWS'
  | 'MATERIALIZED TABLES'
  | 'COLUMNS'
  | 'FUNCTIONS'
  | 'USER FUNCTIONS'
  | 'PROCEDURES'
  | 'MODELS'
  | 'CONNECTIONS'
  | 'PARTITIONS'
  | 'MODULES'
  | 'FULL MODULES'
  | 'JARS'
  | 'JOBS'
  | 'CURRENT CATALOG'
  | 'CURRENT DATABASE';

/** `from` is the database, catalog or (for COLUMNS, PARTITIONS) table named after FROM, IN or the subject. */
export interface Show {
  kind: 'Show';
  subject: ShowSubject;
  preposition: 'FROM' | 'IN' | null;
  from: Identifier | null;
  like: { variant: 'LIKE' | 'ILIKE'; negated: boolean; pattern: StringLiteral; span: Span } | null;
  partition: PartitionValue[];
  span: Span;
}

export interface ShowCreate {
  kind: 'ShowCreate';
  object: 'TABLE' | 'VIEW' | 'MATERIALIZED TABLE' | 'CATALOG' | 'MODEL' | 'CONNECTION';
  name: Identifier;
  span: Span;
}

/** DESCRIBE, DESC. A job is named by its id's literal. */
export interface Describe {
  kind: 'Describe';
  object: 'TABLE' | 'CATALOG' | 'DATABASE' | 'FUNCTION' | 'MODEL' | 'CONNECTION' | 'JOB';
  extended: boolean;
  name: Identifier | StringLiteral;
  span: Span;
}

/** `key` null: SET alone, which lists all options. */
export interface SetOption {
  kind: 'SetOption';
  key: StringLiteral | null;
  value: StringLiteral | null;
  span: Span;
}

/** `key` null: RESET alone, which resets all options. */
export interface ResetOption {
  kind: 'ResetOption';
  key: StringLiteral | null;
  span: Span;
}

export interface Use {
  kind: 'Use';
  object: 'CATALOG' | 'DATABASE';
  name: Identifier;
  span: Span;
}

export interface UseModules {
  kind: 'UseModules';
  modules: IdentifierPart[];
  span: Span;
}

export interface LoadModule {
  kind: 'LoadModule';
  name: IdentifierPart;
  options: Option[];
  span: Span;
}

export interface UnloadModule {
  kind: 'UnloadModule';
  name: IdentifierPart;
  span: Span;
}

export interface StopJob {
  kind: 'StopJob';
  jobId: StringLiteral;
  savepoint: boolean;
  drain: boolean;
  span: Span;
}

export interface Jar {
  kind: 'Jar';
  action: 'ADD' | 'REMOVE';
  path: StringLiteral;
  span: Span;
}

export type Statement =
  | QueryStatement
  | Insert
  | Update
  | Delete
  | TruncateTable
  | Call
  | StatementSet
  | BeginStatementSet
  | EndStatementSet
  | Execute
  | CompilePlan
  | ExecutePlan
  | CompileAndExecutePlan
  | CreateTable
  | ReplaceTable
  | AlterTable
  | CreateView
  | AlterView
  | CreateCatalog
  | AlterCatalog
  | CreateDatabase
  | AlterDatabase
  | CreateFunction
  | AlterFunction
  | Drop
  | CreateModel
  | CreateConnection
  | AlterObject
  | CreateMaterializedTable
  | AlterMaterializedTable
  | AnalyzeTable
  | Explain
  | Show
  | ShowCreate
  | Describe
  | SetOption
  | ResetOption
  | Use
  | UseModules
  | LoadModule
  | UnloadModule
  | StopJob
  | Jar;
