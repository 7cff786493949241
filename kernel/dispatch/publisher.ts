import type { Header, JsonObject } from '../wire/codec.js';
import type { Outgoing } from '../wire/sockets.js';

export type StreamName = 'stdout' | 'stderr';

/** Milliseconds that written text may wait for more of it, and the length at which it waits no longer. */
const STREAM_DELAY = 20;
const STREAM_LENGTH = 64 * 1024;

/**
 * What is said to every front end.
 *
 * State: the text of one stream of one cell, held back shortly so that many small writes become one message.
 * Maintains the invariant that everything is published in the order in which it was said.
 */
export class Publisher {
  private pending: { readonly parent: Partial<Header>; readonly name: StreamName; text: string } | null = null;
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly send: (outgoing: Outgoing) => void) {}

  status(parent: Partial<Header>, state: 'starting' | 'busy' | 'idle'): void {
    this.publish('status', parent, { execution_state: state });
  }

  publish(
    type: string,
    parent: Partial<Header>,
    content: JsonObject,
    metadata?: JsonObject,
    buffers?: readonly Uint8Array[],
  ): void {
    this.flush();
    this.send({ type, parent, content, metadata, buffers });
  }

  stream(parent: Partial<Header>, name: StreamName, text: string): void {
    if (text === '') return;
    const { pending } = this;
    if (pending !== null && pending.name === name && pending.parent.msg_id === parent.msg_id) pending.text += text;
    else {
      this.flush();
      this.pending = { parent, name, text };
    }
    if ((this.pending?.text.length ?? 0) >= STREAM_LENGTH) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), STREAM_DELAY);
  }

  flush(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const { pending } = this;
    if (pending === null) return;
    this.pending = null;
    this.send({ type: 'stream', parent: pending.parent, content: { name: pending.name, text: pending.text } });
  }
}
