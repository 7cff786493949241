import type { Span } from '../types/span.js';
import type {
  Expr,
  Identifier,
  IdentifierPart,
  IntervalLiteral,
  NumberLiteral,
  StringLiteral,
} from './ast-expressions.js';
import type { Query } from './ast-query.js';
import type { TypeName } from './ast-types.js';

/** `'key' = 'value'` of WITH, SET, RESET and option lists. */
export interface Option {
  key: StringLiteral;
  value: StringLiteral;
  span: Span;
}

/** `name = literal`; `value` is null only in ANALYZE TABLE, which may name a partition column alone. */
export interface PartitionValue {
  column: IdentifierPart;
  value: Expr | null;
  span: Span;
}

// ---- tables -------------------------------------------------------------------------------------------------------

/** `primaryKey` is the constraint written at the column itself (`PRIMARY KEY NOT ENFORCED`). */
export interface PhysicalColumn {
  kind: 'PhysicalColumn';
  name: IdentifierPart;
  type: TypeName;
  constraint: TableConstraint | null;
  comment: string | null;
  span: Span;
}

export interface ComputedColumn {
  kind: 'ComputedColumn';
  name: IdentifierPart;
  expr: Expr;
  comment: string | null;
  span: Span;
}

/** `from` is the metadata key when it differs from the column's name. */
export interface MetadataColumn {
  kind: 'MetadataColumn';
  name: IdentifierPart;
  type: TypeName;
  from: StringLiteral | null;
  virtual: boolean;
  comment: string | null;
  span: Span;
}

/** A name alone, as CREATE TABLE t (a, b) AS SELECT allows. */
export interface ReorderedColumn {
  kind: 'ReorderedColumn';
  name: IdentifierPart;
  span: Span;
}

export type ColumnDefinition = PhysicalColumn | ComputedColumn | MetadataColumn | ReorderedColumn;

/** `enforced` null: not stated. `columns` is filled for a constraint at a column, too. */
export interface TableConstraint {
  kind: 'TableConstraint';
  name: IdentifierPart | null;
  type: 'PRIMARY KEY' | 'UNIQUE';
  columns: IdentifierPart[];
  enforced: boolean | null;
  span: Span;
}

/** `column` may be dotted (a nested field). */
export interface Watermark {
  kind: 'Watermark';
  column: Identifier;
  strategy: Expr;
  span: Span;
}

/** `buckets` null: not stated; `method` null: `DISTRIBUTED INTO n BUCKETS` or `BY (..)` without HASH or RANGE. */
export interface Distribution {
  method: 'HASH' | 'RANGE' | null;
  columns: IdentifierPart[];
  buckets: NumberLiteral | null;
  span: Span;
}

export interface LikeOption {
  mode: 'INCLUDING' | 'EXCLUDING' | 'OVERWRITING';
  feature: 'ALL' | 'CONSTRAINTS' | 'DISTRIBUTION' | 'GENERATED' | 'METADATA' | 'OPTIONS' | 'PARTITIONS' | 'WATERMARKS';
  span: Span;
}

export interface LikeClause {
  source: Identifier;
  options: LikeOption[];
  span: Span;
}

export interface CreateTable {
  kind: 'CreateTable';
  temporary: boolean;
  orReplace: boolean;
  ifNotExists: boolean;
  name: Identifier;
  columns: ColumnDefinition[];
  constraints: TableConstraint[];
  watermark: Watermark | null;
  comment: string | null;
  distribution: Distribution | null;
  partitionedBy: IdentifierPart[];
  options: Option[];
  like: LikeClause | null;
  as: Query | null;
  span: Span;
}

/** REPLACE TABLE t .. AS query. */
export interface ReplaceTable extends Omit<CreateTable, 'kind'> {
  kind: 'ReplaceTable';
}

export interface ColumnPosition {
  first: boolean;
  after: Identifier | null;
  span: Span;
}

/** One definition of ALTER TABLE ADD or MODIFY. */
export type AlterTableItem =
  | { kind: 'Column'; column: ColumnDefinition; position: ColumnPosition | null; span: Span }
  | TableConstraint
  | Watermark
  | { kind: 'Distribution'; distribution: Distribution; span: Span };

export type AlterTableAction =
  | { kind: 'RenameTable'; newName: Identifier; span: Span }
  | { kind: 'RenameColumn'; column: Identifier; newName: Identifier; span: Span }
  | { kind: 'SetOptions'; options: Option[]; span: Span }
  | { kind: 'ResetOptions'; keys: StringLiteral[]; span: Span }
  | { kind: 'Add'; items: AlterTableItem[]; span: Span }
  | { kind: 'Modify'; items: AlterTableItem[]; span: Span }
  | { kind: 'DropColumns'; columns: Identifier[]; span: Span }
  | { kind: 'DropPrimaryKey'; span: Span }
  | { kind: 'DropConstraint'; name: IdentifierPart; span: Span }
  | { kind: 'DropWatermark'; span: Span }
  | { kind: 'DropDistribution'; span: Span }
  | {
      kind: 'AddPartitions';
      ifNotExists: boolean;
      partitions: { values: PartitionValue[]; options: Option[]; span: Span }[];
      span: Span;
    }
  | { kind: 'DropPartitions'; ifExists: boolean; partitions: PartitionValue[][]; span: Span };

export interface AlterTable {
  kind: 'AlterTable';
  ifExists: boolean;
  name: Identifier;
  action: AlterTableAction;
  span: Span;
}

// ---- other objects ------------------------------------------------------------------------------------------------

export interface CreateView {
  kind: 'CreateView';
  temporary: boolean;
  orReplace: boolean;
  ifNotExists: boolean;
  name: Identifier;
  columns: IdentifierPart[];
  comment: string | null;
  query: Query;
  span: Span;
}

export interface AlterView {
  kind: 'AlterView';
  name: Identifier;
  action: { kind: 'Rename'; newName: Identifier; span: Span } | { kind: 'As'; query: Query; span: Span };
  span: Span;
}

export interface CreateCatalog {
  kind: 'CreateCatalog';
  ifNotExists: boolean;
  name: IdentifierPart;
  comment: string | null;
  options: Option[];
  span: Span;
}

export interface AlterCatalog {
  kind: 'AlterCatalog';
  name: IdentifierPart;
  action:
    | { kind: 'SetOptions'; options: Option[]; span: Span }
    | { kind: 'ResetOptions'; keys: StringLiteral[]; span: Span }
    | { kind: 'Comment'; comment: string; span: Span };
  span: Span;
}

export interface CreateDatabase {
  kind: 'CreateDatabase';
  ifNotExists: boolean;
  name: Identifier;
  comment: string | null;
  options: Option[];
  span: Span;
}

export interface AlterDatabase {
  kind: 'AlterDatabase';
  name: Identifier;
  options: Option[];
  span: Span;
}

export interface FunctionResource {
  type: 'JAR' | 'ARTIFACT';
  path: string;
  span: Span;
}

export interface CreateFunction {
  kind: 'CreateFunction';
  temporary: boolean;
  system: boolean;
  ifNotExists: boolean;
  name: Identifier;
  /** The text after AS: a class name in Flink, the name of a function of a cell here. */
  className: StringLiteral;
  language: 'JAVA' | 'SCALA' | 'SQL' | 'PYTHON' | null;
  resources: FunctionResource[];
  options: Option[];
  span: Span;
}

export interface AlterFunction {
  kind: 'AlterFunction';
  temporary: boolean;
  system: boolean;
  ifExists: boolean;
  name: Identifier;
  className: StringLiteral;
  language: 'JAVA' | 'SCALA' | 'SQL' | 'PYTHON' | null;
  span: Span;
}

/** DROP of any object. `temporary`, `system` and `cascade` are set only where the object has them. */
export interface Drop {
  kind: 'Drop';
  object: 'TABLE' | 'VIEW' | 'MATERIALIZED TABLE' | 'CATALOG' | 'DATABASE' | 'FUNCTION' | 'MODEL' | 'CONNECTION';
  temporary: boolean;
  system: boolean;
  ifExists: boolean;
  name: Identifier;
  cascade: boolean | null;
  span: Span;
}

export interface CreateModel {
  kind: 'CreateModel';
  temporary: boolean;
  ifNotExists: boolean;
  name: Identifier;
  inputs: ColumnDefinition[];
  outputs: ColumnDefinition[];
  comment: string | null;
  options: Option[];
  as: Query | null;
  span: Span;
}

export interface CreateConnection {
  kind: 'CreateConnection';
  temporary: boolean;
  system: boolean;
  ifNotExists: boolean;
  name: Identifier;
  comment: string | null;
  options: Option[];
  span: Span;
}

/** ALTER MODEL and ALTER CONNECTION. */
export interface AlterObject {
  kind: 'AlterObject';
  object: 'MODEL' | 'CONNECTION';
  ifExists: boolean;
  name: Identifier;
  action:
    | { kind: 'Rename'; newName: Identifier; span: Span }
    | { kind: 'SetOptions'; options: Option[]; span: Span }
    | { kind: 'ResetOptions'; keys: StringLiteral[]; span: Span };
  span: Span;
}

export type RefreshMode = 'CONTINUOUS' | 'FULL';

/** START_MODE of a materialized table: where its first refresh begins. */
export interface StartMode {
  mode:
    | 'FROM_BEGINNING'
    | 'FROM_NOW'
    | 'FROM_TIMESTAMP'
    | 'RESUME_OR_FROM_BEGINNING'
    | 'RESUME_OR_FROM_NOW'
    | 'RESUME_OR_FROM_TIMESTAMP';
  argument: Expr | null;
  span: Span;
}

export interface CreateMaterializedTable {
  kind: 'CreateMaterializedTable';
  orAlter: boolean;
  ifNotExists: boolean;
  name: Identifier;
  columns: ColumnDefinition[];
  constraints: TableConstraint[];
  watermark: Watermark | null;
  comment: string | null;
  distribution: Distribution | null;
  partitionedBy: IdentifierPart[];
  options: Option[];
  freshness: IntervalLiteral | null;
  refreshMode: RefreshMode | null;
  startMode: StartMode | null;
  as: Query;
  span: Span;
}

export interface AlterMaterializedTable {
  kind: 'AlterMaterializedTable';
  name: Identifier;
  action:
    | AlterTableAction
    | { kind: 'Suspend'; span: Span }
    | { kind: 'Resume'; options: Option[]; span: Span }
    | { kind: 'Refresh'; partition: PartitionValue[]; span: Span }
    | { kind: 'Freshness'; freshness: IntervalLiteral; span: Span }
    | { kind: 'RefreshMode'; mode: RefreshMode; span: Span }
    | { kind: 'As'; query: Query; span: Span };
  span: Span;
}

/** ANALYZE TABLE .. COMPUTE STATISTICS; `columns` null is FOR ALL COLUMNS, empty is none named. */
export interface AnalyzeTable {
  kind: 'AnalyzeTable';
  name: Identifier;
  partition: PartitionValue[];
  columns: Identifier[] | null;
  span: Span;
}
