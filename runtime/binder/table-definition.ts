import {
  suggestion,
  type CatalogTable,
  type PrimaryKey,
  type TableColumn,
  type TableDefinition,
  type TableDistribution,
  type TableWatermark,
} from '../catalog/index.js';
import type {
  ColumnDefinition,
  CreateTable,
  Distribution,
  Expr,
  LikeClause,
  TableConstraint,
  Watermark,
} from '../parser/ast.js';
import { StreamcellError, typeToString, withNullable, type DataType, type Schema, type Span } from '../types/index.js';
import { optionRecord, reference } from './references.js';
import { ExprBinder, unsupported } from './expression-binder.js';
import { withoutTimeAttribute, timeAttributeOf } from './expr-tools.js';
import { Scope } from './scope.js';
import type { BindSession } from './session.js';
import { bindType } from './types.js';
import { unparseExpression } from '../parser/format.js';
import { catalogText } from './catalog-text.js';

/** CREATE TABLE's clauses -> what the catalog keeps, with everything checked that does not need the connector. */
export function defineTable(ast: CreateTable, session: BindSession): TableDefinition {
  const base = ast.like ? likeDefinition(ast.like, session) : EMPTY;
  const given = optionRecord(ast.options);
  const merge = ast.like ? mergedOptions(ast.like, base.options, given) : given;
  const columns = mergeColumns(ast, base, session);
  const watermark = ast.watermark ? defineWatermark(ast.watermark, columns, session) : base.watermark;
  if (ast.watermark && base.watermark && likeMode(ast.like, 'WATERMARKS') !== 'OVERWRITING') {
    throw new StreamcellError(
      'DDL_INVALID',
      `There already exists a watermark spec for column '${base.watermark.column}' in the base table.`,
      {
        span: ast.watermark.span,
        hint: 'Use EXCLUDING WATERMARKS or OVERWRITING WATERMARKS.',
      },
    );
  }
  const declared = primaryKeyOf(ast.columns, ast.constraints);
  if (declared && base.primaryKey) {
    throw new StreamcellError('DDL_INVALID', 'The base table already has a primary key.', {
      span: ast.span,
      hint: 'Use EXCLUDING CONSTRAINTS.',
    });
  }
  const keepsPartitions = likeMode(ast.like, 'PARTITIONS') !== 'EXCLUDING';
  if (ast.partitionedBy.length > 0 && base.partitionKeys.length > 0 && keepsPartitions) {
    throw new StreamcellError('DDL_INVALID', 'The base table already has partitions defined.', {
      span: ast.partitionedBy[0].span,
      hint: 'Use EXCLUDING PARTITIONS.',
    });
  }
  const definition: TableDefinition = {
    columns,
    watermark,
    primaryKey: declared ?? base.primaryKey,
    distribution: ast.distribution ? distributionOf(ast.distribution) : base.distribution,
    // Flink keeps the partition keys whatever LIKE says, unless there are others.
    partitionKeys: ast.partitionedBy.length > 0 ? ast.partitionedBy.map((p) => p.name) : base.partitionKeys,
    options: merge,
    comment: ast.comment,
  };
  return checkDefinition(definition, ast.partitionedBy[0]?.span ?? ast.name.span);
}

/** CREATE TABLE .. AS: the query's columns, changed and extended by the clauses. */
export function tableOfQuery(ast: CreateTable, schema: Schema, session: BindSession): TableDefinition {
  if (ast.like) throw unsupported('LIKE together with AS', ast.like.span);
  const fromQuery: readonly TableColumn[] = schema.map((c) => ({
    kind: 'physical',
    name: c.name,
    type: withoutTimeAttribute(c.type),
    comment: null,
  }));
  const declared = ast.columns.filter((c) => c.kind !== 'ReorderedColumn');
  const reordered = ast.columns.filter((c) => c.kind === 'ReorderedColumn');
  let columns: TableColumn[];
  if (reordered.length > 0) {
    columns = reordered.map((r) => {
      const found = fromQuery.find((c) => c.name === r.name.name);
      if (!found) {
        throw new StreamcellError('COLUMN_NOT_FOUND', `Column '${r.name.name}' not found in the source schema.`, {
          span: r.span,
          hint: suggestion(
            r.name.name,
            fromQuery.map((c) => c.name),
            'Columns',
          ),
        });
      }
      return found;
    });
    if (columns.length !== fromQuery.length) {
      throw new StreamcellError(
        'DDL_INVALID',
        'The number of columns in the column list must match the number of columns in the source schema.',
        {
          span: reordered[0].span,
        },
      );
    }
  } else {
    const declaredToo = new Set(declared.map((d) => d.name.name));
    const own = bindColumns(
      declared,
      fromQuery.filter((c) => !declaredToo.has(c.name)),
      session,
    );
    const added = own.filter((c) => !fromQuery.some((q) => q.name === c.name));
    columns = [...added, ...fromQuery.map((q) => own.find((c) => c.name === q.name) ?? q)];
  }
  columns = [...applyKey(columns, primaryKeyOf(ast.columns, ast.constraints))];
  const definition: TableDefinition = {
    columns,
    watermark: ast.watermark ? defineWatermark(ast.watermark, columns, session) : null,
    primaryKey: primaryKeyOf(ast.columns, ast.constraints),
    distribution: ast.distribution ? distributionOf(ast.distribution) : null,
    partitionKeys: ast.partitionedBy.map((p) => p.name),
    options: optionRecord(ast.options),
    comment: ast.comment,
  };
  return checkDefinition(definition, ast.name.span);
}

const EMPTY: TableDefinition = {
  columns: [],
  watermark: null,
  primaryKey: null,
  distribution: null,
  partitionKeys: [],
  options: {},
  comment: null,
};

/** A primary key exists, has no nullable columns (they become NOT NULL), and names physical columns. */
export function checkDefinition(definition: TableDefinition, span: Span): TableDefinition {
  const { columns, primaryKey, partitionKeys } = definition;
  const names = columns.map((c) => c.name);
  const twice = names.find((n, i) => names.indexOf(n) !== i);
  if (twice !== undefined) {
    throw new StreamcellError('COLUMN_DUPLICATE', `A column named '${twice}' already exists in the table.`, { span });
  }
  const require = (name: string, what: string): TableColumn => {
    const found = columns.find((c) => c.name === name);
    if (found) return found;
    throw new StreamcellError('COLUMN_NOT_FOUND', `${what} column '${name}' is not defined in the schema.`, {
      span,
      hint: suggestion(name, names, 'Columns'),
    });
  };
  for (const k of primaryKey?.columns ?? []) {
    if (require(k, 'Primary key').kind !== 'physical') {
      throw new StreamcellError(
        'DDL_INVALID',
        `Invalid primary key '${primaryKey?.name}'. Column '${k}' is not a physical column.`,
        { span },
      );
    }
  }
  for (const p of partitionKeys) require(p, 'Partition');
  for (const key of definition.distribution?.columns ?? [])
    if (columns.find((c) => c.name === key)?.kind !== 'physical')
      throw new StreamcellError(
        'DDL_INVALID',
        `Invalid bucket key '${key}'. A bucket key for a distribution must reference a physical column in the schema.`,
        { span, hint: suggestion(key, names, 'Columns') },
      );
  if (definition.distribution?.buckets === 0)
    throw new StreamcellError(
      'DDL_INVALID',
      "Invalid bucket count '0'. The number of buckets for a distributed table must be at least 1.",
      { span },
    );
  if (columns.length > 0 && columns.every((c) => c.kind === 'computed')) {
    throw new StreamcellError('DDL_INVALID', 'A table needs at least one column that is not computed.', { span });
  }
  return { ...definition, columns: applyKey(columns, primaryKey) };
}

function applyKey(columns: readonly TableColumn[], key: PrimaryKey | null): readonly TableColumn[] {
  if (!key) return columns;
  return columns.map((c) =>
    key.columns.includes(c.name) && c.kind === 'physical' ? { ...c, type: withNullable(c.type, false) } : c,
  );
}

// ---- columns ------------------------------------------------------------------------------------------------------

function mergeColumns(ast: CreateTable, base: TableDefinition, session: BindSession): readonly TableColumn[] {
  const reordered = ast.columns.find((c) => c.kind === 'ReorderedColumn');
  if (reordered) {
    throw new StreamcellError(
      'DDL_INVALID',
      `Column '${reordered.name.name}' has no type; columns without types are for CREATE TABLE .. AS.`,
      {
        span: reordered.span,
      },
    );
  }
  const overwrites = (c: ColumnDefinition): boolean => {
    const { kind } = base.columns.find((b) => b.name === c.name.name) ?? {};
    return (
      (c.kind === 'ComputedColumn' && kind === 'computed' && likeMode(ast.like, 'GENERATED') === 'OVERWRITING') ||
      (c.kind === 'MetadataColumn' && kind === 'metadata' && likeMode(ast.like, 'METADATA') === 'OVERWRITING')
    );
  };
  const names = new Set<string>();
  for (const c of ast.columns) {
    const inBase = base.columns.some((b) => b.name === c.name.name) && !overwrites(c);
    if (names.has(c.name.name) || inBase) {
      throw new StreamcellError(
        'COLUMN_DUPLICATE',
        `A column named '${c.name.name}' already exists in the ${inBase ? 'base table' : 'table'}.`,
        {
          span: c.name.span,
        },
      );
    }
    names.add(c.name.name);
  }
  const kept = base.columns.filter((b) => !names.has(b.name));
  const key = primaryKeyOf(ast.columns, ast.constraints);
  const own = bindColumns(ast.columns, kept, session);
  // What overwrites a column of the base table stands in its place.
  const merged = base.columns.map((b) => own.find((c) => c.name === b.name) ?? b);
  return applyKey([...merged, ...own.filter((c) => !base.columns.some((b) => b.name === c.name))], key);
}

/** Column definitions -> columns. Computed ones see the columns of `before`, and every physical and metadata column. */
export function bindColumns(
  definitions: readonly ColumnDefinition[],
  before: readonly TableColumn[],
  session: BindSession,
): readonly TableColumn[] {
  const plain = definitions.map((d): TableColumn | null => {
    switch (d.kind) {
      case 'PhysicalColumn':
        return { kind: 'physical', name: d.name.name, type: bindType(d.type), comment: d.comment };
      case 'MetadataColumn':
        return {
          kind: 'metadata',
          name: d.name.name,
          type: bindType(d.type),
          key: d.from?.value ?? null,
          virtual: d.virtual,
          comment: d.comment,
        };
      default:
        return null;
    }
  });
  const visible = [
    ...before.filter((b) => b.kind !== 'computed'),
    ...plain.filter((p): p is TableColumn => p !== null),
  ];
  const scope = Scope.of(
    visible.map((c) => ({ name: c.name, type: c.type })),
    null,
    null,
  );
  const binder = new ExprBinder(session, scope, { clause: 'a computed column' });
  return definitions.map((d, i): TableColumn => {
    const made = plain[i];
    if (made) return made;
    if (d.kind !== 'ComputedColumn') throw new StreamcellError('INTERNAL', 'A column of no kind.', { span: d.span });
    const bound = binder.bind(d.expr);
    if (bound.type.root === 'NULL') {
      throw new StreamcellError('TYPE_INVALID', `Computed column '${d.name.name}' has no type.`, {
        span: d.span,
        hint: 'Cast the NULL.',
      });
    }
    return {
      kind: 'computed',
      name: d.name.name,
      type: bound.type,
      expression: expressionText(d.expr),
      comment: d.comment,
    };
  });
}

/** The text the catalog keeps: Flink's own form where there is one, else as written. */
export function expressionText(expr: Expr): string {
  return catalogText(expr) ?? unparseExpression(expr);
}

export function primaryKeyOf(
  columns: readonly ColumnDefinition[],
  constraints: readonly TableConstraint[],
): PrimaryKey | null {
  const all = [
    ...constraints,
    ...columns.flatMap((c) => (c.kind === 'PhysicalColumn' && c.constraint ? [c.constraint] : [])),
  ];
  const unique = all.find((c) => c.type === 'UNIQUE');
  if (unique)
    throw new StreamcellError('SQL_UNSUPPORTED', 'UNIQUE constraint is not supported yet.', { span: unique.span });
  if (all.length > 1)
    throw new StreamcellError('DDL_INVALID', 'Duplicate primary key definition.', { span: all[1].span });
  const [key] = all;
  if (!key) return null;
  if (key.enforced !== false) {
    throw new StreamcellError(
      'DDL_INVALID',
      "Flink doesn't support ENFORCED mode for PRIMARY KEY constraint. ENFORCED/NOT ENFORCED controls if the constraint checks are performed on the incoming/outgoing data.",
      {
        span: key.span,
        hint: 'Write PRIMARY KEY .. NOT ENFORCED.',
      },
    );
  }
  const names = key.columns.map((c) => c.name);
  return { name: key.name?.name ?? `PK_${names.join('_')}`, columns: names };
}

export function distributionOf(d: Distribution): TableDistribution {
  return {
    method: d.method,
    columns: d.columns.map((c) => c.name),
    buckets: d.buckets ? Number(d.buckets.text) : null,
  };
}

export function defineWatermark(w: Watermark, columns: readonly TableColumn[], session: BindSession): TableWatermark {
  if (w.column.parts.length > 1) throw unsupported('A watermark on a nested field', w.column.span);
  const name = w.column.parts[0].name;
  const column = columns.find((c) => c.name === name);
  if (!column) {
    throw new StreamcellError(
      'WATERMARK_INVALID',
      `The rowtime attribute field '${name}' is not defined in the table schema.`,
      {
        span: w.column.span,
        hint: suggestion(
          name,
          columns.map((c) => c.name),
          'Columns',
        ),
      },
    );
  }
  if (timeAttributeOf(column.type) === 'proctime') {
    throw new StreamcellError(
      'WATERMARK_INVALID',
      'A watermark can not be defined for a processing-time attribute column.',
      { span: w.column.span },
    );
  }
  checkRowtime(name, column.type, w.column.span);
  const scope = Scope.of(
    columns.map((c) => ({ name: c.name, type: c.type })),
    null,
    null,
  );
  const bound = new ExprBinder(session, scope, { clause: 'WATERMARK' }).bind(w.strategy);
  if ((bound.type.root !== 'TIMESTAMP' && bound.type.root !== 'TIMESTAMP_LTZ') || bound.type.precision > 3) {
    throw new StreamcellError(
      'WATERMARK_INVALID',
      `Invalid data type of expression for watermark definition. The field must be of type TIMESTAMP(p) or TIMESTAMP_LTZ(p), the supported precision 'p' is from 0 to 3, but the watermark expression type is ${typeToString(bound.type)}`,
      {
        span: w.strategy.span,
      },
    );
  }
  if (bound.type.root !== column.type.root) {
    throw new StreamcellError(
      'WATERMARK_INVALID',
      `The watermark output type ${typeToString(bound.type)} is different from input time field type ${typeToString(column.type)}.`,
      {
        span: w.strategy.span,
      },
    );
  }
  return { column: name, expression: expressionText(w.strategy), type: bound.type };
}

function checkRowtime(name: string, type: DataType, span: Span): void {
  if ((type.root === 'TIMESTAMP' || type.root === 'TIMESTAMP_LTZ') && type.precision <= 3) return;
  throw new StreamcellError(
    'WATERMARK_INVALID',
    `Invalid data type of time field for watermark definition. The field must be of type TIMESTAMP(p) or TIMESTAMP_LTZ(p), the supported precision 'p' is from 0 to 3, but the time field '${name}' type is ${typeToString(type)}`,
    { span },
  );
}

// ---- LIKE ---------------------------------------------------------------------------------------------------------

type Feature = LikeClause['options'][number]['feature'];

function likeMode(like: LikeClause | null, feature: Feature): 'INCLUDING' | 'EXCLUDING' | 'OVERWRITING' {
  const own = like?.options.find((o) => o.feature === feature);
  const all = like?.options.find((o) => o.feature === 'ALL');

  return own?.mode ?? all?.mode ?? 'INCLUDING';
}

/** Each feature at most once, and no overwriting of what is a whole. */
function checkLike(like: LikeClause): void {
  const whole: readonly Feature[] = ['ALL', 'CONSTRAINTS', 'DISTRIBUTION', 'PARTITIONS'];
  for (const [i, { feature, mode, span }] of like.options.entries()) {
    if (like.options.findIndex((o) => o.feature === feature) < i)
      throw new StreamcellError('DDL_INVALID', 'Each like option feature can be declared only once.', { span });
    if (mode === 'OVERWRITING' && whole.includes(feature))
      throw new StreamcellError('DDL_INVALID', `Illegal merging strategy 'OVERWRITING' for '${feature}' option.`, {
        span,
      });
  }
}

function likeDefinition(like: LikeClause, session: BindSession): TableDefinition {
  checkLike(like);
  const relation = session.catalog.relation(reference(like.source));
  if (relation.kind === 'view') {
    throw new StreamcellError(
      'DDL_INVALID',
      `Source table '${relation.path.name}' of the LIKE clause can not be a VIEW.`,
      {
        span: like.source.span,
      },
    );
  }
  const table: CatalogTable = relation;
  const includes = (f: Feature): boolean => likeMode(like, f) !== 'EXCLUDING';
  return {
    columns: table.columns.filter(
      (c) => c.kind === 'physical' || includes(c.kind === 'computed' ? 'GENERATED' : 'METADATA'),
    ),
    watermark: includes('WATERMARKS') ? table.watermark : null,
    primaryKey: includes('CONSTRAINTS') ? table.primaryKey : null,
    distribution: includes('DISTRIBUTION') ? table.distribution : null,
    partitionKeys: table.partitionKeys,
    options: table.options,
    comment: null,
  };
}

function mergedOptions(
  like: LikeClause,
  base: Readonly<Record<string, string>>,
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  const mode = likeMode(like, 'OPTIONS');
  if (mode === 'EXCLUDING') return { ...own };
  // Flink's default for options alone is OVERWRITING; INCLUDING, when said, allows no key twice.
  const said = like.options.find((o) => o.feature === 'OPTIONS' || o.feature === 'ALL');
  const clash = Object.keys(own).find((k) => k in base);
  if (said?.mode === 'INCLUDING' && clash !== undefined) {
    throw new StreamcellError(
      'DDL_INVALID',
      `There already exists an option ['${clash}' -> '${base[clash]}'] in the base table.`,
      {
        span: like.span,
        hint: 'Use EXCLUDING OPTIONS or OVERWRITING OPTIONS.',
      },
    );
  }
  return { ...base, ...own };
}
