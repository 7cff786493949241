import type { Assignment, Call, Delete, Insert, NamedTable, Query, Statement, StatementSet, Update } from './ast.js';
import { ObjectDdlParser } from './parse-object-ddl.js';

/** Statements that change data or run plans. */
export abstract class DmlParser extends ObjectDdlParser {
  protected insert(): Insert {
    const start = this.current.start;
    const upsert = this.expectOneOf('INSERT', 'UPSERT') === 'UPSERT';
    const overwrite = this.expectOneOf('INTO', 'OVERWRITE') === 'OVERWRITE';
    if (overwrite && upsert) throw this.error(this.current, 'UPSERT OVERWRITE does not exist.');
    const target = this.dmlTarget();
    const partition = this.accept('PARTITION') ? this.partitionValues() : [];
    const columns = this.isColumnList() ? this.parenthesized(() => this.path('column')) : [];
    const query = this.insertedQuery();
    const onConflict = this.onConflict();
    return {
      kind: 'Insert',
      overwrite,
      upsert,
      target,
      partition,
      columns,
      query,
      onConflict,
      span: this.spanFrom(start),
    };
  }

  /** `(a, b)` before the query, which may itself start with a parenthesis. */
  private isColumnList(): boolean {
    if (!this.is('(')) return false;
    let ahead = 1;
    while (this.peekIs(ahead, '(')) ahead++;
    if (ahead > 1) return false;
    return !['SELECT', 'WITH', 'VALUES', 'TABLE'].includes(this.peek(1).word);
  }

  private insertedQuery(): Query {
    return this.finalQuery();
  }

  private onConflict(): Insert['onConflict'] {
    const start = this.current.start;
    if (!this.accept('ON')) return null;
    this.expect('CONFLICT', 'DO');
    const behavior = this.expectOneOf('NOTHING', 'ERROR', 'DEDUPLICATE');
    return { behavior, span: this.spanFrom(start) };
  }

  private dmlTarget(): NamedTable {
    const name = this.path('table');
    const hints = this.hints();
    return {
      kind: 'NamedTable',
      name,
      hints,
      asOf: null,
      sample: null,
      alias: null,
      span: this.spanFrom(name.span.start),
    };
  }

  /** An alias of the table that is changed; SET after it is a reserved word and so never one. */
  private dmlAlias(target: NamedTable): void {
    const start = this.current.start;
    if (!this.accept('AS') && !this.isName()) return;
    const name = this.name('alias');
    target.alias = { name, columns: [], span: this.spanFrom(start) };
    target.span = this.spanFrom(target.span.start);
  }

  protected update(): Update {
    const start = this.current.start;
    this.expect('UPDATE');
    const target = this.dmlTarget();
    this.dmlAlias(target);
    this.expect('SET');
    const assignments = this.list((): Assignment => {
      const column = this.identifier([this.name('column')]);
      this.expect('=');
      const value = this.expression();
      return { column, value, span: this.spanFrom(column.span.start) };
    });
    const where = this.accept('WHERE') ? this.expression() : null;
    return { kind: 'Update', target, assignments, where, span: this.spanFrom(start) };
  }

  protected deletion(): Delete {
    const start = this.current.start;
    this.expect('DELETE', 'FROM');
    const target = this.dmlTarget();
    this.dmlAlias(target);
    const where = this.accept('WHERE') ? this.expression() : null;
    return { kind: 'Delete', target, where, span: this.spanFrom(start) };
  }

  protected call(): Call {
    const start = this.current.start;
    this.expect('CALL');
    const name = this.path('function');
    const call = this.callArguments(name);
    return { kind: 'Call', call, span: this.spanFrom(start) };
  }

  // ---- statement sets and plans -----------------------------------------------------------------------------------

  /** From STATEMENT on; `start` is where the whole statement began. */
  protected statementSet(start: number): StatementSet {
    this.expect('STATEMENT', 'SET', 'BEGIN');
    const statements: Insert[] = [];
    do {
      statements.push(this.insert());
      this.expect(';');
    } while (!this.is('END'));
    this.expect('END');
    return { kind: 'StatementSet', form: 'EXECUTE', statements, span: this.spanFrom(start) };
  }

  protected beginStatementSet(): Statement {
    const start = this.current.start;
    this.expect('BEGIN', 'STATEMENT', 'SET');
    return { kind: 'BeginStatementSet', span: this.spanFrom(start) };
  }

  protected execute(): Statement {
    const start = this.current.start;
    this.expect('EXECUTE');
    if (this.is('STATEMENT')) return this.statementSet(start);
    if (this.is('PLAN') && this.peekIsString(1)) {
      this.advance();
      const path = this.stringLiteral();
      return { kind: 'ExecutePlan', path, span: this.spanFrom(start) };
    }
    const statement = this.is('INSERT') || this.is('UPSERT') ? this.insert() : this.queryStatement();
    return { kind: 'Execute', statement, span: this.spanFrom(start) };
  }

  protected abstract peekIsString(ahead: number): boolean;

  protected queryStatement(): Statement {
    const query = this.finalQuery();
    return { kind: 'QueryStatement', query, span: query.span };
  }

  protected compile(): Statement {
    const start = this.current.start;
    this.expect('COMPILE');
    if (this.accept('AND')) {
      this.expect('EXECUTE', 'PLAN');
      const path = this.stringLiteral();
      this.expect('FOR');
      const statement = this.plannedStatement();
      return { kind: 'CompileAndExecutePlan', path, statement, span: this.spanFrom(start) };
    }
    this.expect('PLAN');
    const path = this.stringLiteral();
    const ifNotExists = this.ifNotExists();
    this.expect('FOR');
    const statement = this.plannedStatement();
    return { kind: 'CompilePlan', path, ifNotExists, statement, span: this.spanFrom(start) };
  }

  private plannedStatement(): Statement {
    return this.is('STATEMENT') ? this.statementSet(this.current.start) : this.insert();
  }
}
