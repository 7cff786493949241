import type { Column, DataType, Span } from '../../types/index.js';
import type { BoundExpr } from '../bound.js';
import type { EvalEnvironment } from '../environment.js';
import { emitCall, isDeterministic } from '../functions/registry.js';
import { emitCast } from './casts.js';
import { foldConstants } from './constant.js';
import { Emitter, NarrowImpossible, rowError } from './emitter.js';

/** Whether the pair of rows satisfies the condition (TRUE, not NULL). */
export type Predicate = (left: readonly Column[], i: number, right: readonly Column[], j: number) => boolean;

type Test = (left: readonly Column[], i: number, right: readonly Column[], j: number) => number;

/** A condition over two inputs, the right one's columns following the left one's; its code serves columns of any form. */
export function compilePredicate(
  leftTypes: readonly DataType[],
  rightTypes: readonly DataType[],
  condition: BoundExpr,
  env: EvalEnvironment,
): Predicate {
  void rightTypes;
  const folded = foldConstants(condition, env);
  const narrow = generate(leftTypes.length, folded, false, env);
  let wide: Test | null = null;
  return (left, i, right, j) => {
    if (narrow !== null) {
      const r = narrow(left, i, right, j);
      if (r >= 0) return r === 1;
    }
    wide ??= generate(leftTypes.length, folded, true, env) as Test;
    return wide(left, i, right, j) === 1;
  };
}

function generate(leftWidth: number, condition: BoundExpr, wide: boolean, env: EvalEnvironment): Test | null {
  const emitter = new Emitter(
    {
      column: (index) => (index < leftWidth ? `L[${index}]` : `R[${index - leftWidth}]`),
      row: (index) => (index < leftWidth ? 'i' : 'j'),
      form: () => undefined,
    },
    wide,
    env,
    emitCall,
    emitCast,
    isDeterministic,
    'return -1;',
  );
  let result: string;
  try {
    result = emitter.emit(condition).v;
  } catch (e) {
    if (e instanceof NarrowImpossible) return null;
    throw e;
  }
  const spans: readonly (Span | undefined)[] = emitter.spans;
  const states = emitter.states.map((make) => make(env));
  const declarations = [
    ...emitter.constants.map((_, k) => `K${k} = K[${k}]`),
    ...states.map((_, k) => `S${k} = S[${k}]`),
  ];
  const source = [
    '"use strict";',
    declarations.length > 0 ? `const ${declarations.join(', ')};` : '',
    'return function test(L, i, R, j) {',
    '  let site = -1;',
    ...emitter.prelude.map((l) => '  ' + l),
    '  try {',
    ...emitter.lines.map((l) => '    ' + l),
    `    return ${result} ? 1 : 0;`,
    '  } catch (e) { fail(e, site); }',
    '};',
  ].join('\n');
  const fail = (thrown: unknown, site: number): never => {
    throw rowError(thrown, spans[site]);
  };
  const factory = new Function('K', 'S', 'fail', 'env', source) as (
    k: unknown[],
    s: unknown[],
    fail: unknown,
    env: EvalEnvironment,
  ) => Test;
  return factory(emitter.constants, states, fail, env);
}
