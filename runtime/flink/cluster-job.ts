import { StreamcellError, type ErrorData } from '../types/index.js';
import type { JobInfo, OperatorInfo } from '../session/index.js';
import { isTerminal, type ClusterJobState, type JobDetails, type JobManager, type JobOverview } from './job-manager.js';
import { flinkError, readFailure } from './flink-errors.js';
import { RestError } from './rest-client.js';

export interface JobEnd {
  readonly state: 'finished' | 'cancelled' | 'failed';
  readonly error: StreamcellError | null;
}

const STATES: Readonly<Record<ClusterJobState, JobInfo['state']>> = {
  INITIALIZING: 'created',
  CREATED: 'created',
  RUNNING: 'running',
  RESTARTING: 'running',
  RECONCILING: 'running',
  SUSPENDED: 'running',
  FAILING: 'running',
  CANCELLING: 'cancelling',
  FINISHED: 'finished',
  CANCELED: 'cancelled',
  FAILED: 'failed',
};

/** The JobManager tells of failures out of a cache (web.refresh-interval, 3 s by default). */
const CACHE_MILLIS = 4000;
/** How long a job may take to start before it is cancelled all the same. */
const START_MILLIS = 10_000;
/** How long it may wait for a slot until then: a moment for a cluster that has one. */
const SLOT_MILLIS = 500;

/**
 * Whether a query's job must not be cancelled just now: Flink 2.3 ends the whole TaskManager, with everybody's jobs, when a task is cancelled
 * whose collect sink is not open yet (a NullPointerException in CollectSinkFunction.accumulateFinalResults, fatal to the task's thread).
 */
export function isStarting({ tasks }: JobOverview): boolean {
  return (tasks?.deploying ?? 0) + (tasks?.initializing ?? 0) > 0;
}

/** How long the cluster may take to end a job that was cancelled: longer than Flink lets a task hang (task.cancellation.timeout is 180 s). */
const CANCEL_MILLIS = 200_000;

/**
 * A job of this session on the cluster.
 *
 * State: what the JobManager last said, and the end once it is known. The end of a query's job is its reader's to tell when it finished
 * (there may be rows left to fetch); every other end the cluster tells. Maintains the invariant that 'cancelled' is said only after the
 * JobManager confirmed a terminal state.
 */
export class ClusterJob {
  readonly ended: Promise<JobEnd>;
  startedAt = Date.now();
  endedAt: number | null = null;
  /** Rows that came after their window had closed, as of the last sample. */
  lateRows = 0;
  onWatermark: ((time: number) => void) | null = null;
  private vertices: readonly string[] | null = null;
  private current: JobInfo['state'] = 'created';
  private name: string;
  private operators: readonly OperatorInfo[] = [];
  private seen = false;
  private failing = false;
  private end: JobEnd | null = null;
  private settleEnded: (end: JobEnd) => void = () => undefined;
  private cancelling: Promise<void> | null = null;

  constructor(
    readonly id: string,
    readonly statement: string,
    readonly hasReader: boolean,
    private readonly cluster: JobManager,
  ) {
    this.name = statement.replace(/\s+/g, ' ').slice(0, 200);
    this.ended = new Promise((resolve) => (this.settleEnded = resolve));
  }

  get over(): boolean {
    return this.end !== null;
  }

  get state(): JobInfo['state'] {
    return this.end?.state ?? (this.cancelling === null ? this.current : 'cancelling');
  }

  /** What the JobManager's list says of this job; undefined when it is not in it. */
  observe(overview: JobOverview | undefined): void {
    if (this.over) return;
    if (overview === undefined) {
      if (!this.seen) return;
      this.settle(
        'failed',
        new StreamcellError('CLUSTER_JOB_FAILED', 'The cluster no longer knows the job: it was restarted.'),
      );
      return;
    }
    this.seen = true;
    this.note(overview);
    if (this.cancelling !== null || !isTerminal(overview.state)) return;
    if (overview.state === 'FINISHED') {
      if (!this.hasReader) this.settle('finished');
    } else if (overview.state === 'CANCELED') this.settle('cancelled');
    else if (!this.failing) {
      // Not waited for: the other jobs are looked at meanwhile.
      this.failing = true;
      void this.failure().then((error) => this.settle('failed', error));
    }
  }

  /** The first end counts. */
  settle(state: JobEnd['state'], error: StreamcellError | null = null): void {
    if (this.over) return;
    this.endedAt ??= Date.now();
    this.end = { state, error };
    this.settleEnded(this.end);
  }

  /** Resolves when the cluster confirmed that the job is over. */
  cancel(): Promise<void> {
    if (this.over) return Promise.resolve();
    this.cancelling ??= this.confirmCancel();
    return this.cancelling;
  }

  /** What failed it, as the JobManager tells. */
  async failure(): Promise<StreamcellError> {
    const deadline = Date.now() + CACHE_MILLIS;
    try {
      for (;;) {
        const trace = await this.cluster.failure(this.id);
        if (trace !== null) return flinkError({ ...readFailure(trace), ofJob: true, place: null }, '', 0);
        if (Date.now() > deadline || this.over) break;
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
    } catch {
      // The state is known all the same.
    }
    return new StreamcellError('CLUSTER_JOB_FAILED', 'The job failed; the JobManager does not say why.');
  }

  async info(): Promise<JobInfo> {
    if (!this.over || this.operators.length === 0) await this.refresh().catch(() => undefined);
    const error: ErrorData | undefined = this.end?.error?.toData();
    return {
      id: this.id,
      name: this.name,
      state: this.state,
      statement: this.statement,
      startedAt: this.startedAt,
      endedAt: this.endedAt,
      operators: this.operators,
      ...(error === undefined ? {} : { error }),
    };
  }

  /** Asks for the watermark at the job's last vertex and for rows that came too late. */
  async sample(): Promise<void> {
    this.vertices ??= (await this.cluster.details(this.id))?.vertices.map((v) => v.id) ?? null;
    const { vertices } = this;
    if (vertices === null || vertices.length === 0) return;
    const [watermark, ...late] = await Promise.all([
      this.cluster.watermark(this.id, vertices[vertices.length - 1]),
      ...vertices.map((v) => this.cluster.lateRows(this.id, v)),
    ]);
    this.lateRows = late.reduce((sum, n) => sum + n, 0);
    if (watermark !== null) this.onWatermark?.(watermark);
  }

  /** Rows that the sinks of a job that is over took; null when its vertices do not tell. */
  async written(): Promise<number | null> {
    const details = await this.cluster.details(this.id).catch(() => null);
    if (details === null || !isTerminal(details.state)) return null;
    // Sinks of the newer kind count what their writers read; older ones, among them files, count nothing.
    const writers = details.vertices.filter((v) => /: Writer\b/.test(v.name));
    const others = details.vertices.some((v) => /Sink: |StreamingFileWriter|PartitionCommitter/.test(v.name));
    return writers.length === 0 || others
      ? null
      : writers.reduce((sum, v) => sum + (v.metrics['read-records'] ?? 0), 0);
  }

  private async confirmCancel(): Promise<void> {
    const deadline = Date.now() + CANCEL_MILLIS;
    try {
      if (this.hasReader) await this.started();
      await this.askToCancel();
      for (let wait = 10; ; wait = Math.min(wait * 1.5, 500)) {
        const state = await this.cluster.state(this.id);
        // A job that the cluster does not know (any more) does not run.
        if (state === null || isTerminal(state)) break;
        if (Date.now() > deadline) {
          throw new StreamcellError(
            'CLUSTER_JOB_FAILED',
            `The cluster did not end job ${this.id} within ${CANCEL_MILLIS / 1000} s; it is ${state}.`,
          );
        }
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
      this.settle('cancelled');
    } catch (thrown) {
      const error = StreamcellError.from(thrown, 'CLUSTER_JOB_FAILED');
      this.settle('failed', error);
      throw error;
    }
  }

  /** The JobManager refuses for a job that has just ended, which is as good. */
  private async askToCancel(): Promise<void> {
    try {
      await this.cluster.cancel(this.id);
    } catch (thrown) {
      if (!(thrown instanceof RestError)) throw thrown;
      const state = await this.cluster.state(this.id);
      if (state !== null && !isTerminal(state)) throw flinkError(readFailure(thrown.serverSide), '', 0);
    }
  }

  /** Resolves when the job may be cancelled. */
  private async started(): Promise<void> {
    const began = Date.now();
    for (;;) {
      const job = (await this.cluster.jobs()).find((j) => j.jid === this.id);
      if (job === undefined || isTerminal(job.state)) return;
      const waits = job.state === 'INITIALIZING' || job.state === 'CREATED' || (job.tasks?.scheduled ?? 0) > 0;
      const limit = isStarting(job) ? START_MILLIS : waits ? SLOT_MILLIS : 0;
      if (Date.now() - began >= limit) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  private note(overview: JobOverview): void {
    this.name = overview.name.replace(/\s+/g, ' ');
    this.current = STATES[overview.state];
    if (overview['start-time'] > 0) this.startedAt = overview['start-time'];
    if (overview['end-time'] > 0) this.endedAt = overview['end-time'];
  }

  private async refresh(): Promise<void> {
    // The JobManager serves details from a cache that is seconds old, the state as it is.
    const [details, state] = await Promise.all([this.cluster.details(this.id), this.cluster.state(this.id)]);
    if (details === null || state === null) return;
    this.seen = true;
    this.note({ ...details, state });
    this.operators = await operatorsOf(details, this.cluster);
  }
}

async function operatorsOf(details: JobDetails, cluster: JobManager): Promise<OperatorInfo[]> {
  const running = !isTerminal(details.state);
  return Promise.all(
    details.vertices.map(async (vertex, id) => {
      const [watermark, lateRows] = running
        ? await Promise.all([cluster.watermark(details.jid, vertex.id), cluster.lateRows(details.jid, vertex.id)])
        : [null, 0];
      return {
        id,
        name: vertex.name,
        rowsIn: vertex.metrics['read-records'] ?? 0,
        rowsOut: vertex.metrics['write-records'] ?? 0,
        lateRows,
        // Flink does not count these.
        malformed: 0,
        stateBytes: 0,
        stateKeys: 0,
        watermark,
      };
    }),
  );
}
