import { BOOLEAN } from '../../types/index.js';
import type { BoundExpr } from '../bound.js';
import type { Val } from '../codegen/emitter.js';
import { likeBytesMatcher, likeMatcher } from '../library/pattern.js';
import { simple, str, type BuiltIn } from './define.js';

/** The matcher of a pattern that is known now. */
function constantPattern<T>(
  pattern: BoundExpr,
  escape: BoundExpr | undefined,
  make: (p: string, escape?: string) => T,
): T | undefined {
  if (pattern.kind !== 'literal' || typeof pattern.value !== 'string') return undefined;
  if (!escape) return make(pattern.value);
  return escape.kind === 'literal' && typeof escape.value === 'string' ? make(pattern.value, escape.value) : undefined;
}

/** LIKE: a constant pattern becomes the cheapest matcher for its shape, any other one is compiled per value and remembered. */
const like: BuiltIn = simple({
  names: ['LIKE'],
  params: [str, str, str],
  optional: 1,
  type: BOOLEAN(),
  emit: (e, c) => {
    const [s, pattern, escape] = c.args;
    const bytes =
      s.kind === 'input' && e.access.form(s.index)?.bytes === true
        ? constantPattern(pattern, escape, likeBytesMatcher)
        : undefined;
    if (bytes && s.kind === 'input') {
      const i = e.access.row(s.index);
      const n: Val = { v: '', n: e.inputNull(s.index, s.type), nanos: '0' };
      return e.pure(
        c.type,
        [n],
        `${e.constant(bytes)}(${e.part(s.index, 'data')}, ${e.part(s.index, 'starts')}[${i}], ${e.part(s.index, 'lengths')}[${i}])`,
      );
    }
    const a = e.emit(s);
    const constant = constantPattern(pattern, escape, likeMatcher);
    if (constant) return e.pure(c.type, [a], `${e.constant(constant)}(${a.v})`);
    const matchers = new Map<string, (s: string) => boolean>();
    const match = (text: string, p: string, x?: string): boolean => {
      const key = `${x ?? ''}|${p}`;
      let m = matchers.get(key);
      if (!m) {
        if (matchers.size > 1000) matchers.clear();
        matchers.set(key, (m = likeMatcher(p, x)));
      }
      return m(text);
    };
    e.site(c.span);
    return e.callLibrary(
      match,
      c.type,
      c.args.map((x) => ({ val: e.emit(x), type: x.type })),
      false,
    );
  },
});

export const likeFunctions: readonly BuiltIn[] = [like];
