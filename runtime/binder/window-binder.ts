import type { BoundExpr } from '../expressions/bound.js';
import type { Descriptor, Expr, TableArgument, TableFunction } from '../parser/ast.js';
import { StreamcellError, typeToString, type Span } from '../types/index.js';
import { ExprBinder, unsupported } from './expression-binder.js';
import { timeAttributeOf } from './expr-tools.js';
import type { Logical, LogicalWindow } from './logical.js';
import { windowTvf } from './nodes.js';
import { withoutOrder, type QueryContext } from './query-context.js';
import { Scope } from './scope.js';
import { bindRelationByName } from './table-binder.js';
import { suggestion } from '../catalog/index.js';

/** Parameters in positional order; the ones from `optional` on may be left out. */
const SIGNATURES: Readonly<Record<string, { readonly params: readonly string[]; readonly optional: number }>> = {
  TUMBLE: { params: ['DATA', 'TIMECOL', 'SIZE', 'OFFSET'], optional: 3 },
  HOP: { params: ['DATA', 'TIMECOL', 'SLIDE', 'SIZE', 'OFFSET'], optional: 4 },
  CUMULATE: { params: ['DATA', 'TIMECOL', 'STEP', 'SIZE', 'OFFSET'], optional: 4 },
  SESSION: { params: ['DATA', 'TIMECOL', 'GAP'], optional: 3 },
};

/** TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL ..)) and the like. Every other table function is refused by name. */
export function bindWindowFunction(ref: TableFunction, context: QueryContext): Logical {
  const { call } = ref;
  const name = call.name.parts[call.name.parts.length - 1].name.toUpperCase();
  const signature = SIGNATURES[name];
  if (!signature) {
    if (context.session.isKnownFunction(name)) throw unsupported(`The table function ${name}`, call.name.span);
    throw new StreamcellError('FUNCTION_NOT_FOUND', `No table function '${name}'.`, {
      span: call.name.span,
      hint: suggestion(name, Object.keys(SIGNATURES)),
    });
  }
  const args = assign(name, signature, call.args, call.span);
  const data = args['DATA'];
  const table = bindData(data, context, name, call.span);
  const timeArg = args['TIMECOL'];
  if (timeArg?.kind !== 'Descriptor' || timeArg.columns.length !== 1) {
    throw new StreamcellError('FUNCTION_ARGUMENTS', `${name} needs DESCRIPTOR(time column).`, {
      span: timeArg?.span ?? call.span,
    });
  }
  const time = timeColumn(table.node, timeArg);
  const binder = new ExprBinder(context.session, new Scope([]), { clause: name });
  const millis = (param: string): number => intervalMillis(args[param] as Expr, binder, name);
  const offset = args['OFFSET'] ? millis('OFFSET') : 0;
  if (table.partitionKeys.length > 0 && name !== 'SESSION') {
    throw new StreamcellError('WINDOW_INVALID', `PARTITION BY is not allowed in ${name}; SESSION has it.`, {
      span: call.span,
    });
  }
  let window: LogicalWindow;
  switch (name) {
    case 'TUMBLE':
      window = { kind: 'tumble', size: millis('SIZE'), offset };
      break;
    case 'HOP':
      window = { kind: 'hop', slide: millis('SLIDE'), size: millis('SIZE'), offset };
      checkMultiple(name, window.size, window.slide, args['SIZE'] as Expr, 'slide');
      break;
    case 'CUMULATE':
      window = { kind: 'cumulate', step: millis('STEP'), size: millis('SIZE'), offset };
      checkMultiple(name, window.size, window.step, args['SIZE'] as Expr, 'step');
      break;
    default:
      window = { kind: 'session', gap: millis('GAP'), partitionKeys: table.partitionKeys };
  }
  const size = window.kind === 'session' ? window.gap : window.size;
  if (window.kind !== 'session' && Math.abs(offset) >= size) {
    throw new StreamcellError('WINDOW_INVALID', `${name} table function parameters must satisfy abs(offset) < size.`, {
      span: call.span,
    });
  }
  return windowTvf(table.node, time, window, false, ref.span);
}

function checkMultiple(name: string, size: number, step: number, at: Expr, word: string): void {
  if (size % step !== 0) {
    throw new StreamcellError(
      'WINDOW_INVALID',
      `${name} table function based aggregate requires size must be an integral multiple of ${word}.`,
      {
        span: at.span,
      },
    );
  }
}

type Argument = Expr | Descriptor | TableArgument;

function assign(
  name: string,
  signature: { readonly params: readonly string[]; readonly optional: number },
  given: readonly Expr[],
  span: Span,
): Readonly<Record<string, Argument | undefined>> {
  const args: Record<string, Argument> = {};
  given.forEach((arg, i) => {
    if (arg.kind === 'NamedArgument') {
      const param = arg.name.name.toUpperCase();
      if (!signature.params.includes(param)) {
        throw new StreamcellError('FUNCTION_ARGUMENTS', `${name} has no parameter '${arg.name.name}'.`, {
          span: arg.name.span,
          hint: `Its parameters: ${signature.params.join(', ')}.`,
        });
      }
      args[param] = arg.value;
    } else if (i < signature.params.length) {
      args[signature.params[i]] = arg;
    }
  });
  const missing = signature.params.slice(0, signature.optional).filter((p) => args[p] === undefined);
  if (missing.length > 0 || given.length > signature.params.length) {
    throw new StreamcellError(
      'FUNCTION_ARGUMENTS',
      `Invalid number of arguments to function ${name}: it takes ${signature.params.join(', ')}.`,
      {
        span,
      },
    );
  }
  return args;
}

function bindData(
  data: Argument | undefined,
  context: QueryContext,
  name: string,
  span: Span,
): { node: Logical; partitionKeys: readonly number[] } {
  if (data?.kind === 'TableArgument') {
    const node =
      data.input.kind === 'Identifier'
        ? bindRelationByName(data.input, [], context).node
        : withoutOrder(context.bindQuery(data.input, { ...context, outer: null }));
    if (data.orderBy.length > 0) throw unsupported(`ORDER BY in ${name}`, data.orderBy[0].span);
    const binder = new ExprBinder(context.session, Scope.of(node.schema, null, null), { clause: 'PARTITION BY' });
    const partitionKeys = data.partitionBy.map((e) => {
      const bound: BoundExpr = binder.bind(e);
      if (bound.kind !== 'input') throw unsupported('PARTITION BY an expression', e.span);
      return bound.index;
    });
    return { node, partitionKeys };
  }
  if (data?.kind === 'ScalarSubquery') {
    return { node: withoutOrder(context.bindQuery(data.query, { ...context, outer: null })), partitionKeys: [] };
  }
  throw new StreamcellError('FUNCTION_ARGUMENTS', `${name} needs TABLE name as its first argument.`, {
    span: data?.span ?? span,
  });
}

function timeColumn(node: Logical, descriptor: Descriptor): number {
  const [part] = descriptor.columns;
  const index = node.schema.findIndex((c) => c.name === part.name);
  if (index < 0) {
    throw new StreamcellError('COLUMN_NOT_FOUND', `Column '${part.name}' not found.`, {
      span: part.span,
      hint: suggestion(
        part.name,
        node.schema.map((c) => c.name),
        'Columns',
      ),
    });
  }
  if (timeAttributeOf(node.schema[index].type) === null) {
    throw new StreamcellError(
      'TIME_ATTRIBUTE_REQUIRED',
      `The window function requires the timecol is a time attribute type, but is ${typeToString(node.schema[index].type)}.`,
      { span: part.span },
    );
  }
  return index;
}

/** A positive day-time interval that is known now. */
export function intervalMillis(expr: Expr, binder: ExprBinder, name: string): number {
  const bound = binder.constant(expr);
  if (bound.type.root !== 'INTERVAL_DAY_TIME' || typeof bound.value !== 'bigint') {
    throw new StreamcellError('WINDOW_INVALID', `${name} needs an interval of days to seconds here.`, {
      span: expr.span,
    });
  }
  return Number(bound.value);
}
