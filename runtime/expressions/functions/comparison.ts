import {
  BOOLEAN,
  DOUBLE,
  StreamcellError,
  physicalType,
  typeToString,
  type DataType,
  type DecimalType,
} from '../../types/index.js';
import type { BoundExpr, CallExpr, InputExpr } from '../bound.js';
import type { Emitter, Val } from '../codegen/emitter.js';
import { compareBytes, compareStrings, isSlice, sameSlice, sameValue } from '../library/compare.js';
import { bindCast, coerce } from '../type-casts.js';
import {
  commonTypeOf,
  isApproximate,
  isBinary,
  isDateTime,
  isExact,
  isNumeric,
  isString,
  isTimestamp,
} from '../type-rules.js';
import { scaleUp } from './arithmetic.js';
import { anyNullable, argumentsError, type BuiltIn, type CallInfo } from './define.js';

type Op = '=' | '<>' | '<' | '<=' | '>' | '>=';
const JS: Record<Op, string> = { '=': '===', '<>': '!==', '<': '<', '<=': '<=', '>': '>', '>=': '>=' };

/** Brings two operands to types whose values compare directly: equal types, or decimals of any scale. */
export function alignOperands(op: string, a: BoundExpr, b: BoundExpr, info: CallInfo): readonly [BoundExpr, BoundExpr] {
  const x = a.type;
  const y = b.type;
  if (x.root === 'NULL') return [coerce(a, y), b];
  if (y.root === 'NULL') return [a, coerce(b, x)];
  if (isNumeric(x) && isNumeric(y)) {
    if (isExact(x) && isExact(y) && (x.root === 'DECIMAL' || y.root === 'DECIMAL')) {
      const decimal = (e: BoundExpr): BoundExpr =>
        e.type.root === 'DECIMAL'
          ? e
          : coerce(e, commonTypeOf(e.type, { root: 'DECIMAL', precision: 1, scale: 0, nullable: true }) as DataType);
      return [decimal(a), decimal(b)];
    }
    const t =
      isApproximate(x) || isApproximate(y)
        ? x.root === 'FLOAT' && y.root === 'FLOAT'
          ? x
          : DOUBLE()
        : (commonTypeOf(x, y) as DataType);
    return [coerce(a, t), coerce(b, t)];
  }
  if (isString(x) && isString(y)) return [a, b];
  // Text next to a time or a truth value is read as one; Flink does not do so for numbers, and takes what is none as NULL.
  if (isString(x) && (isDateTime(y) || y.root === 'BOOLEAN'))
    return [bindCast(a, y, a.kind !== 'literal', a.span, true), b];
  if (isString(y) && (isDateTime(x) || x.root === 'BOOLEAN'))
    return [a, bindCast(b, x, b.kind !== 'literal', b.span, true)];
  if (isBinary(x) && isBinary(y)) return [a, b];
  const t = commonTypeOf(x, y);
  if (t && (x.root === y.root || (isTimestamp(x) && isTimestamp(y)))) return [coerce(a, t), coerce(b, t)];
  throw new StreamcellError('TYPE_MISMATCH', `${typeToString(x)} and ${typeToString(y)} cannot be compared by ${op}.`, {
    span: info.span,
  });
}

function emitComparison(op: Op): (e: Emitter, c: CallExpr) => Val {
  return (e, c) => compare(e, op, c.args[0], c.args[1], c.type);
}

/** Code of one comparison of aligned operands. */
export function compare(e: Emitter, op: Op, left: BoundExpr, right: BoundExpr, type: DataType): Val {
  if (op === '=' || op === '<>') {
    const bytewise = compareSlices(e, op, left, right, type);
    if (bytewise) return bytewise;
  }
  const a = e.emit(left);
  const b = e.emit(right);
  if (a.n === 'true' || b.n === 'true') return e.literal(type, null);
  return compareVals(e, op, a, left.type, b, right.type, type);
}

export function compareVals(e: Emitter, op: Op, a: Val, ta: DataType, b: Val, tb: DataType, type: DataType): Val {
  const js = JS[op];
  switch (physicalType(ta)) {
    case 'ts': {
      if (a.nanos === '0' && b.nanos === '0') return e.pure(type, [a, b], `${a.v} ${js} ${b.v}`);
      if (op === '=') return e.pure(type, [a, b], `${a.v} === ${b.v} && ${a.nanos} === ${b.nanos}`);
      if (op === '<>') return e.pure(type, [a, b], `${a.v} !== ${b.v} || ${a.nanos} !== ${b.nanos}`);
      return e.pure(type, [a, b], `${a.v} === ${b.v} ? ${a.nanos} ${js} ${b.nanos} : ${a.v} ${js} ${b.v}`);
    }
    case 'i64': {
      if (ta.root === 'DECIMAL' && tb.root === 'DECIMAL') {
        const scale = Math.max(ta.scale, tb.scale);
        const x = scaleUp(e, a, ta as DecimalType, scale);
        const y = scaleUp(e, b, tb as DecimalType, scale);
        return e.pure(type, [x, y], `${x.v} ${js} ${y.v}`);
      }
      return e.pure(type, [a, b], `${a.v} ${js} ${b.v}`);
    }
    case 'str':
      if (op === '=' || op === '<>') return e.pure(type, [a, b], `${a.v} ${js} ${b.v}`);
      return e.pure(type, [a, b], `${e.constant(compareStrings)}(${a.v}, ${b.v}) ${js} 0`);
    case 'bytes':
      return e.pure(type, [a, b], `${e.constant(compareBytes)}(${a.v}, ${b.v}) ${js} 0`);
    case 'obj':
      if (op !== '=' && op !== '<>') throw new StreamcellError('TYPE_MISMATCH', `${typeToString(ta)} has no order.`);
      return e.pure(type, [a, b], `${op === '<>' ? '!' : ''}${e.constant(sameValue)}(${a.v}, ${b.v})`);
    default:
      return e.pure(type, [a, b], `${a.v} ${js} ${b.v}`);
  }
}

/** Constants up to this length are compared by code of their own. */
const INLINE_BYTES = 24;

/** Strings in bytes form are compared where they lie, without being decoded. */
function compareSlices(e: Emitter, op: '=' | '<>', left: BoundExpr, right: BoundExpr, type: DataType): Val | undefined {
  if (left.kind !== 'input' && right.kind === 'input') return compareSlices(e, op, right, left, type);
  if (left.kind !== 'input' || physicalType(left.type) !== 'str' || !e.access.form(left.index)?.bytes) return undefined;
  const not = op === '<>' ? '!' : '';
  const n: Val = { v: '', n: e.inputNull(left.index, left.type), nanos: '0' };
  const slice = (x: InputExpr): string => {
    const i = e.access.row(x.index);
    return `${e.part(x.index, 'data')}, ${e.part(x.index, 'starts')}[${i}], ${e.part(x.index, 'lengths')}[${i}]`;
  };
  if (right.kind === 'literal' && typeof right.value === 'string') {
    const constant = new TextEncoder().encode(right.value);
    if (constant.length <= INLINE_BYTES) {
      // Length and last byte decide most comparisons; texts of one kind tend to begin alike.
      const data = e.part(left.index, 'data');
      const i = e.access.row(left.index);
      const start = e.name('p');
      const order = [constant.length - 1, ...Array.from(constant.keys()).slice(0, -1)];
      const tests = constant.length === 0 ? [] : order.map((k) => `${data}[${start} + ${k}] === ${constant[k]}`);
      e.line(`const ${start} = ${e.part(left.index, 'starts')}[${i}];`);
      return e.pure(
        type,
        [n],
        `${not}(${[`${e.part(left.index, 'lengths')}[${i}] === ${constant.length}`, ...tests].join(' && ')})`,
      );
    }
    return e.pure(type, [n], `${not}${e.constant(isSlice)}(${slice(left)}, ${e.constant(constant)})`);
  }
  if (right.kind === 'input' && e.access.form(right.index)?.bytes) {
    const m: Val = { v: '', n: e.inputNull(right.index, right.type), nanos: '0' };
    return e.pure(type, [n, m], `${not}${e.constant(sameSlice)}(${slice(left)}, ${slice(right)})`);
  }
  return undefined;
}

function comparison(op: Op): BuiltIn {
  return {
    name: op,
    signature: `a ${op} b`,
    bind(args, info) {
      if (args.length !== 2) throw argumentsError(op, `a ${op} b`, args, info.span);
      const [a, b] = alignOperands(op, args[0], args[1], info);
      return { kind: 'call', fn: op, args: [a, b], type: BOOLEAN(anyNullable(args)), span: info.span };
    },
    emit: emitComparison(op),
  };
}

/** IS [NOT] DISTINCT FROM: equality that takes NULL as a value. */
function distinct(name: string, negated: boolean): BuiltIn {
  return {
    name,
    signature: `a ${name} b`,
    bind(args, info) {
      const [a, b] = alignOperands(name, args[0], args[1], info);
      return { kind: 'call', fn: name, args: [a, b], type: BOOLEAN(false), span: info.span };
    },
    emit(e, c) {
      const a = e.emit(c.args[0]);
      const b = e.emit(c.args[1]);
      const not = negated ? '' : '!';
      if (a.n === 'true' || b.n === 'true')
        return { v: e.declare(`${negated ? '' : '!'}(${a.n} === ${b.n})`), n: 'false', nanos: '0' };
      const given = { ...a, n: 'false' };
      const other = { ...b, n: 'false' };
      const eq = compareVals(e, '=', given, c.args[0].type, other, c.args[1].type, BOOLEAN(false));
      return { v: e.declare(`${not}(${a.n} ? ${b.n} : !${b.n} && ${eq.v})`), n: 'false', nanos: '0' };
    },
  };
}

/** `x IN (a, b, ...)` as a disjunction of comparisons; constants of a comparable kind are looked up in a set. */
const inList: BuiltIn = {
  name: 'IN',
  signature: 'x IN (a, ...)',
  bind(args, info) {
    const [x, ...rest] = args;
    const list = rest.map((r) => alignOperands('IN', x, r, info));
    const first = list[0]?.[0];
    const type = BOOLEAN(anyNullable(args));
    const uniform = list.every(([l, r]) => l === first && r.kind === 'literal' && r.value !== null && setKey(l.type));
    if (first && uniform && list.length > 3)
      return { kind: 'call', fn: 'IN', args: [first, ...list.map(([, r]) => r)], type, span: info.span };
    let result: BoundExpr | undefined;
    for (const [l, r] of list) {
      const eq: BoundExpr = {
        kind: 'call',
        fn: '=',
        args: [l, r],
        type: BOOLEAN(l.type.nullable || r.type.nullable),
        span: info.span,
      };
      result = result
        ? {
            kind: 'call',
            fn: 'OR',
            args: [result, eq],
            type: BOOLEAN(result.type.nullable || eq.type.nullable),
            span: info.span,
          }
        : eq;
    }
    return result ?? { kind: 'literal', type: BOOLEAN(false), value: false, span: info.span };
  },
  emit(e, c) {
    const a = e.emit(c.args[0]);
    const keys = new Set(
      c.args
        .slice(1)
        .map((r) =>
          r.kind === 'literal' ? (typeof r.value === 'bigint' && !e.wide ? Number(r.value) : r.value) : null,
        ),
    );
    return e.pure(c.type, [a], `${e.constant(keys)}.has(${a.v})`);
  },
};

function setKey(t: DataType): boolean {
  return t.root === 'INTEGER' || t.root === 'BIGINT' || t.root === 'VARCHAR' || t.root === 'CHAR';
}

const between: BuiltIn = {
  name: 'BETWEEN',
  signature: 'x BETWEEN a AND b',
  bind(args, info) {
    const [x, low, high] = args;
    const compared = (op: Op, r: BoundExpr): BoundExpr => comparison(op).bind([x, r], info);
    const a = compared('>=', low);
    const b = compared('<=', high);
    return {
      kind: 'call',
      fn: 'AND',
      args: [a, b],
      type: BOOLEAN(a.type.nullable || b.type.nullable),
      span: info.span,
    };
  },
};

export const comparisonFunctions: readonly BuiltIn[] = [
  ...(['=', '<>', '<', '<=', '>', '>='] as const).map(comparison),
  distinct('IS DISTINCT FROM', false),
  distinct('IS NOT DISTINCT FROM', true),
  inList,
  between,
];
