import {
  decodeRows,
  encodeRows,
  MAX_CREDIT,
  MAX_VIEWPORT_ROWS,
  type BinaryFrame,
  type FrameHeader,
} from '../protocol/index.js';
import { StreamcellError, type ChangelogRow, type Schema } from '../types/index.js';
import type { GatewayConnection } from './gateway-connection.js';
import type { ResultView, ViewFrame, Viewport, ViewStatus, ViewSubscription } from './session.js';

/** Frames of changes that may be under way: few at first, so that a slow reader soon holds the query back; more for one who waits for them. */
const FIRST_CREDIT = 2;
const MOST_CREDIT = Math.min(16, MAX_CREDIT);

/** What the views of a session share. */
export interface ViewRoom {
  readonly connection: GatewayConnection;
  /** Numbers of subscriptions, unique in the connection. */
  nextSubscription(): number;
  /** Hears the frames of a subscription until it is closed. */
  readonly lookers: Map<number, Looker>;
}

export interface Looker {
  frame(header: FrameHeader & { type: 'frame' }, arrow: Uint8Array): void;
  /** There is no connection for now. */
  away(): void;
  /** The connection is a new one. */
  again(): void;
  /** There is none any more. */
  lost(error: StreamcellError): void;
}

/** `gap`: how many changes are missing here; null when nobody knows. */
type Item = BinaryFrame | { readonly gap: number | null };

/**
 * A result on the other side of a connection.
 *
 * State: whether somebody reads the changes, and what came of them. Changes are held back over there until `settle` or a reader decides.
 */
export class RemoteView implements ResultView {
  private reader: 'undecided' | 'reading' | 'none' = 'undecided';
  private items: Item[] = [];
  private received = 0;
  private credit = FIRST_CREDIT;
  /** Number of the last frame that may come. */
  private granted = 0;
  private over: { readonly error: StreamcellError | null } | null = null;
  private wake: (() => void) | null = null;

  constructor(
    private readonly room: ViewRoom,
    /** Held, so that the result lives over there as long as anybody here can look at it. */
    private readonly statement: { readonly stream: string; readonly ended: boolean },
    readonly columns: Schema,
  ) {}

  private get stream(): string {
    return this.statement.stream;
  }

  async status(): Promise<ViewStatus> {
    return this.room.connection.request('status', { stream: this.stream });
  }

  async snapshot(): Promise<readonly ChangelogRow[]> {
    const { frames, value } = await this.room.connection.requestFrames('snapshot', { stream: this.stream });
    if (frames.length !== value.frames)
      throw new StreamcellError('PROTOCOL_INVALID', 'Frames of a snapshot are missing.');
    return frames.flatMap(({ body }) => decodeRows(this.columns, body, false));
  }

  changes(): AsyncIterable<readonly ChangelogRow[]> {
    if (this.reader === 'reading')
      throw new StreamcellError('INTERNAL', 'The changes of a result have one reader only.');
    if (this.reader === 'none')
      throw new StreamcellError('INTERNAL', 'The changes of this result have passed already: ask for them at once.');
    this.reader = 'reading';
    this.ask();
    return this.read();
  }

  subscribe(viewport: Viewport, onFrame: (frame: ViewFrame) => void): ViewSubscription {
    const { connection, lookers } = this.room;
    const subscription = this.room.nextSubscription();
    let current = clamped(viewport);
    let seq = 0;
    // Frames of former connections: the numbers here go on, those over there begin again.
    let base = 0;
    let last: ViewFrame | null = null;
    lookers.set(subscription, {
      frame: (header, arrow) => {
        seq = base + header.seq;
        const { from, rowCount, status } = header;
        last = { seq, from, rowCount, status, arrow };
        onFrame(last);
      },
      lost: (error) => {
        // The last state was shown already.
        if (this.statement.ended && last !== null && last.status.state !== 'running') return;
        // Who looks shall not believe that it still runs, nor wait for rows.
        const { from, rowCount, status, arrow } = last ?? this.nothing(current);
        onFrame({ seq: ++seq, from, rowCount, status: { ...status, state: 'failed', error: error.toData() }, arrow });
      },
      away: () => {
        // The rows stay; that they do not move has a reason.
        if (last === null || last.status.state !== 'running') return;
        const { from, rowCount, status, arrow } = last;
        onFrame({ seq: ++seq, from, rowCount, status: { ...status, away: true }, arrow });
      },
      again: () => {
        base = seq;
        connection.notify({ type: 'subscribe', stream: this.stream, subscription, viewport: current });
      },
    });
    connection.notify({ type: 'subscribe', stream: this.stream, subscription, viewport: current });
    return {
      update: (next) => {
        current = clamped(next);
        if (lookers.has(subscription)) connection.notify({ type: 'viewport', subscription, viewport: current });
      },
      acknowledge: (drawn) => {
        if (lookers.has(subscription) && drawn > base)
          connection.notify({ type: 'ack', subscription, seq: drawn - base });
      },
      close: () => {
        if (lookers.delete(subscription)) connection.notify({ type: 'unsubscribe', subscription });
      },
    };
  }

  /** Now is the time by which a reader of the changes must have come. */
  settle(): void {
    if (this.reader !== 'undecided') return;
    this.reader = 'none';
    this.decline();
  }

  /** The connection is a new one. */
  again(): void {
    if (this.reader === 'none' && !this.statement.ended) this.decline();
    else if (this.reader === 'reading' && this.over === null) this.ask();
  }

  changesFrame(frame: BinaryFrame & { header: { type: 'changes' } }): void {
    const { seq } = frame.header;
    // What was under way when the connection was cut may come again.
    if (this.reader !== 'reading' || seq <= this.received) return;
    // One that could not be read: nothing that follows can make up for it.
    if (seq > this.received + 1) this.items.push({ gap: null });
    this.received = seq;
    this.items.push(frame);
    this.wake?.();
  }

  changesGap(seq: number, lost: number): void {
    this.received = seq - 1;
    this.items.push({ gap: lost });
    this.wake?.();
  }

  changesEnd(error: StreamcellError | null): void {
    this.over ??= { error };
    this.wake?.();
  }

  private nothing({ from, mode }: Viewport): Omit<ViewFrame, 'seq'> {
    const status = { state: 'running', rows: 0, changes: 0, truncated: false, watermark: null } as const;
    return { from, rowCount: 0, status, arrow: encodeRows(this.columns, [], mode === 'changelog') };
  }

  private decline(): void {
    this.room.connection.notify({ type: 'stopChanges', stream: this.stream });
  }

  private ask(): void {
    this.granted = this.received + this.credit;
    this.room.connection.notify({ type: 'changes', stream: this.stream, credit: this.credit, after: this.received });
  }

  private async *read(): AsyncGenerator<readonly ChangelogRow[]> {
    try {
      for (;;) {
        const item = this.items.shift();
        if (item !== undefined) {
          if ('gap' in item) {
            throw new StreamcellError(
              'CHANGES_LOST',
              item.gap === null
                ? 'Changes were lost on their way from the gateway.'
                : `${item.gap} changes were lost while there was no connection to the gateway.`,
            );
          }
          yield decodeRows(this.columns, item.body, true);
          this.confirm();
          continue;
        }
        if (this.over !== null) break;
        await new Promise<void>((resolve) => (this.wake = resolve));
        this.wake = null;
      }
    } finally {
      this.reader = 'none';
      this.items = [];
      if (this.over === null) this.decline();
    }
    if (this.over.error !== null) throw this.over.error;
  }

  /** Grants what has been read, in steps: not a message for each frame. */
  private confirm(): void {
    // The reader was faster than what came.
    if (this.items.length === 0) this.credit = Math.min(2 * this.credit, MOST_CREDIT);
    const read = this.received - this.items.length;
    const more = read + this.credit - this.granted;
    if (more < this.credit / 2) return;
    this.granted += more;
    this.room.connection.notify({ type: 'credit', stream: this.stream, credit: more, received: read });
  }
}

function clamped(viewport: Viewport): Viewport {
  const from = Math.max(0, viewport.from);
  const to = Math.max(from, Math.min(viewport.to, from + MAX_VIEWPORT_ROWS));
  return { ...viewport, from, to };
}
