import type { DataType, Schema } from '../types/index.js';

/** A full name. */
export interface ObjectPath {
  readonly catalog: string;
  readonly database: string;
  readonly name: string;
}

export type TableColumn =
  | { readonly kind: 'physical'; readonly name: string; readonly type: DataType; readonly comment: string | null }
  | {
      readonly kind: 'computed';
      readonly name: string;
      readonly type: DataType;
      /** SQL, parsed and bound again wherever the table is used: what it refers to may have been altered meanwhile. */
      readonly expression: string;
      readonly comment: string | null;
    }
  | {
      readonly kind: 'metadata';
      readonly name: string;
      readonly type: DataType;
      /** Metadata key; null: the column's own name. */
      readonly key: string | null;
      readonly virtual: boolean;
      readonly comment: string | null;
    };

export interface TableWatermark {
  /** A top-level column, physical or computed. */
  readonly column: string;
  /** SQL. */
  readonly expression: string;
  readonly type: DataType;
}

export interface PrimaryKey {
  readonly name: string;
  readonly columns: readonly string[];
}

export interface TableDistribution {
  readonly method: 'HASH' | 'RANGE' | null;
  readonly columns: readonly string[];
  readonly buckets: number | null;
}

/** What a table is, without its name: LIKE and ALTER make new ones of it. */
export interface TableDefinition {
  readonly columns: readonly TableColumn[];
  readonly watermark: TableWatermark | null;
  readonly primaryKey: PrimaryKey | null;
  readonly distribution: TableDistribution | null;
  readonly partitionKeys: readonly string[];
  readonly options: Readonly<Record<string, string>>;
  readonly comment: string | null;
}

export interface CatalogTable extends TableDefinition {
  readonly kind: 'table';
  readonly path: ObjectPath;
  readonly temporary: boolean;
}

export interface CatalogView {
  readonly kind: 'view';
  readonly path: ObjectPath;
  readonly temporary: boolean;
  readonly columns: Schema;
  /** The query as written, bound in the namespace that was current at creation. */
  readonly query: string;
  /** The query with every name in full, as SHOW CREATE VIEW prints it. */
  readonly expanded: string;
  readonly namespace: { readonly catalog: string; readonly database: string };
  readonly comment: string | null;
}

export type CatalogRelation = CatalogTable | CatalogView;

export interface CatalogFunction {
  readonly path: ObjectPath | null;
  readonly name: string;
  readonly temporary: boolean;
  readonly system: boolean;
  /** What AS named. */
  readonly implementation: string;
  readonly language: string;
}

/** The schema a reader of the table sees, in declared order. */
export function relationSchema(relation: CatalogRelation): Schema {
  if (relation.kind === 'view') return relation.columns;
  return relation.columns.map((c) => ({ name: c.name, type: c.type }));
}

/** What a sink or format is given: the physical columns alone. */
export function physicalSchema(table: TableDefinition): Schema {
  return table.columns.filter((c) => c.kind === 'physical').map((c) => ({ name: c.name, type: c.type }));
}
