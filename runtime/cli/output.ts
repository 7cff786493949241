import type { Writable } from 'node:stream';

/**
 * Writes text to a stream and waits when it is full, so that a slow reader slows the query instead of filling memory. When the reader is gone
 * (`| head`), says so once and swallows the rest.
 */
export class Output {
  private gone = false;
  /** Resolves when nobody reads any longer. */
  readonly closed: Promise<void>;

  constructor(private readonly stream: Writable) {
    this.closed = new Promise((resolve) => {
      stream.on('error', () => {
        this.gone = true;
        resolve();
      });
    });
  }

  async write(text: string): Promise<void> {
    if (this.gone || text === '') return;
    if (this.stream.write(text)) return;
    await Promise.race([new Promise<void>((resolve) => this.stream.once('drain', resolve)), this.closed]);
  }

  /** Everything written is with the operating system. */
  async flush(): Promise<void> {
    if (this.gone) return;
    await Promise.race([new Promise<void>((resolve) => this.stream.write('', () => resolve())), this.closed]);
  }
}
