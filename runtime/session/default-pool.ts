import { WorkerPool } from '../dataflow/worker-pool.js';

let shared: WorkerPool | null = null;

/**
 * One pool for all sessions of the process: its spare worker serves whoever comes first. In a file of its own, so that a command can start a
 * worker loading before it loads the engine itself.
 */
export function defaultPool(): WorkerPool {
  shared ??= new WorkerPool(new URL('./job-worker.js', import.meta.url));
  return shared;
}
