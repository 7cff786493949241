/** Requests that are served at once. */
const MOST_SERVED = 64;
/** Requests, and characters of them, that may wait for their turn. */
const MOST_WAITING = 1000;
const MOST_WAITING_TEXT = 8 << 20;

/**
 * The requests of one connection: some are served at once, some wait for their turn in order, and no more are taken.
 *
 * State: how many are served, those that wait and how long they are. It maintains the invariant that both are bounded.
 */
export class RequestQueue<R> {
  private served = 0;
  private waiting: { readonly request: R; readonly size: number }[] = [];
  private text = 0;

  /** @param serve never rejects. */
  constructor(private readonly serve: (request: R) => Promise<void>) {}

  /** @returns false when there are too many. */
  take(request: R, size: number): boolean {
    if (this.served < MOST_SERVED) {
      void this.begin(request);
      return true;
    }
    if (this.waiting.length >= MOST_WAITING || this.text + size > MOST_WAITING_TEXT) return false;
    this.waiting.push({ request, size });
    this.text += size;
    return true;
  }

  /** Those that wait are not served any more. */
  clear(): void {
    this.waiting = [];
    this.text = 0;
  }

  private async begin(request: R): Promise<void> {
    this.served++;
    await this.serve(request);
    this.served--;
    const next = this.waiting.shift();
    if (next === undefined) return;
    this.text -= next.size;
    void this.begin(next.request);
  }
}
