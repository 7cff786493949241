import { StreamcellError } from '../types/index.js';
import { RestClient, RestError } from './rest-client.js';

export type ClusterJobState =
  | 'INITIALIZING'
  | 'CREATED'
  | 'RUNNING'
  | 'FAILING'
  | 'FAILED'
  | 'CANCELLING'
  | 'CANCELED'
  | 'FINISHED'
  | 'RESTARTING'
  | 'SUSPENDED'
  | 'RECONCILING';

export interface JobOverview {
  readonly jid: string;
  readonly name: string;
  readonly state: ClusterJobState;
  readonly 'start-time': number;
  readonly 'end-time': number;
  /** Tasks by state; the list has them as they are now, details do not. */
  readonly tasks?: { readonly deploying?: number; readonly initializing?: number; readonly scheduled?: number };
}

export interface JobVertex {
  readonly id: string;
  readonly name: string;
  readonly parallelism: number;
  readonly metrics: { readonly 'read-records'?: number; readonly 'write-records'?: number };
}

export interface JobDetails extends JobOverview {
  readonly vertices: readonly JobVertex[];
}

interface Metric {
  readonly id: string;
  readonly value?: string;
}

export function isTerminal(state: ClusterJobState): boolean {
  return state === 'FINISHED' || state === 'CANCELED' || state === 'FAILED';
}

/** Times beyond what a Date holds mean no watermark yet, or the end of all. */
const LAST_TIME = 8.64e15;

/** Client of the REST endpoint of Flink's JobManager. */
export class JobManager {
  private readonly rest: RestClient;

  constructor(address: string, headers?: Readonly<Record<string, string>>) {
    this.rest = new RestClient(address, 'JobManager', headers);
  }

  get url(): string {
    return this.rest.url;
  }

  /** @throws StreamcellError CLUSTER_UNREACHABLE when what answers is no JobManager. */
  async check(): Promise<void> {
    let version: unknown;
    try {
      version = (await this.rest.json<{ 'flink-version'?: unknown }>('/overview'))['flink-version'];
    } catch (thrown) {
      if (!(thrown instanceof RestError)) throw thrown;
    }
    if (typeof version !== 'string') {
      throw new StreamcellError('CLUSTER_UNREACHABLE', `What answers at ${this.url} is not Flink's JobManager.`, {
        hint: "The JobManager's REST endpoint is the address of Flink's web page (by default port 8081).",
      });
    }
  }

  async jobs(timeoutMillis?: number): Promise<readonly JobOverview[]> {
    return (await this.rest.json<{ jobs: readonly JobOverview[] }>('/jobs/overview', { timeoutMillis })).jobs;
  }

  /** Null for a job that the cluster does not know. */
  async state(job: string): Promise<ClusterJobState | null> {
    return (await this.known(this.rest.json<{ status: ClusterJobState }>(`/jobs/${job}/status`)))?.status ?? null;
  }

  async details(job: string): Promise<JobDetails | null> {
    return this.known(this.rest.json<JobDetails>(`/jobs/${job}`));
  }

  /** Asks for it; whether it was done the job's state tells. False for a job that the cluster does not know. */
  async cancel(job: string): Promise<boolean> {
    return (await this.known(this.rest.text(`/jobs/${job}?mode=cancel`, { method: 'PATCH' }))) !== null;
  }

  /** The stack trace of what failed a job. */
  async failure(job: string): Promise<string | null> {
    interface History {
      readonly exceptionHistory?: { readonly entries: readonly { readonly stacktrace: string }[] };
    }
    const history = await this.known(this.rest.json<History>(`/jobs/${job}/exceptions?maxExceptions=1`));
    return history?.exceptionHistory?.entries[0]?.stacktrace ?? null;
  }

  /** The lowest input watermark of a vertex's subtasks, in epoch ms; null before the first. */
  async watermark(job: string, vertex: string): Promise<number | null> {
    const all = await this.known(this.rest.json<readonly Metric[]>(`/jobs/${job}/vertices/${vertex}/watermarks`));
    const times = (all ?? []).map((m) => Number(m.value));
    if (times.length === 0) return null;
    const lowest = Math.min(...times);
    return Number.isFinite(lowest) && Math.abs(lowest) <= LAST_TIME ? lowest : null;
  }

  /** Rows that came too late, over all subtasks of a vertex. */
  async lateRows(job: string, vertex: string): Promise<number> {
    const path = `/jobs/${job}/vertices/${vertex}/metrics`;
    const names = (await this.known(this.rest.json<readonly Metric[]>(path))) ?? [];
    const late = names.map((m) => m.id).filter((id) => /numLateRecordsDropped$/.test(id));
    if (late.length === 0) return 0;
    const values = await this.known(
      this.rest.json<readonly Metric[]>(`${path}?get=${late.map(encodeURIComponent).join(',')}`),
    );
    return (values ?? []).reduce((sum, m) => sum + (Number(m.value) || 0), 0);
  }

  /** Null when the cluster does not know the job; it says so with 404, or, while it is looking, with 500. */
  private async known<T>(answer: Promise<T>): Promise<T | null> {
    try {
      return await answer;
    } catch (thrown) {
      if (
        thrown instanceof RestError &&
        (thrown.status === 404 || /FlinkJobNotFound|not find Flink job/.test(thrown.serverSide))
      )
        return null;
      throw thrown;
    }
  }
}
