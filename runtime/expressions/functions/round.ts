import { DECIMAL, DOUBLE, StreamcellError, type DataType, type DecimalType } from '../../types/index.js';
import { parseExactDecimal } from '../../types/index.js';
import type { BoundExpr } from '../bound.js';
import { POW10, divideHalfUp, rescale, type Exact } from '../library/exact.js';
import { coerce } from '../type-casts.js';
import { isNumeric } from '../type-rules.js';
import { anyNullable, argumentsError, fit, int, type BuiltIn } from './define.js';

function constantDigits(e: BoundExpr | undefined): number | undefined {
  if (e === undefined) return 0;
  if (e.kind === 'literal' && e.value !== null) return Number(e.value);
  if (e.kind === 'call' && e.fn === 'NEGATE') {
    const inner = constantDigits(e.args[0]);
    return inner === undefined ? undefined : -inner;
  }
  return undefined;
}

/** ROUND of DECIMAL(p, s) to r digits: DECIMAL(1 + p - s + r, r), never wider than before. */
function roundedDecimal(t: DecimalType, digits: number): DecimalType {
  if (digits >= t.scale) return t;
  if (digits < 0) return DECIMAL(Math.min(38, 1 + t.precision - t.scale), 0, t.nullable);
  return DECIMAL(1 + t.precision - t.scale + digits, digits, t.nullable);
}

function roundDouble(v: number, digits: number, up: boolean): number {
  if (!Number.isFinite(v)) return v;
  const exact = parseExactDecimal(String(v)) as { unscaled: bigint; scale: number };
  if (exact.scale <= digits) return v;
  const shift = exact.scale - digits;
  if (shift > 400) return 0;
  const d = 10n ** BigInt(shift);
  const q = up ? divideHalfUp(exact.unscaled, d) : exact.unscaled / d;
  return Number(`${q}e${-digits}`);
}

function roundExact(v: Exact, scale: number, digits: number, to: number, up: boolean): bigint {
  const x = BigInt(v);
  const drop = scale - digits;
  if (drop <= 0) return rescale(x, scale, to);
  if (drop > 77) return 0n;
  const q = up ? divideHalfUp(x, POW10[drop]) : x / POW10[drop];
  return rescale(q * 10n ** BigInt(Math.max(0, drop)), scale, to);
}

const LIMITS: Readonly<Record<string, number>> = { TINYINT: 8, SMALLINT: 16, INTEGER: 32, BIGINT: 64 };

/** ROUND and TRUNCATE. */
function rounding(name: string, up: boolean): BuiltIn {
  return {
    name,
    signature: `${name}(NUMERIC[, INT])`,
    bind(args, info) {
      const [x, n] = args;
      if (args.length < 1 || args.length > 2 || !(isNumeric(x.type) || x.type.root === 'NULL'))
        throw argumentsError(name, this.signature, args, info.span);
      const value = x.type.root === 'NULL' ? coerce(x, DOUBLE()) : x;
      const digits = n && fit([n], [int]);
      if (n && !digits) throw argumentsError(name, this.signature, args, info.span);
      const nullable = anyNullable(args);
      if (!up && value.type.root === 'DECIMAL' && constantDigits(n) === undefined)
        throw new StreamcellError(
          'FUNCTION_UNSUPPORTED',
          'TRUNCATE of a DECIMAL to a number of digits that is not constant is not supported.',
          { span: info.span },
        );
      let type: DataType = { ...value.type, nullable };
      if (value.type.root === 'DECIMAL') {
        const constant = constantDigits(n);
        type = { ...(constant === undefined ? value.type : roundedDecimal(value.type, constant)), nullable };
      }
      return { kind: 'call', fn: name, args: [value, ...(digits ?? [])], type, span: info.span };
    },
    emit(e, c) {
      const from = c.args[0].type;
      const to = c.type;
      const args = c.args.map((a) => ({ val: e.emit(a), type: a.type }));
      let run: (...x: never[]) => unknown;
      if (from.root === 'DECIMAL') {
        const { scale } = from;
        const target = to as DecimalType;
        run = (v: Exact, digits = 0): bigint | null => {
          const r = roundExact(v, scale, digits, target.scale, up);
          return r < POW10[target.precision] && r > -POW10[target.precision] ? r : null;
        };
      } else if (from.root === 'DOUBLE' || from.root === 'FLOAT') {
        const float = from.root === 'FLOAT';
        run = (v: number, digits = 0): number =>
          float ? Math.fround(roundDouble(Number(v.toPrecision(9)), digits, up)) : roundDouble(v, digits, up);
      } else {
        const bits = LIMITS[from.root];
        run = (v: Exact, digits = 0): Exact => {
          const r = BigInt.asIntN(bits, roundExact(v, 0, digits, 0, up));
          return bits === 64 ? r : Number(r);
        };
      }
      return e.callLibrary(run, to, args, from.root === 'DECIMAL');
    },
  };
}

export const roundFunctions: readonly BuiltIn[] = [rounding('ROUND', true), rounding('TRUNCATE', false)];
