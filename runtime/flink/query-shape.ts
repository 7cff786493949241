import { StreamcellError, type ChangelogMode, type Schema } from '../types/index.js';
import type { ClusterSession } from './cluster-session.js';
import { explainedKey, type ExplainedKey } from './explained-key.js';

/** What the gateway does not say of a query whose result it sends. */
export interface QueryShape {
  readonly bounded: boolean;
  readonly changelog: ChangelogMode;
  /** Columns that identify a row; null: rows are told apart by their content. */
  readonly upsertKey: readonly number[] | null;
  readonly notices: readonly string[];
}

/** Asks Flink, for texts that our own planner cannot read. */
export async function planOnCluster(session: ClusterSession, text: string, columns: Schema): Promise<QueryShape> {
  const [bounded, key] = await Promise.all([boundedOnCluster(session, text), keyOnCluster(session, text, columns)]);
  return { bounded, ...key, notices: [] };
}

/** EXPLAIN does not tell; but in batch mode Flink refuses to plan what never ends. */
export async function boundedOnCluster(session: ClusterSession, text: string): Promise<boolean> {
  try {
    await session.collect(`EXPLAIN ${text}`, { 'execution.runtime-mode': 'batch' }, 0);
    return true;
  } catch (thrown) {
    // A column of event time has another type in batch mode. Flink notices when it has been through all sources, and none of them was endless.
    return thrown instanceof StreamcellError && /failed to preserve datatypes/.test(thrown.message);
  }
}

async function keyOnCluster(session: ClusterSession, text: string, columns: Schema): Promise<ExplainedKey> {
  try {
    const explained = await session.collect(`EXPLAIN CHANGELOG_MODE ${text}`, {}, 0);
    return explainedKey(String(explained.rows[0]?.[0] ?? ''), columns);
  } catch {
    return { changelog: 'retract', upsertKey: null };
  }
}
