import type { BoundExpr } from '../bound.js';

/** Structure -> small number, so that equal subexpressions meet; spans do not count. */
export class Interner {
  private readonly ids = new Map<string, number>();
  private readonly known = new WeakMap<BoundExpr, number>();

  id(e: BoundExpr): number {
    const known = this.known.get(e);
    if (known !== undefined) return known;
    const text = this.text(e);
    let id = this.ids.get(text);
    if (id === undefined) this.ids.set(text, (id = this.ids.size));
    this.known.set(e, id);
    return id;
  }

  private text(e: BoundExpr): string {
    switch (e.kind) {
      case 'literal':
        return specKey(e);
      case 'input':
        return `i${e.index}`;
      case 'call':
        return `c${e.fn}(${e.args.map((a) => this.id(a)).join()})${JSON.stringify(e.options ?? 0)}${JSON.stringify(e.type)}`;
      case 'cast':
        return `x${this.id(e.arg)}${e.safe ? 's' : ''}${JSON.stringify(e.type)}`;
      case 'case':
        return `w${e.whens.map((w) => `${this.id(w.condition)}:${this.id(w.result)}`).join()};${this.id(e.otherwise)}${JSON.stringify(e.type)}`;
      case 'field':
        return `f${this.id(e.arg)}.${e.index}${JSON.stringify(e.type)}`;
    }
  }
}

/** Text that is equal for specs of the same shape: everything but spans. */
export function specKey(spec: unknown): string {
  return JSON.stringify(spec, (key, value: unknown) =>
    key === 'span'
      ? undefined
      : typeof value === 'bigint'
        ? `${value}n`
        : typeof value === 'number' && !Number.isFinite(value)
          ? String(value)
          : Object.is(value, -0)
            ? '-0'
            : value,
  );
}

/** Visits an expression and what is below it. */
export function walk(e: BoundExpr, visit: (e: BoundExpr) => void): void {
  visit(e);
  for (const child of children(e)) walk(child, visit);
}

export function children(e: BoundExpr): readonly BoundExpr[] {
  switch (e.kind) {
    case 'literal':
    case 'input':
      return [];
    case 'call':
      return e.args;
    case 'cast':
    case 'field':
      return [e.arg];
    case 'case':
      return [...e.whens.flatMap((w) => [w.condition, w.result]), e.otherwise];
  }
}
