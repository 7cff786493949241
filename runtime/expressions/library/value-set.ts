import { type Value } from '../../types/index.js';
import { sameValue } from './compare.js';

/** Boxed values without repetition, in the order of their first appearance; NULL is a value like any other. */
export class ValueSet {
  private readonly list: Value[] = [];
  /** Primitives are found by hash; nested values by comparison. */
  private readonly primitives = new Map<Value, number>();

  constructor(values: Iterable<Value> = []) {
    for (const v of values) this.add(v);
  }

  indexOf(v: Value): number {
    if (v === null || typeof v !== 'object') return this.primitives.get(v) ?? -1;
    return this.list.findIndex((x) => sameValue(x, v));
  }

  add(v: Value): void {
    if (this.indexOf(v) >= 0) return;
    if (v === null || typeof v !== 'object') this.primitives.set(v, this.list.length);
    this.list.push(v);
  }

  values(): readonly Value[] {
    return this.list;
  }
}
