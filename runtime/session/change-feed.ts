import { encodeRows, MAX_CREDIT, type FrameHeader, type ServerEvent } from '../protocol/index.js';
import { StreamcellError, type ChangelogRow, type Schema } from '../types/index.js';

/** Where a hosted session sends what happens: its connection. */
export interface Outlet {
  send(event: ServerEvent): void;
  sendFrame(header: FrameHeader, body: Uint8Array): void;
  /** Whether so much is under way that nothing shall be added; who holds something back for it is told when there is room again. */
  readonly crowded: boolean;
}

export interface FeedLimits {
  /** Milliseconds that a query is held back for a reader without a connection. */
  readonly hold: number;
  /** Bytes of frames kept for it afterwards. */
  readonly keptBytes: number;
}

export const DEFAULT_FEED_LIMITS: FeedLimits = { hold: 30_000, keptBytes: 8 << 20 };

interface Kept {
  readonly seq: number;
  readonly rows: number;
  readonly body: Uint8Array;
}

/**
 * The changes of one result on their way to a client: pulls a run whenever the client has given credit for it, and so holds the query back.
 *
 * State: frames that the client has not confirmed (at most MAX_CREDIT while it is there, whatever it grants), the credit left, what was
 * lost.
 * Invariant: a frame is dropped only once its reader had no connection for `hold` milliseconds; then the query runs on, the last
 * `keptBytes` are kept, and the reader is told how many rows it missed.
 */
export class ChangeFeed {
  private readonly iterator: AsyncIterator<readonly ChangelogRow[]>;
  /** Asked for at once: only a reader that has begun can also decline. */
  private pulled: Promise<IteratorResult<readonly ChangelogRow[]>> | null;
  private kept: Kept[] = [];
  private credit = 0;
  private made = 0;
  private sent = 0;
  /** Rows of dropped frames by number, as far as they had been sent; the client may have them. */
  private droppedSent: { readonly seq: number; readonly rows: number }[] = [];
  private droppedUnsent = 0;
  /** The gap that the client was told of last; it has heard of it once it goes on after a frame from the one before `seq` on. */
  private gap: { readonly seq: number; readonly lost: number } | null = null;
  private state: 'reading' | 'over' | 'stopped' = 'reading';
  private error: StreamcellError | null = null;
  private endSent = false;
  private loose = false;
  private timer: NodeJS.Timeout | null = null;
  private wake: (() => void) | null = null;

  constructor(
    private readonly stream: string,
    private readonly columns: Schema,
    changes: AsyncIterable<readonly ChangelogRow[]>,
    private readonly outlet: () => Outlet | null,
    private readonly limits: FeedLimits = DEFAULT_FEED_LIMITS,
  ) {
    this.iterator = changes[Symbol.asyncIterator]();
    this.pulled = this.iterator.next();
    this.pulled.catch(() => undefined);
    void this.pump();
  }

  /** The client begins to read, or goes on after frame `after` on another connection. */
  read(credit: number, after: number): void {
    if (this.state === 'stopped') {
      this.outlet()?.send({ type: 'changesEnd', stream: this.stream, error: changesGone().toData() });
      return;
    }
    this.connected();
    this.confirm(after);
    const unheard = this.gap !== null && after < this.gap.seq - 1 ? this.gap.lost : 0;
    const dropped = this.droppedSent.filter((d) => d.seq > after).reduce((sum, d) => sum + d.rows, 0);
    const lost = unheard + this.droppedUnsent + dropped;
    this.droppedSent = [];
    this.droppedUnsent = 0;
    this.credit = Math.min(credit, MAX_CREDIT);
    this.sent = this.kept.length > 0 ? this.kept[0].seq - 1 : this.made;
    this.endSent = false;
    this.gap = lost > 0 ? { seq: this.sent + 1, lost } : null;
    if (this.gap !== null) this.outlet()?.send({ type: 'gap', stream: this.stream, ...this.gap });
    this.flush();
  }

  grant(credit: number, received: number): void {
    this.confirm(received);
    this.credit = Math.min(this.credit + credit, MAX_CREDIT);
    this.flush();
  }

  /** The connection takes more again. */
  drained(): void {
    this.flush();
  }

  /** Nobody reads (any more). */
  stop(): void {
    if (this.state === 'stopped') return;
    const wasReading = this.state === 'reading';
    this.state = 'stopped';
    this.kept = [];
    this.connected();
    this.wake?.();
    if (wasReading) void this.iterator.return?.().catch(() => undefined);
  }

  /** The connection is gone; the reader may come back. */
  disconnected(): void {
    this.credit = 0;
    if (this.state !== 'reading' || this.timer !== null) return;
    this.timer = setTimeout(() => {
      this.loose = true;
      this.wake?.();
    }, this.limits.hold);
    this.timer.unref();
  }

  private connected(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.loose = false;
  }

  private confirm(received: number): void {
    while (this.kept.length > 0 && this.kept[0].seq <= Math.min(received, this.sent)) this.kept.shift();
  }

  private async pump(): Promise<void> {
    try {
      while (this.state === 'reading') {
        if (!this.wanted()) {
          await new Promise<void>((resolve) => (this.wake = resolve));
          this.wake = null;
          continue;
        }
        const result = await (this.pulled ?? this.iterator.next());
        this.pulled = null;
        if (this.isStopped()) return;
        if (result.done === true) break;
        if (result.value.length > 0) this.keep(result.value);
        this.flush();
      }
    } catch (thrown) {
      this.error = StreamcellError.from(thrown);
      // What failed may have been the encoding: the query must not wait for a reader that has given up.
      if (!this.isStopped()) void this.iterator.return?.().catch(() => undefined);
    }
    if (this.isStopped()) return;
    this.state = 'over';
    this.flush();
  }

  /** Apart, since the state changes while `pump` waits. */
  private isStopped(): boolean {
    return this.state === 'stopped';
  }

  private wanted(): boolean {
    return this.loose || (this.credit > this.made - this.sent && this.kept.length < MAX_CREDIT);
  }

  private keep(rows: readonly ChangelogRow[]): void {
    // Before it has a number: a frame that cannot be made is none to wait for.
    const body = encodeRows(this.columns, rows, true);
    this.kept.push({ seq: ++this.made, rows: rows.length, body });
    if (!this.loose) return;
    let bytes = this.kept.reduce((sum, k) => sum + k.body.length, 0);
    while (bytes > this.limits.keptBytes && this.kept.length > 1) {
      const [dropped] = this.kept.splice(0, 1);
      bytes -= dropped.body.length;
      if (dropped.seq <= this.sent) this.droppedSent.push({ seq: dropped.seq, rows: dropped.rows });
      else this.droppedUnsent += dropped.rows;
    }
  }

  private flush(): void {
    const outlet = this.outlet();
    if (outlet === null || this.state === 'stopped') return;
    for (const { seq, rows, body } of this.kept) {
      if (seq <= this.sent) continue;
      if (this.credit === 0 || outlet.crowded || seq - this.kept[0].seq >= MAX_CREDIT) return;
      this.credit--;
      this.sent = seq;
      outlet.sendFrame({ type: 'changes', stream: this.stream, seq, rows }, body);
    }
    if (this.state === 'over' && !this.endSent && this.sent === this.made) {
      this.endSent = true;
      outlet.send({
        type: 'changesEnd',
        stream: this.stream,
        ...(this.error === null ? {} : { error: this.error.toData() }),
      });
    } else {
      this.wake?.();
    }
  }
}

/** For a reader who comes when nothing can be read any more. */
export function changesGone(): StreamcellError {
  return new StreamcellError(
    'RESULT_GONE',
    'The changes of this result were not asked for when it was executed, or have passed.',
  );
}
