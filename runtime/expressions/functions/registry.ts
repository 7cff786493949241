import { StreamcellError } from '../../types/index.js';
import type { BoundExpr, CallExpr } from '../bound.js';
import type { Emitter, Val } from '../codegen/emitter.js';
import { children } from '../codegen/expression-tree.js';
import { arithmeticFunctions } from './arithmetic.js';
import { comparisonFunctions } from './comparison.js';
import { conditionalFunctions } from './conditional.js';
import type { BuiltIn, CallInfo } from './define.js';
import { logicFunctions } from './logic.js';
import { mathFunctions } from './math.js';
import { stringFunctions } from './strings.js';
import { likeFunctions } from './like.js';
import { collectionFunctions } from './collections.js';
import { hashAndEncodingFunctions } from './hash-and-encoding.js';
import { jsonFunctions } from './json.js';
import { regexFunctions } from './regex.js';
import { roundFunctions } from './round.js';
import { moreTextFunctions } from './text-more.js';
import { timeFunctions } from './time.js';
import { timeTextFunctions } from './time-text.js';
import { NO_UNTYPED_NULL } from './untyped-null.js';
import { UNSUPPORTED } from './unsupported.js';

const registry = new Map<string, BuiltIn>();
for (const list of [
  arithmeticFunctions,
  comparisonFunctions,
  conditionalFunctions,
  logicFunctions,
  mathFunctions,
  stringFunctions,
  likeFunctions,
  timeFunctions((a, b, info) => bindCall('+', [a, b], info)),
  timeTextFunctions,
  collectionFunctions,
  hashAndEncodingFunctions,
  jsonFunctions,
  regexFunctions,
  roundFunctions,
  moreTextFunctions,
]) {
  for (const fn of list) {
    registry.set(fn.name, fn);
    for (const alias of fn.aliases ?? []) registry.set(alias, fn);
  }
}

/** @returns the built-in of a canonical or other name, in any case of letters. */
export function findFunction(name: string): BuiltIn | undefined {
  return registry.get(name.toUpperCase());
}

/**
 * Resolves a call: overload, implicit casts, result type.
 * @throws StreamcellError FUNCTION_NOT_FOUND, FUNCTION_UNSUPPORTED, FUNCTION_ARGUMENTS.
 */
export function bindCall(name: string, args: readonly BoundExpr[], info: CallInfo = {}): BoundExpr {
  const fn = findFunction(name);
  if (!fn) {
    if (UNSUPPORTED.has(name.toUpperCase()))
      throw new StreamcellError(
        'FUNCTION_UNSUPPORTED',
        `The function ${name.toUpperCase()} is not supported by the embedded engine.`,
        { span: info.span },
      );
    const near = nearest(name.toUpperCase());
    throw new StreamcellError('FUNCTION_NOT_FOUND', `There is no function ${name}.`, {
      span: info.span,
      hint: near && `Did you mean ${near}?`,
    });
  }
  if (NO_UNTYPED_NULL.has(fn.name)) {
    const bare = args.find((a) => a.kind === 'literal' && a.type.root === 'NULL');
    if (bare)
      throw new StreamcellError('TYPE_MISMATCH', `Illegal use of 'NULL' in ${fn.name}.`, {
        span: bare.span ?? info.span,
        hint: 'Give it a type: CAST(NULL AS ...).',
      });
  }
  return fn.bind(args, info);
}

/** Code of a bound call. */
export function emitCall(e: Emitter, call: CallExpr): Val {
  const fn = registry.get(call.fn);
  if (!fn?.emit)
    throw new StreamcellError('FUNCTION_UNSUPPORTED', `The function ${call.fn} cannot be evaluated here.`, {
      span: call.span,
    });
  return fn.emit(e, call);
}

const determinism = new WeakMap<BoundExpr, boolean>();

export function isDeterministic(e: BoundExpr): boolean {
  let known = determinism.get(e);
  if (known === undefined) {
    known = (e.kind !== 'call' || repeatable(e)) && children(e).every(isDeterministic);
    determinism.set(e, known);
  }
  return known;
}

function repeatable(call: CallExpr): boolean {
  const rule = registry.get(call.fn)?.deterministic ?? true;
  return typeof rule === 'boolean' ? rule : rule(call.args);
}

/** Names that can be called as functions, for completion and SHOW FUNCTIONS. */
export function functionNames(): readonly string[] {
  return [...registry.keys()].filter((n) => /^[A-Z][A-Z0-9_]*$/.test(n)).sort();
}

/** How a built-in function is called, e.g. `UPPER(STRING)`; undefined for a name that is none. */
export function functionSignature(name: string): string | undefined {
  return registry.get(name)?.signature;
}

/** Names that Flink has and this engine has not. */
export function unsupportedFunctionNames(): readonly string[] {
  return [...UNSUPPORTED].filter((n) => !registry.has(n)).sort();
}

function nearest(name: string): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const known of functionNames()) {
    const d = distance(name, known);
    if (d < bestDistance) {
      bestDistance = d;
      best = known;
    }
  }
  return best;
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    row = next;
  }
  return row[b.length];
}
