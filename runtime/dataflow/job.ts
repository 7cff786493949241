import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fileError } from '../connectors/file-listing.js';
import { StreamcellError, type ErrorData } from '../types/index.js';
import type { PhysicalPlan } from '../planner/physical.js';
import { retainCheckpoints, writeManifest } from './checkpoint-store.js';
import { createRing } from './exchange/ring.js';
import type { FromSubtask, SubtaskCheckpoint, ToSubtask, ViewConfig } from './job-protocol.js';
import { layoutOf } from './layout.js';
import { withLookupTables } from './lookup-tables.js';
import { MetricsTable, type NodeMetrics } from './metrics.js';
import { planFingerprint } from './plan-fingerprint.js';
import type { ViewCommand, ViewReply } from './result-view.js';
import { send, type PooledWorker, type WorkerPool } from './worker-pool.js';

export type JobState = 'created' | 'running' | 'finished' | 'cancelling' | 'cancelled' | 'failed';

export interface JobOptions {
  readonly id?: string;
  readonly name: string;
  readonly plan: PhysicalPlan;
  readonly pool: WorkerPool;
  readonly view: ViewConfig | null;
  readonly onView?: (reply: ViewReply) => void;
  /** Directory of checkpoints, and how often they are taken (ms; 0 = only when asked). */
  readonly checkpoints?: { readonly directory: string; readonly interval: number };
  readonly restoreFrom?: string;
  readonly trace?: boolean;
}

interface SubtaskHandle {
  readonly pooled: PooledWorker;
  state: 'running' | 'flushed' | 'done';
  readonly onMessage: (message: FromSubtask) => void;
  readonly onError: (error: Error) => void;
  readonly onExit: (code: number) => void;
}

interface PendingCheckpoint {
  readonly id: number;
  readonly directory: string;
  readonly name: string;
  readonly parts: SubtaskCheckpoint[];
  readonly resolve: (path: string) => void;
  readonly reject: (error: StreamcellError) => void;
}

/** Workers that do not answer a cancel within this many ms are terminated: they may sit in one long batch, or in a hanging connection. */
const CANCEL_GRACE = 2000;
/** One besides the latest: somebody may just be restoring from it. */
const CHECKPOINTS_KEPT = 2;

/**
 * A running job as its session sees it: starts one worker per subtask, relays commands, coordinates checkpoints and the end.
 *
 * A job ends as a whole: when one subtask fails the others are cancelled; output is committed only after every subtask has flushed. A dead
 * worker fails its job and nothing else.
 */
export class Job {
  readonly id: string;
  readonly startedAt = Date.now();
  endedAt: number | null = null;
  state: JobState = 'created';
  error: StreamcellError | null = null;
  readonly parallelism: number;
  /** Resolves with the final state; never rejects. */
  readonly ended: Promise<'finished' | 'cancelled' | 'failed'>;
  private resolveEnded: (state: 'finished' | 'cancelled' | 'failed') => void = () => undefined;
  private readonly subtasks: SubtaskHandle[] = [];
  private readonly metrics: MetricsTable;
  private pending: PendingCheckpoint | null = null;
  private nextCheckpoint = 1;
  private timer: NodeJS.Timeout | null = null;
  private grace: NodeJS.Timeout | null = null;
  private kept: string[] = [];
  /** Ends where its savepoint was taken: there is nothing behind that for a checkpoint. */
  private stopped = false;

  private readonly options: JobOptions;

  constructor(given: JobOptions) {
    const options = { ...given, plan: withLookupTables(given.plan) };
    this.options = options;
    this.id = options.id ?? randomBytes(16).toString('hex');
    this.parallelism = Math.max(1, options.plan.options.parallelism);
    this.metrics = MetricsTable.create(options.plan.nodes.length, this.parallelism);
    this.ended = new Promise((resolve) => (this.resolveEnded = resolve));
  }

  get name(): string {
    return this.options.name;
  }

  get plan(): PhysicalPlan {
    return this.options.plan;
  }

  start(): void {
    const { plan, view, checkpoints, restoreFrom, trace } = this.options;
    const layout = layoutOf(plan, this.parallelism);
    const rings = layout.exchanges.map((exchange) =>
      Array.from({ length: this.parallelism }, (_, from) =>
        Array.from({ length: this.parallelism }, (_, to) => {
          if (from === to || from >= exchange.senders || (exchange.keys === null && to !== 0)) return null;
          return createRing();
        }),
      ),
    );
    const doorbells = new SharedArrayBuffer(this.parallelism * 4);
    this.state = 'running';
    for (let subtask = 0; subtask < this.parallelism; subtask++) {
      const pooled = this.options.pool.take();
      const handle: SubtaskHandle = {
        pooled,
        state: 'running',
        onMessage: (message) => this.receive(handle, message),
        onError: (error) => this.crashed(handle, error),
        onExit: (code) => this.crashed(handle, new Error(`the worker of subtask ${subtask} ended with code ${code}`)),
      };
      this.subtasks.push(handle);
      pooled.worker.on('message', handle.onMessage);
      pooled.worker.on('error', handle.onError);
      pooled.worker.on('exit', handle.onExit);
      send(pooled.worker, {
        type: 'start',
        config: {
          jobId: this.id,
          plan,
          subtask,
          parallelism: this.parallelism,
          rings,
          doorbells,
          metrics: this.metrics.buffer,
          restoreFrom: restoreFrom ?? null,
          view: subtask === 0 ? view : null,
          trace: trace ?? false,
        },
      });
    }
    if (checkpoints !== undefined && checkpoints.interval > 0) {
      this.timer = setInterval(() => void this.checkpoint().catch(() => undefined), checkpoints.interval);
      this.timer.unref();
    }
  }

  /** By position in the plan. */
  nodeMetrics(): NodeMetrics[] {
    return this.options.plan.nodes.map((node, i) => this.metrics.read(i, node.id, this.parallelism));
  }

  view(command: ViewCommand): void {
    const first = this.subtasks[0];
    if (first !== undefined && first.state !== 'done') send(first.pooled.worker, { type: 'view', command });
  }

  cancel(): Promise<'finished' | 'cancelled' | 'failed'> {
    if (this.state === 'running' || this.state === 'created') {
      this.state = 'cancelling';
      this.broadcast({ type: 'cancel' });
      this.startGrace();
      if (this.subtasks.length === 0) this.end('cancelled');
    }
    return this.ended;
  }

  /** Ends the sources, so that the job finishes as if its input were bounded. */
  drain(): Promise<'finished' | 'cancelled' | 'failed'> {
    this.broadcast({ type: 'drain' });
    return this.ended;
  }

  /**
   * Takes a checkpoint, or the user's savepoint. @returns its directory.
   * @throws StreamcellError when there is no directory for it, the job is over, or takes one already.
   */
  checkpoint(savepoint?: {
    readonly directory: string;
    readonly name: string;
    readonly pause: boolean;
  }): Promise<string> {
    const { checkpoints } = this.options;
    const directory = savepoint?.directory ?? (checkpoints && join(checkpoints.directory, this.id));
    if (directory === undefined) {
      return Promise.reject(new StreamcellError('SNAPSHOT_INVALID', 'The job has no directory for checkpoints.'));
    }
    if (this.state !== 'running')
      return Promise.reject(new StreamcellError('SNAPSHOT_INVALID', `The job is ${this.state}.`));
    if (this.pending !== null)
      return Promise.reject(new StreamcellError('SNAPSHOT_INVALID', 'A checkpoint is under way.'));
    const id = this.nextCheckpoint++;
    return new Promise((resolve, reject) => {
      this.pending = { id, directory, name: savepoint?.name ?? `chk-${id}`, parts: [], resolve, reject };
      this.broadcast({ type: 'checkpoint', id, directory, pause: savepoint?.pause ?? false });
    });
  }

  /** Ends the job with a savepoint as the last thing it did. With `drain`, windows still open fire after it. @returns its directory. */
  async stopWithSavepoint(directory: string, name: string, drain: boolean): Promise<string> {
    // An automatic checkpoint under way is waited for; whether it succeeds is not our affair.
    while (this.pending !== null) await new Promise((resolve) => setTimeout(resolve, 5));
    let path: string;
    try {
      path = await this.checkpoint({ directory, name, pause: true });
    } catch (thrown) {
      this.broadcast({ type: 'resume' });
      throw thrown;
    }
    this.stopped = !drain;
    this.broadcast({ type: drain ? 'drain' : 'stop' });
    await this.ended;
    return path;
  }

  private broadcast(message: ToSubtask): void {
    for (const { pooled, state } of this.subtasks) if (state !== 'done') send(pooled.worker, message);
  }

  private receive(handle: SubtaskHandle, message: FromSubtask): void {
    switch (message.type) {
      case 'ready':
      case 'started':
        break;
      case 'view':
        this.options.onView?.(message.reply);
        break;
      case 'checkpointed':
        void this.checkpointed(message.id, message.part);
        break;
      case 'checkpointFailed':
        if (this.pending?.id === message.id)
          this.checkpointFailed(this.pending, StreamcellError.fromData(message.error));
        break;
      case 'flushed':
        handle.state = 'flushed';
        if (this.subtasks.every((s) => s.state === 'flushed')) void this.commit();
        break;
      case 'done':
        this.finished(handle, true);
        break;
      case 'failed':
        this.fail(message.error);
        this.finished(handle, true);
        break;
    }
  }

  /** Output becomes final, by a last checkpoint where there are any: a crash half-way then has one to go on from that knows the whole. */
  private async commit(): Promise<void> {
    if ((this.options.checkpoints?.interval ?? 0) > 0 && !this.stopped) {
      if (this.timer !== null) clearInterval(this.timer);
      while (this.pending !== null) await new Promise((resolve) => setTimeout(resolve, 1));
      try {
        if (this.state === 'running') await this.checkpoint();
      } catch {
        // The job has failed of it, or was cancelled meanwhile.
        return;
      }
    }
    this.broadcast({ type: 'commit' });
  }

  private async checkpointed(id: number, part: SubtaskCheckpoint): Promise<void> {
    const { pending } = this;
    if (pending === null || pending.id !== id) return;
    pending.parts.push(part);
    if (pending.parts.length < this.parallelism) return;
    try {
      const path = await writeManifest(pending.directory, pending.name, {
        id,
        createdAt: Date.now(),
        parallelism: this.parallelism,
        plan: planFingerprint(this.options.plan),
        parts: [...pending.parts].sort((a, b) => a.subtask - b.subtask),
      });
      this.broadcast({ type: 'checkpointComplete', id });
      if (pending.name.startsWith('chk-')) {
        this.kept = [...this.kept, pending.name].slice(-CHECKPOINTS_KEPT);
        // Before `pending` is free: chunks of a checkpoint being written belong to no manifest yet, and would be cleared away.
        await retainCheckpoints(pending.directory, new Set(this.kept));
      }
      if (this.pending === pending) this.pending = null;
      pending.resolve(path);
    } catch (thrown) {
      this.checkpointFailed(pending, fileError(thrown, pending.directory));
    }
  }

  /** A job that is to survive a crash must not go on as if it could; a savepoint that fails is its caller's affair alone. */
  private checkpointFailed(pending: PendingCheckpoint, error: StreamcellError): void {
    if (this.pending === pending) this.pending = null;
    pending.reject(error);
    if (pending.name.startsWith('chk-')) this.fail(error.toData());
  }

  private fail(error: ErrorData): void {
    if (this.error === null && this.state !== 'cancelling') {
      this.error = StreamcellError.fromData(error);
      this.state = 'failed';
      this.broadcast({ type: 'cancel' });
      this.startGrace();
    }
  }

  private crashed(handle: SubtaskHandle, error: Error): void {
    if (handle.state === 'done') return;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ERR_WORKER_OUT_OF_MEMORY') {
      const largest = this.nodeMetrics()
        .map((m, i) => ({ ...m, label: this.options.plan.nodes[i].label }))
        .sort((a, b) => b.stateBytes - a.stateBytes)[0];
      const operator = largest?.label;
      this.fail({
        code: 'MEMORY_LIMIT',
        message: "The job's worker ran out of memory; most of its state is in one operator.",
        operator,
      });
    } else this.fail({ code: 'INTERNAL', message: error.message });
    this.finished(handle, false);
  }

  private finished(handle: SubtaskHandle, reusable: boolean): void {
    if (handle.state === 'done') return;
    handle.state = 'done';
    const { worker } = handle.pooled;
    worker.off('message', handle.onMessage);
    worker.off('error', handle.onError);
    worker.off('exit', handle.onExit);
    if (reusable && this.error === null) this.options.pool.give(handle.pooled);
    else {
      worker.on('error', () => undefined);
      void worker.terminate();
    }
    if (this.subtasks.every((s) => s.state === 'done')) {
      this.end(this.error !== null ? 'failed' : this.state === 'cancelling' ? 'cancelled' : 'finished');
    }
  }

  private startGrace(): void {
    this.grace ??= setTimeout(() => {
      for (const handle of this.subtasks) if (handle.state !== 'done') this.finished(handle, false);
    }, CANCEL_GRACE);
  }

  private end(state: 'finished' | 'cancelled' | 'failed'): void {
    if (this.endedAt !== null) return;
    this.state = state;
    this.endedAt = Date.now();
    if (this.timer !== null) clearInterval(this.timer);
    if (this.grace !== null) clearTimeout(this.grace);
    this.pending?.reject(
      new StreamcellError('SNAPSHOT_INVALID', `The job ${state} before the checkpoint was complete.`),
    );
    this.pending = null;
    this.resolveEnded(state);
  }
}
