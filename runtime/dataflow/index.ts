// The session may not know connectors: it is handed their catalog from where they are run.
export { connectorCatalog } from '../connectors/registry.js';
export { decodeFrame, encodeFrame } from './exchange/frame-codec.js';
export { Job, type JobOptions, type JobState } from './job.js';
export type { ViewConfig } from './job-protocol.js';
export { serveSubtasks, type ViewEncoding } from './job-worker.js';
export type { NodeMetrics } from './metrics.js';
export { ResultViewHost, type ViewCommand, type ViewContent, type ViewOptions, type ViewReply } from './result-view.js';
export { checkpointPath } from './checkpoint-store.js';
export { WorkerPool, type PooledWorker } from './worker-pool.js';
