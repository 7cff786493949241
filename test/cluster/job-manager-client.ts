import { sleep } from './child-process.js';

interface JobDetails {
  readonly state: string;
  readonly duration: number;
  readonly timestamps: Readonly<Record<string, number>>;
  readonly vertices: readonly { readonly name: string; readonly metrics: Readonly<Record<string, number | boolean>> }[];
}

const TERMINAL = new Set(['FINISHED', 'FAILED', 'CANCELED']);

/** A REST client of Flink's JobManager. */
export class JobManagerClient {
  constructor(private readonly url: string) {}

  async job(id: string): Promise<JobDetails> {
    const response = await fetch(`${this.url}/jobs/${id}`);
    if (!response.ok) throw new Error(`job ${id}: ${response.status} ${await response.text()}`);
    return (await response.json()) as JobDetails;
  }

  /** As it is now; `job` may be answered from a cache that is seconds old. */
  async state(id: string): Promise<string> {
    const response = await fetch(`${this.url}/jobs/${id}/status`);
    if (!response.ok) throw new Error(`job ${id}: ${response.status} ${await response.text()}`);
    return ((await response.json()) as { status: string }).status;
  }

  /** @returns milliseconds from RUNNING to FINISHED, so without planning, submission and fetching. */
  async finishedMillis(id: string, timeoutMillis: number): Promise<number> {
    const job = await this.ended(id, timeoutMillis);
    if (job.state !== 'FINISHED') throw new Error(`job ${id} ended as ${job.state}`);
    return (job.timestamps['FINISHED'] ?? 0) - (job.timestamps['RUNNING'] ?? 0);
  }

  async ended(id: string, timeoutMillis: number): Promise<JobDetails> {
    const deadline = Date.now() + timeoutMillis;
    for (;;) {
      const job = await this.job(id);
      if (TERMINAL.has(job.state)) return job;
      if (Date.now() > deadline) throw new Error(`job ${id} is still ${job.state} after ${timeoutMillis} ms`);
      await sleep(100);
    }
  }

  async cancel(id: string): Promise<void> {
    await fetch(`${this.url}/jobs/${id}?mode=cancel`, { method: 'PATCH' });
  }
}
