import type {
  AlterCatalog,
  AlterMaterializedTable,
  AlterObject,
  AlterTableAction,
  AlterTableItem,
  ColumnDefinition,
  CreateFunction,
  CreateMaterializedTable,
  CreateTable,
  Distribution,
  Expr,
  IdentifierPart,
  Insert,
  Option,
  PartitionValue,
  Query,
  ReplaceTable,
  Show,
  Statement,
  StringLiteral,
  TableConstraint,
  TypeName,
  Watermark,
} from './ast.js';
import { QueryPrinter } from './format-query.js';

/** The statement as SQL text that parses to the same tree; comments and the layout of the source are gone. */
export function unparse(statement: Statement): string {
  return new StatementPrinter().statement(statement);
}

export function unparseQuery(query: Query): string {
  return new StatementPrinter().queryText(query);
}

export function unparseExpression(expr: Expr): string {
  return new StatementPrinter().expressionText(expr);
}

export function unparseType(type: TypeName): string {
  return new StatementPrinter().typeText(type);
}

/** Statements as text. */
class StatementPrinter extends QueryPrinter {
  queryText(query: Query): string {
    return this.query(query);
  }

  expressionText(expr: Expr): string {
    return this.expr(expr);
  }

  typeText(type: TypeName): string {
    return this.type(type);
  }

  statement(statement: Statement): string {
    switch (statement.kind) {
      case 'QueryStatement':
        return this.query(statement.query);
      case 'Insert':
        return this.insert(statement);
      case 'Update': {
        const assignments = statement.assignments
          .map((a) => `${this.path(a.column)} = ${this.expr(a.value)}`)
          .join(', ');
        return `UPDATE ${this.namedTable(statement.target)} SET ${assignments}${this.where(statement.where)}`;
      }
      case 'Delete':
        return `DELETE FROM ${this.namedTable(statement.target)}${this.where(statement.where)}`;
      case 'TruncateTable':
        return `TRUNCATE TABLE ${this.path(statement.name)}`;
      case 'Call':
        return `CALL ${this.expr(statement.call)}`;
      case 'StatementSet': {
        const inserts = statement.statements.map((insert) => `${this.insert(insert)};`).join('\n');
        return statement.form === 'EXECUTE'
          ? `EXECUTE STATEMENT SET\nBEGIN\n${inserts}\nEND`
          : `BEGIN STATEMENT SET;\n${inserts}\nEND`;
      }
      case 'BeginStatementSet':
        return 'BEGIN STATEMENT SET';
      case 'EndStatementSet':
        return 'END';
      case 'Execute':
        return `EXECUTE ${this.statement(statement.statement)}`;
      case 'CompilePlan': {
        const exists = statement.ifNotExists ? ' IF NOT EXISTS' : '';
        return `COMPILE PLAN ${this.string(statement.path)}${exists} FOR ${this.planned(statement.statement)}`;
      }
      case 'ExecutePlan':
        return `EXECUTE PLAN ${this.string(statement.path)}`;
      case 'CompileAndExecutePlan':
        return `COMPILE AND EXECUTE PLAN ${this.string(statement.path)} FOR ${this.planned(statement.statement)}`;
      case 'Explain': {
        const details = statement.details.length > 0 ? `${statement.details.join(', ')} ` : '';
        return `EXPLAIN ${details}${this.statement(statement.statement)}`;
      }
      case 'Show':
        return this.show(statement);
      case 'ShowCreate':
        return `SHOW CREATE ${statement.object} ${this.path(statement.name)}`;
      case 'Describe': {
        const name = statement.name.kind === 'Identifier' ? this.path(statement.name) : this.string(statement.name);
        const object = statement.object === 'TABLE' ? '' : `${statement.object} `;
        return `DESCRIBE ${object}${statement.extended ? 'EXTENDED ' : ''}${name}`;
      }
      case 'SetOption':
        return statement.key ? `SET ${this.string(statement.key)} = ${this.string(statement.value!)}` : 'SET';
      case 'ResetOption':
        return statement.key ? `RESET ${this.string(statement.key)}` : 'RESET';
      case 'Use':
        return `USE ${statement.object === 'CATALOG' ? 'CATALOG ' : ''}${this.path(statement.name)}`;
      case 'UseModules':
        return `USE MODULES ${statement.modules.map((part) => this.part(part)).join(', ')}`;
      case 'LoadModule':
        return `LOAD MODULE ${this.part(statement.name)}${this.withOptions(statement.options)}`;
      case 'UnloadModule':
        return `UNLOAD MODULE ${this.part(statement.name)}`;
      case 'StopJob':
        return `STOP JOB ${this.string(statement.jobId)}${statement.savepoint ? ' WITH SAVEPOINT' : ''}${statement.drain ? ' WITH DRAIN' : ''}`;
      case 'Jar':
        return `${statement.action} JAR ${this.string(statement.path)}`;
      case 'AnalyzeTable': {
        const partition = statement.partition.length > 0 ? ` PARTITION ${this.partition(statement.partition)}` : '';
        const columns =
          statement.columns === null
            ? ' FOR ALL COLUMNS'
            : statement.columns.length > 0
              ? ` FOR COLUMNS ${statement.columns.map((column) => this.path(column)).join(', ')}`
              : '';
        return `ANALYZE TABLE ${this.path(statement.name)}${partition} COMPUTE STATISTICS${columns}`;
      }
      default:
        return this.definition(statement);
    }
  }

  // ---- data -------------------------------------------------------------------------------------------------------

  private insert(insert: Insert): string {
    const head = `${insert.upsert ? 'UPSERT' : 'INSERT'} ${insert.overwrite ? 'OVERWRITE' : 'INTO'}`;
    let text = `${head} ${this.namedTable(insert.target)}`;
    if (insert.partition.length > 0) text += ` PARTITION ${this.partition(insert.partition)}`;
    if (insert.columns.length > 0) text += ` (${insert.columns.map((column) => this.path(column)).join(', ')})`;
    text += this.line() + this.query(insert.query);
    return insert.onConflict ? `${text}${this.line()}ON CONFLICT DO ${insert.onConflict.behavior}` : text;
  }

  /** The statement that a plan is compiled for: a set stands there without EXECUTE. */
  private planned(statement: Statement): string {
    return this.statement(statement).replace(/^EXECUTE STATEMENT SET/, 'STATEMENT SET');
  }

  private where(condition: Expr | null): string {
    return condition ? ` WHERE ${this.expr(condition)}` : '';
  }

  private partition(values: PartitionValue[]): string {
    return `(${values.map(({ column, value }) => this.part(column) + (value ? ` = ${this.expr(value)}` : '')).join(', ')})`;
  }

  private show(show: Show): string {
    let text = `SHOW ${show.subject}`;
    if (show.from) text += `${show.preposition ? ` ${show.preposition}` : ''} ${this.path(show.from)}`;
    if (show.partition.length > 0) text += ` PARTITION ${this.partition(show.partition)}`;
    if (show.like) text += ` ${show.like.negated ? 'NOT ' : ''}${show.like.variant} ${this.string(show.like.pattern)}`;
    return text;
  }

  // ---- definitions ------------------------------------------------------------------------------------------------

  private definition(
    statement: Extract<Statement, { kind: `Create${string}` | `Alter${string}` | 'Drop' | 'ReplaceTable' }>,
  ): string {
    switch (statement.kind) {
      case 'CreateTable':
      case 'ReplaceTable':
        return this.createTable(statement);
      case 'CreateMaterializedTable':
        return this.createMaterializedTable(statement);
      case 'CreateView': {
        const columns = statement.columns.length > 0 ? ` ${this.names(statement.columns)}` : '';
        const head = this.create(statement, 'VIEW') + columns + this.comment(statement.comment);
        return `${head} AS${this.line()}${this.query(statement.query)}`;
      }
      case 'CreateCatalog':
        return `${this.create({ ...statement, name: null }, 'CATALOG')} ${this.part(statement.name)}${this.comment(statement.comment)}${this.withOptions(statement.options)}`;
      case 'CreateDatabase':
      case 'CreateConnection': {
        const object = statement.kind === 'CreateDatabase' ? 'DATABASE' : 'CONNECTION';
        return (
          this.create(statement, object) +
          this.comment(statement.comment) +
          this.withOptions(statement.options, object === 'CONNECTION')
        );
      }
      case 'CreateFunction':
        return this.createFunction(statement);
      case 'CreateModel': {
        const columns = (word: string, list: ColumnDefinition[]): string =>
          list.length > 0 ? ` ${word} ${this.lines(list.map((c) => this.column(c)))}` : '';
        const head =
          this.create(statement, 'MODEL') + columns('INPUT', statement.inputs) + columns('OUTPUT', statement.outputs);
        return (
          head + this.comment(statement.comment) + this.withOptions(statement.options) + this.asQuery(statement.as)
        );
      }
      case 'AlterTable':
        return `ALTER TABLE ${statement.ifExists ? 'IF EXISTS ' : ''}${this.path(statement.name)} ${this.tableAction(statement.action)}`;
      case 'AlterMaterializedTable':
        return `ALTER MATERIALIZED TABLE ${this.path(statement.name)} ${this.materializedTableAction(statement.action)}`;
      case 'AlterView': {
        const { action } = statement;
        const change =
          action.kind === 'Rename'
            ? `RENAME TO ${this.path(action.newName)}`
            : `AS${this.line()}${this.query(action.query)}`;
        return `ALTER VIEW ${this.path(statement.name)} ${change}`;
      }
      case 'AlterCatalog':
        return `ALTER CATALOG ${this.part(statement.name)} ${this.optionsAction(statement.action)}`;
      case 'AlterDatabase':
        return `ALTER DATABASE ${this.path(statement.name)} SET ${this.options(statement.options)}`;
      case 'AlterFunction': {
        const system = statement.system ? 'SYSTEM ' : '';
        const head = `ALTER ${statement.temporary ? 'TEMPORARY ' : ''}${system}FUNCTION ${statement.ifExists ? 'IF EXISTS ' : ''}`;
        return `${head}${this.path(statement.name)} AS ${this.string(statement.className)}${this.language(statement.language)}`;
      }
      case 'AlterObject': {
        const head = `ALTER ${statement.object} ${statement.ifExists ? 'IF EXISTS ' : ''}${this.path(statement.name)}`;
        return `${head} ${this.optionsAction(statement.action)}`;
      }
      case 'Drop': {
        const head = `DROP ${statement.temporary ? 'TEMPORARY ' : ''}${statement.system ? 'SYSTEM ' : ''}${statement.object}`;
        const cascade = statement.cascade === null ? '' : statement.cascade ? ' CASCADE' : ' RESTRICT';
        return `${head} ${statement.ifExists ? 'IF EXISTS ' : ''}${this.path(statement.name)}${cascade}`;
      }
    }
  }

  /** CREATE, its modifiers, the object, and the name when there is one. */
  private create(
    statement: {
      orReplace?: boolean;
      temporary?: boolean;
      system?: boolean;
      ifNotExists: boolean;
      name: CreateTable['name'] | null;
    },
    object: string,
  ): string {
    const words = ['CREATE'];
    if (statement.orReplace) words.push('OR REPLACE');
    if (statement.temporary) words.push('TEMPORARY');
    if (statement.system) words.push('SYSTEM');
    words.push(object);
    if (statement.ifNotExists) words.push('IF NOT EXISTS');
    if (statement.name) words.push(this.path(statement.name));
    return words.join(' ');
  }

  private comment(comment: string | null): string {
    return comment === null ? '' : ` COMMENT ${this.text(comment)}`;
  }

  private lines(items: string[]): string {
    if (items.length === 0) return '()';
    this.indent++;
    const inside = items.map((item) => this.line() + item).join(',');
    this.indent--;
    return `(${inside}${this.line()})`;
  }

  private options(options: Option[]): string {
    return this.lines(options.map(({ key, value }) => `${this.string(key)} = ${this.string(value)}`));
  }

  private withOptions(options: Option[], always = false): string {
    return options.length > 0 || always ? ` WITH ${this.options(options)}` : '';
  }

  private keys(keys: StringLiteral[]): string {
    return `(${keys.map((key) => this.string(key)).join(', ')})`;
  }

  private asQuery(query: Query | null): string {
    return query ? ` AS${this.line()}${this.query(query)}` : '';
  }

  private language(language: CreateFunction['language']): string {
    return language ? ` LANGUAGE ${language}` : '';
  }

  private createFunction(statement: CreateFunction): string {
    const resources = statement.resources.map(({ type, path }) => `${type} ${this.text(path)}`).join(', ');
    const using = resources ? ` USING ${resources}` : '';
    const head = `${this.create(statement, 'FUNCTION')} AS ${this.string(statement.className)}`;
    return head + this.language(statement.language) + using + this.withOptions(statement.options);
  }

  private schema(table: CreateTable | ReplaceTable | CreateMaterializedTable): string {
    const items = table.columns.map((column) => this.column(column));
    if (table.watermark) items.push(this.watermark(table.watermark));
    items.push(...table.constraints.map((constraint) => this.constraint(constraint)));
    return items.length > 0 ? ` ${this.lines(items)}` : '';
  }

  private physical(table: CreateTable | ReplaceTable | CreateMaterializedTable): string {
    const distribution = table.distribution ? ` DISTRIBUTED ${this.distribution(table.distribution)}` : '';
    const partitioned = table.partitionedBy.length > 0 ? ` PARTITIONED BY ${this.names(table.partitionedBy)}` : '';
    return (
      this.schema(table) + this.comment(table.comment) + distribution + partitioned + this.withOptions(table.options)
    );
  }

  private createTable(table: CreateTable | ReplaceTable): string {
    const head = table.kind === 'ReplaceTable' ? `REPLACE TABLE ${this.path(table.name)}` : this.create(table, 'TABLE');
    let text = head + this.physical(table);
    if (table.like) {
      const { source, options } = table.like;
      text += ` LIKE ${this.path(source)}`;
      if (options.length > 0) text += ` (${options.map(({ mode, feature }) => `${mode} ${feature}`).join(' ')})`;
    }
    return text + this.asQuery(table.as);
  }

  private createMaterializedTable(table: CreateMaterializedTable): string {
    let text = this.create(table, 'MATERIALIZED TABLE');
    if (table.orAlter) text = text.replace('CREATE', 'CREATE OR ALTER');
    text += this.physical(table);
    if (table.startMode) {
      const { mode, argument } = table.startMode;
      text += ` START_MODE = ${mode}${argument ? `(${this.expr(argument)})` : ''}`;
    }
    if (table.freshness) text += ` FRESHNESS = ${this.expr(table.freshness)}`;
    if (table.refreshMode) text += ` REFRESH_MODE = ${table.refreshMode}`;
    return text + this.asQuery(table.as);
  }

  private column(column: ColumnDefinition): string {
    const name = this.part(column.name);
    switch (column.kind) {
      case 'ReorderedColumn':
        return name;
      case 'ComputedColumn':
        return `${name} AS ${this.expr(column.expr)}${this.comment(column.comment)}`;
      case 'MetadataColumn': {
        const from = column.from ? ` FROM ${this.string(column.from)}` : '';
        return `${name} ${this.type(column.type)} METADATA${from}${column.virtual ? ' VIRTUAL' : ''}${this.comment(column.comment)}`;
      }
      case 'PhysicalColumn': {
        const constraint = column.constraint ? ` ${this.constraint(column.constraint, true)}` : '';
        return `${name} ${this.type(column.type)}${constraint}${this.comment(column.comment)}`;
      }
    }
  }

  private watermark(watermark: Watermark): string {
    return `WATERMARK FOR ${this.path(watermark.column)} AS ${this.expr(watermark.strategy)}`;
  }

  private constraint(constraint: TableConstraint, atColumn = false): string {
    const name = constraint.name ? `CONSTRAINT ${this.part(constraint.name)} ` : '';
    const columns = atColumn ? '' : ` ${this.names(constraint.columns)}`;
    const enforced = constraint.enforced === null ? '' : constraint.enforced ? ' ENFORCED' : ' NOT ENFORCED';
    return `${name}${constraint.type}${columns}${enforced}`;
  }

  private distribution({ method, columns, buckets }: Distribution): string {
    const by = columns.length > 0 ? `BY ${method ?? ''}${this.names(columns)}` : '';
    return [by, buckets ? `INTO ${buckets.text} BUCKETS` : ''].filter(Boolean).join(' ');
  }

  // ---- changes ----------------------------------------------------------------------------------------------------

  private optionsAction(action: AlterCatalog['action'] | AlterObject['action']): string {
    switch (action.kind) {
      case 'SetOptions':
        return `SET ${this.options(action.options)}`;
      case 'ResetOptions':
        return `RESET ${this.keys(action.keys)}`;
      case 'Comment':
        return `COMMENT ${this.text(action.comment)}`;
      case 'Rename':
        return `RENAME TO ${this.path(action.newName)}`;
    }
  }

  private tableAction(action: AlterTableAction): string {
    switch (action.kind) {
      case 'RenameTable':
        return `RENAME TO ${this.path(action.newName)}`;
      case 'RenameColumn':
        return `RENAME ${this.path(action.column)} TO ${this.path(action.newName)}`;
      case 'SetOptions':
      case 'ResetOptions':
        return this.optionsAction(action);
      case 'Add':
        return `ADD ${this.tableItems(action.items)}`;
      case 'Modify':
        return `MODIFY ${this.tableItems(action.items)}`;
      case 'DropColumns':
        return `DROP (${action.columns.map((column) => this.path(column)).join(', ')})`;
      case 'DropPrimaryKey':
        return 'DROP PRIMARY KEY';
      case 'DropConstraint':
        return `DROP CONSTRAINT ${this.part(action.name)}`;
      case 'DropWatermark':
        return 'DROP WATERMARK';
      case 'DropDistribution':
        return 'DROP DISTRIBUTION';
      case 'AddPartitions': {
        const partitions = action.partitions.map(
          (p) => `PARTITION ${this.partition(p.values)}${this.withOptions(p.options)}`,
        );
        return `ADD ${action.ifNotExists ? 'IF NOT EXISTS ' : ''}${partitions.join(' ')}`;
      }
      case 'DropPartitions': {
        const partitions = action.partitions.map((values) => `PARTITION ${this.partition(values)}`);
        return `DROP ${action.ifExists ? 'IF EXISTS ' : ''}${partitions.join(', ')}`;
      }
    }
  }

  private tableItems(items: AlterTableItem[]): string {
    const only = items[0]!;
    if (items.length === 1 && only.kind === 'Distribution')
      return `DISTRIBUTION ${this.distribution(only.distribution)}`;
    return this.lines(items.map((item) => this.tableItem(item)));
  }

  private tableItem(item: AlterTableItem): string {
    switch (item.kind) {
      case 'TableConstraint':
        return this.constraint(item);
      case 'Watermark':
        return this.watermark(item);
      case 'Distribution':
        return `DISTRIBUTION ${this.distribution(item.distribution)}`;
      case 'Column': {
        const { position } = item;
        const place = !position ? '' : position.after ? ` AFTER ${this.path(position.after)}` : ' FIRST';
        return this.column(item.column) + place;
      }
    }
  }

  private materializedTableAction(action: AlterMaterializedTable['action']): string {
    switch (action.kind) {
      case 'Suspend':
        return 'SUSPEND';
      case 'Resume':
        return `RESUME${this.withOptions(action.options)}`;
      case 'Refresh':
        return `REFRESH${action.partition.length > 0 ? ` PARTITION ${this.partition(action.partition)}` : ''}`;
      case 'Freshness':
        return `SET FRESHNESS = ${this.expr(action.freshness)}`;
      case 'RefreshMode':
        return `SET REFRESH_MODE = ${action.mode}`;
      case 'As':
        return `AS${this.line()}${this.query(action.query)}`;
      default:
        return this.tableAction(action);
    }
  }
}

/** A name as SQL text: in backticks, whatever it is. */
export function quoteName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** A path as SQL text, every part in backticks. */
export function quotePath(parts: readonly (string | IdentifierPart)[]): string {
  return parts.map((part) => quoteName(typeof part === 'string' ? part : part.name)).join('.');
}
