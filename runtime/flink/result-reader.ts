import { StreamcellError, type ChangelogRow } from '../types/index.js';
import type { LocalView } from '../session/index.js';
import type { ClusterJob } from './cluster-job.js';
import { flinkError, readFailure } from './flink-errors.js';
import { RestError } from './rest-client.js';
import type { ValueReader } from './row-values.js';
import { isSessionLost, type GatewayPage, type Operation, type RowFormat, type SqlGateway } from './sql-gateway.js';

/** Wait before asking again after an empty page: short until the first row, which somebody is waiting for. */
const SHORTEST = 5;
const LONGEST_BEFORE_ROWS = 20;
const LONGEST = 100;
/** A gateway that does not answer for so long has gone. */
const SILENCE_MILLIS = 5000;
/** How long the JobManager may take to say how a job ended whose result broke off. */
const END_MILLIS = 3000;

export interface ResultReaderOptions {
  readonly gateway: SqlGateway;
  readonly operation: Operation;
  readonly job: ClusterJob;
  readonly view: LocalView;
  readonly format: RowFormat;
  /** One a column. */
  readonly values: readonly ValueReader[];
  /** The statement as it was sent. */
  readonly text: string;
  /** State of the job as the JobManager says now. */
  readonly jobState: () => Promise<string | null>;
  /** Has the cluster end the job, as soon as it can. */
  readonly doom: () => void;
}

/**
 * Fetches a query's result page by page into its view, until the end.
 *
 * State: the number of the page that comes next. A slow reader of the changes is waited for before the next page is asked for, which holds
 * back the job on the cluster: the gateway and Flink's collect sink hold a bounded number of rows.
 */
export class ResultReader {
  private stopped = false;
  private wake: (() => void) | null = null;
  private silentSince: number | null = null;

  constructor(private readonly options: ResultReaderOptions) {
    void options.job.ended.then(() => this.stop());
  }

  /** Reads from the page on. Never throws: the job's end says how it went. */
  async run(first: GatewayPage): Promise<void> {
    const { gateway, operation, job } = this.options;
    try {
      let page: GatewayPage | null = first;
      let wait = SHORTEST;
      while (!this.stopped) {
        if (page !== null) {
          if (this.take(page)) break;
          const longest = this.options.view.changes === 0 ? LONGEST_BEFORE_ROWS : LONGEST;
          wait = page.rows.length > 0 ? 0 : Math.min(longest, Math.max(SHORTEST, wait * 1.5));
          if (wait > 0) await this.pause(wait);
        }
        await this.untilReady();
        if (this.stopped) break;
        page = await this.fetch((page ?? first).next);
      }
    } catch (thrown) {
      await this.fail(thrown);
    } finally {
      await job.ended;
      // The gateway keeps a result until it is told to forget it.
      void gateway.closeOperation(operation).catch(() => undefined);
    }
  }

  private stop(): void {
    this.stopped = true;
    this.wake?.();
  }

  /** True when it was the last one. */
  private take(page: GatewayPage): boolean {
    const { view, job, values } = this.options;
    view.add(page.rows.map(({ kind, fields }): ChangelogRow => ({ kind, fields: fields.map((f, c) => values[c](f)) })));
    if (page.state !== 'end') return false;
    job.settle('finished');
    return true;
  }

  private async fetch(number: number): Promise<GatewayPage> {
    const { gateway, operation, format } = this.options;
    for (;;) {
      try {
        const page = await gateway.page(operation, number, format);
        this.silentSince = null;
        return page;
      } catch (thrown) {
        if (!(thrown instanceof StreamcellError) || this.stopped) throw thrown;
        this.silentSince ??= Date.now();
        if (Date.now() - this.silentSince > SILENCE_MILLIS) throw thrown;
        await this.pause(200);
      }
    }
  }

  private async untilReady(): Promise<void> {
    const ready = this.options.view.ready();
    if (ready === null) return;
    await Promise.race([ready, new Promise<void>((resolve) => (this.wake = resolve))]);
  }

  private async pause(millis: number): Promise<void> {
    if (this.stopped) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, millis);
      this.wake = (): void => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private async fail(thrown: unknown): Promise<void> {
    const { job, text, doom } = this.options;
    if (this.stopped || job.over) return;
    if (thrown instanceof StreamcellError) {
      doom();
      job.settle('failed', thrown);
      return;
    }
    if (isSessionLost(thrown)) {
      // Nobody can read this result any more.
      doom();
      job.settle(
        'failed',
        new StreamcellError('CLUSTER_SESSION_LOST', 'The SQL Gateway lost the session, and with it this result.'),
      );
      return;
    }
    if (!(thrown instanceof RestError)) {
      doom();
      job.settle('failed', StreamcellError.from(thrown));
      return;
    }
    // Somebody else may have cancelled the job; and a job that fails is not FAILED at once.
    const deadline = Date.now() + END_MILLIS;
    let state: string | null = 'RUNNING';
    try {
      for (;;) {
        state = await this.options.jobState();
        if (state === 'CANCELED' || state === 'FAILED' || state === 'FINISHED' || Date.now() > deadline) break;
        await this.pause(50);
      }
    } catch (unreachable) {
      doom();
      job.settle('failed', StreamcellError.from(unreachable, 'CLUSTER_UNREACHABLE'));
      return;
    }
    if (state === 'CANCELED') job.settle('cancelled');
    else {
      if (state !== 'FAILED') doom();
      job.settle('failed', flinkError({ ...readFailure(thrown.serverSide), ofJob: true, place: null }, text, 0));
    }
  }
}
