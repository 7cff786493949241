import { EmbeddedSession } from '../session/index.js';
import type { Session } from '../session/session.js';
import { StreamcellError } from '../types/index.js';
import { EMBEDDED, type FlinkCluster } from './settings.js';

/** Opens a session where it is to run. @throws StreamcellError CLUSTER_NOT_FOUND, or why the cluster does not answer. */
export async function openOn(
  clusters: readonly FlinkCluster[],
  name: string,
  options: Readonly<Record<string, string>>,
): Promise<Session> {
  if (name === EMBEDDED) return new EmbeddedSession({ options });
  const cluster = clusters.find((c) => c.name === name);
  if (cluster === undefined) {
    const known = [EMBEDDED, ...clusters.map((c) => c.name)].map((n) => `'${n}'`).join(', ');
    throw new StreamcellError('CLUSTER_NOT_FOUND', `The gateway has no cluster '${name}', but ${known}.`);
  }
  // Loaded when it is wanted: most gateways have no cluster.
  const { openFlinkSession } = await import('../flink/index.js');
  const { gateway, jobManager, headers } = cluster;
  return openFlinkSession({ gateway, jobManager, headers, name: 'streamcell', options });
}
