import { StreamcellError } from '../types/index.js';
import type { ClusterJob } from './cluster-job.js';
import type { JobManager } from './job-manager.js';

/** A JobManager that is silent for so long is taken for dead, and its jobs for failed. */
const SILENCE_MILLIS = 6000;
const REQUEST_MILLIS = 3000;
/** How often running jobs are looked at: often while one without a reader is young, since its end is seen here only. */
const SHORTEST = 50;
const LONGEST = 1000;

/**
 * Looks after the running jobs of a session: one request tells the state of them all.
 *
 * State: the running jobs, and since when the JobManager has been silent. It stops asking when no job runs.
 */
export class JobWatch {
  private readonly jobs = new Set<ClusterJob>();
  private timer: NodeJS.Timeout | null = null;
  private asking = false;
  private silentSince: number | null = null;

  constructor(private readonly cluster: JobManager) {}

  add(job: ClusterJob): void {
    this.jobs.add(job);
    void job.ended.then(() => this.jobs.delete(job));
    this.schedule();
  }

  close(): void {
    this.jobs.clear();
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  private schedule(): void {
    if (this.timer !== null || this.asking || this.jobs.size === 0) return;
    const ages = [...this.jobs].filter((j) => !j.hasReader).map((j) => Date.now() - j.startedAt);
    const wait = Math.min(LONGEST, Math.max(SHORTEST, Math.min(...ages, Infinity) / 10));
    this.timer = setTimeout(() => {
      this.timer = null;
      void this.look();
    }, wait);
  }

  private async look(): Promise<void> {
    this.asking = true;
    // Jobs that are started while the list is on its way are not missing from it.
    const jobs = [...this.jobs];
    try {
      const listed = new Map((await this.cluster.jobs(REQUEST_MILLIS)).map((j) => [j.jid, j]));
      this.silentSince = null;
      await Promise.all(jobs.map((job) => job.observe(listed.get(job.id))));
    } catch (thrown) {
      this.silentSince ??= Date.now();
      if (Date.now() - this.silentSince >= SILENCE_MILLIS - REQUEST_MILLIS) {
        const error = StreamcellError.from(thrown, 'CLUSTER_UNREACHABLE');
        for (const job of jobs) job.settle('failed', error);
      }
    } finally {
      this.asking = false;
      this.schedule();
    }
  }
}
