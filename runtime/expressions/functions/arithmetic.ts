import {
  BIGINT,
  DOUBLE,
  INT,
  TIMESTAMP,
  TIMESTAMP_LTZ,
  StreamcellError,
  physicalType,
  typeToString,
  withNullable,
  type DataType,
  type DecimalType,
} from '../../types/index.js';
import type { BoundExpr, CallExpr } from '../bound.js';
import { rescaled } from '../codegen/casts.js';
import type { Emitter, Val } from '../codegen/emitter.js';
import { needsNanos } from '../codegen/emitter.js';
import { children } from '../codegen/expression-tree.js';
import { POW10, divideHalfUp, divideNarrow, modNarrow, type Exact } from '../library/exact.js';
import { addMonthsMillis } from '../library/time.js';
import { coerce } from '../type-casts.js';
import {
  asDecimal,
  commonTypeOf,
  decimalArithmetic,
  isApproximate,
  isExact,
  isInteger,
  isInterval,
  isNumeric,
  normalInterval,
} from '../type-rules.js';
import { addMonths, MILLIS_PER_DAY } from '../../types/index.js';
import { anyNullable, argumentsError, type BuiltIn, type CallInfo } from './define.js';

type Op = '+' | '-' | '*' | '/' | 'MOD';

function call(fn: string, args: readonly BoundExpr[], type: DataType, info: CallInfo): CallExpr {
  return { kind: 'call', fn, args, type, span: info.span };
}

function bindArithmetic(op: Op, args: readonly BoundExpr[], info: CallInfo): BoundExpr {
  const [a, b] = args;
  if (args.length !== 2) throw argumentsError(op, `a ${op} b`, args, info.span);
  const temporal = bindTemporal(op, a, b, info);
  if (temporal) return temporal;
  if (op === 'MOD' && (isApproximate(a.type) || isApproximate(b.type)))
    throw argumentsError(op, 'EXACT_NUMERIC % EXACT_NUMERIC', args, info.span);
  const left = a.type.root === 'NULL' ? coerce(a, b.type.root === 'NULL' ? DOUBLE() : b.type) : a;
  const right = b.type.root === 'NULL' ? coerce(b, left.type) : b;
  if (!isNumeric(left.type) || !isNumeric(right.type))
    throw argumentsError(op, `NUMERIC ${op} NUMERIC`, args, info.span);
  const nullable = anyNullable(args);
  if (left.type.root === 'DECIMAL' || right.type.root === 'DECIMAL') {
    if (isApproximate(left.type) || isApproximate(right.type))
      return call(
        op,
        [coerce(left, DOUBLE(left.type.nullable)), coerce(right, DOUBLE(right.type.nullable))],
        DOUBLE(nullable),
        info,
      );
    // A whole DECIMAL by an integer is reckoned in BIGINT, which cuts away the digits that it has no room for.
    if (op === 'MOD' && left.type.root === 'DECIMAL' && left.type.scale === 0 && isInteger(right.type)) {
      const long = call(op, [coerce(left, BIGINT()), coerce(right, BIGINT())], BIGINT(nullable), info);
      return coerce(long, withNullable(right.type, nullable));
    }
    const da = asDecimal(left.type) as DecimalType;
    const db = asDecimal(right.type) as DecimalType;
    const result = call(
      op,
      [coerce(left, da), coerce(right, db)],
      withNullable(decimalArithmetic(op, da, db), nullable),
      info,
    );
    // Of whole numbers the remainder has the divisor's type.
    return op === 'MOD' && da.scale === 0 && db.scale === 0 ? coerce(result, right.type) : result;
  }
  const common = commonTypeOf(left.type, right.type) as DataType;
  const type = withNullable(op === 'MOD' ? right.type : common, nullable);
  if (op === 'MOD' && common.root !== type.root) {
    const wide = call(op, [coerce(left, common), coerce(right, common)], withNullable(common, nullable), info);
    return coerce(wide, type);
  }
  return call(op, [coerce(left, common), coerce(right, common)], type, info);
}

/** Dates and times plus and minus intervals, intervals among themselves and times numbers. */
function bindTemporal(op: Op, a: BoundExpr, b: BoundExpr, info: CallInfo): BoundExpr | undefined {
  const nullable = a.type.nullable || b.type.nullable;
  if (op === '+' && isInterval(a.type) && !isInterval(b.type)) return bindTemporal(op, b, a, info);
  if ((op === '+' || op === '-') && isInterval(b.type)) {
    const t = a.type;
    if (isInterval(t)) {
      if (t.root !== b.type.root) throw argumentsError(op, `INTERVAL ${op} INTERVAL`, [a, b], info.span);
      return call(op, [a, b], normalInterval(withNullable(t, nullable)), info);
    }
    if (t.root === 'TIMESTAMP' || t.root === 'TIMESTAMP_LTZ') {
      const make = t.root === 'TIMESTAMP' ? TIMESTAMP : TIMESTAMP_LTZ;
      return call(op, [a, b], make(t.precision, nullable), info);
    }
    if (t.root === 'DATE' || t.root === 'TIME') {
      return call(op, [a, b], withNullable(t, nullable), info);
    }
  }
  if (op === '*' && ((isInterval(a.type) && isNumeric(b.type)) || (isNumeric(a.type) && isInterval(b.type)))) {
    const [interval, factor] = isInterval(a.type) ? [a, b] : [b, a];
    if (!isExact(factor.type))
      throw new StreamcellError('FUNCTION_UNSUPPORTED', 'An interval times an approximate number is not supported.', {
        span: info.span,
      });
    const whole = coerce(factor, interval.type.root === 'INTERVAL_DAY_TIME' ? BIGINT() : INT());
    return call(op, [interval, whole], normalInterval(withNullable(interval.type, nullable)), info);
  }
  if (op === '-' && physicalType(a.type) === 'ts' && physicalType(b.type) === 'ts')
    throw new StreamcellError(
      'FUNCTION_ARGUMENTS',
      `${typeToString(a.type)} - ${typeToString(b.type)} is not defined; TIMESTAMPDIFF gives the difference in a unit.`,
      { span: info.span },
    );
  return undefined;
}

function emitArithmetic(op: Op): (e: Emitter, c: CallExpr) => Val {
  return (e, c) => {
    const [l, r] = c.args;
    const a = e.emit(l);
    const b = e.emit(r);
    if (a.n === 'true' || b.n === 'true') return e.literal(c.type, null);
    if (isInterval(r.type) && !isInterval(l.type)) return temporalPlus(e, c, a, b, op === '-');
    switch (c.type.root) {
      case 'DECIMAL':
        return decimalOp(e, op, a, l.type as DecimalType, b, r.type as DecimalType, c);
      case 'DOUBLE':
        if (op === 'MOD') return e.pure(c.type, [a, b], `${a.v} % ${b.v}`);
        if (op === '/' && !varies(c)) return byNonZero(e, c, a, b, `${a.v} / ${b.v}`, '0');
        return e.pure(c.type, [a, b], `${a.v} ${op} ${b.v}`);
      case 'FLOAT':
        if (op === '/' && !varies(c)) return byNonZero(e, c, a, b, `Math.fround(${a.v} / ${b.v})`, '0');
        return e.pure(c.type, [a, b], `Math.fround(${a.v} ${op === 'MOD' ? '%' : op} ${b.v})`);
      case 'BIGINT':
      case 'INTERVAL_DAY_TIME':
        return bigintOp(e, op, a, b, c);
      default:
        return intOp(e, op, a, b, c);
    }
  };
}

/**
 * Whether an expression has columns in it. Flink's planner reckons a quotient of constants exactly, and fails where the divisor is zero; at
 * run time the quotient of approximate numbers is Infinity or NaN.
 */
function varies(expr: BoundExpr): boolean {
  return expr.kind === 'input' || children(expr).some(varies);
}

const SHIFTS: Record<string, number> = { TINYINT: 24, SMALLINT: 16 };

function wrap(root: string, x: string): string {
  const shift = SHIFTS[root];
  return shift === undefined ? `(${x}) | 0` : `(${x}) << ${shift} >> ${shift}`;
}

function intOp(e: Emitter, op: Op, a: Val, b: Val, c: CallExpr): Val {
  const { type } = c;
  if (op === '*') return e.pure(type, [a, b], wrap(type.root, `Math.imul(${a.v}, ${b.v})`));
  if (op === '+' || op === '-') return e.pure(type, [a, b], wrap(type.root, `${a.v} ${op} ${b.v}`));
  return byNonZero(e, c, a, b, wrap(type.root, `${a.v} ${op === 'MOD' ? '%' : '/'} ${b.v}`), '0');
}

/** Division: a zero divisor ends the row, unless it is null. */
function byNonZero(e: Emitter, c: CallExpr, a: Val, b: Val, code: string, zero: string): Val {
  const divisor = c.args[1];
  if (divisor.kind === 'literal' && divisor.value !== null && Number(divisor.value) !== 0)
    return e.pure(c.type, [a, b], code);
  e.site(c.span);
  return e.guarded(c.type, [a, b], false, (t) => {
    e.line(`if (${b.v} === ${zero}) ${e.constant(divisionByZero)}();`);
    e.line(t.set(code));
  });
}

function divisionByZero(): never {
  throw new StreamcellError('DIVISION_BY_ZERO', 'Division by zero.');
}

function bigintOp(e: Emitter, op: Op, a: Val, b: Val, c: CallExpr): Val {
  if (e.wide) {
    if (op === '/' || op === 'MOD')
      return byNonZero(e, c, a, b, `BigInt.asIntN(64, ${a.v} ${op === 'MOD' ? '%' : '/'} ${b.v})`, '0n');
    return e.pure(c.type, [a, b], `BigInt.asIntN(64, ${a.v} ${op} ${b.v})`);
  }
  // `+ 0` turns a negative zero, which has no place in a column of integers, into zero.
  if (op === '/') return byNonZero(e, c, a, b, `${e.constant(divideNarrow)}(${a.v}, ${b.v})`, '0');
  if (op === 'MOD') return byNonZero(e, c, a, b, `${e.constant(modNarrow)}(${a.v}, ${b.v})`, '0');
  const val = e.pure(c.type, [a, b], op === '*' ? `${a.v} * ${b.v} + 0` : `${a.v} ${op} ${b.v}`);
  e.guardNarrow(val.v, val.n);
  return val;
}

function decimalOp(e: Emitter, op: Op, a: Val, ta: DecimalType, b: Val, tb: DecimalType, c: CallExpr): Val {
  const type = c.type as DecimalType;
  if (op === '*') {
    const product = e.pure(type, [a, b], e.wide ? `${a.v} * ${b.v}` : `${a.v} * ${b.v} + 0`);
    const digits = ta.precision + tb.precision;
    if (digits > 15) e.guardNarrow(product.v, product.n);
    return rescaled(e, product, ta.scale + tb.scale, digits, type);
  }
  if (op === '+' || op === '-') {
    const scale = Math.max(ta.scale, tb.scale);
    const x = scaleUp(e, a, ta, scale);
    const y = scaleUp(e, b, tb, scale);
    const sum = e.pure(type, [x, y], `${x.v} ${op} ${y.v}`);
    const digits = Math.max(ta.precision - ta.scale, tb.precision - tb.scale) + scale + 1;
    if (digits > 15) e.guardNarrow(sum.v, sum.n);
    return rescaled(e, sum, scale, digits, type);
  }
  e.site(c.span);
  const { precision, scale } = type;
  if (op === '/') {
    // a / 10^sa / (b / 10^sb) at scale s is a * 10^(s - sa + sb) / b.
    const shift = scale - ta.scale + tb.scale;
    const divide = (x: Exact, y: Exact): bigint | null => {
      const d = BigInt(y);
      if (d === 0n) divisionByZero();
      const q = shift >= 0 ? divideHalfUp(BigInt(x) * POW10[shift], d) : divideHalfUp(BigInt(x), d * POW10[-shift]);
      return q < POW10[precision] && q > -POW10[precision] ? q : null;
    };
    return e.callLibrary(
      divide,
      type,
      [
        { val: a, type: ta },
        { val: b, type: tb },
      ],
      true,
    );
  }
  const common = Math.max(ta.scale, tb.scale);
  const up = POW10[common - ta.scale];
  const down = POW10[common - tb.scale];
  const mod = (x: Exact, y: Exact): bigint | null => {
    const d = BigInt(y) * down;
    if (d === 0n) divisionByZero();
    const r = (BigInt(x) * up) % d;
    return r < POW10[precision] && r > -POW10[precision] ? r : null;
  };
  return e.callLibrary(
    mod,
    type,
    [
      { val: a, type: ta },
      { val: b, type: tb },
    ],
    true,
  );
}

/** Brings a decimal to a higher scale. */
export function scaleUp(e: Emitter, x: Val, t: DecimalType, scale: number): Val {
  if (t.scale === scale) return x;
  const up = scale - t.scale;
  const val = e.pure(t, [x], e.wide ? `${x.v} * ${POW10[up]}n` : `${x.v} * ${up <= 22 ? 10 ** up : `1e${up}`}`);
  if (t.precision + up > 15) e.guardNarrow(val.v, val.n);
  return val;
}

/** DATE, TIME, TIMESTAMP plus or minus an interval. */
function temporalPlus(e: Emitter, c: CallExpr, a: Val, b: Val, minus: boolean): Val {
  const [l, r] = c.args;
  const sign = minus ? '-' : '';
  if (r.type.root === 'INTERVAL_YEAR_MONTH') {
    if (l.type.root === 'DATE') return e.pure(c.type, [a, b], `${e.constant(addMonths)}(${a.v}, ${sign}${b.v})`);
    if (l.type.root === 'TIME') return a;
    const val = e.pure(c.type, [a, b], `${e.constant(addMonthsMillis)}(${a.v}, ${sign}${b.v})`);
    return { ...val, nanos: needsNanos(c.type) ? a.nanos : '0' };
  }
  const millis = e.wide ? `Number(${b.v})` : b.v;
  const op = minus ? '-' : '+';
  if (l.type.root === 'DATE') return e.pure(c.type, [a, b], `${a.v} ${op} Math.trunc(${millis} / ${MILLIS_PER_DAY})`);
  if (l.type.root === 'TIME') {
    const sum = e.pure(c.type, [a, b], `(${a.v} ${op} ${millis}) % ${MILLIS_PER_DAY}`);
    return e.pure(c.type, [sum], `${sum.v} < 0 ? ${sum.v} + ${MILLIS_PER_DAY} : ${sum.v} + 0`);
  }
  const val = e.pure(c.type, [a, b], `${a.v} ${op} ${millis}`);
  return { ...val, nanos: needsNanos(c.type) ? a.nanos : '0' };
}

function binary(op: Op, ...aliases: string[]): BuiltIn {
  return {
    name: op,
    aliases,
    signature: `a ${op} b`,
    bind: (args, info) => (op === '-' && args.length === 1 ? negate.bind(args, info) : bindArithmetic(op, args, info)),
    emit: emitArithmetic(op),
  };
}

const negate: BuiltIn = {
  name: 'NEGATE',
  aliases: ['UNARY -'],
  signature: '-a',
  bind(args, info) {
    const t = args[0].type;
    if (!isNumeric(t) && !isInterval(t)) throw argumentsError('-', '-NUMERIC', args, info.span);
    return call('NEGATE', args, normalInterval(t), info);
  },
  emit(e, c) {
    const a = e.emit(c.args[0]);
    switch (c.type.root) {
      case 'FLOAT':
      case 'DOUBLE':
        return e.pure(c.type, [a], `-${a.v}`);
      case 'DECIMAL':
        return e.pure(c.type, [a], e.wide ? `-${a.v}` : `0 - ${a.v}`);
      case 'BIGINT':
      case 'INTERVAL_DAY_TIME':
        return e.pure(c.type, [a], e.wide ? `BigInt.asIntN(64, -${a.v})` : `0 - ${a.v}`);
      default:
        return e.pure(c.type, [a], wrap(c.type.root, `-${a.v}`));
    }
  },
};

export const arithmeticFunctions: readonly BuiltIn[] = [
  binary('+'),
  binary('-'),
  binary('*'),
  binary('/'),
  binary('MOD', '%'),
  negate,
  {
    name: 'UNARY +',
    signature: '+a',
    bind(args, info) {
      if (!isNumeric(args[0].type) && !isInterval(args[0].type)) throw argumentsError('+', '+NUMERIC', args, info.span);
      return args[0];
    },
  },
];
