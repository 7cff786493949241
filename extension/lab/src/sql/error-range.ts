import type { Span } from '@streamcell/runtime/types/span';

/** Where a span is drawn: within the text, and at least one character wide, on the character before it at the end of a line. */
export function rangeOf(text: string, span: Span): { readonly from: number; readonly to: number } {
  const from = Math.max(0, Math.min(span.start, text.length));
  const to = Math.max(from, Math.min(span.end, text.length));
  if (to > from) return { from, to };
  if (from < text.length && text[from] !== '\n') return { from, to: from + 1 };
  return { from: Math.max(0, from - 1), to: from };
}
