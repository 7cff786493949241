import { DOUBLE, INT, physicalType, type DataType, type DecimalType } from '../../types/index.js';
import type { BoundExpr, CallExpr } from '../bound.js';
import { rescaled } from '../codegen/casts.js';
import type { Emitter, Val } from '../codegen/emitter.js';
import { isInterval, normalInterval } from '../type-rules.js';
import { cosh, ln, log10, power } from '../library/precise-math.js';
import { JavaRandom } from '../library/random.js';
import { double, int, numeric, simple, type BuiltIn, type Param } from './define.js';

/** DOUBLE -> DOUBLE, written as a JavaScript expression over `x`. */
function real(names: readonly string[], code: (x: string) => string): BuiltIn {
  return simple({
    names,
    params: [double],
    type: DOUBLE(),
    emit: (e, c) => {
      const a = e.emit(c.args[0]);
      return e.pure(c.type, [a], code(a.v));
    },
  });
}

const interval: Param = { label: 'INTERVAL', accept: (t) => (isInterval(t) ? t : undefined) };

const argType = (args: readonly BoundExpr[]): DataType => args[0].type;

const abs = simple({
  names: ['ABS'],
  params: [[numeric], [interval]],
  type: (args) => normalInterval(args[0].type),
  emit: (e, c) => {
    const a = e.emit(c.args[0]);
    switch (physicalType(c.type)) {
      case 'i64':
        return e.pure(
          c.type,
          [a],
          e.wide
            ? `BigInt.asIntN(${c.type.root === 'DECIMAL' ? 256 : 64}, ${a.v} < 0n ? -${a.v} : ${a.v})`
            : `Math.abs(${a.v})`,
        );
      case 'i32':
        return e.pure(c.type, [a], wrapTo(c.type.root, `Math.abs(${a.v})`));
      default:
        return e.pure(c.type, [a], `Math.abs(${a.v})`);
    }
  },
});

function wrapTo(root: string, x: string): string {
  return root === 'TINYINT' ? `${x} << 24 >> 24` : root === 'SMALLINT' ? `${x} << 16 >> 16` : `${x} | 0`;
}

/** SIGN keeps the type of its argument. */
const sign = simple({
  names: ['SIGN'],
  params: [numeric],
  type: argType,
  emit: (e, c) => {
    const a = e.emit(c.args[0]);
    const t = c.type;
    if (t.root === 'DECIMAL') {
      const unit = 10n ** BigInt(t.scale);
      if (e.wide) return e.pure(t, [a], `${a.v} > 0n ? ${unit}n : ${a.v} < 0n ? -${unit}n : 0n`);
      return e.pure(t, [a], `${a.v} > 0 ? ${unit} : ${a.v} < 0 ? -${unit} : 0`);
    }
    if (physicalType(t) === 'i64' && e.wide) return e.pure(t, [a], `${a.v} > 0n ? 1n : ${a.v} < 0n ? -1n : 0n`);
    return e.pure(t, [a], `Math.sign(${a.v})`);
  },
});

/** FLOOR and CEIL of numbers; those of times are in time.ts. */
export function floorNumber(e: Emitter, c: CallExpr, up: boolean): Val {
  const a = e.emit(c.args[0]);
  const from = c.args[0].type;
  if (from.root === 'FLOAT' || from.root === 'DOUBLE')
    return e.pure(c.type, [a], `Math.${up ? 'ceil' : 'floor'}(${a.v})`);
  if (from.root !== 'DECIMAL' || from.scale === 0) return a;
  const to = c.type as DecimalType;
  if (e.wide) {
    const d = `${10n ** BigInt(from.scale)}n`;
    const r = e.pure(from, [a], `${a.v} % ${d}`);
    const adjust = up ? `${r.v} > 0n ? 1n : 0n` : `${r.v} < 0n ? -1n : 0n`;
    return rescaled(
      e,
      e.pure(to, [r], `(${a.v} - ${r.v}) / ${d} + (${adjust})`),
      0,
      from.precision - from.scale + 1,
      to,
    );
  }
  const d = String(10 ** from.scale);
  const r = e.pure(from, [a], `${a.v} % ${d}`);
  const adjust = up ? `${r.v} > 0 ? 1 : 0` : `${r.v} < 0 ? -1 : 0`;
  return rescaled(e, e.pure(to, [r], `(${a.v} - ${r.v}) / ${d} + (${adjust})`), 0, from.precision - from.scale + 1, to);
}

const rand: BuiltIn = simple({
  names: ['RAND'],
  params: [int],
  optional: 1,
  type: DOUBLE(),
  deterministic: false,
  emit: (e, c) => random(e, c, 0, (r) => `${r}.nextDouble()`),
});

const randInteger: BuiltIn = simple({
  names: ['RAND_INTEGER'],
  params: [[int], [int, int]],
  type: INT(),
  deterministic: false,
  emit: (e, c) => {
    const bound = e.emit(c.args[c.args.length - 1]);
    return random(e, c, c.args.length - 1, (r) => `${r}.nextInt(${bound.v})`, [bound]);
  },
});

/** With a seed every kernel starts the same sequence; without one, any. `seeds` counts seed arguments (the first ones). */
function random(e: Emitter, c: CallExpr, bounds: number, code: (r: string) => string, also: readonly Val[] = []): Val {
  const seedArg = c.args.length > bounds || (bounds === 1 && c.args.length === 2) ? c.args[0] : undefined;
  const seeded =
    seedArg !== undefined &&
    !(bounds === 0 && c.args.length === 0) &&
    !(c.fn === 'RAND_INTEGER' && c.args.length === 1);
  if (!seeded) {
    const r = e.state(() => new JavaRandom());
    return e.guarded(c.type, also, false, (t) => e.line(t.set(code(r))));
  }
  const seed = e.emit(seedArg);
  if (seedArg.kind === 'literal') {
    const value = Number(seedArg.value);
    const r = e.state(() => new JavaRandom(value));
    return e.guarded(c.type, [seed, ...also], false, (t) => e.line(t.set(code(r))));
  }
  return e.guarded(c.type, [seed, ...also], false, (t) => {
    const r = e.declare(`new (${e.constant(JavaRandom)})(${seed.v})`);
    e.line(t.set(code(r)));
  });
}

function log(a: number, b?: number): number {
  return b === undefined ? ln(a) : ln(b) / ln(a);
}

export const mathFunctions: readonly BuiltIn[] = [
  abs,
  sign,
  rand,
  randInteger,
  real(['SQRT'], (x) => `Math.sqrt(${x})`),
  real(['EXP'], (x) => `Math.exp(${x})`),
  simple({ names: ['LN'], params: [double], type: DOUBLE(), call: ln }),
  simple({ names: ['LOG10'], params: [double], type: DOUBLE(), call: log10 }),
  simple({ names: ['LOG2'], params: [double], type: DOUBLE(), call: (x: number) => ln(x) / Math.LN2 }),
  real(['SIN'], (x) => `Math.sin(${x})`),
  real(['COS'], (x) => `Math.cos(${x})`),
  real(['TAN'], (x) => `Math.tan(${x})`),
  real(['COT'], (x) => `1 / Math.tan(${x})`),
  real(['ASIN'], (x) => `Math.asin(${x})`),
  real(['ACOS'], (x) => `Math.acos(${x})`),
  real(['ATAN'], (x) => `Math.atan(${x})`),
  real(['SINH'], (x) => `Math.sinh(${x})`),
  simple({ names: ['COSH'], params: [double], type: DOUBLE(), call: cosh }),
  real(['TANH'], (x) => `Math.tanh(${x})`),
  real(['DEGREES'], (x) => `${x} * 57.29577951308232`),
  real(['RADIANS'], (x) => `${x} * 0.017453292519943295`),
  simple({ names: ['ATAN2'], params: [double, double], type: DOUBLE(), call: Math.atan2 }),
  simple({ names: ['POWER', 'POW'], params: [double, double], type: DOUBLE(), call: power }),
  simple({ names: ['LOG'], params: [double, double], optional: 1, type: DOUBLE(), call: log }),
  simple({ names: ['PI'], params: [], type: DOUBLE(), nullable: 'never', call: () => Math.PI }),
  simple({ names: ['E'], params: [], type: DOUBLE(), nullable: 'never', call: () => Math.E }),
];
