/**
 * Changes a second over the last seconds, from counts as they come with frames.
 *
 * State: samples of the last window. The rate of a view that hears nothing sinks to 0 by itself, since time goes on.
 */
export class RateMeter {
  private samples: { readonly at: number; readonly total: number }[] = [];

  constructor(private readonly window = 3000) {}

  add(at: number, total: number): void {
    const last = this.samples.at(-1);
    // A resync may bring an older count again; a restarted result begins from 0.
    if (last !== undefined && total < last.total) this.samples = [];
    this.samples.push({ at, total });
    this.forget(at);
  }

  /** Per second. */
  at(now: number): number {
    this.forget(now);
    const first = this.samples[0];
    const last = this.samples.at(-1);
    if (first === undefined || last === undefined || last.total === first.total) return 0;
    return ((last.total - first.total) * 1000) / Math.max(now - first.at, 250);
  }

  reset(): void {
    this.samples = [];
  }

  private forget(now: number): void {
    // The youngest sample before the window stays: it is what the window began with.
    while (this.samples.length > 1 && this.samples[1].at <= now - this.window) this.samples.shift();
  }
}
