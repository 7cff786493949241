/**
 * Timers in order of time: a binary heap of (time, id) in flat arrays. Ids are the owner's slots.
 *
 * Timers are not moved or taken back: an owner whose time changed leaves the old timer in, and when it comes out, compares it with what it
 * knows (and sets a new one if it came too early). Equal times come out in order of id.
 */
export class TimerQueue {
  size = 0;
  private times: Float64Array = new Float64Array(64);
  private ids: Int32Array = new Int32Array(64);

  /** Time of the next timer, Infinity without any. */
  get next(): number {
    return this.size === 0 ? Infinity : this.times[0];
  }

  add(time: number, id: number): void {
    if (this.size === this.times.length) {
      const times = new Float64Array(this.size * 2);
      const ids = new Int32Array(this.size * 2);
      times.set(this.times);
      ids.set(this.ids);
      this.times = times;
      this.ids = ids;
    }
    const { times, ids } = this;
    let at = this.size++;
    while (at > 0) {
      const up = (at - 1) >> 1;
      if (times[up] < time || (times[up] === time && ids[up] <= id)) break;
      times[at] = times[up];
      ids[at] = ids[up];
      at = up;
    }
    times[at] = time;
    ids[at] = id;
  }

  /** Takes the next timer out. @returns its id. */
  pop(): number {
    const { times, ids } = this;
    const first = ids[0];
    const n = --this.size;
    if (n > 0) {
      const time = times[n];
      const id = ids[n];
      let at = 0;
      for (;;) {
        let down = at * 2 + 1;
        if (down >= n) break;
        if (
          down + 1 < n &&
          (times[down + 1] < times[down] || (times[down + 1] === times[down] && ids[down + 1] < ids[down]))
        )
          down++;
        if (time < times[down] || (time === times[down] && id <= ids[down])) break;
        times[at] = times[down];
        ids[at] = ids[down];
        at = down;
      }
      times[at] = time;
      ids[at] = id;
    }
    return first;
  }

  clear(): void {
    this.size = 0;
  }

  bytes(): number {
    return this.times.byteLength + this.ids.byteLength;
  }
}
