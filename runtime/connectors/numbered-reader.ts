import type { Batch } from '../types/index.js';
import type { Poll, SourceMetrics, SourceReader, SourceRequest, SplitOffset } from './connector.js';
import { assignedOffsets } from './split-assignment.js';

const MAX_BATCH = 4096;

interface NumberedOffset {
  /** Number of the next row of this split. */
  readonly next: number;
  /** Distance between its rows: how many splits there are. */
  readonly step: number;
}

/**
 * Reader of rows that follow from their number alone, at a rate.
 *
 * Rows are numbered from 0; split k of n has the rows k, k + n, k + 2n, ..., so that a restored source goes on with the numbers that are
 * left at whatever parallelism. Emits by the clock: as many rows as the rate has allowed since it was opened.
 */
export abstract class NumberedReader implements SourceReader {
  readonly metrics: SourceMetrics = { records: 0, bytes: 0, malformed: 0, lag: null };
  private own: { readonly split: string; next: number; readonly step: number; ended: boolean }[] = [];
  private turn = 0;
  private startedAt = 0;
  private emitted = 0;
  private wake: (() => void) | null = null;

  constructor(
    protected readonly request: SourceRequest,
    private readonly name: string,
  ) {}

  /** Rows there are in all. */
  protected abstract readonly end: number;
  /** Rows per second, of all subtasks together; Infinity: no limit. */
  protected abstract readonly rate: number;

  /** The `n` rows `next`, `next + step`, ... */
  protected abstract rows(n: number, next: number, step: number): Batch;

  open(offsets: readonly SplitOffset[] | null): Promise<void> {
    const { subtask, parallelism } = this.request;
    const fresh: SplitOffset[] = [
      { split: `${this.name}-${subtask}`, offset: { next: subtask, step: parallelism } satisfies NumberedOffset },
    ];
    const assigned = offsets === null ? fresh : assignedOffsets(offsets, subtask, parallelism);
    this.own = assigned.map(({ split, offset }) => ({ split, ...(offset as NumberedOffset), ended: false }));
    this.startedAt = performance.now();
    return Promise.resolve();
  }

  splits(): readonly string[] {
    return this.own.map((s) => s.split);
  }

  poll(): Poll {
    const allowed = this.allowance();
    for (let i = 0; i < this.own.length; i++) {
      const at = (this.turn + i) % this.own.length;
      const split = this.own[at];
      if (split.ended) continue;
      const left = Math.ceil((this.end - split.next) / split.step);
      if (left <= 0) {
        split.ended = true;
        return { kind: 'splitEnd', split: split.split };
      }
      if (allowed < 1) return { kind: 'empty' };
      this.turn = at + 1;
      const n = Math.min(left, allowed, MAX_BATCH);
      const batch = this.rows(n, split.next, split.step);
      split.next += n * split.step;
      this.emitted += n;
      this.metrics.records += n;
      return { kind: 'batch', batch, split: split.split };
    }
    return { kind: 'end' };
  }

  ready(): Promise<void> {
    const wait = this.allowance() >= 1 || this.own.every((s) => s.ended || s.next >= this.end) ? 0 : this.untilNext();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, wait);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  snapshotOffsets(): readonly SplitOffset[] {
    return this.own.map((s) => ({ split: s.split, offset: { next: s.next, step: s.step } satisfies NumberedOffset }));
  }

  close(): Promise<void> {
    this.wake?.();
    return Promise.resolve();
  }

  /** This subtask's part of the rate. */
  private share(): number {
    return this.rate / this.request.parallelism;
  }

  /** Rows that may be emitted now; the first row needs no waiting. */
  private allowance(): number {
    const share = this.share();
    if (share === Infinity) return MAX_BATCH;
    return Math.floor(1 + ((performance.now() - this.startedAt) / 1000) * share) - this.emitted;
  }

  /** A few rows at least are worth waking up for, while a slow source is served row by row. */
  private untilNext(): number {
    const share = this.share();
    const due = (this.emitted / share) * 1000 - (performance.now() - this.startedAt);
    return Math.max(share > 200 ? 5 : 1, Math.ceil(due));
  }
}
