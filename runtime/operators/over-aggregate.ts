import type { DataType } from '../types/index.js';
import type { AggregateCall } from '../expressions/bound.js';
import type { OrderKey } from '../state/value-order.js';
import type { Operator } from './operator.js';
import { OrderedOver } from './ordered-over.js';
import { TimeOver } from './time-over.js';

export interface OverAggregateSpec {
  readonly partitionKeys: readonly number[];
  readonly sort: readonly OrderKey[];
  readonly rowtime: boolean;
  /** Column ordered by. Without a time attribute the frame is unbounded, and the input may take rows back. */
  readonly time: number;
  readonly frame: { readonly unit: 'rows' | 'range'; readonly preceding: number | null };
  readonly aggregates: readonly AggregateCall[];
  readonly ttl: number;
  readonly inputTypes: readonly (readonly DataType[])[];
  readonly outputTypes: readonly DataType[];
  readonly emission: 'row' | 'folded';
  readonly updateBefore: boolean;
}

/** OVER windows: along time each row is sent once, along another order a new row changes those behind it. */
export function createOverAggregate(spec: OverAggregateSpec): Operator {
  const type = spec.inputTypes[0][spec.time];
  const timed =
    type !== undefined && (type.root === 'TIMESTAMP' || type.root === 'TIMESTAMP_LTZ') && type.timeAttribute;
  return timed ? new TimeOver(spec) : new OrderedOver(spec);
}
