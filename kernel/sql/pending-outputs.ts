import { within } from './interruption.js';

/** Milliseconds that a stop waits for the last form of the stopped job's output. */
const PATIENCE = 2000;

/**
 * Outputs of jobs that run on after their cell. Whoever stops such a job waits until its output says so: the front end may stop listening
 * after the last cell.
 *
 * State: by job, what resolves when its output is complete; no longer than until then.
 */
export class PendingOutputs {
  private readonly outputs = new Map<string, Promise<unknown>>();

  add(jobId: string | null, complete: Promise<unknown>): void {
    if (jobId === null) return;
    const forget = (): void => void this.outputs.delete(jobId);
    this.outputs.set(jobId, complete.then(forget, forget));
  }

  async stopped(jobId: string): Promise<void> {
    const output = this.outputs.get(jobId);
    if (output !== undefined) await within(output, PATIENCE);
  }
}
