import { columnTexts, type FromView, type OpenView, type ToView } from '../protocol/index.js';
import { StreamcellError } from '../types/index.js';
import type { ViewFrame, Viewport, ViewSubscription } from './session.js';
import { viewState, type LiveStream, type Streams } from './streams.js';
import { readFromView, readOpenView } from './view-messages.js';

/** The way to the one who looks. */
export interface ViewChannel {
  send(data: ToView, buffers?: readonly Uint8Array[]): void;
}

/** One open view; what a comm's messages are handed to. */
export interface OpenedView {
  message(data: unknown): void;
  closed(): void;
}

const FRAMES_IN_FLIGHT = 2;
/**
 * Milliseconds after which a looker that acknowledges nothing is taken to be away. Nobody tells a kernel that a page was reloaded or closed,
 * and a page in a hidden tab draws nothing either: it goes on with its next word.
 */
const AWAY = 60_000;
/** Milliseconds between two looks at a query that has no rows, and so no frames that would tell how it stands. */
const WAITING = 1000;

/** Answers the opening of a view; `data` may be anything. Never throws: what is wrong is told over the channel. */
export function openView(
  streams: Pick<Streams, 'get' | 'reasonGone'>,
  channel: ViewChannel,
  data: unknown,
): OpenedView {
  let open: OpenView;
  let stream: LiveStream | undefined;
  try {
    const id = streamIdOf(data);
    stream = streams.get(id);
    if (stream === undefined) {
      channel.send({ type: 'gone', reason: streams.reasonGone(id) });
      return DEAF;
    }
    open = readOpenView(data, stream.statement.columns.length);
  } catch (thrown) {
    channel.send({ type: 'refused', error: StreamcellError.from(thrown).toData() });
    return DEAF;
  }
  return new ViewBridge(stream, channel, open.viewport);
}

const DEAF: OpenedView = { message: () => undefined, closed: () => undefined };

function streamIdOf(data: unknown): string {
  const id = typeof data === 'object' && data !== null && 'stream' in data ? data.stream : undefined;
  if (typeof id === 'string' && id.length <= 100) return id;
  throw new StreamcellError('MESSAGE_INVALID', 'A view is opened with the id of its stream.');
}

interface Request {
  readonly epoch: number;
  readonly viewport: Viewport;
}

interface Source {
  readonly epoch: number;
  subscription: ViewSubscription | null;
  /** False until its first frame came. */
  answered: boolean;
  /** Frames of it that were sent on, by their number on the channel. */
  readonly sent: Map<number, number>;
}

/**
 * One looker at one result: turns the session's frames into messages of view-channel.ts.
 *
 * State: what is looked at, the subscription that serves it, the newest frame that could not be sent yet, what was acknowledged. It
 * maintains the invariants that at most two frames are under way, at most one in `refresh` milliseconds is sent, only the newest state
 * waits, and that a frame's epoch is that of the very request it was made for: each request gets a subscription of its own, since the frames
 * of one do not tell which viewport they answer. A request that comes before the former was answered waits, replacing others that wait, so
 * that a wild scroll costs the query no more than one frame at a time. A looker that is away has no subscription and holds no frame. Whoever
 * gets no frames is told all the same when the query has ended.
 */
export class ViewBridge implements OpenedView {
  private seq = 0;
  private acknowledged = 0;
  private current: Request;
  private waiting: Request | null = null;
  private attached = false;
  /** Null before `attached`, and while paused. */
  private source: Source | null = null;
  private held: ViewFrame | null = null;
  private paused = false;
  private over = false;
  private timer: NodeJS.Timeout | null = null;
  private notBefore = 0;
  /** Runs while a frame is not acknowledged. */
  private absence: NodeJS.Timeout | null = null;
  private away = false;
  private ended = false;
  private toldEnd = false;
  /** Runs while the query has no rows. */
  private asking: NodeJS.Timeout | null = null;
  private told = '';

  constructor(
    private readonly stream: LiveStream,
    private readonly channel: ViewChannel,
    viewport: Viewport,
  ) {
    this.current = { epoch: 0, viewport };
    void this.attach();
    const over = (): void => {
      this.ended = true;
      void this.tellEnd();
    };
    stream.statement.done.then(over, over);
  }

  message(data: unknown): void {
    if (this.over) return;
    let message: FromView;
    try {
      message = readFromView(data, this.stream.statement.columns.length);
    } catch (thrown) {
      this.refuse(thrown);
      return;
    }
    const back = this.away;
    this.away = false;
    if (back) this.forgive();
    switch (message.type) {
      case 'viewport':
        this.look({ epoch: message.epoch, viewport: message.viewport });
        break;
      case 'resync':
        // Whatever was under way is lost, and so is its credit.
        this.forgive();
        this.waiting = null;
        this.current = { epoch: message.epoch, viewport: message.viewport };
        if (this.attached && !this.paused) this.subscribe();
        break;
      case 'ack':
        this.acknowledge(message.seq);
        break;
      case 'pause':
        this.paused = true;
        this.current = this.waiting ?? this.current;
        this.waiting = null;
        this.drop();
        void this.tellEnd();
        break;
      case 'resume':
        if (!this.paused) break;
        this.paused = false;
        this.forgive();
        if (this.attached) this.subscribe();
        break;
      case 'stop':
        this.stream.statement.cancel().catch((thrown: unknown) => this.refuse(thrown));
        break;
    }
    if (back && this.source === null && this.attached && !this.paused) this.subscribe();
  }

  closed(): void {
    this.over = true;
    this.drop();
    this.watch(false);
  }

  /** What is under way will not be acknowledged any more; its credit is given back. */
  private forgive(): void {
    this.acknowledged = this.seq;
    this.watch(false);
  }

  private watch(waiting: boolean): void {
    if (this.absence !== null) clearTimeout(this.absence);
    this.absence = null;
    if (!waiting) return;
    this.absence = setTimeout(() => {
      this.absence = null;
      this.away = true;
      this.drop();
      void this.tellEnd();
    }, AWAY);
    this.absence.unref();
  }

  private async attach(): Promise<void> {
    const { columns, upsertKey } = this.stream.statement;
    try {
      const status = await this.stream.view.status();
      if (this.over) return;
      this.channel.send({ type: 'attached', columns: columnTexts(columns), upsertKey, status: viewState(status) });
      this.attached = true;
      this.toldEnd = status.state !== 'running';
      if (!this.paused) this.subscribe();
      else void this.tellEnd();
    } catch (thrown) {
      this.refuse(thrown);
    }
  }

  /** Only to those who get no frames: frames say it themselves. */
  private async tellEnd(): Promise<void> {
    if (!this.ended || !this.attached) return;
    try {
      const status = viewState(await this.stream.view.status());
      if (this.over || this.toldEnd || this.source !== null || status.state === 'running') return;
      this.toldEnd = true;
      this.channel.send({ type: 'status', status });
    } catch (thrown) {
      this.refuse(thrown);
    }
  }

  /** Nothing changes in a result without rows, but why there are none does. */
  private ask(): void {
    this.asking ??= setInterval(() => {
      this.stream.view.status().then(
        (now) => {
          const status = viewState(now);
          const text = JSON.stringify([status.why, status.rowsIn]);
          if (this.asking === null || text === this.told || status.state !== 'running' || status.changes > 0) return;
          this.told = text;
          this.channel.send({ type: 'status', status });
        },
        () => this.stopAsking(),
      );
    }, WAITING);
    this.asking.unref();
  }

  private stopAsking(): void {
    if (this.asking !== null) clearInterval(this.asking);
    this.asking = null;
  }

  private look(request: Request): void {
    if (this.source !== null && !this.source.answered) {
      this.waiting = request;
      return;
    }
    this.current = request;
    if (this.attached && !this.paused) this.subscribe();
  }

  /** Begins with a fresh subscription for the current request. */
  private subscribe(): void {
    this.drop();
    const source: Source = { epoch: this.current.epoch, subscription: null, answered: false, sent: new Map() };
    this.source = source;
    try {
      source.subscription = this.stream.view.subscribe(this.current.viewport, (frame) => {
        if (this.source === source && !this.over) this.arrived(source, frame);
      });
      // A frame may have come from within, and another request's source be the current one already.
      if (this.source !== source) source.subscription.close();
    } catch (thrown) {
      this.refuse(thrown);
    }
  }

  private arrived(source: Source, frame: ViewFrame): void {
    source.answered = true;
    this.held = frame;
    this.send();
    if (this.waiting === null) return;
    this.current = this.waiting;
    this.waiting = null;
    this.subscribe();
  }

  private acknowledge(seq: number): void {
    if (seq > this.seq) {
      this.refuse(
        new StreamcellError('MESSAGE_INVALID', `Frame ${seq} was acknowledged, the last one is ${this.seq}.`),
      );
      return;
    }
    this.acknowledged = Math.max(this.acknowledged, seq);
    this.watch(this.acknowledged < this.seq);
    const { source } = this;
    let drawn = 0;
    for (const [mine, theirs] of source?.sent ?? []) {
      if (mine > seq) break;
      drawn = theirs;
      source?.sent.delete(mine);
    }
    if (drawn > 0) source?.subscription?.acknowledge(drawn);
    this.send();
  }

  private send(): void {
    const { held, source } = this;
    if (held === null || source === null || this.timer !== null) return;
    if (this.seq - this.acknowledged >= FRAMES_IN_FLIGHT) return;
    const wait = this.notBefore - performance.now();
    if (wait > 0) {
      this.timer = setTimeout(() => {
        this.timer = null;
        this.send();
      }, wait);
      return;
    }
    this.held = null;
    const seq = ++this.seq;
    source.sent.set(seq, held.seq);
    if (this.absence === null) this.watch(true);
    // The session's own pace is 20 frames a second: only a longer one needs keeping here.
    this.notBefore = performance.now() + this.stream.refresh - 1;
    const { from, rowCount, status, arrow } = held;
    this.toldEnd ||= status.state !== 'running';
    if (status.state === 'running' && status.changes === 0) this.ask();
    else this.stopAsking();
    this.channel.send({ type: 'frame', seq, epoch: source.epoch, from, rowCount, status: viewState(status) }, [arrow]);
  }

  private drop(): void {
    this.source?.subscription?.close();
    this.stopAsking();
    this.held = null;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.source = null;
  }

  private refuse(thrown: unknown): void {
    if (!this.over) this.channel.send({ type: 'refused', error: StreamcellError.from(thrown).toData() });
  }
}
