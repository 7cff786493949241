import { BOOLEAN } from '../../types/index.js';
import type { BoundExpr, CallExpr } from '../bound.js';
import { type Emitter, type Val } from '../codegen/emitter.js';
import { specKey } from '../codegen/expression-tree.js';
import { isInteger, isString } from '../type-rules.js';
import { anyNullable, argumentsError, bool, fit, type BuiltIn, type CallInfo } from './define.js';

/** AND and OR in three-valued logic; the right side runs only where the left does not decide. */
function connective(name: 'AND' | 'OR'): BuiltIn {
  const and = name === 'AND';
  return {
    name,
    signature: `a ${name} b`,
    bind(args, info) {
      const fitted = args.map((a) => fit([a], [bool]));
      if (args.length < 2 || fitted.some((f) => f === undefined))
        throw argumentsError(name, `BOOLEAN ${name} BOOLEAN`, args, info.span);
      return fitted
        .map((f) => (f as BoundExpr[])[0])
        .reduce((l, r) => ({
          kind: 'call',
          fn: name,
          args: [l, r],
          type: BOOLEAN(l.type.nullable || r.type.nullable),
          span: info.span,
        }));
    },
    emit(e: Emitter, c: CallExpr): Val {
      const shorter = and ? undefined : withLists(c);
      if (shorter) return e.emit(shorter);
      const a = e.emit(c.args[0]);
      const v = e.name();
      const right = c.args[1];
      const nullable = a.n !== 'false' || right.type.nullable;
      const n = nullable ? e.name('n') : 'false';
      e.line(`let ${v} = ${a.v}${nullable ? `, ${n} = ${a.n}` : ''};`);
      // Undecided: for AND when the left is TRUE or NULL, for OR when it is FALSE or NULL.
      const undecided = and ? (nullable ? `${v} || ${n}` : v) : `!${v}`;
      e.block(`if (${undecided})`, () => {
        const b = e.emit(right);
        if (and) {
          if (!nullable) e.line(`${v} = ${b.v};`);
          else {
            // NULL AND FALSE is FALSE, NULL AND x is NULL, TRUE AND x is x.
            e.line(`${v} = ${v} && ${b.v};`);
            e.line(`${n} = ${n} ? ${b.n} || ${b.v} : ${b.n};`);
          }
        } else {
          e.line(`${v} = ${b.v};`);
          if (nullable) e.line(`${n} = !${b.v} && (${n} || ${b.n});`);
        }
      });
      return { v, n, nanos: '0' };
    },
  };
}

/** Comparisons of one expression with this many constants become one look-up in a set. */
const LIST = 6;

/** The disjunction with `x = 1 OR x = 2 OR ...` as `x IN (1, 2, ...)`, in the place of the first of them; undefined when there is none. */
function withLists(c: CallExpr): BoundExpr | undefined {
  const terms = flatten(c);
  if (terms.length < LIST) return undefined;
  const lists = new Map<string, CallExpr[]>();
  for (const t of terms) {
    if (!isListed(t)) continue;
    const key = specKey(t.args[0]);
    const list = lists.get(key);
    if (list) list.push(t);
    else lists.set(key, [t]);
  }
  if (![...lists.values()].some((l) => l.length >= LIST)) return undefined;
  const out: BoundExpr[] = [];
  const done = new Set<CallExpr[]>();
  for (const t of terms) {
    const list = isListed(t) ? lists.get(specKey(t.args[0])) : undefined;
    if (!list || list.length < LIST) out.push(t);
    else if (!done.has(list)) {
      done.add(list);
      const [x] = list[0].args;
      out.push({
        kind: 'call',
        fn: 'IN',
        args: [x, ...list.map((l) => l.args[1])],
        type: BOOLEAN(x.type.nullable),
        span: list[0].span,
      });
    }
  }
  return out.reduce((l, r) => ({
    kind: 'call',
    fn: 'OR',
    args: [l, r],
    type: BOOLEAN(l.type.nullable || r.type.nullable),
    span: c.span,
  }));
}

function flatten(e: BoundExpr): BoundExpr[] {
  const out: BoundExpr[] = [];
  const pending: BoundExpr[] = [e];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next.kind === 'call' && next.fn === 'OR') pending.push(next.args[1], next.args[0]);
    else out.push(next);
  }
  return out;
}

function isListed(t: BoundExpr): t is CallExpr {
  if (t.kind !== 'call' || t.fn !== '=') return false;
  const [x, value] = t.args;
  return (
    value.kind === 'literal' &&
    value.value !== null &&
    x.kind !== 'literal' &&
    (isInteger(x.type) || isString(x.type)) &&
    x.type.root !== 'NULL'
  );
}

const not: BuiltIn = {
  name: 'NOT',
  signature: 'NOT BOOLEAN',
  bind(args, info) {
    const fitted = fit(args, [bool]);
    if (!fitted) throw argumentsError('NOT', 'NOT BOOLEAN', args, info.span);
    return { kind: 'call', fn: 'NOT', args: fitted, type: BOOLEAN(anyNullable(args)), span: info.span };
  },
  emit(e, c) {
    const a = e.emit(c.args[0]);
    return e.pure(c.type, [a], `!${a.v}`);
  },
};

function test(name: string, aliases: readonly string[], code: (a: Val) => string, ofBoolean: boolean): BuiltIn {
  return {
    name,
    aliases,
    signature: `a ${name}`,
    bind(args: readonly BoundExpr[], info: CallInfo) {
      const fitted = ofBoolean ? fit(args, [bool]) : args;
      if (!fitted || args.length !== 1) throw argumentsError(name, `BOOLEAN ${name}`, args, info.span);
      return { kind: 'call', fn: name, args: fitted, type: BOOLEAN(false), span: info.span };
    },
    emit(e, c) {
      const arg = c.args[0];
      // A null test of a column reads no value.
      if (!ofBoolean && arg.kind === 'input')
        return {
          v: e.declare(code({ v: '', n: e.inputNull(arg.index, arg.type), nanos: '0' })),
          n: 'false',
          nanos: '0',
        };
      return { v: e.declare(code(e.emit(arg))), n: 'false', nanos: '0' };
    },
  };
}

export const logicFunctions: readonly BuiltIn[] = [
  connective('AND'),
  connective('OR'),
  not,
  test('IS NULL', [], (a) => a.n, false),
  test('IS NOT NULL', [], (a) => (a.n === 'false' ? 'true' : `!(${a.n})`), false),
  test('IS TRUE', [], (a) => a.v, true),
  test('IS NOT TRUE', [], (a) => `!(${a.v})`, true),
  test('IS FALSE', [], (a) => (a.n === 'false' ? `!(${a.v})` : `!(${a.n}) && !(${a.v})`), true),
  test('IS NOT FALSE', [], (a) => (a.n === 'false' ? a.v : `${a.n} || ${a.v}`), true),
  test('IS UNKNOWN', [], (a) => a.n, true),
  test('IS NOT UNKNOWN', [], (a) => (a.n === 'false' ? 'true' : `!(${a.n})`), true),
];
