/** A copy of a tree without positions, so that trees of differently laid out texts compare equal. */
export function withoutSpans<T>(node: T): T {
  if (Array.isArray(node)) return node.map((item) => withoutSpans<unknown>(item)) as T;
  if (node === null || typeof node !== 'object') return node;
  const entries = Object.entries(node).filter(([key]) => key !== 'span' && key !== 'opSpan');
  return Object.fromEntries(entries.map(([key, value]) => [key, withoutSpans<unknown>(value)])) as T;
}
