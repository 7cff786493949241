import { isAppend, type Draft } from './draft.js';

/** Aggregates whose value depends on the order in which rows come. */
const ORDERED_AGGREGATES: ReadonlySet<string> = new Set([
  'FIRST_VALUE',
  'LAST_VALUE',
  'LISTAGG',
  'ARRAY_AGG',
  'JSON_ARRAYAGG',
  'JSON_OBJECTAGG',
]);

/**
 * Whether the result depends on each change of the inputs, not only on what they come to: a change that is folded away would have been late
 * or not, would have held a session open or been a version to join with. Below such a node nothing is folded, whoever looks at the result.
 *
 * Inputs that only grow have nothing to fold: they do not count.
 */
export function needsEachChange(d: Draft): boolean {
  if (d.inputs.every((input) => isAppend(input.kinds))) return false;
  const { spec } = d;
  switch (spec.op) {
    case 'windowAggregate':
    case 'windowJoin':
    case 'windowRank':
    case 'intervalJoin':
    case 'temporalJoin':
    case 'overAggregate':
      return true;
    case 'windowTvf':
      return spec.windowing.spec.kind === 'session';
    case 'deduplicate':
      return spec.rowtime;
    case 'sort':
      return spec.mode === 'temporal';
    case 'groupAggregate':
      return spec.aggregates.some((call) => ORDERED_AGGREGATES.has(call.fn));
    default:
      return false;
  }
}
