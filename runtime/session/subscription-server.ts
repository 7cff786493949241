import type { FrameHeader, WireViewport } from '../protocol/index.js';
import { StreamcellError } from '../types/index.js';
import type { ResultView, ViewFrame, ViewSubscription } from './session.js';

export interface FrameSink {
  sendFrame(header: FrameHeader, body: Uint8Array): void;
  /** Whether so much is under way that frames shall be left out. */
  readonly crowded: boolean;
}

/**
 * One client's look at one result, on the server's side.
 *
 * State: which frames are under way, by the client's number and the view's; whether one was left out. Maintains the invariant that frames are
 * numbered without gaps, and that a client which was sent none for a while gets the latest state as soon as it reads again.
 */
export class SubscriptionServer {
  private readonly subscription: ViewSubscription;
  private seq = 0;
  /** Numbers of the view, by those of the client. */
  private readonly underWay = new Map<number, number>();
  /** The view's number of the last frame that was left out; 0 for none. */
  private leftOut = 0;
  private closed = false;

  /** @throws StreamcellError PROTOCOL_INVALID for columns that the result does not have. */
  constructor(
    private readonly id: number,
    private readonly view: ResultView,
    private viewport: WireViewport,
    private readonly sink: FrameSink,
  ) {
    checkColumns(viewport, view.columns.length);
    this.subscription = view.subscribe(viewport, (frame) => this.frame(frame));
  }

  /** @throws StreamcellError PROTOCOL_INVALID */
  update(viewport: WireViewport): void {
    checkColumns(viewport, this.view.columns.length);
    this.viewport = viewport;
    this.subscription.update(viewport);
  }

  acknowledge(seq: number): void {
    let theirs = 0;
    for (const [mine, source] of this.underWay) {
      // What was not sent cannot have been seen.
      if (mine > seq) break;
      theirs = source;
      this.underWay.delete(mine);
    }
    if (theirs > 0) this.subscription.acknowledge(theirs);
  }

  /** There is room again. */
  drained(): void {
    if (this.leftOut === 0) return;
    const { leftOut } = this;
    this.leftOut = 0;
    this.underWay.clear();
    this.subscription.acknowledge(leftOut);
    this.subscription.update(this.viewport);
  }

  close(): void {
    this.closed = true;
    this.subscription.close();
  }

  private frame({ seq: source, from, rowCount, status, arrow }: ViewFrame): void {
    if (this.closed) return;
    if (this.sink.crowded) {
      this.leftOut = source;
      return;
    }
    const seq = ++this.seq;
    this.underWay.set(seq, source);
    this.sink.sendFrame({ type: 'frame', subscription: this.id, seq, from, rowCount, status }, arrow);
  }
}

/** The view beside the job trusts who asks it. */
function checkColumns({ sort = [], filter = [] }: WireViewport, columns: number): void {
  for (const { column } of [...sort, ...filter]) {
    if (column < columns) continue;
    throw new StreamcellError('PROTOCOL_INVALID', `The result has ${columns} columns, ${column} is none of them.`);
  }
}
