import { mapInputs, timeAttributeOf, withoutTimeAttribute } from '../binder/index.js';
import type { BoundExpr } from '../expressions/index.js';
import type { Schema, Span } from '../types/index.js';
import type { Distribution, NodeSpec, WindowSpec } from './physical.js';

/** Which kinds of change a stream has: updates by key are told from deletes. */
export interface ChangeKinds {
  readonly update: boolean;
  readonly delete: boolean;
}
export const INSERTS: ChangeKinds = { update: false, delete: false };
export const ALL_CHANGES: ChangeKinds = { update: true, delete: true };

export function isAppend(kinds: ChangeKinds): boolean {
  return !kinds.update && !kinds.delete;
}

export function unite(...all: readonly ChangeKinds[]): ChangeKinds {
  return { update: all.some((k) => k.update), delete: all.some((k) => k.delete) };
}

/** Columns that say in which window a row lies. */
export interface WindowProperties {
  readonly start: readonly number[];
  readonly end: readonly number[];
  readonly time: readonly number[];
  /** Where the columns are that session windows are found by; null when one is gone, and for other windows. */
  readonly partition: readonly number[] | null;
  readonly spec: WindowSpec;
  readonly rowtime: boolean;
}

/**
 * A physical node while the plan is being made: what it does, and what is known of its output. Drafts point at their inputs; a draft used
 * twice is one node. `updateBefore` is decided last, from the sinks down.
 */
export interface Draft {
  readonly spec: NodeSpec;
  readonly inputs: readonly Draft[];
  readonly distribution: readonly Distribution[];
  readonly schema: Schema;
  readonly kinds: ChangeKinds;
  /** Each identifies a row of the output changelog; smallest first. The empty key: there is one row. */
  readonly keys: readonly (readonly number[])[];
  readonly window: WindowProperties | null;
  /** Columns that, for one key, only grow from update to update (or only fall): a Top-N may rely on it. */
  readonly growing: ReadonlySet<number>;
  readonly falling: ReadonlySet<number>;
  readonly label: string;
  readonly bounded: boolean;
  readonly span?: Span;
}

export const ANY: Distribution = { kind: 'any' };
export const SINGLE: Distribution = { kind: 'single' };

export function hashed(keys: readonly number[]): Distribution {
  return keys.length === 0 ? SINGLE : { kind: 'hash', keys };
}

const NONE: ReadonlySet<number> = new Set();

export function draft(
  spec: NodeSpec,
  inputs: readonly Draft[],
  more: Pick<Draft, 'schema' | 'label'> & Partial<Draft>,
): Draft {
  return {
    spec,
    inputs,
    distribution: inputs.map(() => ANY),
    kinds: unite(...inputs.map((i) => i.kinds)),
    window: null,
    growing: NONE,
    falling: NONE,
    bounded: inputs.every((i) => i.bounded),
    ...more,
    keys: sortKeys(more.keys ?? []),
  };
}

/** Without duplicates and supersets, smallest first. */
export function sortKeys(keys: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const normal = keys.map((k) => [...new Set(k)].sort((a, b) => a - b)).sort((a, b) => a.length - b.length);
  const result: number[][] = [];
  for (const k of normal) {
    if (!result.some((r) => r.every((c) => k.includes(c)))) result.push(k);
  }
  return result;
}

export function containsKey(keys: readonly (readonly number[])[], columns: readonly number[]): boolean {
  return keys.some((k) => k.every((c) => columns.includes(c)));
}

/** An expression over a draft's output: time attributes that were lost on the way are lost here, too. */
export function onSchema(expr: BoundExpr, schema: Schema): BoundExpr {
  return mapInputs(expr, (e) =>
    timeAttributeOf(e.type) !== null && timeAttributeOf(schema[e.index].type) === null
      ? { ...e, type: withoutTimeAttribute(e.type) }
      : e,
  );
}

export function materialize(schema: Schema): Schema {
  return schema.map((c) =>
    timeAttributeOf(c.type) === null ? c : { name: c.name, type: withoutTimeAttribute(c.type) },
  );
}
