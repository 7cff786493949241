import { bindCall, bindCast, commonType, evaluateConstant, takesNotNullElement } from '../expressions/index.js';
import type { BoundExpr, CaseExpr, LiteralExpr } from '../expressions/bound.js';
import { suggestion } from '../catalog/index.js';
import type { Case, Expr, FunctionCall, Identifier, InSubquery, Exists, ScalarSubquery } from '../parser/ast.js';
import {
  BINARY,
  BOOLEAN,
  CHAR,
  NULL,
  StreamcellError,
  withNullable,
  type DataType,
  type Span,
} from '../types/index.js';
import { exprKey, input } from './expr-tools.js';
import { bindEquality, bindInList, withFieldsNullable } from './in-list.js';
import { bindDateTime, bindInterval, bindNumber } from './literals.js';
import { bindRarity } from './rare-expressions.js';
import type { Scope } from './scope.js';
import type { BindSession } from './session.js';
import { bindType, intervalType } from './types.js';

/** Column positions from here on stand for columns of the query around (a correlated subquery), counted from this base. */
export const OUTER_BASE = 1 << 24;
/** From here on: values that do not exist as columns yet (aggregates, OVER calls, subqueries); their owner replaces them by columns. */
export const PENDING_BASE = 1 << 25;

/** Takes calls that are not plain functions, and gives a reference for them. */
export interface ExprHooks {
  /** Named in errors: `WHERE`, `SELECT`. */
  readonly clause: string;
  /** An expression of the select list by its alias. */
  alias?(name: string, span: Span): BoundExpr | undefined;
  aggregate?(call: FunctionCall, binder: ExprBinder): BoundExpr | undefined;
  over?(call: FunctionCall, binder: ExprBinder): BoundExpr;
  subquery?(expr: ScalarSubquery | Exists | InSubquery, binder: ExprBinder): BoundExpr;
}

/** Binds expressions of one clause over one scope. Holds nothing but what it was given. */
export class ExprBinder {
  constructor(
    readonly session: BindSession,
    readonly scope: Scope,
    readonly hooks: ExprHooks,
  ) {}

  /** A condition: BOOLEAN. */
  bindCondition(expr: Expr): BoundExpr {
    const bound = this.bind(expr);
    if (bound.type.root === 'NULL') return bindCast(bound, BOOLEAN(), false, expr.span);
    if (bound.type.root !== 'BOOLEAN') {
      throw new StreamcellError('TYPE_MISMATCH', `${this.hooks.clause} clause must be a condition.`, {
        span: expr.span,
      });
    }
    return bound;
  }

  bind(expr: Expr): BoundExpr {
    switch (expr.kind) {
      case 'Identifier':
        return this.identifier(expr);
      case 'NumberLiteral':
        return bindNumber(expr);
      case 'StringLiteral':
        return { kind: 'literal', type: CHAR(expr.value.length, false), value: expr.value, span: expr.span };
      case 'BinaryLiteral': {
        const bytes = Uint8Array.from(expr.hex.match(/../g) ?? [], (h) => parseInt(h, 16));
        return { kind: 'literal', type: BINARY(bytes.length, false), value: bytes, span: expr.span };
      }
      case 'BooleanLiteral':
        return { kind: 'literal', type: BOOLEAN(expr.value === null), value: expr.value, span: expr.span };
      case 'NullLiteral':
        return { kind: 'literal', type: NULL(), value: null, span: expr.span };
      case 'DateTimeLiteral':
        return bindDateTime(expr);
      case 'IntervalLiteral':
        return bindInterval(expr);
      case 'IntervalExpression': {
        const unit = intervalType(expr.qualifier, false);
        const amount = this.bind(expr.amount);
        const one = bindInterval({
          kind: 'IntervalLiteral',
          negative: expr.negative,
          text: '1',
          qualifier: { ...expr.qualifier, to: null, precision: null },
          span: expr.span,
        });
        return this.call('*', [amount, { ...one, type: unit }], expr.span);
      }
      case 'Unary':
        if (expr.op === '-' && expr.operand.kind === 'NumberLiteral')
          return { ...bindNumber(expr.operand, true), span: expr.span };
        if (expr.op === '+') return this.bind(expr.operand);
        return this.call(expr.op, [this.bind(expr.operand)], expr.span);
      case 'Binary':
        return this.binary(expr);
      case 'Between': {
        const operand = this.bind(expr.operand);
        const low = this.bind(expr.low);
        const high = this.bind(expr.high);
        const within = (a: BoundExpr, b: BoundExpr): BoundExpr =>
          this.call(
            'AND',
            [this.call('>=', [operand, a], expr.span), this.call('<=', [operand, b], expr.span)],
            expr.span,
          );
        const inside = expr.symmetric
          ? this.call('OR', [within(low, high), within(high, low)], expr.span)
          : within(low, high);
        return expr.negated ? this.call('NOT', [inside], expr.span) : inside;
      }
      case 'InList': {
        const operand = this.bind(expr.operand);
        const values = expr.values.map((v) => this.bind(v));
        const any = bindInList(this, operand, values, expr.span);
        return expr.negated ? this.call('NOT', [any], expr.span) : any;
      }
      case 'Is':
        return this.is(expr);
      case 'Case':
        return this.bindCase(expr);
      case 'Cast': {
        const arg = this.bind(expr.operand);
        const type = bindType(expr.type);
        return bindCast(
          arg,
          withNullable(type, expr.safe || (type.nullable && arg.type.nullable)),
          expr.safe,
          expr.span,
        );
      }
      case 'FunctionCall': {
        const column = this.session.niladicColumn(expr);
        return column ? this.identifier(column) : this.functionCall(expr);
      }
      case 'FieldAccess':
        return this.field(this.bind(expr.operand), expr.field.name, expr.field.span);
      case 'ScalarSubquery':
      case 'Exists':
      case 'InSubquery':
        if (!this.hooks.subquery) throw unsupported(`A subquery in ${this.hooks.clause}`, expr.span);
        return this.hooks.subquery(expr, this);
      case 'Star':
        throw new StreamcellError('QUERY_INVALID', `'*' is not allowed here.`, { span: expr.span });
      default:
        return bindRarity(expr, this);
    }
  }

  /** A column by itself, which a bare NULL cannot be, whatever is beside it or will be made of it. */
  bindTyped(expr: Expr): BoundExpr {
    if (expr.kind !== 'NullLiteral') return this.bind(expr);
    throw new StreamcellError('QUERY_INVALID', `Illegal use of 'NULL'.`, {
      span: expr.span,
      hint: 'Write CAST(NULL AS type).',
    });
  }

  /** A registered function or operator over bound arguments. */
  call(
    fn: string,
    args: readonly BoundExpr[],
    span: Span,
    options?: Readonly<Record<string, string | number | boolean | null>>,
  ): BoundExpr {
    return bindCall(fn, args, { options, span, timeZone: this.session.timeZone });
  }

  /** A value that must be constant, evaluated now. */
  constant(expr: Expr): LiteralExpr {
    const bound = this.bind(expr);
    if (bound.kind === 'literal') return bound;
    return {
      kind: 'literal',
      type: bound.type,
      value: evaluateConstant(bound, this.session.environment),
      span: expr.span,
    };
  }

  private identifier(expr: Identifier): BoundExpr {
    const parts = expr.parts.map((p) => p.name);
    const alias = this.hooks.alias?.(parts[0], expr.span);
    if (alias && parts.length === 1) return { ...alias, span: expr.span };
    const found = this.scope.find(parts, expr.span);
    if (!found) {
      const niladic = parts.length === 1 && !expr.parts[0].quoted ? this.niladic(parts[0], expr.span) : undefined;
      if (niladic) return niladic;
      this.scope.resolve(parts, expr.span);
      throw new StreamcellError('INTERNAL', 'A name was resolved after it was not found.', { span: expr.span });
    }
    if (found.depth > 1) throw unsupported('A reference to a query more than one level around', expr.span);
    const index = found.depth === 0 ? found.column.index : OUTER_BASE + found.column.index;
    let bound: BoundExpr = input(index, found.column.type, expr.span);
    for (const part of expr.parts.slice(found.rest)) bound = this.field(bound, part.name, part.span);
    return bound;
  }

  private niladic(name: string, span: Span): BoundExpr | undefined {
    return this.session.isNiladic(name) ? this.call(name.toUpperCase(), [], span) : undefined;
  }

  field(arg: BoundExpr, name: string, span: Span): BoundExpr {
    if (arg.type.root !== 'ROW') {
      throw new StreamcellError('TYPE_MISMATCH', `Field '${name}' of a value that is not a ROW.`, { span });
    }
    const index = arg.type.fields.findIndex((f) => f.name === name);
    if (index < 0) {
      throw new StreamcellError('COLUMN_NOT_FOUND', `Field '${name}' not found.`, {
        span,
        hint: suggestion(
          name,
          arg.type.fields.map((f) => f.name),
          'Fields',
        ),
      });
    }
    const type = arg.type.fields[index].type;
    return { kind: 'field', arg, index, type: withNullable(type, type.nullable || arg.type.nullable), span };
  }

  private binary(expr: Expr & { kind: 'Binary' }): BoundExpr {
    const { op } = expr;
    if (op === 'AND' || op === 'OR') {
      return this.call(op, [this.logical(expr.left), this.logical(expr.right)], expr.span);
    }
    if (BINARY_OPERATORS[op] === undefined) return bindRarity(expr, this);
    const args = [this.bind(expr.left), this.bind(expr.right)];
    if (op === '=') return bindEquality(this, args[0], args[1], expr.span);
    return withFieldsNullable(this.call(BINARY_OPERATORS[op], args, expr.span), args);
  }

  private logical(expr: Expr): BoundExpr {
    return this.bind(expr);
  }

  private is(expr: Expr & { kind: 'Is' }): BoundExpr {
    const operand = this.bind(expr.operand);
    const test = expr.test === 'UNKNOWN' ? 'NULL' : expr.test;
    if (expr.test === 'UNKNOWN' && operand.type.root !== 'BOOLEAN' && operand.type.root !== 'NULL') {
      throw new StreamcellError('TYPE_MISMATCH', 'IS UNKNOWN needs a BOOLEAN.', { span: expr.span });
    }
    // Flink takes the declared type's word for it: an absent element of NOT NULL elements does not count as NULL here, and only here.
    if (test === 'NULL' && takesNotNullElement(operand))
      return { kind: 'literal', type: BOOLEAN(false), value: expr.negated, span: expr.span };
    switch (test) {
      case 'NULL':
      case 'TRUE':
      case 'FALSE':
      case 'JSON VALUE':
      case 'JSON OBJECT':
      case 'JSON ARRAY':
      case 'JSON SCALAR':
        return this.call(expr.negated ? `IS NOT ${test}` : `IS ${test}`, [operand], expr.span);
      default:
        throw unsupported(`IS ${expr.negated ? 'NOT ' : ''}${test}`, expr.span);
    }
  }

  private bindCase(expr: Case): BoundExpr {
    const operand = expr.operand && this.bind(expr.operand);
    const whens = expr.branches.flatMap((b) => {
      const conditions = b.conditions.map((c) =>
        operand ? this.call('=', [operand, this.bind(c)], c.span) : this.caseCondition(c),
      );
      const condition = conditions.reduce((a, c) => this.call('OR', [a, c], b.span));
      return { condition, result: this.bind(b.result) };
    });
    const otherwise: BoundExpr = expr.otherwise
      ? this.bind(expr.otherwise)
      : { kind: 'literal', type: NULL(), value: null, span: expr.span };
    return this.makeCase(whens, otherwise, expr.span);
  }

  private caseCondition(expr: Expr): BoundExpr {
    const bound = this.bind(expr);
    if (bound.type.root !== 'BOOLEAN' && bound.type.root !== 'NULL') {
      throw new StreamcellError('TYPE_MISMATCH', 'Expected a boolean type after WHEN.', { span: expr.span });
    }
    return bound;
  }

  makeCase(whens: readonly { condition: BoundExpr; result: BoundExpr }[], otherwise: BoundExpr, span: Span): CaseExpr {
    const results = [...whens.map((w) => w.result), otherwise];
    const common = this.common(results, span, 'Illegal mixing of types in CASE or COALESCE statement.');
    const absent = [...whens.filter((w) => !impliesValue(w.condition, w.result)).map((w) => w.result), otherwise];
    const type = withNullable(common, common.nullable && absent.some((e) => e.type.nullable));
    const fit = (e: BoundExpr): BoundExpr => this.coerce(e, type, span);
    return {
      kind: 'case',
      whens: whens.map((w) => ({ condition: w.condition, result: fit(w.result) })),
      otherwise: fit(otherwise),
      type,
      span,
    };
  }

  /** The type all of these can be seen as. @throws StreamcellError TYPE_MISMATCH with `message` */
  common(exprs: readonly BoundExpr[], span: Span, message: string): DataType {
    const type = commonType(exprs.map((e) => e.type));
    if (!type) {
      throw new StreamcellError('TYPE_MISMATCH', message, { span });
    }
    return type;
  }

  /** Implicit conversion; nullability of the value is kept. */
  coerce(expr: BoundExpr, type: DataType, span: Span): BoundExpr {
    return coerce(expr, type, span);
  }

  private functionCall(expr: FunctionCall): BoundExpr {
    if (expr.over) {
      if (!this.hooks.over) {
        throw new StreamcellError('AGGREGATE_MISPLACED', `OVER is not allowed in ${this.hooks.clause}.`, {
          span: expr.span,
        });
      }
      return this.hooks.over(expr, this);
    }
    const name = expr.name.parts[expr.name.parts.length - 1].name;
    if (this.session.isAggregate(name)) {
      const bound = this.hooks.aggregate?.(expr, this);
      if (bound) return bound;
      throw new StreamcellError(
        'AGGREGATE_MISPLACED',
        `Aggregate expression ${name.toUpperCase()} is illegal in ${this.hooks.clause} clause.`,
        {
          span: expr.span,
        },
      );
    }
    const own = this.hooks.aggregate?.(expr, this);
    if (own) return own;
    return bindPlainCall(expr, name, this);
  }
}

/** What may be written after an ordinary call but means nothing there. */
function bindPlainCall(expr: FunctionCall, name: string, binder: ExprBinder): BoundExpr {
  if (expr.star) throw new StreamcellError('FUNCTION_ARGUMENTS', `${name}(*) is not defined.`, { span: expr.span });
  if (expr.filter || expr.quantifier || expr.withinGroup || expr.orderBy.length > 0) {
    throw new StreamcellError('AGGREGATE_MISPLACED', `${name} is not an aggregate function.`, { span: expr.span });
  }
  if (expr.name.parts.length > 1) {
    throw new StreamcellError('FUNCTION_NOT_FOUND', `No function '${expr.name.parts.map((p) => p.name).join('.')}'.`, {
      span: expr.name.span,
    });
  }
  const options: Record<string, string | number | boolean | null> = {};
  const args: BoundExpr[] = [];
  for (const arg of expr.args) {
    if (arg.kind === 'TimeUnitArgument') options['unit'] = arg.unit;
    else if (args.length === 0 && arg.kind === 'Identifier' && /^SQL_TSI_\w+$/i.test(arg.parts[0].name))
      options['unit'] = arg.parts[0].name.slice(8).toUpperCase();
    else if (arg.kind === 'NamedArgument') throw unsupported('A named argument of this function', arg.span);
    else args.push(binder.bind(arg));
  }
  return binder.call(name.toUpperCase(), args, expr.span, Object.keys(options).length > 0 ? options : undefined);
}

export function coerce(expr: BoundExpr, type: DataType, span: Span): BoundExpr {
  const target = withNullable(type, expr.type.nullable || (expr.kind === 'literal' && expr.value === null));
  if (sameValueType(expr.type, target)) return expr;
  const cast = bindCast(expr, target, false, span);
  return cast.kind === 'cast' ? { ...cast, implicit: true } : cast;
}

/** Equal but for nullability at the top; time attributes do not count. */
function sameValueType(a: DataType, b: DataType): boolean {
  const strip = (t: DataType): string =>
    JSON.stringify({ ...t, nullable: true }, (key, value: unknown) => (key === 'timeAttribute' ? undefined : value));
  return strip(a) === strip(b);
}

const BINARY_OPERATORS: Readonly<Record<string, string>> = {
  '=': '=',
  '<>': '<>',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
  '+': '+',
  '-': '-',
  '*': '*',
  '/': '/',
  '%': 'MOD',
  '||': '||',
  'IS DISTINCT FROM': 'IS DISTINCT FROM',
  'IS NOT DISTINCT FROM': 'IS NOT DISTINCT FROM',
};

/** `WHEN x IS NOT NULL THEN x`: the branch is never NULL. */
function impliesValue(condition: BoundExpr, result: BoundExpr): boolean {
  return condition.kind === 'call' && condition.fn === 'IS NOT NULL' && exprKey(condition.args[0]) === exprKey(result);
}

export function unsupported(what: string, span: Span): StreamcellError {
  return new StreamcellError('SQL_UNSUPPORTED', `${what} is not supported.`, { span });
}
