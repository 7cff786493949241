import type {
  AfterMatch,
  Alias,
  DerivedTable,
  GroupItem,
  Hint,
  IdentifierPart,
  Join,
  MatchRecognize,
  NamedTable,
  Pattern,
  Query,
  QueryBody,
  Select,
  SelectItem,
  TableRef,
  Expr,
} from './ast.js';
import { ExpressionPrinter } from './format-expression.js';

/** Queries as text, one clause a line. */
export abstract class QueryPrinter extends ExpressionPrinter {
  protected query(query: Query): string {
    const clauses: string[] = [];
    if (query.with.length > 0) {
      const recursive = query.with.some((table) => table.recursive) ? 'RECURSIVE ' : '';
      const tables = query.with.map(
        ({ name, columns, query: inner }) =>
          `${this.part(name)}${columns.length > 0 ? ` ${this.names(columns)}` : ''} AS ${this.subquery(inner)}`,
      );
      clauses.push(`WITH ${recursive}${tables.join(', ')}`);
    }
    clauses.push(this.body(query.body));
    if (query.orderBy.length > 0) clauses.push(`ORDER BY ${this.orderItems(query.orderBy)}`);
    if (query.limit) clauses.push(`LIMIT ${this.expr(query.limit)}`);
    if (query.offset) clauses.push(`OFFSET ${this.expr(query.offset)}${query.limit ? '' : ' ROWS'}`);
    return clauses.join(this.line());
  }

  private body(body: QueryBody): string {
    switch (body.kind) {
      case 'Select':
        return this.select(body);
      case 'Values':
        return `VALUES ${body.rows.map((row) => `${row.explicit ? 'ROW' : ''}(${this.list(row.fields)})`).join(', ')}`;
      case 'TableQuery':
        return `TABLE ${this.path(body.name)}`;
      case 'Query':
        return this.subquery(body);
      case 'SetOperation': {
        const op = `${body.op}${body.all ? ' ALL' : ''}`;
        return [this.body(body.left), op, this.body(body.right)].join(this.line());
      }
    }
  }

  private select(select: Select): string {
    const hints = this.hints(select.hints);
    const head = ['SELECT', hints.trim(), select.quantifier ?? ''].filter(Boolean).join(' ');
    const clauses = [`${head} ${select.items.map((item) => this.selectItem(item)).join(', ')}`];
    if (select.from) clauses.push(`FROM ${this.table(select.from)}`);
    if (select.where) clauses.push(`WHERE ${this.expr(select.where)}`);
    if (select.groupBy) {
      const quantifier = select.groupBy.quantifier ? `${select.groupBy.quantifier} ` : '';
      clauses.push(`GROUP BY ${quantifier}${select.groupBy.items.map((item) => this.groupItem(item)).join(', ')}`);
    }
    if (select.having) clauses.push(`HAVING ${this.expr(select.having)}`);
    if (select.windows.length > 0) {
      clauses.push(`WINDOW ${select.windows.map((w) => `${this.part(w.name)} AS ${this.window(w.spec)}`).join(', ')}`);
    }
    if (select.qualify) clauses.push(`QUALIFY ${this.expr(select.qualify)}`);
    return clauses.join(this.line());
  }

  private selectItem(item: SelectItem): string {
    return this.expr(item.expr) + this.as(item.alias);
  }

  private as(name: IdentifierPart | null): string {
    return name ? ` AS ${this.part(name)}` : '';
  }

  private groupItem(item: GroupItem): string {
    switch (item.kind) {
      case 'GroupKey':
        return item.parenthesized ? `(${this.list(item.exprs)})` : this.list(item.exprs);
      case 'Rollup':
        return `ROLLUP (${item.items.map((inner) => this.groupItem(inner)).join(', ')})`;
      case 'Cube':
        return `CUBE (${item.items.map((inner) => this.groupItem(inner)).join(', ')})`;
      case 'GroupingSets':
        return `GROUPING SETS (${item.items.map((inner) => this.groupItem(inner)).join(', ')})`;
    }
  }

  // ---- FROM -------------------------------------------------------------------------------------------------------

  protected table(table: TableRef): string {
    switch (table.kind) {
      case 'NamedTable':
        return this.namedTable(table);
      case 'DerivedTable':
        return this.derivedTable(table);
      case 'TableFunction': {
        const call = this.expr(table.call);
        const text = table.wrapped ? `TABLE(${call})` : call;
        return `${table.lateral ? 'LATERAL ' : ''}${text}${this.alias(table.alias)}`;
      }
      case 'Unnest': {
        const ordinality = table.ordinality ? ' WITH ORDINALITY' : '';
        return `${table.lateral ? 'LATERAL ' : ''}UNNEST(${this.list(table.exprs)})${ordinality}${this.alias(table.alias)}`;
      }
      case 'Join':
        return this.join(table);
      case 'MatchRecognize':
        return this.matchRecognize(table);
      case 'Pivot': {
        const aggregates = table.aggregates.map((a) => this.expr(a.expr) + this.as(a.alias)).join(', ');
        const values = table.values.map((v) => `(${this.list(v.exprs)})${this.as(v.alias)}`).join(', ');
        const pivot = `PIVOT (${aggregates} FOR ${this.names(table.axes)} IN (${values}))`;
        return `${this.table(table.input)} ${pivot}${this.alias(table.alias)}`;
      }
      case 'Unpivot': {
        const row = (values: Expr[]): string => (values.length > 0 ? ` AS (${this.list(values)})` : '');
        const columns = table.columns.map((c) => this.names(c.names) + row(c.values)).join(', ');
        const nulls = table.includeNulls ? 'INCLUDE NULLS ' : '';
        const unpivot = `UNPIVOT ${nulls}(${this.names(table.measures)} FOR ${this.names(table.axes)} IN (${columns}))`;
        return `${this.table(table.input)} ${unpivot}${this.alias(table.alias)}`;
      }
    }
  }

  protected namedTable(table: NamedTable): string {
    const asOf = table.asOf ? ` FOR SYSTEM_TIME AS OF ${this.expr(table.asOf)}` : '';
    return this.path(table.name) + this.hints(table.hints) + asOf + this.alias(table.alias) + this.sample(table);
  }

  private derivedTable(table: DerivedTable): string {
    return (
      (table.lateral ? 'LATERAL ' : '') + this.subquery(table.query) + this.alias(table.alias) + this.sample(table)
    );
  }

  private sample(table: NamedTable | DerivedTable): string {
    if (!table.sample) return '';
    const { method, amount, repeatable } = table.sample;
    const seed = repeatable ? ` REPEATABLE (${this.expr(repeatable)})` : '';
    return ` TABLESAMPLE ${method}(${this.expr(amount)})${seed}`;
  }

  private alias(alias: Alias | null): string {
    if (!alias) return '';
    return ` AS ${this.part(alias.name)}${alias.columns.length > 0 ? ` ${this.names(alias.columns)}` : ''}`;
  }

  protected hints(hints: Hint[]): string {
    if (hints.length === 0) return '';
    const texts = hints.map((hint) => {
      const options = hint.options.map(({ key, value }) => `${this.text(key)} = ${this.text(value)}`);
      const args = hint.args.map(({ text, quoted }) => (quoted ? this.text(text) : this.hintWord(text)));
      const all = [...options, ...args];
      return this.part(hint.name) + (all.length > 0 ? `(${all.join(', ')})` : '');
    });
    return ` /*+ ${texts.join(', ')} */`;
  }

  private hintWord(text: string): string {
    return /^([A-Za-z_][A-Za-z_0-9]*|-?[0-9.eE]+)$/.test(text) ? text : `\`${text.replaceAll('`', '``')}\``;
  }

  private join(join: Join): string {
    const right = join.right.kind === 'Join' ? `(${this.table(join.right)})` : this.table(join.right);
    const left = this.table(join.left);
    if (join.comma) return `${left}, ${right}`;
    // FROM reads from the left, commas and joins alike: a left side never needs parentheses.
    const type = join.type === 'INNER' ? 'JOIN' : `${join.type} JOIN`;
    let text = `${left}${this.line()}${join.natural ? 'NATURAL ' : ''}${type} ${right}`;
    if (join.on) text += ` ON ${this.expr(join.on)}`;
    if (join.using) text += ` USING ${this.names(join.using)}`;
    return text;
  }

  // ---- MATCH_RECOGNIZE --------------------------------------------------------------------------------------------

  private matchRecognize(match: MatchRecognize): string {
    const clauses: string[] = [];
    if (match.partitionBy.length > 0) clauses.push(`PARTITION BY ${this.list(match.partitionBy)}`);
    if (match.orderBy.length > 0) clauses.push(`ORDER BY ${this.orderItems(match.orderBy)}`);
    if (match.measures.length > 0) {
      clauses.push(`MEASURES ${match.measures.map((m) => this.expr(m.expr) + this.as(m.alias)).join(', ')}`);
    }
    if (match.rowsPerMatch) clauses.push(match.rowsPerMatch === 'ONE' ? 'ONE ROW PER MATCH' : 'ALL ROWS PER MATCH');
    if (match.afterMatch) clauses.push(`AFTER MATCH SKIP ${this.afterMatch(match.afterMatch)}`);
    const pattern = `${match.anchoredStart ? '^ ' : ''}${this.pattern(match.pattern)}${match.anchoredEnd ? ' $' : ''}`;
    clauses.push(`PATTERN (${pattern})${match.within ? ` WITHIN ${this.expr(match.within)}` : ''}`);
    if (match.subsets.length > 0) {
      clauses.push(`SUBSET ${match.subsets.map((s) => `${this.part(s.name)} = ${this.names(s.members)}`).join(', ')}`);
    }
    clauses.push(`DEFINE ${match.define.map((d) => `${this.part(d.name)} AS ${this.expr(d.condition)}`).join(', ')}`);
    this.indent++;
    const inside = clauses.map((clause) => this.line() + clause).join('');
    this.indent--;
    return `${this.table(match.input)}${this.line()}MATCH_RECOGNIZE (${inside}${this.line()})${this.alias(match.alias)}`;
  }

  private afterMatch(after: AfterMatch): string {
    switch (after.kind) {
      case 'SkipToNextRow':
        return 'TO NEXT ROW';
      case 'SkipPastLastRow':
        return 'PAST LAST ROW';
      case 'SkipToFirst':
        return `TO FIRST ${this.part(after.variable)}`;
      case 'SkipToLast':
        return `TO LAST ${this.part(after.variable)}`;
    }
  }

  private pattern(pattern: Pattern): string {
    switch (pattern.kind) {
      case 'PatternVariable':
        return this.part(pattern.name);
      case 'PatternAlternation':
        return pattern.items.map((item) => this.nestedPattern(item, ['PatternAlternation'])).join(' | ');
      case 'PatternSequence':
        return pattern.items
          .map((item) => this.nestedPattern(item, ['PatternAlternation', 'PatternSequence']))
          .join(' ');
      case 'PatternPermute':
        return `PERMUTE (${pattern.items.map((item) => this.pattern(item)).join(', ')})`;
      case 'PatternExclude':
        return `{- ${this.pattern(pattern.item)} -}`;
      case 'PatternQuantified': {
        const item = this.nestedPattern(pattern.item, ['PatternAlternation', 'PatternSequence', 'PatternQuantified']);
        return item + this.quantifier(pattern.min, pattern.max) + (pattern.reluctant ? '?' : '');
      }
    }
  }

  private nestedPattern(pattern: Pattern, parenthesized: Pattern['kind'][]): string {
    const text = this.pattern(pattern);
    return parenthesized.includes(pattern.kind) ? `(${text})` : text;
  }

  private quantifier(min: number, max: number | null): string {
    if (max === null) return min === 0 ? '*' : min === 1 ? '+' : `{${min},}`;
    if (min === max) return `{${min}}`;
    return min === 0 && max === 1 ? '?' : `{${min},${max}}`;
  }
}
