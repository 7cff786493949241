import type { DataType } from '../types/index.js';
import type { EvalEnvironment } from '../expressions/index.js';
import type { Operator } from './operator.js';
import { FirstByRowtime } from './first-by-rowtime.js';
import { KeepFirst } from './keep-first.js';
import { KeepLast } from './keep-last.js';
import { WindowDeduplicate } from './window-deduplicate.js';
import type { Windowing } from './windowing.js';

export interface DeduplicateSpec {
  readonly keys: readonly number[];
  readonly keep: 'first' | 'last';
  readonly rowtime: boolean;
  readonly time: number | null;
  readonly windowing: Windowing | null;
  readonly ttl: number;
  readonly inputTypes: readonly (readonly DataType[])[];
  readonly outputTypes: readonly DataType[];
  readonly emission: 'row' | 'folded';
  readonly updateBefore: boolean;
  readonly env: EvalEnvironment;
}

/** First or last row per key, of rows that only come. */
export function createDeduplicate(spec: DeduplicateSpec): Operator {
  if (spec.windowing !== null) return new WindowDeduplicate({ ...spec, windowing: spec.windowing });
  if (spec.keep === 'last') return new KeepLast(spec);
  return spec.rowtime ? new FirstByRowtime(spec) : new KeepFirst(spec);
}
