import type { DataType } from '../types/index.js';
import type { EvalEnvironment } from '../expressions/index.js';
import type { AggregateCall } from '../expressions/bound.js';
import type { Operator } from './operator.js';
import { SessionWindowAggregate } from './session-window-aggregate.js';
import { SliceWindowAggregate } from './slice-window-aggregate.js';
import type { Windowing, WindowProperty } from './windowing.js';

export interface WindowAggregateSpec {
  readonly keys: readonly number[];
  readonly aggregates: readonly AggregateCall[];
  readonly windowing: Windowing;
  readonly properties: readonly WindowProperty[];
  readonly inputRetracts: boolean;
  readonly inputTypes: readonly (readonly DataType[])[];
  readonly outputTypes: readonly DataType[];
  readonly env: EvalEnvironment;
}

/** Aggregation by window and key: session windows merge and so keep state of their own kind, all others are made of slices. */
export function createWindowAggregate(spec: WindowAggregateSpec): Operator {
  return spec.windowing.spec.kind === 'session' && spec.windowing.kind === 'time'
    ? new SessionWindowAggregate(spec)
    : new SliceWindowAggregate(spec);
}
