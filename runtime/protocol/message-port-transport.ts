import type { Transport, TransportEnd } from './transport.js';

/** What is used of a MessagePort, as browsers and worker threads have them. */
export interface PortLike {
  postMessage(value: unknown, transfer: ArrayBuffer[]): void;
  addEventListener(type: 'message' | 'close', listener: (event: object) => void): void;
  start(): void;
  close(): void;
}

/** Of a port that was closed in order. */
const NORMAL = 1000;
const CLOSED = { type: 'streamcell.closed' } as const;

/**
 * Transport over a MessagePort, between threads of one process. Bytes that fill their buffer are handed over without a copy.
 *
 * State: messages that came while it was paused. A port has no close code: the side that closes sends it as its last message.
 */
export class MessagePortTransport implements Transport {
  private listener: ((data: string | Uint8Array) => void) | null = null;
  private closeListener: ((end: TransportEnd) => void) | null = null;
  private waiting: (string | Uint8Array)[] = [];
  private paused = false;
  private end: TransportEnd | null = null;

  constructor(private readonly port: PortLike) {
    port.addEventListener('message', (event) => this.receive('data' in event ? event.data : null));
    port.addEventListener('close', () => this.finish({ code: 1006, reason: 'the port was closed' }));
    port.start();
  }

  readonly buffered = 0;

  send(data: string | Uint8Array): void {
    if (this.end !== null) return;
    const whole =
      typeof data !== 'string' && data.buffer instanceof ArrayBuffer && data.byteLength === data.buffer.byteLength;
    this.port.postMessage(data, whole ? [data.buffer as ArrayBuffer] : []);
  }

  onMessage(listener: (data: string | Uint8Array) => void): void {
    this.listener = listener;
    this.drain();
  }

  onClose(listener: (end: TransportEnd) => void): void {
    this.closeListener = listener;
    if (this.end !== null) listener(this.end);
  }

  close(code: number = NORMAL, reason = ''): void {
    if (this.end !== null) return;
    this.port.postMessage({ ...CLOSED, code, reason }, []);
    this.finish({ code, reason });
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.drain();
  }

  private receive(data: unknown): void {
    if (this.end !== null) return;
    if (typeof data === 'string' || data instanceof Uint8Array) {
      this.waiting.push(data);
      this.drain();
    } else if (isClosed(data)) {
      this.finish({ code: data.code, reason: data.reason });
    }
  }

  private drain(): void {
    while (!this.paused && this.listener !== null && this.waiting.length > 0)
      this.listener(this.waiting.shift() as string | Uint8Array);
  }

  private finish(end: TransportEnd): void {
    if (this.end !== null) return;
    this.end = end;
    this.port.close();
    this.closeListener?.(end);
  }
}

function isClosed(data: unknown): data is { readonly code: number; readonly reason: string } {
  return typeof data === 'object' && data !== null && (data as { type?: unknown }).type === CLOSED.type;
}
