import { applyDdl, bind, bindInserts, type BindOptions, type BoundStatement } from '../binder/index.js';
import { Catalog } from '../catalog/index.js';
import { connectorCatalog } from '../dataflow/index.js';
import type { Insert, Statement as Ast } from '../parser/ast.js';
import { parseScript } from '../parser/parser.js';
import { explainPlan, planStatement, type Planned, type PlannerContext } from '../planner/index.js';
import { StreamcellError, type ConnectorCatalog, type DataType, type ErrorData, type Schema } from '../types/index.js';
import { completeSql } from './completion.js';
import { checkOption, memoryLimit, sessionParallelism, sessionTimeZone } from './session-options.js';
import type { Completion, ExecuteOptions, ExplainStage } from './session.js';
import { describe, show, showCreate } from './show-statements.js';

/**
 * What the statements of one session mean, short of running them: parses, binds and plans against the session's catalog and options.
 * The embedded session runs what it says; a session on a cluster keeps one beside the cluster, to complete, validate and plan.
 *
 * State: the catalog, the options that were SET.
 */
export class SqlContext {
  readonly catalog: Catalog = new Catalog();
  readonly settings = new Map<string, string>();

  constructor(private readonly connectors: ConnectorCatalog = connectorCatalog) {}

  timeZone(): string {
    return sessionTimeZone(Object.fromEntries(this.settings));
  }

  bindOptions(text: string, catalog = this.catalog): BindOptions {
    const options = Object.fromEntries(this.settings);
    return { catalog, connectors: this.connectors, timeZone: sessionTimeZone(options), options, text };
  }

  plannerContext(options: Pick<ExecuteOptions, 'mode' | 'parallelism'>): PlannerContext {
    const settings = Object.fromEntries(this.settings);
    return {
      connectors: this.connectors,
      options: settings,
      timeZone: sessionTimeZone(settings),
      parallelism: sessionParallelism(settings, options.parallelism),
      mode:
        options.mode ??
        (settings['sql-client.execution.result-mode']?.toLowerCase() === 'changelog' ? 'changelog' : 'table'),
      memoryLimit: memoryLimit(settings),
    };
  }

  /** Null for statements without a plan. `text`: the script that the statement's spans are about. */
  plan(statement: Ast, text: string, options: Pick<ExecuteOptions, 'mode' | 'parallelism'> = {}): Planned | null {
    const bound = boundOf(unwrap(statement), this.bindOptions(text));
    return bound === null ? null : planStatement(bound, this.plannerContext(options));
  }

  /** Gives the catalog the effect of a statement. @returns the INSERT that a CREATE TABLE AS goes on with. */
  applyDdl(statement: Ast, text: string): Insert | null {
    return applyDdl(unwrap(statement), this.bindOptions(text));
  }

  /** Errors of a text without running it, in order of place. Earlier statements of the text are taken into account. */
  validate(text: string): ErrorData[] {
    const script = parseScript(text);
    const errors = script.errors.map((e) => e.toData());
    const options = this.bindOptions(text, this.catalog.fork());
    for (const parsed of script.statements) {
      try {
        this.check(parsed.statement, options);
      } catch (thrown) {
        errors.push(StreamcellError.from(thrown).at(parsed.span).toData());
      }
    }
    return errors.sort((a, b) => (a.span?.start ?? 0) - (b.span?.start ?? 0));
  }

  /** What is wrong with one statement, without any effect. */
  errorOf(statement: Ast, text: string): StreamcellError | null {
    try {
      this.check(statement, this.bindOptions(text, this.catalog.fork()));
      return null;
    } catch (thrown) {
      return StreamcellError.from(thrown);
    }
  }

  complete(text: string, offset: number): readonly Completion[] {
    return completeSql(text, offset, this.catalog, this.connectors);
  }

  /** The plan of one statement at a stage; null: as EXPLAIN answers it. */
  explain(statement: Ast, text: string, stage: ExplainStage | null, details: readonly string[] = []): string {
    const ast = unwrap(statement);
    if (stage === 'ast') return JSON.stringify(ast, null, 2);
    const planned = this.plan(ast, text);
    if (planned === null) {
      throw new StreamcellError('SQL_UNSUPPORTED', `EXPLAIN of ${ast.kind} is not supported by the embedded engine.`, {
        span: ast.span,
      });
    }
    if (stage !== null) return explainPlan(planned, stage);
    const refused = details.find((d) => d !== 'CHANGELOG_MODE');
    if (refused !== undefined) {
      throw new StreamcellError('SQL_UNSUPPORTED', `EXPLAIN ${refused} is not supported by the embedded engine.`, {
        span: ast.span,
      });
    }
    return [
      '== Abstract Syntax Tree ==',
      explainPlan(planned, 'logical'),
      '',
      '== Optimized Physical Plan ==',
      explainPlan(planned, details.includes('CHANGELOG_MODE') ? 'changelog' : 'physical'),
      '',
      '== Optimized Execution Plan ==',
      explainPlan(planned, 'physical'),
      '',
    ].join('\n');
  }

  /** Binds and plans without running; statements of the catalog take effect on the copy they are given. */
  private check(statement: Ast, options: BindOptions): void {
    const ast = unwrap(statement);
    switch (ast.kind) {
      case 'QueryStatement':
      case 'Insert':
      case 'StatementSet':
        planStatement(boundOf(ast, options) as BoundStatement, this.plannerContext({}));
        break;
      case 'Explain':
        this.check(ast.statement, options);
        break;
      case 'SetOption':
        if (ast.key !== null && ast.value !== null) checkOption(ast.key.value, ast.value.value);
        break;
      case 'Show':
        show(ast, { catalog: options.catalog, jobs: [] });
        break;
      case 'ShowCreate':
        showCreate(ast, options.catalog);
        break;
      case 'Describe':
        if (ast.object !== 'JOB') describe(ast, { catalog: options.catalog, jobs: [] });
        break;
      case 'ResetOption':
      case 'StopJob':
      case 'BeginStatementSet':
      case 'EndStatementSet':
        break;
      default:
        applyDdl(ast, options);
    }
  }
}

/** EXECUTE before a statement changes nothing. */
export function unwrap(statement: Ast): Ast {
  return statement.kind === 'Execute' ? unwrap(statement.statement) : statement;
}

/** Null for statements without a plan. */
export function boundOf(ast: Ast, options: BindOptions): BoundStatement | null {
  if (ast.kind === 'QueryStatement') return { kind: 'query', root: bind(ast.query, options) };
  if (ast.kind === 'Insert') return bindInserts([ast], options);
  return ast.kind === 'StatementSet' ? bindInserts(ast.statements, options) : null;
}

/** A result's column is a plain time: attributes mean something inside a query only. */
export function withoutTimeAttributes(schema: Schema): Schema {
  return schema.map(({ name, type }) => {
    if ((type.root !== 'TIMESTAMP' && type.root !== 'TIMESTAMP_LTZ') || type.timeAttribute === undefined)
      return { name, type };
    const { timeAttribute: _, ...plain } = type;
    return { name, type: plain as DataType };
  });
}
