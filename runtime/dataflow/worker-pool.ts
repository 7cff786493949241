import { Worker } from 'node:worker_threads';
import type { FromSubtask, ToSubtask } from './job-protocol.js';

export interface PooledWorker {
  readonly worker: Worker;
  /** Loaded, waiting for its first message. */
  readonly ready: Promise<void>;
  loaded: boolean;
}

/** Heap of one worker, MB: columns and state tables lie outside of it; what lies inside are maps, strings and nested values. */
const HEAP_MEGABYTES = 4096;

/** Workers kept beyond the spare ones: jobs come and go in a notebook, and a loaded worker costs some 20 MB only. */
const KEPT = 3;

/**
 * Worker threads for jobs. Keeps a spare one loaded, so that a job starts without waiting for modules (measured: 60 to 90 ms), and takes
 * back those whose job ended well.
 *
 * Spare workers do not keep the process alive; those of running jobs do.
 */
export class WorkerPool {
  private readonly idle: PooledWorker[] = [];
  private closed = false;

  constructor(
    private readonly entry: URL,
    private readonly spares = 1,
    private readonly heapMegabytes = HEAP_MEGABYTES,
  ) {}

  /** Loads the spare workers ahead of the first job. */
  async warm(count = this.spares): Promise<void> {
    while (this.idle.length < count) this.idle.push(this.create());
    await Promise.all(this.idle.map((w) => w.ready));
  }

  take(): PooledWorker {
    const loaded = this.idle.findIndex((w) => w.loaded);
    const taken = this.idle.splice(Math.max(0, loaded), 1)[0] ?? this.create();
    taken.worker.ref();
    if (this.idle.length < this.spares && !this.closed) {
      // Not within the start of a job, which wants the processor for itself.
      setTimeout(() => {
        if (this.idle.length < this.spares && !this.closed) this.idle.push(this.create());
      }, 50).unref();
    }
    return taken;
  }

  /** Gives back a worker whose job is over, without listeners. */
  give(worker: PooledWorker): void {
    worker.worker.unref();
    if (this.closed || this.idle.length >= this.spares + KEPT) void worker.worker.terminate();
    else this.idle.push(worker);
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.all(this.idle.splice(0).map((w) => w.worker.terminate()));
  }

  private create(): PooledWorker {
    const worker = new Worker(this.entry, {
      resourceLimits: { maxOldGenerationSizeMb: this.heapMegabytes },
      execArgv: [],
    });
    worker.unref();
    const ready = new Promise<void>((resolve, reject) => {
      const onMessage = (message: FromSubtask): void => {
        if (message.type !== 'ready') return;
        worker.off('message', onMessage);
        pooled.loaded = true;
        resolve();
      };
      worker.on('message', onMessage);
      worker.once('error', reject);
      worker.once('exit', () => {
        const at = this.idle.findIndex((w) => w.worker === worker);
        if (at >= 0) this.idle.splice(at, 1);
      });
    });
    // Whoever takes it looks at it again.
    ready.catch(() => undefined);
    const pooled: PooledWorker = { worker, ready, loaded: false };
    return pooled;
  }
}

export function send(worker: Worker, message: ToSubtask): void {
  worker.postMessage(message);
}
