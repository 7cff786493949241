import type { FromView, OpenView, ToView, ViewportRequest, ViewState } from '@streamcell/runtime/protocol/view-channel';

/** One open comm as the client sees it; the kernel's comm in the page, a plain object in tests. */
export interface ViewPort {
  send(message: FromView): void;
  close(): void;
}

export interface ViewListener {
  /** The kernel knows the stream. */
  attached(message: Extract<ToView, { type: 'attached' }>): void;
  /** Rows to draw. Whoever draws them calls `drawn` afterwards: without it no more than two frames come. */
  frame(message: Extract<ToView, { type: 'frame' }>, arrow: Uint8Array): void;
  /** Only numbers are new: the frame was made for an older viewport, or there is none. */
  status(status: ViewState): void;
  gone(reason: string): void;
  refused(message: Extract<ToView, { type: 'refused' }>): void;
}

export interface Timers {
  after(milliseconds: number, run: () => void): () => void;
}

const SILENCE = 5_000;
const LONGEST_SILENCE = 40_000;

/**
 * The front end's side of one live view's conversation (view-channel.ts).
 *
 * State: the epoch of the newest request, the last sequence number seen and the last one drawn, who wants a pause. It maintains the
 * invariant that every frame that came is acknowledged once it, or a later one, was drawn or passed over, and that lost frames (a gap, or
 * silence while running or while a request is unanswered) are answered by one resync, less and less often while nothing comes.
 */
export class ViewClient {
  private epoch = 0;
  private lastSeq: number | null = null;
  private acknowledged = 0;
  private visible = true;
  private heldByUser = false;
  private pausedAtKernel = false;
  /** The viewport moved during a pause of the user's: one frame, then pause again. */
  private peeking = false;
  /** Known once the kernel has answered; until then silence means that it is busy. */
  private running = false;
  private known = false;
  /** What was asked for last has not come yet. */
  private unanswered = true;
  private closed = false;
  private silence = SILENCE;
  private stopWatch: (() => void) | null = null;
  private port: ViewPort | null = null;

  constructor(
    private readonly listener: ViewListener,
    private readonly timers: Timers,
    private view: ViewportRequest,
  ) {}

  /** What the comm is opened with. */
  openData(stream: string): OpenView {
    return { stream, viewport: this.view };
  }

  /** The comm is open: `openData` was sent. */
  opened(port: ViewPort): void {
    this.port = port;
    this.watch();
    this.settle();
  }

  get viewport(): ViewportRequest {
    return this.view;
  }

  get paused(): boolean {
    return this.heldByUser;
  }

  receive(message: ToView, buffer: Uint8Array | null): void {
    if (this.closed) return;
    this.silence = SILENCE;
    switch (message.type) {
      case 'attached':
        this.known = true;
        this.running = message.status.state === 'running';
        this.listener.attached(message);
        break;
      case 'frame':
        this.receiveFrame(message, buffer);
        break;
      case 'status':
        this.running = message.status.state === 'running';
        this.listener.status(message.status);
        break;
      case 'gone':
        this.close();
        this.listener.gone(message.reason);
        return;
      case 'refused':
        this.unanswered = false;
        this.listener.refused(message);
        break;
    }
    this.watch();
  }

  private receiveFrame(message: Extract<ToView, { type: 'frame' }>, buffer: Uint8Array | null): void {
    const gap = this.lastSeq !== null && message.seq > this.lastSeq + 1;
    if (this.lastSeq !== null && message.seq <= this.lastSeq) return;
    this.lastSeq = message.seq;
    this.running = message.status.state === 'running';
    if (message.epoch < this.epoch || buffer === null) {
      this.listener.status(message.status);
      this.drawn(message.seq);
    } else {
      // Before the listener asks for the next.
      this.unanswered = false;
      this.listener.frame(message, buffer);
      this.peeking = false;
    }
    this.settle();
    if (gap) this.resync();
  }

  /** Everything up to this frame is on the screen. */
  drawn(seq: number): void {
    if (this.closed || seq <= this.acknowledged) return;
    this.acknowledged = seq;
    this.send({ type: 'ack', seq });
  }

  setViewport(viewport: ViewportRequest): void {
    this.view = viewport;
    if (this.port === null || this.closed) return;
    if (this.heldByUser && this.visible) {
      this.peeking = true;
      this.settle();
    }
    this.unanswered = true;
    this.send({ type: 'viewport', epoch: ++this.epoch, viewport });
    this.watch();
  }

  /** On the screen, in a tab that is looked at. */
  setVisible(visible: boolean): void {
    this.visible = visible;
    this.settle();
  }

  setPaused(paused: boolean): void {
    this.heldByUser = paused;
    this.peeking = false;
    this.settle();
  }

  stop(): void {
    this.send({ type: 'stop' });
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.stopWatch?.();
    this.port?.close();
  }

  /** The comm is gone without our doing: nothing more can be sent. */
  lost(): void {
    this.closed = true;
    this.stopWatch?.();
  }

  private resync(): void {
    this.unanswered = true;
    this.send({ type: 'resync', epoch: ++this.epoch, viewport: this.view });
  }

  private get wantsPause(): boolean {
    // The first frame is taken wherever the output is: it is what is saved with the notebook.
    const first = this.lastSeq === null;
    return (!this.visible && !first) || (this.heldByUser && !this.peeking);
  }

  private settle(): void {
    if (this.port === null || this.wantsPause === this.pausedAtKernel) return;
    this.pausedAtKernel = this.wantsPause;
    this.send({ type: this.pausedAtKernel ? 'pause' : 'resume' });
    this.watch();
  }

  private watch(): void {
    this.stopWatch?.();
    this.stopWatch = null;
    const expects = this.running || (this.known && this.unanswered);
    if (this.closed || this.pausedAtKernel || !expects) return;
    this.stopWatch = this.timers.after(this.silence, () => {
      this.silence = Math.min(this.silence * 2, LONGEST_SILENCE);
      this.resync();
      this.watch();
    });
  }

  private send(message: FromView): void {
    if (!this.closed) this.port?.send(message);
  }
}
