import { WebSocket, type RawData } from 'ws';
import { CLOSE, SUBPROTOCOL, type Transport, type TransportEnd } from '../protocol/index.js';
import { StreamcellError } from '../types/index.js';

/** Largest message that a client takes: frames of wide viewports and of snapshots. */
const MAX_CLIENT_MESSAGE = 256 << 20;
/** Milliseconds for the other side to answer the closing handshake. */
const CLOSE_PATIENCE = 1000;

/** Transport over a WebSocket of Node, either side of it. Keeps what came before somebody listened. */
export class WebSocketTransport implements Transport {
  private listener: ((data: string | Uint8Array) => void) | null = null;
  private closeListener: ((end: TransportEnd) => void) | null = null;
  private waiting: (string | Uint8Array)[] = [];
  private end: TransportEnd | null = null;

  constructor(private readonly socket: WebSocket) {
    socket.on('message', (data, binary) => {
      if (this.end !== null) return;
      const message = binary ? bytes(data) : bytes(data).toString('utf8');
      if (this.listener === null) this.waiting.push(message);
      else this.listener(message);
    });
    socket.on('close', (code, reason) => this.finish({ code, reason: reason.toString('utf8') }));
    // What is wrong is told by the close that follows; without a listener it would end the process.
    socket.on('error', () => undefined);
  }

  get buffered(): number {
    return this.socket.bufferedAmount;
  }

  send(data: string | Uint8Array): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(data, () => undefined);
  }

  onMessage(listener: (data: string | Uint8Array) => void): void {
    this.listener = listener;
    for (const message of this.waiting.splice(0)) listener(message);
  }

  onClose(listener: (end: TransportEnd) => void): void {
    this.closeListener = listener;
    if (this.end !== null) listener(this.end);
  }

  close(code: number = 1000, reason = ''): void {
    if (this.end !== null) return;
    this.socket.resume();
    this.socket.close(code, reason.slice(0, 100));
    // Who gave no sign of life will not shake hands either.
    if (code === CLOSE.heartbeat) this.socket.terminate();
    else setTimeout(() => this.socket.terminate(), CLOSE_PATIENCE).unref();
    this.finish({ code, reason });
  }

  pause(): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  private finish(end: TransportEnd): void {
    if (this.end !== null) return;
    this.end = end;
    this.waiting = [];
    this.closeListener?.(end);
  }
}

function bytes(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? Buffer.from(data) : data;
}

/**
 * Connects to a gateway at `ws://host:port` (a path of its own is kept).
 * @throws StreamcellError GATEWAY_UNREACHABLE, GATEWAY_REFUSED
 */
export async function connectWebSocket(address: string, patience = 10_000): Promise<Transport> {
  const url = gatewayUrl(address);
  const socket = new WebSocket(url, SUBPROTOCOL, {
    maxPayload: MAX_CLIENT_MESSAGE,
    handshakeTimeout: patience,
    perMessageDeflate: false,
  });
  // Listens from the start: the server may speak, and go, with the handshake.
  const transport = new WebSocketTransport(socket);
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(transport));
    socket.once('unexpected-response', (_request, { statusCode = 0 }) => {
      socket.terminate();
      // A proxy speaks for a gateway that is not there, but may be again.
      const code = statusCode >= 500 ? 'GATEWAY_UNREACHABLE' : 'GATEWAY_REFUSED';
      reject(new StreamcellError(code, `${url.host} refused the connection: HTTP ${statusCode}.`));
    });
    socket.once('error', (cause) =>
      reject(
        new StreamcellError('GATEWAY_UNREACHABLE', `No gateway answers at ${url.host}: ${cause.message}.`, { cause }),
      ),
    );
  });
}

/** @throws StreamcellError GATEWAY_UNREACHABLE for what is no address of a gateway. */
export function gatewayUrl(address: string): URL {
  let url: URL;
  try {
    url = new URL(/^[a-z]+:\/\//i.test(address) ? address : `ws://${address}`);
  } catch {
    throw new StreamcellError('GATEWAY_UNREACHABLE', `'${address}' is no address of a gateway.`, {
      hint: 'An address is ws://HOST:PORT or wss://HOST.',
    });
  }
  const protocols: Readonly<Record<string, string>> = {
    'http:': 'ws:',
    'https:': 'wss:',
    'ws:': 'ws:',
    'wss:': 'wss:',
  };
  if (!Object.hasOwn(protocols, url.protocol)) {
    throw new StreamcellError('GATEWAY_UNREACHABLE', `'${address}' is no address of a gateway.`, {
      hint: 'An address is ws://HOST:PORT or wss://HOST.',
    });
  }
  const found = new URL(url.href.replace(/^[a-z]+:/i, protocols[url.protocol]));
  if (found.pathname === '/') found.pathname = '/v1';
  found.search = '';
  found.hash = '';
  found.username = '';
  found.password = '';
  return found;
}
