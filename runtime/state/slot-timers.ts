import { TimerQueue } from './timers.js';

/**
 * One timer per slot, which may be moved or taken back.
 *
 * Maintains the invariant that a slot's timer comes out once, at the time it was last set to; entries of the queue that say otherwise are
 * left over, and skipped.
 */
export class SlotTimers {
  private readonly queue = new TimerQueue();
  /** Infinity = none. */
  private times: Float64Array = new Float64Array(16).fill(Infinity);

  get bytes(): number {
    return this.queue.bytes() + this.times.byteLength;
  }

  get(slot: number): number {
    return slot < this.times.length ? this.times[slot] : Infinity;
  }

  set(slot: number, time: number): void {
    if (slot >= this.times.length) {
      const known = this.times.length;
      const larger = new Float64Array(Math.max(slot + 1, known * 2)).fill(Infinity, known);
      larger.set(this.times);
      this.times = larger;
    }
    this.times[slot] = time;
    if (time !== Infinity) this.queue.add(time, slot);
  }

  /** Time of the next timer, Infinity without any. */
  get next(): number {
    const { queue } = this;
    while (queue.size > 0) {
      const time = queue.next;
      // A heap shows its first id only by giving it out.
      const slot = queue.pop();
      if (this.times[slot] === time) {
        queue.add(time, slot);
        return time;
      }
    }
    return Infinity;
  }

  /** Takes out the next timer at or before `now`. @returns its slot, or -1. */
  due(now: number): number {
    const { queue } = this;
    while (queue.next <= now) {
      const time = queue.next;
      const slot = queue.pop();
      if (this.times[slot] !== time) continue;
      this.times[slot] = Infinity;
      return slot;
    }
    return -1;
  }
}
