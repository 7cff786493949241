import {
  BIGINT,
  BYTES,
  DOUBLE,
  INT,
  STRING,
  StreamcellError,
  typeToString,
  type DataType,
  type Span,
} from '../../types/index.js';
import type { BoundExpr, CallExpr } from '../bound.js';
import type { CallEmitter } from '../codegen/emitter.js';
import { coerce } from '../type-casts.js';
import { isApproximate, isBinary, isExact, isInteger, isNumeric, isString, isTimestamp } from '../type-rules.js';

export interface CallInfo {
  readonly options?: CallExpr['options'];
  readonly span?: Span;
  readonly timeZone?: string;
  /** Constant arguments' values, asked by functions whose result type depends on them. */
  readonly constant?: (e: BoundExpr) => unknown;
}

/** A built-in function: how a call is typed, and its code. */
export interface BuiltIn {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** Shown when a call does not fit. */
  readonly signature: string;
  bind(args: readonly BoundExpr[], info: CallInfo): BoundExpr;
  readonly emit?: CallEmitter;
  /** false: evaluated for every row and every mention. */
  readonly deterministic?: boolean | ((args: readonly BoundExpr[]) => boolean);
}

/** What an argument may be, and what it is converted to. */
export interface Param {
  readonly label: string;
  /** @returns the type that the implementation gets, or undefined when the argument does not fit. */
  accept(type: DataType): DataType | undefined;
}

function param(label: string, test: (t: DataType) => boolean, target?: DataType): Param {
  return {
    label,
    accept: (t) =>
      t.root === 'NULL' ? (target ?? undefined) : test(t) ? (target && !same(t, target) ? target : t) : undefined,
  };
}

function same(t: DataType, target: DataType): boolean {
  // A string is a string for the implementation, whatever its length.
  return (isString(t) && isString(target)) || (isBinary(t) && isBinary(target)) || t.root === target.root;
}

export const str = param('STRING', isString, STRING());
export const bytes = param('BYTES', isBinary, BYTES());
export const int = param('INT', isInteger, INT());
export const bigint = param('BIGINT', isInteger, BIGINT());
export const double = param('DOUBLE', isNumeric, DOUBLE());
export const numeric: Param = {
  label: 'NUMERIC',
  accept: (t) => (t.root === 'NULL' ? INT() : isNumeric(t) ? t : undefined),
};
export const bool = param('BOOLEAN', (t) => t.root === 'BOOLEAN', { root: 'BOOLEAN', nullable: true });
export const any: Param = { label: 'ANY', accept: (t) => t };
export const date = param('DATE', (t) => t.root === 'DATE', { root: 'DATE', nullable: true });
export const timestampLike = param('TIMESTAMP', isTimestamp);
export const array = param('ARRAY', (t) => t.root === 'ARRAY');
export const map = param('MAP', (t) => t.root === 'MAP');
export { isApproximate, isExact };

export function anyNullable(args: readonly BoundExpr[]): boolean {
  return args.some((a) => a.type.nullable);
}

export function argumentsError(
  fn: BuiltIn | string,
  signature: string,
  args: readonly BoundExpr[],
  span?: Span,
): StreamcellError {
  const name = typeof fn === 'string' ? fn : fn.name;
  return new StreamcellError(
    'FUNCTION_ARGUMENTS',
    `${name} does not take (${args.map((a) => typeToString(a.type)).join(', ')}). It is called as ${signature}.`,
    { span },
  );
}

/** Fits arguments to parameters, or undefined. `optional` counts the parameters at the end that may be left out. */
export function fit(
  args: readonly BoundExpr[],
  params: readonly Param[],
  optional = 0,
  variadic = false,
): BoundExpr[] | undefined {
  if (args.length < params.length - optional || (!variadic && args.length > params.length)) return undefined;
  const fitted: BoundExpr[] = [];
  for (let i = 0; i < args.length; i++) {
    const target = params[Math.min(i, params.length - 1)].accept(args[i].type);
    if (target === undefined) return undefined;
    fitted.push(coerce(args[i], target));
  }
  return fitted;
}

export interface Simple {
  readonly names: readonly string[];
  /** Parameters of each overload. */
  readonly params: readonly Param[] | readonly (readonly Param[])[];
  readonly optional?: number;
  readonly variadic?: boolean;
  /** Result type; its nullability is replaced by `nullable`. */
  readonly type: DataType | ((args: readonly BoundExpr[], info: CallInfo) => DataType);
  /** 'args': where an argument is (the usual); 'always'; 'never'; 'type': as the type function says. */
  readonly nullable?: 'args' | 'always' | 'never' | 'type';
  /**
   * Library function over scalars (see Emitter.callLibrary); null for NULL. Called only where no argument is null, unless `strict` is false.
   */
  readonly call?: (...args: never[]) => unknown;
  readonly strict?: boolean;
  /** The call may give NULL although its type is NOT NULL, as some of Flink's do. */
  readonly mayBeNull?: boolean;
  readonly emit?: CallEmitter;
  readonly deterministic?: BuiltIn['deterministic'];
}

/** A function whose arguments are checked one by one and whose code is a library call or `emit`. */
export function simple(spec: Simple): BuiltIn {
  const [name, ...aliases] = spec.names;
  const overloads = (
    spec.params.length > 0 && Array.isArray(spec.params[0]) ? spec.params : [spec.params]
  ) as readonly (readonly Param[])[];
  const signature = overloads
    .map((o) => `${name}(${o.map((p) => p.label).join(', ')}${spec.variadic ? '...' : ''})`)
    .join(' or ');
  const nullable = spec.nullable ?? 'args';
  const { call } = spec;
  return {
    name,
    aliases,
    signature,
    deterministic: spec.deterministic,
    bind(args, info) {
      let fitted: BoundExpr[] | undefined;
      for (const params of overloads) if ((fitted = fit(args, params, spec.optional, spec.variadic))) break;
      if (!fitted) throw argumentsError(name, signature, args, info.span);
      const type = typeof spec.type === 'function' ? spec.type(fitted, info) : spec.type;
      const isNullable =
        nullable === 'type' ? type.nullable : nullable === 'always' || (nullable === 'args' && anyNullable(args));
      return {
        kind: 'call',
        fn: name,
        args: fitted,
        type: type.nullable === isNullable ? type : { ...type, nullable: isNullable },
        options: info.options,
        span: info.span,
      };
    },
    emit:
      spec.emit ??
      ((e, c) => {
        const args = c.args.map((a) => ({ val: e.emit(a), type: a.type }));
        e.site(c.span);
        return e.callLibrary(
          call as NonNullable<typeof call>,
          c.type,
          args,
          c.type.nullable || spec.mayBeNull === true,
          [],
          spec.strict ?? true,
        );
      }),
  };
}
