import { MIN_WATERMARK, type Output } from '../../operators/operator.js';
import type { Batch } from '../../types/index.js';
import { BARRIER, BATCH, END, IDLE, WATERMARK, type RingReader } from './ring.js';

interface Channel {
  watermark: number;
  idle: boolean;
  ended: boolean;
  /** Its barrier has come: nothing more is taken from it until the checkpoint has this subtask's state. */
  barrier: boolean;
}

/**
 * The receiving end of an exchange in one subtask: merges the channels of all senders.
 *
 * State: per channel its watermark, idleness, end and barrier. It maintains the invariant that what it sends on is the minimum watermark of
 * channels neither idle nor ended, and that no row which came after a barrier passes before the barriers of all channels have come.
 */
export class ExchangeReceiver {
  private readonly channels: Channel[];
  private emitted = MIN_WATERMARK;
  private idleOut = false;
  private endedOut = false;

  constructor(
    senders: number,
    private readonly output: Output,
    /** By sender; null for the local one. */
    private readonly readers: readonly (RingReader | null)[],
    private readonly notify: (subtask: number) => void,
    /** Every channel has its barrier (or its end). */
    private readonly onAligned: () => void,
  ) {
    this.channels = Array.from({ length: senders }, () => ({
      watermark: MIN_WATERMARK,
      idle: false,
      ended: false,
      barrier: false,
    }));
  }

  get ended(): boolean {
    return this.endedOut;
  }

  /** Takes at most `limit` messages of each ring. @returns whether there was any. */
  step(limit: number): boolean {
    let progressed = false;
    for (let from = 0; from < this.readers.length; from++) {
      const reader = this.readers[from];
      if (reader === null) continue;
      let taken = 0;
      while (taken < limit && !this.channels[from].barrier) {
        const message = reader.read();
        if (message === null) break;
        taken++;
        if (message.kind === BATCH) this.batch(from, message.batch as Batch);
        reader.release();
        if (message.kind === WATERMARK) this.watermark(from, message.value);
        else if (message.kind === IDLE) this.idle(from, message.value === 1);
        else if (message.kind === END) this.end(from);
        else if (message.kind === BARRIER) this.barrier(from);
      }
      if (taken > 0) {
        progressed = true;
        // The sender may wait for room.
        this.notify(from);
      }
    }
    return progressed;
  }

  batch(_from: number, batch: Batch): void {
    this.output.batch(batch);
  }

  watermark(from: number, time: number): void {
    this.channels[from].watermark = Math.max(time, this.channels[from].watermark);
    this.advance();
  }

  idle(from: number, idle: boolean): void {
    this.channels[from].idle = idle;
    this.advance();
    const allIdle = this.channels.every((c) => c.idle || c.ended) && this.channels.some((c) => c.idle && !c.ended);
    if (allIdle !== this.idleOut) {
      this.idleOut = allIdle;
      this.output.idle(allIdle);
    }
  }

  end(from: number): void {
    this.channels[from].ended = true;
    if (this.channels.every((c) => c.ended)) {
      this.advance();
      this.endedOut = true;
      this.output.end();
    } else this.advance();
    if (this.aligned) this.onAligned();
  }

  barrier(from: number): void {
    this.channels[from].barrier = true;
    if (this.aligned) this.onAligned();
  }

  /** Whether every channel stands at the barrier; one that has ended does. */
  get aligned(): boolean {
    return this.channels.every((c) => c.barrier || c.ended);
  }

  unblock(): void {
    for (const channel of this.channels) channel.barrier = false;
  }

  private advance(): void {
    let lowest = Infinity;
    for (const c of this.channels) if (!c.idle && !c.ended && c.watermark < lowest) lowest = c.watermark;
    if (lowest === Infinity) {
      if (!this.channels.every((c) => c.ended)) return;
      for (const c of this.channels) if (c.watermark < lowest) lowest = c.watermark;
    }
    if (lowest > this.emitted) {
      this.emitted = lowest;
      this.output.watermark(lowest);
    }
  }
}
