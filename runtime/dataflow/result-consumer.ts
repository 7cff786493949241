import type { Batch, ErrorData } from '../types/index.js';

/** Takes a query's result where the job runs. */
export interface ResultConsumer {
  batch(batch: Batch): void;
  watermark(time: number): void;
  /** Back pressure: null when more may come now, else resolves when so. */
  ready(): Promise<void> | null;
  /** A message of the other side of the view. */
  command(command: unknown): void;
  /** The job is over; nothing follows. */
  finish(state: 'finished' | 'cancelled' | 'failed', error?: ErrorData): void;
}
