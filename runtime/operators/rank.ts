import { StreamcellError, type DataType } from '../types/index.js';
import type { OrderKey } from '../state/value-order.js';
import type { Operator } from './operator.js';
import { TopN } from './top-n.js';
import { TopOne } from './top-one.js';

export interface RankSpec {
  readonly function: 'ROW_NUMBER' | 'RANK' | 'DENSE_RANK';
  readonly partitionKeys: readonly number[];
  readonly sort: readonly OrderKey[];
  /** From 1, both inclusive; `end` may be Infinity or any number beyond what there is. */
  readonly start: number;
  readonly end: number;
  readonly outputRank: boolean;
  readonly strategy: 'append' | 'update' | 'retract';
  readonly inputKey: readonly number[] | null;
  readonly ttl: number;
  readonly inputTypes: readonly (readonly DataType[])[];
  readonly outputTypes: readonly DataType[];
  readonly emission: 'row' | 'folded';
  readonly updateBefore: boolean;
}

/** Top-N. The first row alone, where rows are not taken back, needs no list and has a changelog of its own, as in Flink. */
export function createRank(spec: RankSpec): Operator {
  if (spec.function !== 'ROW_NUMBER')
    throw new StreamcellError('SQL_UNSUPPORTED', `${spec.function}() on a streaming table is not supported`);
  return spec.start === 1 && spec.end === 1 && spec.strategy !== 'retract' ? new TopOne(spec) : new TopN(spec);
}
