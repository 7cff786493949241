import { bindCast } from '../expressions/index.js';
import type { BoundExpr } from '../expressions/bound.js';
import type { PathReader, PatternVariable, RowPattern } from '../expressions/row-pattern.js';
import type { Expr, FunctionCall, MatchRecognize } from '../parser/ast.js';
import {
  BOOLEAN,
  StreamcellError,
  TIMESTAMP,
  withNullable,
  type DataType,
  type Schema,
  type Span,
} from '../types/index.js';
import { requestAggregate } from './aggregate-calls.js';
import { ExprBinder, unsupported } from './expression-binder.js';
import { input, inputsOf, mapInputs, timeAttributeOf, withoutTimeAttribute } from './expr-tools.js';
import type { LogicalMatch, LogicalSortKey } from './logical.js';
import { nullsLast } from './pending.js';
import type { FromResult } from './from-binder.js';
import type { BindSession } from './session.js';
import { absent, bindPattern, bindSkip, bindWithin, type PatternElement } from './row-pattern.js';
import { Scope, type ScopeRelation } from './scope.js';

/** References to readers, while others to raw columns of variables are still in the expression. */
const READERS = 1 << 25;

/** MATCH_RECOGNIZE over a bound input. Output: partition columns, then measures. */
export function bindMatch(ref: MatchRecognize, from: FromResult, session: BindSession): LogicalMatch {
  if (ref.rowsPerMatch === 'ALL') throw absent('ALL ROWS PER MATCH', ref.span);
  if (ref.subsets.length > 0) throw absent('SUBSET', ref.subsets[0].span);
  const { schema } = from.node;
  const columns = new ExprBinder(session, from.scope, { clause: 'MATCH_RECOGNIZE' });
  const partitionKeys = ref.partitionBy.map((e) => column(e, columns, 'PARTITION BY'));
  partitionKeys.forEach((k, i) => {
    if (partitionKeys.indexOf(k) < i)
      throw new StreamcellError('COLUMN_AMBIGUOUS', `Column '${schema[k].name}' is ambiguous`, {
        span: ref.partitionBy[i].span,
      });
  });
  const sort = ref.orderBy.map((o) => ({
    column: column(o.expr, columns, 'ORDER BY'),
    ascending: !o.descending,
    nullsLast: nullsLast(!o.descending, o.nulls),
  }));
  checkOrder(ref, sort, schema);
  const elements = bindPattern(ref.pattern);
  const within = bindWithin(ref);
  const skip = bindSkip(ref, elements);
  const rowtime = timeAttributeOf(schema[sort[0].column].type) === 'rowtime';
  const around = { session, schema, elements, rowtime };
  const definitions = new Map<string, PatternVariable['definition']>();
  for (const { name, condition, span } of ref.define) {
    if (definitions.has(name.name))
      throw new StreamcellError('QUERY_INVALID', `Pattern variable '${name.name}' has already been defined`, { span });
    const paths = new PathBinder({ ...around, defining: elements.findIndex((e) => e.name === name.name) });
    definitions.set(name.name, { condition: paths.bindCondition(condition), readers: paths.readers });
  }
  const paths = new PathBinder({ ...around, defining: null });
  const measures = ref.measures.map((m) => ({ name: m.alias.name, expr: paths.bind(m.expr) }));
  const pattern: RowPattern = {
    variables: elements.map(({ name, min, max, greedy }) => ({
      name,
      min,
      max,
      greedy,
      definition: definitions.get(name) ?? null,
    })),
    skip,
    within,
    readers: paths.readers,
    measures,
  };
  const output: Schema = [
    ...partitionKeys.map((k) => ({ name: schema[k].name, type: withoutTimeAttribute(schema[k].type) })),
    ...measures.map((m) => ({ name: m.name, type: m.expr.type })),
  ];
  checkNames(ref, output, partitionKeys.length);
  return { op: 'match', input: from.node, partitionKeys, sort, pattern, schema: output, span: ref.span };
}

function column(expr: Expr, binder: ExprBinder, clause: string): number {
  const bound = binder.bind(expr);
  if (bound.kind !== 'input') throw absent(`An expression in ${clause} of MATCH_RECOGNIZE`, expr.span);
  return bound.index;
}

function checkOrder(ref: MatchRecognize, sort: readonly LogicalSortKey[], schema: Schema): void {
  if (sort.length === 0)
    throw new StreamcellError('TIME_ATTRIBUTE_REQUIRED', 'You must specify either rowtime or proctime for order by.', {
      span: ref.span,
    });
  const [first] = sort;
  const { span } = ref.orderBy[0].expr;
  if (timeAttributeOf(schema[first.column].type) === null)
    throw new StreamcellError(
      'TIME_ATTRIBUTE_REQUIRED',
      'You must specify either rowtime or proctime for order by as the first one.',
      { span },
    );
  if (!first.ascending)
    throw new StreamcellError('QUERY_INVALID', 'Primary sort order of a streaming table must be ascending on time.', {
      span,
    });
}

function checkNames(ref: MatchRecognize, output: Schema, keys: number): void {
  const names = output.map((c) => c.name);
  const twice = names.findIndex((n, i) => names.indexOf(n) < i);
  if (ref.measures.length > 0 && twice < 0) return;
  throw new StreamcellError(
    'QUERY_INVALID',
    `Columns ambiguously defined: {${twice < 0 ? '' : names[twice]}}`,
    twice < 0
      ? { span: ref.span, hint: 'MATCH_RECOGNIZE needs at least one column in MEASURES.' }
      : { span: ref.measures[twice - keys]?.span ?? ref.span, hint: 'Give the measure another name.' },
  );
}

interface Around {
  readonly session: BindSession;
  readonly schema: Schema;
  readonly elements: readonly PatternElement[];
  readonly rowtime: boolean;
  /** The variable whose condition is bound, -1 for one that is not in the pattern; null: measures. */
  readonly defining: number | null;
}

/**
 * Binds expressions over pattern variables. `A.price` is first bound to a raw position, (1 + variable) * width + column, with 0 for all variables
 * together; FIRST, LAST and aggregates turn those they contain into readers, and what is left over at the end reads the last row.
 *
 * State: the readers that the expressions bound so far need.
 */
class PathBinder {
  readonly readers: PathReader[] = [];
  private readonly binder: ExprBinder;
  private readonly width: number;

  constructor(private readonly around: Around) {
    this.width = around.schema.length;
    this.binder = this.over(false);
  }

  private get clause(): string {
    return this.around.defining === null ? 'MEASURES' : 'DEFINE';
  }

  private over(inner: boolean): ExprBinder {
    const { schema, elements, session } = this.around;
    const relations: ScopeRelation[] = [null, ...elements.map((e) => e.name)].map((alias, r) => ({
      alias,
      path: null,
      columns: schema.map((c, i) => ({
        name: c.name,
        type: withoutTimeAttribute(c.type),
        index: r * this.width + i,
        // A variable's columns are only reached through its name.
        merged: alias !== null,
      })),
    }));
    return new ExprBinder(session, new Scope(relations), {
      clause: this.clause,
      aggregate: (call) => this.call(call, inner),
    });
  }

  bindCondition(expr: Expr): BoundExpr {
    const bound = this.bind(expr);
    if (bound.type.root === 'NULL') return bindCast(bound, BOOLEAN(), false, expr.span);
    if (bound.type.root === 'BOOLEAN') return bound;
    throw new StreamcellError('TYPE_MISMATCH', 'DEFINE clause must be a condition', { span: expr.span });
  }

  /** Over the columns of the row at hand (DEFINE only), and readers behind them. */
  bind(expr: Expr): BoundExpr {
    const bound = this.toReaders(this.binder.bind(expr), 'last', 0);
    const base = this.around.defining === null ? 0 : this.width;
    return mapInputs(bound, (e) => (e.index >= READERS ? { ...e, index: e.index - READERS + base } : e));
  }

  private variableOf(index: number): number | null {
    const r = Math.floor(index / this.width);
    return r === 0 ? null : r - 1;
  }

  private toReaders(expr: BoundExpr, from: 'first' | 'last', offset: number): BoundExpr {
    return mapInputs(expr, (e) => {
      if (e.index >= READERS) return e;
      const variable = this.variableOf(e.index);
      const position = e.index % this.width;
      const { defining } = this.around;
      const own = defining !== null && (variable === null || variable === defining);
      // The row at hand is the last one of the variable being defined: READERS is taken off later, this stays a column.
      if (own && from === 'last' && offset === 0) return { ...e, index: position };
      const nullable = e.type.nullable || !this.certain(variable, offset);
      const type = withNullable(e.type, nullable);
      return this.reader({ kind: 'row', variable, from, offset, column: position, type }, e.span);
    });
  }

  /** Whether every match has that many rows. While a match is under way, nothing is certain. */
  private certain(variable: number | null, offset: number): boolean {
    const { defining, elements } = this.around;
    if (defining !== null) return false;
    const least = variable === null ? elements.reduce((n, e) => n + e.min, 0) : elements[variable].min;
    return offset < least;
  }

  private reader(reader: PathReader, span: Span | undefined): BoundExpr {
    const text = (r: PathReader): string =>
      JSON.stringify(r, (key, v: unknown) => (key === 'span' ? undefined : typeof v === 'bigint' ? `${v}n` : v));
    let at = this.readers.findIndex((r) => text(r) === text(reader));
    if (at < 0) at = this.readers.push(reader) - 1;
    return input(READERS + at, reader.type, span);
  }

  private call(call: FunctionCall, inner: boolean): BoundExpr | undefined {
    if (call.name.parts.length > 1) return undefined;
    const name = call.name.parts[0].name.toUpperCase();
    if (call.semantics === 'RUNNING') throw absent('RUNNING', call.span);
    if (call.semantics === 'FINAL' && this.around.defining !== null)
      throw new StreamcellError('QUERY_INVALID', 'Cannot use RUNNING/FINAL in DEFINE', { span: call.span });
    switch (name) {
      case 'FIRST':
      case 'LAST':
        if (inner) throw nested(name, call.span);
        return this.navigate(call, name === 'FIRST' ? 'first' : 'last');
      case 'PREV':
      case 'NEXT':
      case 'CLASSIFIER':
      case 'MATCH_NUMBER':
        throw absent(`${name} in MATCH_RECOGNIZE`, call.span);
      case 'MATCH_ROWTIME':
        return this.matchRowtime(call);
      case 'MATCH_PROCTIME':
        this.arguments(call, 0, 0);
        return this.binder.call('PROCTIME', [], call.span);
      default:
        if (!this.around.session.isAggregate(name)) return undefined;
        // Over integers Flink computes these otherwise here than in a group.
        if (/^(VAR|STDDEV)/.test(name)) throw unsupported(`${name} in MATCH_RECOGNIZE`, call.span);
        if (inner) throw nested(name, call.span);
        return this.aggregate(call);
    }
  }

  private arguments(call: FunctionCall, least: number, most: number): readonly Expr[] {
    if (call.star || call.args.length < least || call.args.length > most)
      throw new StreamcellError('FUNCTION_ARGUMENTS', `Invalid number of arguments to function ${textOf(call)}.`, {
        span: call.span,
      });
    return call.args;
  }

  private navigate(call: FunctionCall, from: 'first' | 'last'): BoundExpr {
    const [operand, count] = this.arguments(call, 1, 2);
    let offset = 0;
    if (count !== undefined) {
      const bound = this.binder.bind(count);
      const value = bound.kind === 'literal' ? bound.value : null;
      offset = typeof value === 'bigint' ? Number(value) : typeof value === 'number' ? value : -1;
      if (!Number.isInteger(offset) || offset < 0)
        throw new StreamcellError('FUNCTION_ARGUMENTS', `The offset of ${textOf(call)} must be a literal, 0 or more.`, {
          span: count.span,
        });
    }
    const bound = this.over(true).bind(operand);
    this.single(bound, call);
    return this.toReaders(bound, from, offset);
  }

  /** The one variable that the columns belong to; undefined: there are no columns. */
  private single(bound: BoundExpr, call: FunctionCall): number | null | undefined {
    const variables = new Set([...inputsOf(bound)].map((i) => this.variableOf(i)));
    if (variables.size > 1)
      throw new StreamcellError('QUERY_INVALID', `Multiple pattern variables in '${textOf(call)}'`, {
        span: call.span,
      });
    return [...variables][0];
  }

  private aggregate(call: FunctionCall): BoundExpr {
    if (call.quantifier !== null)
      throw new StreamcellError('FUNCTION_ARGUMENTS', `DISTINCT/ALL not allowed with ${textOf(call)} function`, {
        span: call.span,
      });
    if (call.filter) throw absent('FILTER in MATCH_RECOGNIZE', call.filter.span);
    const request = requestAggregate(call, this.over(true), true);
    const row: BoundExpr = { kind: 'call', fn: 'ROW', args: request.args, type: request.type };
    const variable = this.single(row, call);
    if (variable === undefined && !call.star)
      throw new StreamcellError('QUERY_INVALID', `No pattern variable specified in ${textOf(call)}`, {
        span: call.span,
        hint: 'Name a column, of a variable or of the whole match.',
      });
    const columns = [...new Set([...inputsOf(row)].map((i) => i % this.width))];
    const values = request.args.map((a) =>
      mapInputs(a, (e) => ({ ...e, index: columns.indexOf(e.index % this.width) })),
    );
    return this.reader(
      {
        kind: 'aggregate',
        variable: variable ?? null,
        call: {
          fn: request.fn,
          args: values.map((_, i) => i),
          argTypes: values.map((v) => v.type),
          constants: request.constants,
          distinct: false,
          filter: null,
          type: request.type,
          name: textOf(call),
          options: request.options,
        },
        values,
        columns,
        type: request.type,
      },
      call.span,
    );
  }

  private matchRowtime(call: FunctionCall): BoundExpr {
    const [operand] = this.arguments(call, 0, 1);
    const { schema, rowtime } = this.around;
    let type: DataType = TIMESTAMP(3, false);
    if (operand !== undefined) {
      const bound = this.over(true).bind(operand);
      const attribute = bound.kind === 'input' ? schema[bound.index % this.width].type : bound.type;
      if (timeAttributeOf(attribute) !== 'rowtime')
        throw new StreamcellError(
          'TIME_ATTRIBUTE_REQUIRED',
          'The function MATCH_ROWTIME requires argument to be a row time attribute type.',
          { span: operand.span },
        );
      type = withoutTimeAttribute(attribute);
    }
    if (rowtime && this.around.defining === null && (type.root === 'TIMESTAMP' || type.root === 'TIMESTAMP_LTZ'))
      type = { ...type, timeAttribute: 'rowtime' };
    return this.reader({ kind: 'time', type }, call.span);
  }
}

function nested(name: string, span: Span): StreamcellError {
  return unsupported(`${name} within FIRST, LAST or an aggregate`, span);
}

function textOf(call: FunctionCall): string {
  return call.name.parts[0].name.toUpperCase();
}
