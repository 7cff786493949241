import type { DeduplicateSpec } from './deduplicate.js';
import { WindowRank } from './window-rank.js';
import type { Windowing } from './windowing.js';

/**
 * First or last row per key and window, sent when the window is over: a window rank of one row by the time attribute, where of equal times the
 * earlier arrival is the first, and the later one the last.
 */
export class WindowDeduplicate extends WindowRank {
  constructor(spec: Omit<DeduplicateSpec, 'windowing'> & { readonly windowing: Windowing }) {
    super(
      {
        windowing: spec.windowing,
        partitionKeys: spec.keys,
        sort: [{ column: spec.time as number, ascending: spec.keep === 'first', nullsLast: false }],
        start: 1,
        end: 1,
        outputRank: false,
        inputTypes: spec.inputTypes,
        outputTypes: spec.outputTypes,
        env: spec.env,
      },
      spec.keep === 'last',
    );
  }
}
