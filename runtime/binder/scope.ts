import { suggestion } from '../catalog/index.js';
import { StreamcellError, type DataType, type Schema, type Span } from '../types/index.js';

export interface ScopeColumn {
  readonly name: string;
  readonly type: DataType;
  /** Position among the columns of the relation being built. */
  readonly index: number;
  /** Merged by USING or NATURAL: reachable with its table's name only. */
  readonly merged?: boolean;
}

export interface ScopeRelation {
  /** The alias, or the table's own name. Null: columns merged by USING. */
  readonly alias: string | null;
  /** catalog, database, name when a table stands without alias: may be qualified in full. */
  readonly path: readonly string[] | null;
  readonly columns: readonly ScopeColumn[];
}

/** What a name resolved to; `rest` parts after it walk into nested fields. */
export interface Resolved {
  readonly column: ScopeColumn;
  readonly rest: number;
  /** 0: this query; 1: the query around it. */
  readonly depth: number;
}

/** The names visible at one place of a query: relations of FROM with their columns, and the scope of the query around. */
export class Scope {
  constructor(
    readonly relations: readonly ScopeRelation[],
    readonly outer: Scope | null = null,
  ) {}

  static of(schema: Schema, alias: string | null, outer: Scope | null, path: readonly string[] | null = null): Scope {
    return new Scope(
      [{ alias, path, columns: schema.map((c, index) => ({ name: c.name, type: c.type, index })) }],
      outer,
    );
  }

  /** The scope over a join: the right side's columns follow. */
  join(right: Scope, leftWidth: number): Scope {
    return new Scope(
      [
        ...this.relations,
        ...right.relations.map((r) => ({
          ...r,
          columns: r.columns.map((c) => ({ ...c, index: c.index + leftWidth })),
        })),
      ],
      this.outer,
    );
  }

  mapTypes(fn: (c: ScopeColumn) => DataType): Scope {
    return new Scope(
      this.relations.map((r) => ({ ...r, columns: r.columns.map((c) => ({ ...c, type: fn(c) })) })),
      this.outer,
    );
  }

  /** @throws StreamcellError COLUMN_NOT_FOUND, COLUMN_AMBIGUOUS */
  resolve(parts: readonly string[], span: Span): Resolved {
    const found = this.find(parts, span);
    if (found) return found;
    this.fail(parts, span);
  }

  find(parts: readonly string[], span: Span): Resolved | undefined {
    const qualified = this.findQualified(parts, span) ?? this.findColumn(parts, span);
    if (qualified) return { ...qualified, depth: 0 };
    const outer = this.outer?.find(parts, span);
    return outer && { ...outer, depth: outer.depth + 1 };
  }

  private findQualified(parts: readonly string[], span: Span): { column: ScopeColumn; rest: number } | undefined {
    for (let length = Math.min(3, parts.length - 1); length >= 1; length--) {
      const qualifier = parts.slice(0, length);
      const matches = this.relations.filter((r) => matchesQualifier(r, qualifier));
      if (matches.length > 1) throw ambiguousTable(qualifier, span);
      if (matches.length === 0) continue;
      const columns = matches[0].columns.filter((c) => c.name === parts[length]);
      if (columns.length > 1) throw ambiguous(parts, span);
      if (columns.length === 1) return { column: columns[0], rest: length + 1 };
    }
    return undefined;
  }

  private findColumn(parts: readonly string[], span: Span): { column: ScopeColumn; rest: number } | undefined {
    const columns = this.relations.flatMap((r) => r.columns.filter((c) => c.name === parts[0] && !c.merged));
    if (columns.length > 1) throw ambiguous([parts[0]], span);
    return columns.length === 1 ? { column: columns[0], rest: 1 } : undefined;
  }

  private fail(parts: readonly string[], span: Span): never {
    const owner = parts.length > 1 ? this.anyRelation(parts[0]) : undefined;
    if (owner) {
      const name = parts[1];
      throw new StreamcellError('COLUMN_NOT_FOUND', `Column '${name}' not found in table '${parts[0]}'.`, {
        span,
        hint: suggestion(
          name,
          owner.columns.map((c) => c.name),
          'Columns',
        ),
      });
    }
    const names = this.names();
    if (parts.length > 1) {
      const aliases = this.aliases();
      throw new StreamcellError('COLUMN_NOT_FOUND', `Table or column '${parts[0]}' not found.`, {
        span,
        hint: suggestion(parts[0], [...aliases, ...names], 'Tables here'),
      });
    }
    throw new StreamcellError('COLUMN_NOT_FOUND', `Column '${parts[0]}' not found in any table.`, {
      span,
      hint: suggestion(parts[0], names, 'Columns here'),
    });
  }

  private anyRelation(alias: string): ScopeRelation | undefined {
    return this.relations.find((r) => r.alias === alias) ?? this.outer?.anyRelation(alias);
  }

  private names(): readonly string[] {
    return [...this.relations.flatMap((r) => r.columns.map((c) => c.name)), ...(this.outer?.names() ?? [])];
  }

  aliases(): readonly string[] {
    return this.relations.flatMap((r) => (r.alias === null ? [] : [r.alias]));
  }

  /** Columns of `*`, or of `qualifier.*`. */
  star(qualifier: readonly string[], span: Span): readonly ScopeColumn[] {
    if (qualifier.length === 0) return this.relations.flatMap((r) => r.columns.filter((c) => !c.merged));
    const matches = this.relations.filter((r) => matchesQualifier(r, qualifier));
    if (matches.length > 1) throw ambiguousTable(qualifier, span);
    if (matches.length === 0) {
      throw new StreamcellError('TABLE_NOT_FOUND', `Unknown identifier '${qualifier.join('.')}'.`, {
        span,
        hint: suggestion(qualifier[qualifier.length - 1], this.aliases(), 'Tables here'),
      });
    }
    return matches[0].columns;
  }
}

function matchesQualifier(relation: ScopeRelation, qualifier: readonly string[]): boolean {
  if (qualifier.length === 1) return relation.alias === qualifier[0];
  if (!relation.path) return false;
  const tail = relation.path.slice(relation.path.length - qualifier.length);
  return tail.length === qualifier.length && tail.every((p, i) => p === qualifier[i]);
}

function ambiguous(parts: readonly string[], span: Span): StreamcellError {
  return new StreamcellError('COLUMN_AMBIGUOUS', `Column '${parts[parts.length - 1]}' is ambiguous.`, { span });
}

function ambiguousTable(parts: readonly string[], span: Span): StreamcellError {
  return new StreamcellError('COLUMN_AMBIGUOUS', `Table '${parts.join('.')}' is ambiguous.`, {
    span,
    hint: 'Give the tables aliases.',
  });
}
