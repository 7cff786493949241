import { END_OBJECT, FIELD_NAME, JsonSyntaxError, JsonTokens, NULL, START_ARRAY, START_OBJECT } from './json-tokens.js';

/** What stands behind a literal in a row: a wanted value, one that is only passed, or the JSON null of a row with wanted fields inside. */
export type ShapeStep =
  | { readonly kind: 'value'; readonly column: number; readonly literal: Uint8Array }
  | { readonly kind: 'skip'; readonly literal: Uint8Array }
  | { readonly kind: 'null'; readonly literal: Uint8Array }
  | { readonly kind: 'end'; readonly literal: Uint8Array };

/** The shape of a row: the bytes between its values, and where wanted values stand. */
export interface Shape {
  readonly steps: readonly ShapeStep[];
  /** Wanted columns that such a row does not have. */
  readonly absent: readonly number[];
}

/** The wanted paths as a tree. */
export class WantedTree {
  column = -1;
  readonly inner = new Map<string, WantedTree>();

  static of(paths: readonly (readonly string[])[]): WantedTree {
    const root = new WantedTree();
    paths.forEach((path, column) => {
      let node = root;
      for (const name of path) {
        let next = node.inner.get(name);
        if (next === undefined) node.inner.set(name, (next = new WantedTree()));
        node = next;
      }
      node.column = column;
    });
    return root;
  }
}

const tokens = new JsonTokens();

/**
 * Reads the shape off a record that the exact decoder has decoded.
 * @returns null when the record has no shape to rely on: it is no object, repeats a key, or wants a field both whole and in parts.
 */
export function learnShape(data: Uint8Array, start: number, end: number, wanted: WantedTree): Shape | null {
  const steps: ShapeStep[] = [];
  const seen = new Set<number>();
  const total = new Set<number>();
  collect(wanted, total);
  let literalStart = start;
  const literal = (until: number): Uint8Array => data.slice(literalStart, until);

  const object = (node: WantedTree): boolean => {
    const names = new Set<string>();
    for (;;) {
      const token = tokens.next();
      if (token === END_OBJECT) return true;
      if (token !== FIELD_NAME) return false;
      const name = tokens.text();
      if (names.has(name)) return false;
      names.add(name);
      const value = tokens.next();
      const field = node.inner.get(name);
      if (field !== undefined && field.inner.size > 0) {
        if (field.column >= 0) return false;
        if (value === START_OBJECT) {
          if (!object(field)) return false;
          continue;
        }
        if (value !== NULL) return false;
        steps.push({ kind: 'null', literal: literal(tokens.valueStart) });
      } else if (field !== undefined) {
        steps.push({ kind: 'value', column: field.column, literal: literal(tokens.valueStart) });
        seen.add(field.column);
      } else {
        steps.push({ kind: 'skip', literal: literal(tokens.valueStart) });
      }
      if (value === START_OBJECT || value === START_ARRAY) tokens.skipChildren();
      literalStart = tokens.position;
    }
  };

  try {
    tokens.reset(data, start, end);
    if (tokens.next() !== START_OBJECT || tokens.valueStart !== start) return null;
    if (!object(wanted)) return null;
  } catch (error) {
    if (error instanceof JsonSyntaxError) return null;
    throw error;
  }
  steps.push({ kind: 'end', literal: literal(tokens.position) });
  return { steps, absent: [...total].filter((c) => !seen.has(c)) };
}

function collect(node: WantedTree, into: Set<number>): void {
  if (node.column >= 0) into.add(node.column);
  for (const inner of node.inner.values()) collect(inner, into);
}
