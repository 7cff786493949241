import type { ChangelogMode, Schema } from '../types/index.js';
import type { ClusterSession } from './cluster-session.js';

/** What the gateway does not say of a query whose result it sends. */
export interface QueryShape {
  readonly bounded: boolean;
  readonly changelog: ChangelogMode;
  /** Columns that identify a row; null: rows are told apart by their content. */
  readonly upsertKey: readonly number[] | null;
  readonly notices: readonly string[];
}

/** Asks Flink, for texts that our own planner cannot read. `columns`: of the result; null when only boundedness is wanted. */
export async function planOnCluster(
  session: ClusterSession,
  text: string,
  columns: Schema | null,
): Promise<QueryShape> {
  const bounded = await boundedOnCluster(session, text);
  return { bounded, changelog: columns === null ? 'append' : 'retract', upsertKey: null, notices: [] };
}

/** EXPLAIN does not tell; but in batch mode Flink refuses to plan what never ends. */
async function boundedOnCluster(session: ClusterSession, text: string): Promise<boolean> {
  try {
    await session.collect(`EXPLAIN ${text}`, { 'execution.runtime-mode': 'batch' }, 0);
    return true;
  } catch {
    return false;
  }
}
