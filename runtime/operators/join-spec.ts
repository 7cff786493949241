import { compilePredicate, type BoundExpr, type EvalEnvironment } from '../expressions/index.js';
import type { Column, DataType } from '../types/index.js';

/** What all joins are told of their condition; the planner's `JoinSpec`. */
export type JoinType = 'inner' | 'left' | 'right' | 'full' | 'semi' | 'anti';

export interface JoinSpec {
  readonly type: JoinType;
  readonly leftKeys: readonly number[];
  readonly rightKeys: readonly number[];
  /** Per key: whether NULL equals NULL. */
  readonly nullSafe: readonly boolean[];
  /** What must hold beside the keys, over left columns, then right columns. */
  readonly condition: BoundExpr | null;
}

export type Matches = (left: readonly Column[], i: number, right: readonly Column[], j: number) => boolean;

/** @returns null when there is no condition beside the keys. */
export function joinCondition(
  join: JoinSpec,
  inputTypes: readonly (readonly DataType[])[],
  env: EvalEnvironment,
): Matches | null {
  return join.condition === null ? null : compilePredicate(inputTypes[0], inputTypes[1], join.condition, env);
}

export const leftIsOuter = (type: JoinType): boolean => type === 'left' || type === 'full';
export const rightIsOuter = (type: JoinType): boolean => type === 'right' || type === 'full';

/**
 * Which rows of [0, length) can have a partner at all: those without NULL in a key for which NULL does not equal NULL.
 * Writes their numbers to `rows`. @returns how many.
 */
export function rowsWithKey(
  columns: readonly Column[],
  keys: readonly number[],
  nullSafe: readonly boolean[],
  length: number,
  rows: Int32Array,
): number {
  let strict: Column[] | null = null;
  for (let k = 0; k < keys.length; k++) {
    const column = columns[keys[k]];
    if (!nullSafe[k] && column.nulls !== null) (strict ??= []).push(column);
  }
  if (strict === null) {
    for (let i = 0; i < length; i++) rows[i] = i;
    return length;
  }
  let n = 0;
  next: for (let i = 0; i < length; i++) {
    for (const column of strict) if ((column.nulls as Uint8Array)[i] !== 0) continue next;
    rows[n++] = i;
  }
  return n;
}
