import type { BoundExpr } from '../expressions/bound.js';
import type { Expr, JsonBehavior } from '../parser/ast.js';
import { StreamcellError, type Span } from '../types/index.js';
import type { ExprBinder } from './expression-binder.js';
import { bindType } from './types.js';
import { typeToString } from '../types/index.js';

type Options = Record<string, string | number | boolean | null>;

/** Expressions with a grammar of their own: LIKE, TRIM, JSON functions, constructors, element access. The rest is refused by name. */
export function bindRarity(expr: Expr, binder: ExprBinder): BoundExpr {
  switch (expr.kind) {
    case 'Like': {
      if (expr.variant === 'RLIKE' || expr.variant === 'ILIKE') throw refuse(expr.variant, expr.span);
      const args = [
        binder.bind(expr.operand),
        binder.bind(expr.pattern),
        ...(expr.escape ? [binder.bind(expr.escape)] : []),
      ];
      const like = binder.call(expr.variant, args, expr.span);
      return expr.negated ? binder.call('NOT', [like], expr.span) : like;
    }
    case 'Trim': {
      const args = [binder.bind(expr.operand), ...(expr.characters ? [binder.bind(expr.characters)] : [])];
      return binder.call('TRIM', args, expr.span, { side: expr.side });
    }
    case 'JsonExists':
      return binder.call(
        'JSON_EXISTS',
        [binder.bind(expr.input), binder.bind(expr.path)],
        expr.span,
        expr.onError === null ? undefined : { onError: expr.onError },
      );
    case 'JsonValue': {
      const options: Options = {};
      if (expr.returning) options['returning'] = typeToString(bindType(expr.returning));
      const args = [binder.bind(expr.input), binder.bind(expr.path)];
      behavior('onEmpty', expr.onEmpty, options, args, binder);
      behavior('onError', expr.onError, options, args, binder);
      return binder.call('JSON_VALUE', args, expr.span, options);
    }
    case 'JsonQuery': {
      const options: Options = {};
      if (expr.returning) options['returning'] = typeToString(bindType(expr.returning));
      if (expr.wrapper) options['wrapper'] = expr.wrapper;
      const args = [binder.bind(expr.input), binder.bind(expr.path)];
      behavior('onEmpty', expr.onEmpty, options, args, binder);
      behavior('onError', expr.onError, options, args, binder);
      return binder.call('JSON_QUERY', args, expr.span, options);
    }
    case 'JsonObject':
      return binder.call(
        'JSON_OBJECT',
        expr.entries.flatMap((e) => [binder.bind(e.key), binder.bind(e.value)]),
        expr.span,
        { onNull: expr.onNull ?? 'NULL' },
      );
    case 'JsonArray':
      return binder.call(
        'JSON_ARRAY',
        expr.elements.map((e) => binder.bind(e.value)),
        expr.span,
        { onNull: expr.onNull ?? 'ABSENT' },
      );
    case 'Row':
      return binder.call(
        'ROW',
        expr.fields.map((f) => binder.bind(f)),
        expr.span,
      );
    case 'ArrayConstructor':
      return binder.call(
        'ARRAY',
        expr.elements.map((e) => binder.bind(e)),
        expr.span,
      );
    case 'MapConstructor':
      return binder.call(
        'MAP',
        expr.entries.flatMap((e) => [binder.bind(e.key), binder.bind(e.value)]),
        expr.span,
      );
    case 'ElementAccess': {
      const operand = binder.bind(expr.operand);
      return binder.call('ITEM', [operand, binder.bind(expr.index)], expr.span);
    }
    case 'Quantified': {
      if (!Array.isArray(expr.right)) throw refuse(`${expr.op} ${expr.quantifier} over a query`, expr.span);
      const operand = binder.bind(expr.operand);
      const each = expr.right.map((r) => binder.call(expr.op, [operand, binder.bind(r)], r.span));
      const fold = expr.quantifier === 'ALL' ? 'AND' : 'OR';
      return each.reduce((a, b) => binder.call(fold, [a, b], expr.span));
    }
    case 'Binary':
      if (
        expr.op === 'OVERLAPS' &&
        expr.left.kind === 'Row' &&
        expr.right.kind === 'Row' &&
        expr.left.fields.length === 2 &&
        expr.right.fields.length === 2
      ) {
        return binder.call(
          'OVERLAPS',
          [...expr.left.fields, ...expr.right.fields].map((f) => binder.bind(f)),
          expr.span,
        );
      }
      throw refuse(`The operator ${expr.op}`, expr.opSpan);
    case 'DynamicParameter':
      throw new StreamcellError('QUERY_INVALID', 'A dynamic parameter has no value here.', {
        span: expr.span,
        hint: 'Use a named parameter (:name).',
      });
    case 'TableArgument':
    case 'Descriptor':
    case 'ModelArgument':
    case 'NamedArgument':
    case 'TimeUnitArgument':
    case 'DefaultArgument':
      throw new StreamcellError('QUERY_INVALID', `${NAMES[expr.kind]} is not allowed here.`, { span: expr.span });
    default:
      throw refuse(NAMES[expr.kind] ?? expr.kind, expr.span);
  }
}

function behavior(name: string, b: JsonBehavior | null, options: Options, args: BoundExpr[], binder: ExprBinder): void {
  if (!b) return;
  switch (b.kind) {
    case 'Null':
      options[name] = 'NULL';
      return;
    case 'Error':
      options[name] = 'ERROR';
      return;
    case 'EmptyArray':
      options[name] = 'EMPTY ARRAY';
      return;
    case 'EmptyObject':
      options[name] = 'EMPTY OBJECT';
      return;
    case 'Default':
      options[name] = 'DEFAULT';
      options[`${name}Argument`] = args.length;
      args.push(binder.bind(b.value));
      return;
  }
}

const NAMES: Readonly<Record<string, string>> = {
  TableArgument: 'A table argument',
  Descriptor: 'DESCRIPTOR',
  ModelArgument: 'A model argument',
  NamedArgument: 'A named argument',
  TimeUnitArgument: 'A time unit',
  DefaultArgument: 'DEFAULT',
  MultisetConstructor: 'MULTISET[..]',
  QueryConstructor: 'A collection made from a query',
};

function refuse(what: string, span: Span): StreamcellError {
  return new StreamcellError('SQL_UNSUPPORTED', `${what} is not supported.`, { span });
}
