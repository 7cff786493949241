import type { DataType } from '../types/index.js';
import type { OrderKey } from '../state/value-order.js';
import type { Operator } from './operator.js';
import { FullSort } from './full-sort.js';
import { TemporalSort } from './temporal-sort.js';

export interface SortSpec {
  readonly mode: 'temporal' | 'full';
  readonly sort: readonly OrderKey[];
  readonly inputTypes: readonly (readonly DataType[])[];
  readonly outputTypes: readonly DataType[];
}

export function createSort(spec: SortSpec): Operator {
  return spec.mode === 'full' ? new FullSort(spec) : new TemporalSort(spec);
}
