import type { Session } from '../session/index.js';
import { FlinkSession, type FlinkSessionOptions } from './flink-session.js';

export { FlinkSession, type FlinkSessionOptions } from './flink-session.js';

/**
 * Opens a session on a running Flink session cluster. The caller closes it.
 * @throws StreamcellError CLUSTER_UNREACHABLE, OPTION_INVALID.
 */
export async function openFlinkSession(options: FlinkSessionOptions): Promise<Session> {
  return FlinkSession.open(options);
}
