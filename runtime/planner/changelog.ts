import { inputsOf } from '../binder/index.js';
import type { ChangelogMode } from '../types/index.js';
import { isAppend, type Draft } from './draft.js';

/**
 * Which nodes must send -U. Decided from the sinks down: a consumer either needs the old row (it cannot find it by key) or is content with
 * +U. A node that feeds several consumers sends -U when one of them needs it; the others then drop it.
 *
 * State: per draft, what its consumers need.
 */
export type Wanted = 'before' | 'after';

/** Whether the subtree can do without -U when its consumer can. */
export function canDropBefore(d: Draft): boolean {
  if (!d.kinds.update) return true;
  const { spec } = d;
  switch (spec.op) {
    case 'calc':
      return !conditionBeyondKeys(d) && d.inputs.every(canDropBefore);
    case 'join':
      return d.inputs.every((side, i) => {
        const keys = i === 0 ? spec.join.leftKeys : spec.join.rightKeys;
        return !side.kinds.update || (updatesKeepKey(side, keys) && canDropBefore(side));
      });
    case 'union':
    case 'expand':
    case 'watermark':
    case 'unnest':
    case 'windowTvf':
      return d.keys.length > 0 && d.inputs.every(canDropBefore);
    case 'temporalJoin':
    case 'lookupJoin':
      return d.inputs.slice(0, 1).every(canDropBefore) && d.keys.length > 0;
    case 'source':
      return d.keys.length > 0;
    default:
      return true;
  }
}

/** An update of a row keeps its join key when a key of the input contains it. */
function updatesKeepKey(side: Draft, joinKeys: readonly number[]): boolean {
  return side.keys.some((k) => joinKeys.every((c) => k.includes(c)));
}

/** A filter on more than key columns: a row that no longer passes must be taken back, which only -U does. */
function conditionBeyondKeys(d: Draft): boolean {
  if (d.spec.op !== 'calc' || !d.spec.condition) return false;
  const used = [...inputsOf(d.spec.condition)];
  return !d.inputs[0].keys.some((k) => used.every((c) => k.includes(c)));
}

/** What a node asks of each input, given what is asked of it. */
export function demand(d: Draft, wanted: Wanted): readonly Wanted[] {
  const { spec } = d;
  switch (spec.op) {
    case 'calc':
    case 'union':
    case 'expand':
    case 'watermark':
    case 'unnest':
    case 'windowTvf':
    case 'join':
      return d.inputs.map(() => wanted);
    case 'temporalJoin':
      return [wanted, 'after'];
    case 'lookupJoin':
      return [wanted];
    case 'rank':
      return [spec.strategy === 'update' && d.inputs.every(canDropBefore) ? 'after' : 'before'];
    case 'changelogNormalize':
    case 'deduplicate':
      return ['after'];
    default:
      return d.inputs.map(() => 'before');
  }
}

/** The wanted form of every draft reachable from the roots. */
export function inferUpdateBefore(
  roots: readonly { readonly draft: Draft; readonly wanted: Wanted }[],
  order: readonly Draft[],
): Map<Draft, boolean> {
  const before = new Map<Draft, boolean>();
  const ask = (d: Draft, wanted: Wanted): void => {
    before.set(d, (before.get(d) ?? false) || wanted === 'before');
  };
  for (const r of roots) ask(r.draft, r.wanted);
  // Consumers come before their inputs when the topological order is walked backwards.
  for (const d of [...order].reverse()) {
    const own = before.get(d) ?? false;
    demand(d, own ? 'before' : 'after').forEach((w, i) =>
      ask(d.inputs[i], w === 'after' && !canDropBefore(d.inputs[i]) ? 'before' : w),
    );
  }
  for (const [d, b] of before) before.set(d, b && d.kinds.update);
  return before;
}

export function changelogMode(d: Draft, updateBefore: boolean): ChangelogMode {
  if (isAppend(d.kinds)) return 'append';
  return updateBefore || !d.kinds.update ? 'retract' : 'upsert';
}

/** `I,UB,UA,D`, as Flink's EXPLAIN CHANGELOG_MODE writes it. */
export function kindsText(d: Draft, updateBefore: boolean): string {
  return [
    'I',
    ...(d.kinds.update ? [...(updateBefore ? ['UB'] : []), 'UA'] : []),
    ...(d.kinds.delete ? ['D'] : []),
  ].join(',');
}
