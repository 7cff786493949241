import type { CommChannel, CommTarget } from '../host.js';
import type { Message } from '../wire/codec.js';
import type { Publisher } from './publisher.js';

type Listener = ReturnType<CommTarget['open']>;

interface OpenComm {
  readonly target: string;
  readonly channel: CommChannel;
  listener: Listener;
}

/**
 * Comms that front ends opened.
 *
 * State: the targets, and the open comms by their ids. A comm of an unknown target, or one whose opening fails, is closed at once.
 */
export class Comms {
  private readonly targets = new Map<string, CommTarget>();
  private readonly open = new Map<string, OpenComm>();

  constructor(private readonly publisher: Publisher) {}

  register(name: string, target: CommTarget): void {
    this.targets.set(name, target);
  }

  info(target: string | null): Record<string, unknown> {
    const comms: Record<string, unknown> = {};
    for (const [id, comm] of this.open)
      if (target === null || comm.target === target) comms[id] = { target_name: comm.target };
    return comms;
  }

  handle(message: Message): void {
    const id = message.content.comm_id;
    if (typeof id !== 'string') return;
    switch (message.header.msg_type) {
      case 'comm_open':
        return this.opened(id, message);
      case 'comm_msg':
        return this.open.get(id)?.listener.message(message.content.data, message.buffers);
      case 'comm_close':
        return this.forget(id);
    }
  }

  /** The front ends are going, or the kernel is. */
  closeAll(): void {
    for (const id of [...this.open.keys()]) this.forget(id);
  }

  private opened(id: string, message: Message): void {
    const name = message.content.target_name;
    const target = typeof name === 'string' ? this.targets.get(name) : undefined;
    const publish = (type: string, data: unknown, buffers?: readonly Uint8Array[]): void =>
      this.publisher.publish(type, message.header, { comm_id: id, data: data ?? {} }, undefined, buffers);
    if (target === undefined || typeof name !== 'string') {
      publish('comm_close', { reason: `no comm target ${String(name)}` });
      return;
    }
    const channel: CommChannel = {
      id,
      send: (data, buffers) => {
        if (this.open.get(id)?.channel === channel) publish('comm_msg', data, buffers);
      },
      close: (data) => {
        if (this.open.get(id)?.channel !== channel) return;
        this.open.delete(id);
        publish('comm_close', data);
      },
    };
    this.forget(id);
    // The target may already send while it opens.
    const comm: OpenComm = { target: name, channel, listener: { message: () => {}, closed: () => {} } };
    this.open.set(id, comm);
    try {
      comm.listener = target.open(channel, message.content.data);
    } catch (thrown) {
      channel.close({ reason: thrown instanceof Error ? thrown.message : String(thrown) });
    }
  }

  private forget(id: string): void {
    const comm = this.open.get(id);
    if (comm === undefined) return;
    this.open.delete(id);
    comm.listener.closed();
  }
}
