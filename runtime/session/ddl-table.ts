import { BindSession, type BindOptions, bind } from '../binder/index.js';
import { ExprBinder } from '../binder/expression-binder.js';
import { Scope } from '../binder/scope.js';
import { bindType } from '../binder/types.js';
import type {
  CatalogTable,
  ObjectPath,
  PrimaryKey,
  TableColumn,
  TableDefinition,
  TableDistribution,
  TableWatermark,
} from '../catalog/index.js';
import type {
  ColumnDefinition,
  CreateTable,
  Distribution,
  Expr,
  Identifier,
  IdentifierPart,
  LikeClause,
  Option,
  ReplaceTable,
  TableConstraint,
  Watermark,
} from '../parser/ast.js';
import { unparseExpression } from '../parser/format.js';
import { StreamcellError, typeToString, withNullable, type DataType, type Schema, type Span } from '../types/index.js';

/** CREATE TABLE: from the written definition, a LIKE source and an AS query to what the catalog keeps. */
export function tableOf(ast: CreateTable | ReplaceTable, options: BindOptions): CatalogTable {
  const path = options.catalog.path(reference(ast.name));
  const like = ast.like === null ? null : likeBase(ast.like, options);
  const query = ast.as === null ? null : bind(ast.as, options).schema;
  const columns = withQuery(query, new TableBuilder(options, path, like?.columns ?? [], ast.like), ast);
  const watermark = ast.watermark === null ? (like?.watermark ?? null) : columns.watermark(ast.watermark);
  const keys = primaryKeyOf(ast.constraints, ast.columns);
  const primaryKey = keys === null ? (like?.primaryKey ?? null) : columns.primaryKey(keys);
  if (ast.watermark !== null && like?.watermark != null && !overwrites(ast.like, 'WATERMARKS'))
    throw twice(`A watermark is already defined in '${like.name}'.`, ast.watermark.span);
  if (keys !== null && like?.primaryKey != null)
    throw twice(`A primary key is already defined in '${like.name}'.`, keys.span);
  const partitionKeys =
    ast.partitionedBy.length > 0
      ? ast.partitionedBy.map((p) => columns.known(p, 'Partition column'))
      : (like?.partitionKeys ?? []);
  const definition: TableDefinition = {
    columns: columns.finished(primaryKey),
    watermark,
    primaryKey,
    distribution: ast.distribution === null ? (like?.distribution ?? null) : distributionOf(ast.distribution, columns),
    partitionKeys,
    options: mergedOptions(ast, like),
    comment: ast.comment ?? like?.comment ?? null,
  };
  return { kind: 'table', path, temporary: ast.temporary, ...definition };
}

export function reference(name: Identifier): { readonly parts: readonly string[]; readonly span: Span } {
  return { parts: name.parts.map((p) => p.name), span: name.span };
}

export function optionsOf(options: readonly Option[]): Record<string, string> {
  const result: Record<string, string> = {};
  for (const { key, value } of options) result[key.value] = value.value;
  return result;
}

function twice(message: string, span: Span): StreamcellError {
  return new StreamcellError('DDL_INVALID', message, { span, hint: 'Exclude it: LIKE t (EXCLUDING ...).' });
}

/**
 * Collects the columns of a table, and binds what is written over them: computed columns see physical and metadata columns, the watermark
 * sees all.
 */
export class TableBuilder {
  private readonly session: BindSession;
  private readonly columns: TableColumn[];

  constructor(
    options: BindOptions,
    private readonly path: ObjectPath,
    inherited: readonly TableColumn[],
    private readonly like: LikeClause | null = null,
  ) {
    this.session = new BindSession(options);
    this.columns = [...inherited];
  }

  /** Adds written columns: plain ones first, since a computed one may stand before what it reads. */
  add(definitions: readonly ColumnDefinition[], at?: number): void {
    const places = new Map<ColumnDefinition, TableColumn>();
    const plain = definitions.filter((d) => d.kind === 'PhysicalColumn' || d.kind === 'MetadataColumn');
    for (const d of plain) places.set(d, this.plain(d));
    const visible = [
      ...this.columns.filter((c) => c.kind !== 'computed'),
      ...plain.map((d) => places.get(d) as TableColumn),
    ];
    for (const d of definitions) {
      if (d.kind === 'ReorderedColumn')
        throw new StreamcellError('DDL_INVALID', `Column '${d.name.name}' needs a type.`, { span: d.span });
      const column =
        d.kind === 'ComputedColumn'
          ? this.computed(d.name.name, d.expr, d.comment, visible)
          : (places.get(d) as TableColumn);
      const existing = this.columns.findIndex((c) => c.name === column.name);
      if (existing >= 0 && !this.mayOverwrite(this.columns[existing])) {
        throw new StreamcellError('COLUMN_DUPLICATE', `A column named '${column.name}' already exists in the table.`, {
          span: d.name.span,
        });
      }
      if (existing >= 0) this.columns[existing] = column;
      else if (at === undefined) this.columns.push(column);
      else this.columns.splice(at++, 0, column);
    }
  }

  replace(name: string, definition: ColumnDefinition): void {
    const index = this.columns.findIndex((c) => c.name === name);
    const [old] = this.columns.splice(index, 1);
    this.add([definition], index);
    if (this.columns[index].comment === null && old.comment !== null)
      this.columns[index] = { ...this.columns[index], comment: old.comment };
  }

  move(name: string, to: number): void {
    const index = this.columns.findIndex((c) => c.name === name);
    const [column] = this.columns.splice(index, 1);
    this.columns.splice(index < to ? to - 1 : to, 0, column);
  }

  indexOf(name: string): number {
    return this.columns.findIndex((c) => c.name === name);
  }

  /** Columns of an AS query, behind the written ones; a written column of the same name gives its type. */
  addQuery(schema: Schema, definitions: readonly ColumnDefinition[]): void {
    const reordered = definitions.length > 0 && definitions.every((d) => d.kind === 'ReorderedColumn');
    if (!reordered) this.add(definitions.filter((d) => d.kind !== 'ReorderedColumn'));
    const order = reordered ? definitions.map((d) => d.name) : [];
    const named = order.map((part) => {
      const found = schema.find((c) => c.name === part.name);
      if (found === undefined)
        throw new StreamcellError('COLUMN_NOT_FOUND', `Column '${part.name}' is not in the query's result.`, {
          span: part.span,
        });
      return found;
    });
    for (const { name, type } of reordered ? named : schema) {
      if (this.indexOf(name) < 0) this.columns.push({ kind: 'physical', name, type: plainType(type), comment: null });
    }
  }

  known(part: IdentifierPart, what: string): string {
    if (this.indexOf(part.name) >= 0) return part.name;
    throw new StreamcellError('COLUMN_NOT_FOUND', `${what} '${part.name}' is not a column of the table.`, {
      span: part.span,
      hint: `Columns: ${this.columns.map((c) => c.name).join(', ')}.`,
    });
  }

  primaryKey(constraint: TableConstraint): PrimaryKey {
    if (constraint.type === 'UNIQUE')
      throw new StreamcellError('SQL_UNSUPPORTED', 'UNIQUE constraints are not supported.', { span: constraint.span });
    if (constraint.enforced !== false) {
      throw new StreamcellError(
        'DDL_INVALID',
        "Flink doesn't support ENFORCED mode for PRIMARY KEY constraint. ENFORCED/NOT ENFORCED controls if the constraint checks are performed on the incoming/outgoing data.",
        { span: constraint.span, hint: 'Write PRIMARY KEY (...) NOT ENFORCED.' },
      );
    }
    const columns = constraint.columns.map((part) => {
      const name = this.known(part, 'Primary key column');
      if (this.columns[this.indexOf(name)].kind !== 'physical') {
        throw new StreamcellError(
          'DDL_INVALID',
          `Could not create a PRIMARY KEY with column '${name}': it is not a physical column.`,
          { span: part.span },
        );
      }
      return name;
    });
    return { name: constraint.name?.name ?? `PK_${columns.join('_')}`, columns };
  }

  watermark(ast: Watermark): TableWatermark {
    const name = ast.column.parts.map((p) => p.name).join('.');
    if (ast.column.parts.length > 1) {
      throw new StreamcellError(
        'SQL_UNSUPPORTED',
        `A watermark on the nested field '${name}' is not supported: compute a column from it.`,
        {
          span: ast.column.span,
        },
      );
    }
    this.known(ast.column.parts[0], 'The rowtime attribute');
    const { type } = this.columns[this.indexOf(name)];
    if ((type.root !== 'TIMESTAMP' && type.root !== 'TIMESTAMP_LTZ') || type.precision > 3) {
      throw new StreamcellError(
        'WATERMARK_INVALID',
        `Invalid data type of time field for watermark definition. The field must be of type TIMESTAMP(p) or TIMESTAMP_LTZ(p), the supported precision 'p' is from 0 to 3, but the time field type is ${typeToString(type)}.`,
        { span: ast.column.span },
      );
    }
    const bound = new ExprBinder(this.session, Scope.of(this.schema(this.columns), this.path.name, null), {
      clause: 'WATERMARK',
    }).bind(ast.strategy);
    if (bound.type.root !== type.root) {
      throw new StreamcellError(
        'WATERMARK_INVALID',
        `The watermark of '${name}' must be of its type, but is ${typeToString(bound.type)}.`,
        {
          span: ast.strategy.span,
        },
      );
    }
    return { column: name, expression: catalogText(ast.strategy), type: bound.type };
  }

  /** Checks the computed columns once more, after columns they may read were changed. */
  finished(primaryKey: PrimaryKey | null): readonly TableColumn[] {
    return this.columns.map((c) =>
      primaryKey?.columns.includes(c.name) === true && c.type.nullable
        ? ({ ...c, type: withNullable(c.type, false) } as TableColumn)
        : c,
    );
  }

  private plain(d: ColumnDefinition): TableColumn {
    if (d.kind === 'PhysicalColumn')
      return { kind: 'physical', name: d.name.name, type: bindType(d.type), comment: d.comment };
    if (d.kind === 'MetadataColumn') {
      const { value: key } = d.from ?? { value: null };
      return {
        kind: 'metadata',
        name: d.name.name,
        type: bindType(d.type),
        key,
        virtual: d.virtual,
        comment: d.comment,
      };
    }
    throw new Error('not a plain column');
  }

  private computed(name: string, expr: Expr, comment: string | null, visible: readonly TableColumn[]): TableColumn {
    const scope = Scope.of(this.schema(visible), this.path.name, null);
    const bound = new ExprBinder(this.session, scope, { clause: 'a computed column' }).bind(expr);
    return { kind: 'computed', name, type: bound.type, expression: catalogText(expr), comment };
  }

  private schema(columns: readonly TableColumn[]): Schema {
    return columns.map((c) => ({ name: c.name, type: c.type }));
  }

  private mayOverwrite(column: TableColumn): boolean {
    if (this.like === null) return false;
    return (
      (column.kind === 'computed' && overwrites(this.like, 'GENERATED')) ||
      (column.kind === 'metadata' && overwrites(this.like, 'METADATA'))
    );
  }
}

function withQuery(query: Schema | null, builder: TableBuilder, ast: CreateTable | ReplaceTable): TableBuilder {
  if (query === null) builder.add(ast.columns);
  else builder.addQuery(query, ast.columns);
  return builder;
}

/** An expression as the catalog keeps it, and as Flink shows it: every column's name quoted. */
function catalogText(expr: Expr): string {
  return unparseExpression(withQuotedNames(expr));
}

function withQuotedNames<T>(node: T): T {
  if (Array.isArray(node)) return node.map(withQuotedNames) as T;
  if (typeof node !== 'object' || node === null) return node;
  const copy = Object.fromEntries(
    // A function's name is not a column's.
    Object.entries(node).map(([key, value]) => [
      key,
      key === 'name' ? (value as unknown) : withQuotedNames<unknown>(value),
    ]),
  );
  if (copy.kind === 'Identifier')
    copy.parts = (copy.parts as IdentifierPart[]).map((part) => ({ ...part, quoted: true }));
  return copy as T;
}

/** A table's column keeps no time attribute of the query it was made from. */
function plainType(type: DataType): DataType {
  return type.root === 'TIMESTAMP' || type.root === 'TIMESTAMP_LTZ'
    ? { root: type.root, precision: type.precision, nullable: type.nullable }
    : type;
}

/** The one primary key among table and column constraints. */
function primaryKeyOf(
  constraints: readonly TableConstraint[],
  columns: readonly ColumnDefinition[],
): TableConstraint | null {
  const all = [
    ...constraints,
    ...columns.flatMap((c) => (c.kind === 'PhysicalColumn' && c.constraint !== null ? [c.constraint] : [])),
  ];
  if (all.length > 1)
    throw new StreamcellError('DDL_INVALID', 'Duplicate primary key definition.', { span: all[1].span });
  return all[0] ?? null;
}

export function distributionOf(ast: Distribution, columns: TableBuilder): TableDistribution {
  return {
    method: ast.method,
    columns: ast.columns.map((c) => columns.known(c, 'Distribution column')),
    buckets: ast.buckets === null ? null : Number(ast.buckets.text),
  };
}

// ---- LIKE ---------------------------------------------------------------------------------------------------------

type Feature = LikeClause['options'][number]['feature'];

function strategy(like: LikeClause | null, feature: Feature): 'INCLUDING' | 'EXCLUDING' | 'OVERWRITING' {
  if (like === null) return 'INCLUDING';
  const own = like.options.find((o) => o.feature === feature) ?? like.options.find((o) => o.feature === 'ALL');
  // Options are overwritten unless it is said otherwise; everything else is included.
  return own?.mode ?? (feature === 'OPTIONS' ? 'OVERWRITING' : 'INCLUDING');
}

function overwrites(like: LikeClause | null, feature: Feature): boolean {
  return strategy(like, feature) === 'OVERWRITING';
}

interface LikeBase extends TableDefinition {
  readonly name: string;
}

function likeBase(like: LikeClause, options: BindOptions): LikeBase {
  const source = options.catalog.relation(reference(like.source));
  if (source.kind === 'view') {
    throw new StreamcellError(
      'DDL_INVALID',
      `Source table '${source.path.name}' of the LIKE clause can not be a VIEW.`,
      { span: like.source.span },
    );
  }
  const kept = (feature: Feature): boolean => strategy(like, feature) !== 'EXCLUDING';
  return {
    name: source.path.name,
    columns: source.columns.filter((c) =>
      c.kind === 'computed' ? kept('GENERATED') : c.kind === 'metadata' ? kept('METADATA') : true,
    ),
    watermark: kept('WATERMARKS') ? source.watermark : null,
    primaryKey: kept('CONSTRAINTS') ? source.primaryKey : null,
    distribution: kept('DISTRIBUTION') ? source.distribution : null,
    partitionKeys: kept('PARTITIONS') ? source.partitionKeys : [],
    options: kept('OPTIONS') ? source.options : {},
    comment: source.comment,
  };
}

function mergedOptions(ast: CreateTable | ReplaceTable, like: LikeBase | null): Record<string, string> {
  const own = optionsOf(ast.options);
  if (like === null) return own;
  if (strategy(ast.like, 'OPTIONS') === 'INCLUDING') {
    for (const { key } of ast.options) {
      if (key.value in like.options) {
        throw new StreamcellError(
          'DDL_INVALID',
          `There already exists an option ['${key.value}' -> '${like.options[key.value]}'] in the base table.`,
          {
            span: key.span,
            hint: 'You might want to specify OVERWRITING OPTIONS.',
          },
        );
      }
    }
  }
  return { ...like.options, ...own };
}
