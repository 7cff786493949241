import { Worker } from 'node:worker_threads';
import type { Checked, CheckerReplies, ToChecker } from './messages.js';

type Unnumbered<T> = T extends unknown ? Omit<T, 'id'> : never;
type Request = Unnumbered<ToChecker>;

/**
 * The language service's thread, as the protocol thread sees it.
 *
 * State: the requests that wait for their answer. The thread starts with the kernel, so that it is ready when the first cell comes.
 */
export class CheckerClient {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, (checked: Checked) => void>();
  private next = 1;
  private ended: string | null = null;

  constructor(folder: string) {
    this.worker = new Worker(new URL('./checker-thread.js', import.meta.url), {
      workerData: { folder },
      // Its program is made at once and stays: a small young generation would be copied over and over.
      resourceLimits: { maxYoungGenerationSizeMb: 128 },
    });
    this.worker.on('message', (checked: Checked) => this.settle(checked));
    const ended = (why: string): void => {
      this.ended ??= why;
      for (const id of [...this.waiting.keys()]) this.settle({ id, ok: false, message: this.ended });
    };
    this.worker.on('error', (error) => ended(error.message));
    this.worker.on('exit', () => ended('its thread has ended'));
  }

  async ask<T extends Request['type']>(request: Request & { readonly type: T }): Promise<CheckerReplies[T]> {
    if (this.ended !== null)
      throw new Error(`the TypeScript language service is gone, restart the kernel: ${this.ended}`);
    const id = this.next++;
    const checked = await new Promise<Checked>((resolve) => {
      this.waiting.set(id, resolve);
      this.worker.postMessage({ ...request, id });
    });
    if (!checked.ok) throw new Error(`the TypeScript language service failed: ${checked.message}`);
    // Each request is answered by the reply of its own type.
    return checked.reply as CheckerReplies[T];
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }

  private settle(checked: Checked): void {
    this.waiting.get(checked.id)?.(checked);
    this.waiting.delete(checked.id);
  }
}
