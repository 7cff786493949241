import { BOOLEAN } from '../../types/index.js';
import { likeMatcher } from '../library/pattern.js';
import { simple, str, type BuiltIn } from './define.js';

/** LIKE: a constant pattern becomes the cheapest matcher for its shape, any other one is compiled per value and remembered. */
const like: BuiltIn = simple({
  names: ['LIKE'],
  params: [str, str, str],
  optional: 1,
  type: BOOLEAN(),
  emit: (e, c) => {
    const [s, pattern, escape] = c.args;
    const a = e.emit(s);
    if (
      pattern.kind === 'literal' &&
      typeof pattern.value === 'string' &&
      (!escape || (escape.kind === 'literal' && typeof escape.value === 'string'))
    ) {
      const matcher = likeMatcher(pattern.value, escape?.kind === 'literal' ? (escape.value as string) : undefined);
      return e.pure(c.type, [a], `${e.constant(matcher)}(${a.v})`);
    }
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
