import { StreamcellError } from '../types/index.js';
import { isStarting, type ClusterJob } from './cluster-job.js';
import { isTerminal, type JobManager, type JobOverview } from './job-manager.js';

/** A JobManager that is silent for so long is taken for dead, and its jobs for failed. */
const SILENCE_MILLIS = 5000;
const REQUEST_MILLIS = 3000;
/** How often running jobs are looked at: often while one without a reader is young, since its end is seen here only. */
const SHORTEST = 50;
const LONGEST = 1000;
/** How often the watermarks and losses of queries are asked for. */
const SAMPLE_MILLIS = 2000;
/** How long a cluster that has gone may take to come back and run what nobody waits for any more. */
const DOOM_MILLIS = 300_000;
/** How long a job that was given up last may take to turn up when the session is closed. */
const LATE_MILLIS = 500;
/** How long closing may take in all. */
const CLOSE_MILLIS = 3000;

/**
 * Looks after the running jobs of a session: one request tells the state of them all.
 *
 * State: the running jobs, and since when the JobManager has been silent; the jobs that shall not run, should they turn up: a gateway that
 * could not reach its cluster hands over later what was given up here long ago. It stops asking when there is nothing to look after,
 * and for good when it is closed.
 */
export class JobWatch {
  private readonly jobs = new Set<ClusterJob>();
  /** Ids, and until when they are looked for. */
  private readonly doomed = new Map<string, number>();
  private timer: NodeJS.Timeout | null = null;
  private asking = false;
  private silentSince: number | null = null;
  private sampling = false;
  private nextSample = 0;
  private closed = false;

  constructor(private readonly cluster: JobManager) {}

  add(job: ClusterJob): void {
    if (this.closed) return;
    this.jobs.add(job);
    void job.ended.then(() => this.jobs.delete(job));
    // Somebody waits for this one.
    this.timer?.ref();
    this.schedule();
  }

  /** A job that nobody reads: it is cancelled, now or when the cluster is back. */
  doom(id: string): void {
    if (this.closed) return;
    this.doomed.set(id, Date.now() + DOOM_MILLIS);
    this.schedule();
  }

  /** Looks a last time for the jobs that shall not run. Never throws. */
  async close(): Promise<void> {
    this.closed = true;
    this.jobs.clear();
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const until = Date.now() + CLOSE_MILLIS;
    try {
      while (this.doomed.size > 0 && Date.now() < until) {
        const listed = new Map((await this.cluster.jobs(CLOSE_MILLIS)).map((j) => [j.jid, j]));
        await Promise.all([...this.doomed].map(([id, end]) => this.endLast(id, listed.get(id), end - DOOM_MILLIS)));
        if (this.doomed.size > 0) await new Promise((resolve) => setTimeout(resolve, SHORTEST));
      }
    } catch {
      // A cluster that is gone runs nothing.
    }
    this.doomed.clear();
  }

  private schedule(): void {
    if (this.closed || this.timer !== null || this.asking || this.jobs.size + this.doomed.size === 0) return;
    const ages = [...this.jobs].filter((j) => !j.hasReader).map((j) => Date.now() - j.startedAt);
    const wait = Math.min(LONGEST, Math.max(SHORTEST, Math.min(...ages, Infinity) / 10));
    this.timer = setTimeout(() => {
      this.timer = null;
      void this.look();
    }, wait);
    // A process does not stay for jobs that nobody waits for.
    if (this.jobs.size === 0) this.timer.unref();
  }

  private async look(): Promise<void> {
    this.asking = true;
    const began = Date.now();
    // Jobs that are started while the list is on its way are not missing from it.
    const jobs = [...this.jobs];
    try {
      const listed = new Map((await this.cluster.jobs(REQUEST_MILLIS)).map((j) => [j.jid, j]));
      this.silentSince = null;
      this.sample(jobs);
      for (const job of jobs) job.observe(listed.get(job.id));
      await Promise.all([...this.doomed].map(([id, until]) => this.end(id, listed.get(id), until)));
    } catch (thrown) {
      this.silentSince ??= began;
      if (Date.now() - this.silentSince >= SILENCE_MILLIS) {
        const error = StreamcellError.from(thrown, 'CLUSTER_UNREACHABLE');
        for (const job of jobs) this.giveUp(job, error);
      }
    } finally {
      this.asking = false;
      this.schedule();
    }
  }

  /** Not waited for: it takes several requests, and the states of jobs are more urgent. */
  private sample(jobs: readonly ClusterJob[]): void {
    if (this.sampling || Date.now() < this.nextSample) return;
    this.sampling = true;
    this.nextSample = Date.now() + SAMPLE_MILLIS;
    void Promise.allSettled(jobs.filter((j) => j.hasReader && !j.over).map((j) => j.sample())).then(
      () => (this.sampling = false),
    );
  }

  private giveUp(job: ClusterJob, error: StreamcellError): void {
    if (job.hasReader) {
      this.doom(job.id);
      job.settle('failed', error);
      return;
    }
    const message = `${error.message} Job ${job.id} may still run there.`;
    job.settle('failed', new StreamcellError(error.code, message, { cause: error }));
  }

  private async end(id: string, job: JobOverview | undefined, until: number): Promise<void> {
    if ((job !== undefined && isTerminal(job.state)) || Date.now() > until) this.doomed.delete(id);
    else if (job !== undefined && !isStarting(job)) await this.cluster.cancel(id).catch(() => undefined);
  }

  private async endLast(id: string, job: JobOverview | undefined, since: number): Promise<void> {
    if (job === undefined ? Date.now() - since < LATE_MILLIS : isStarting(job)) return;
    if (job !== undefined && !isTerminal(job.state)) await this.cluster.cancel(id).catch(() => undefined);
    this.doomed.delete(id);
  }
}
