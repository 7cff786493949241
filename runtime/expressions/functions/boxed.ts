import { type DataType, type Value } from '../../types/index.js';
import type { BoundExpr } from '../bound.js';
import { argumentsError, type BuiltIn, type CallInfo } from './define.js';

export interface Boxed {
  readonly names: readonly string[];
  readonly signature: string;
  /** Arguments as the function takes them and its result type, or undefined when the call does not fit. */
  bind(
    args: readonly BoundExpr[],
    info: CallInfo,
  ): { readonly args: readonly BoundExpr[]; readonly type: DataType } | undefined;
  /** Over boxed values. `types` are those of the arguments, `result` that of the call. */
  call(
    args: readonly Value[],
    types: readonly DataType[],
    result: DataType,
    options: CallInfo['options'],
    zone: string,
  ): Value;
  /** Called with NULL arguments too; otherwise any NULL gives NULL. */
  readonly nulls?: boolean;
}

/** A function over boxed values: what works on arrays, maps and rows, where a column would gain nothing. */
export function boxed(spec: Boxed): BuiltIn {
  const [name, ...aliases] = spec.names;
  return {
    name,
    aliases,
    signature: spec.signature,
    bind(args, info) {
      const bound = spec.bind(args, info);
      if (!bound) throw argumentsError(name, spec.signature, args, info.span);
      return { kind: 'call', fn: name, args: bound.args, type: bound.type, options: info.options, span: info.span };
    },
    emit(e, c) {
      const types = c.args.map((a) => a.type);
      const zone = e.env.timeZone;
      const run = (...args: readonly Value[]): Value => {
        if (!spec.nulls) for (const a of args) if (a === null) return null;
        return spec.call(args, types, c.type, c.options, zone);
      };
      const vals = c.args.map((a) => e.boxed(e.emit(a), a.type));
      e.site(c.span);
      return e.unboxed(e.declare(`${e.constant(run)}(${vals.join(', ')})`, 'r'), c.type);
    },
  };
}
