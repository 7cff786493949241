import type { BoundExpr } from '../expressions/bound.js';
import type { FunctionCall, GroupBy, GroupItem } from '../parser/ast.js';
import { StreamcellError, type Span } from '../types/index.js';
import { ExprBinder, unsupported } from './expression-binder.js';
import { exprKey, inputOf, timeAttributeOf } from './expr-tools.js';
import type { Logical, LogicalWindow } from './logical.js';
import { windowTvf } from './nodes.js';
import type { QueryContext } from './query-context.js';
import type { Scope } from './scope.js';
import { intervalMillis } from './window-binder.js';
import { withNullable } from '../types/index.js';

export interface Grouping {
  readonly exprs: readonly BoundExpr[];
  /** Positions in `exprs` per set; null: one set of all. */
  readonly sets: readonly (readonly number[])[] | null;
  /** TUMBLE_START and the like of an old group window, as a column of its input. */
  auxiliary(call: FunctionCall, binder: ExprBinder): BoundExpr | undefined;
}

const MAX_GROUPING_SETS = 64;

/** GROUP BY -> key expressions and grouping sets. An old group window (TUMBLE(ts, ..)) becomes a windowing function below. */
export function bindGrouping(
  groupBy: GroupBy,
  node: Logical,
  scope: Scope,
  context: QueryContext,
): { grouping: Grouping; node: Logical; scope: Scope } {
  const legacy = findGroupWindow(groupBy.items);
  let window: GroupWindow | null = null;
  let input = node;
  if (legacy) {
    window = bindGroupWindow(legacy, node, scope, context);
    input = window.node;
  }
  const binder = new ExprBinder(context.session, scope, { clause: 'GROUP BY' });
  const exprs: BoundExpr[] = [];
  const keyOf = (expr: BoundExpr): number => {
    const known = exprs.findIndex((e) => exprKey(e) === exprKey(expr));
    if (known >= 0) return known;
    exprs.push(expr);
    return exprs.length - 1;
  };
  const keysOf = (item: GroupItem & { kind: 'GroupKey' }): number[] =>
    item.exprs.flatMap((e) => {
      if (e === legacy) return window!.columns.map((c) => keyOf(inputOf(input.schema, c)));
      return [keyOf(binder.bind(e))];
    });
  let sets: number[][] = [[]];
  for (const item of groupBy.items) {
    const options = setsOf(item, keysOf);
    sets = sets.flatMap((s) => options.map((o) => [...new Set([...s, ...o])]));
    if (sets.length > MAX_GROUPING_SETS) throw unsupported(`More than ${MAX_GROUPING_SETS} grouping sets`, item.span);
  }
  if (groupBy.quantifier === 'DISTINCT') sets = [...new Map(sets.map((s) => [s.join(), s])).values()];
  const single = sets.length === 1 && sets[0].length === exprs.length;
  if (legacy && window?.session && exprs.some((e) => e.kind !== 'input')) {
    throw unsupported('SESSION in GROUP BY beside an expression', legacy.span);
  }
  if (window?.session && input.op === 'windowTvf' && input.window.kind === 'session') {
    const partitionKeys = exprs.flatMap((e) => (e.kind === 'input' && e.index < node.schema.length ? [e.index] : []));
    input = windowTvf(node, input.time, { ...input.window, partitionKeys }, true, legacy?.span);
  }
  const wider = single
    ? scope
    : scope.mapTypes((c) => {
        const at = exprs.findIndex((e) => e.kind === 'input' && e.index === c.index);
        return at >= 0 && !sets.every((s) => s.includes(at)) ? withNullable(c.type, true) : c.type;
      });
  const keys = single
    ? exprs
    : exprs.map((e, i) =>
        e.kind === 'input' && !sets.every((s) => s.includes(i)) ? { ...e, type: withNullable(e.type, true) } : e,
      );
  const grouping: Grouping = {
    exprs: keys,
    sets: single ? null : sets,
    auxiliary: (call, b) => (window ? auxiliary(call, b, window, scope) : rejectAuxiliary(call)),
  };
  return { grouping, node: input, scope: wider };
}

function setsOf(item: GroupItem, keysOf: (item: GroupItem & { kind: 'GroupKey' }) => number[]): number[][] {
  switch (item.kind) {
    case 'GroupKey':
      return [keysOf(item)];
    case 'Rollup': {
      const parts = item.items.map((i) => setsOf(i, keysOf)[0] ?? []);
      return Array.from({ length: parts.length + 1 }, (_, n) => parts.slice(0, parts.length - n).flat());
    }
    case 'Cube': {
      const parts = item.items.map((i) => setsOf(i, keysOf)[0] ?? []);
      if (parts.length > 6) throw unsupported('CUBE of more than six columns', item.span);
      const all = 2 ** parts.length;
      return Array.from({ length: all }, (_, n) =>
        parts.flatMap((p, i) => ((all - 1 - n) & (1 << (parts.length - 1 - i)) ? p : [])),
      );
    }
    case 'GroupingSets':
      return item.items.flatMap((i) => setsOf(i, keysOf));
  }
}

// ---- group windows of the old kind --------------------------------------------------------------------------------

interface GroupWindow {
  readonly function: 'TUMBLE' | 'HOP' | 'SESSION';
  readonly call: FunctionCall;
  readonly node: Logical;
  /** window_start, window_end, window_time. */
  readonly columns: readonly number[];
  readonly session: boolean;
}

function findGroupWindow(items: readonly GroupItem[]): FunctionCall | null {
  const found = items
    .flatMap((i) => (i.kind === 'GroupKey' ? i.exprs : []))
    .filter((e): e is FunctionCall => e.kind === 'FunctionCall' && isGroupWindow(e));
  if (found.length > 1) throw unsupported('More than one group window', found[1].span);
  return found[0] ?? null;
}

function isGroupWindow(call: FunctionCall): boolean {
  return ['TUMBLE', 'HOP', 'SESSION'].includes(functionName(call)) && call.args.length >= 2;
}

function functionName(call: FunctionCall): string {
  return call.name.parts[call.name.parts.length - 1].name.toUpperCase();
}

function bindGroupWindow(call: FunctionCall, node: Logical, scope: Scope, context: QueryContext): GroupWindow {
  const fn = functionName(call) as GroupWindow['function'];
  const binder = new ExprBinder(context.session, scope, { clause: 'GROUP BY' });
  const time = binder.bind(call.args[0]);
  if (time.kind !== 'input' || timeAttributeOf(time.type) === null) {
    throw new StreamcellError(
      'TIME_ATTRIBUTE_REQUIRED',
      'Window aggregate can only be defined over a time attribute column.',
      {
        span: call.args[0].span,
      },
    );
  }
  const expected = fn === 'HOP' ? [3, 4] : [2, 3];
  if (!expected.includes(call.args.length)) {
    throw new StreamcellError('FUNCTION_ARGUMENTS', `Invalid number of arguments to function ${fn}.`, {
      span: call.span,
    });
  }
  if (call.args.length === expected[1])
    throw unsupported(`${fn} in GROUP BY with an alignment`, call.args[expected[1] - 1].span);
  const millis = (i: number): number => intervalMillis(call.args[i], binder, fn);
  let window: LogicalWindow;
  if (fn === 'TUMBLE') window = { kind: 'tumble', size: millis(1), offset: 0 };
  else if (fn === 'HOP') window = { kind: 'hop', slide: millis(1), size: millis(2), offset: 0 };
  else window = { kind: 'session', gap: millis(1), partitionKeys: [] };
  const made = windowTvf(node, time.index, window, true, call.span);
  const width = node.schema.length;
  return { function: fn, call, node: made, columns: [width, width + 1, width + 2], session: fn === 'SESSION' };
}

const AUXILIARY = /^(TUMBLE|HOP|SESSION)_(START|END|ROWTIME|PROCTIME)$/;

function auxiliary(call: FunctionCall, binder: ExprBinder, window: GroupWindow, scope: Scope): BoundExpr | undefined {
  const name = functionName(call);
  const match = AUXILIARY.exec(name);
  if (!match) return undefined;
  const plain = new ExprBinder(binder.session, scope, { clause: name });
  const same =
    match[1] === window.function &&
    call.args.length === window.call.args.length &&
    call.args.every((a, i) => exprKey(plain.bind(a)) === exprKey(plain.bind(window.call.args[i])));
  if (!same) {
    throw new StreamcellError(
      'WINDOW_INVALID',
      `Call to auxiliary group function '${name}' must have matching call to group function '${match[1]}' in GROUP BY clause.`,
      {
        span: call.span,
      },
    );
  }
  const [start, end, time] = window.columns;
  const at = match[2] === 'START' ? start : match[2] === 'END' ? end : time;
  const column = inputOf(window.node.schema, at);
  const attribute = timeAttributeOf(column.type);
  if (match[2] === 'ROWTIME' && attribute !== 'rowtime') throw wrongTime(name, 'row', call.span);
  if (match[2] === 'PROCTIME' && attribute !== 'proctime') throw wrongTime(name, 'processing', call.span);
  return { ...column, span: call.span };
}

function wrongTime(name: string, kind: string, span: Span): StreamcellError {
  return new StreamcellError('WINDOW_INVALID', `${name} needs a window on a ${kind} time attribute.`, { span });
}

function rejectAuxiliary(call: FunctionCall): undefined {
  const name = functionName(call);
  const match = AUXILIARY.exec(name);
  if (!match) return undefined;
  throw new StreamcellError(
    'WINDOW_INVALID',
    `Call to auxiliary group function '${name}' must have matching call to group function '${match[1]}' in GROUP BY clause.`,
    {
      span: call.span,
    },
  );
}
