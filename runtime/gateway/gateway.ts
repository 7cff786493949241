import { createServer, STATUS_CODES, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { SUBPROTOCOL } from '../protocol/index.js';
import type { FeedLimits } from '../session/change-feed.js';
import { MAX_HELLO, ProtocolServer } from '../session/protocol-server.js';
import { WebSocketTransport } from '../session/web-socket-transport.js';
import { StreamcellError } from '../types/index.js';
import { openOn } from './clusters.js';
import type { Log } from './log.js';
import { restHandler } from './rest.js';
import { SessionRegistry } from './session-registry.js';
import { DEFAULTS, EMBEDDED, type FlinkCluster } from './settings.js';
import { tokenCheck } from './token.js';

export interface GatewayOptions {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  readonly token: string;
  readonly log: Log;
  /** Name and version. */
  readonly server?: string;
  readonly clusters?: readonly FlinkCluster[];
  /** Origins of browser pages that may connect; none by default. */
  readonly origins?: readonly string[];
  /** Milliseconds that a session outlives its connection. */
  readonly sessionTimeout?: number;
  readonly maxSessions?: number;
  readonly maxConnections?: number;
  /** Bytes of the largest message a client may send. */
  readonly maxMessage?: number;
  /** Milliseconds between pings. */
  readonly heartbeat?: number;
  readonly helloTimeout?: number;
  readonly feeds?: FeedLimits;
}

const PATH = '/v1';
const GOING_AWAY = 1001;
/** Connections at once that have not said who they are; the one that has been silent longest makes room for another. */
const MAX_STRANGERS = 50;
/** Connections that ask for something over HTTP. */
const MAX_REST = 100;
/** Milliseconds that a request may take to come in. */
const REQUEST_PATIENCE = 10_000;
/** Milliseconds that sessions have to stop their jobs when the gateway is shut down. */
const SHUTDOWN_PATIENCE = 10_000;

/**
 * The session gateway: sessions for clients over WebSockets, and a little REST beside them.
 *
 * State: the connections; the sessions are the registry's. Nobody gets further than the handshake without the token, and no browser page
 * unless its origin is allowed. Those who have not shown it yet cost little: they are few, are listened to for the length of a hello, and
 * take nobody's place.
 */
export class Gateway {
  private readonly registry: SessionRegistry;
  private readonly connections = new Set<ProtocolServer>();
  private readonly sockets = new Set<Socket>();
  private closing: Promise<void> | null = null;
  private readonly authorize: (token: string | undefined) => boolean;

  private constructor(
    private readonly http: Server,
    private readonly options: GatewayOptions,
  ) {
    const clusters = options.clusters ?? [];
    this.authorize = tokenCheck(options.token);
    this.registry = new SessionRegistry({
      clusters: [EMBEDDED, ...clusters.map((c) => c.name)],
      sessionTimeout: options.sessionTimeout ?? DEFAULTS.sessionTimeout,
      maxSessions: options.maxSessions ?? DEFAULTS.maxSessions,
      open: (cluster, settings) => openOn(clusters, cluster, settings),
      feeds: options.feeds,
      log: options.log,
    });
    const allowed = (origin: string | undefined): boolean =>
      origin === undefined || (options.origins ?? []).includes(origin);
    const sockets = new WebSocketServer({
      noServer: true,
      maxPayload: options.maxMessage ?? DEFAULTS.maxMessage,
      // Compressed frames cost a buffer of their own per connection, and Arrow hardly shrinks by them.
      perMessageDeflate: false,
      handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    });
    http.on('request', restHandler(this.registry, this.authorize, allowed));
    http.on('upgrade', (request, socket, head) => {
      const refusal = this.refusal(request, allowed);
      if (refusal !== null) {
        options.log('warn', 'handshake refused', { status: refusal });
        refuse(socket, refusal);
      } else {
        sockets.handleUpgrade(request, socket, head, (webSocket) => this.connect(webSocket, socket));
      }
    });
    http.maxConnections = this.maxConnections + MAX_STRANGERS + MAX_REST;
    http.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
  }

  /** @throws StreamcellError GATEWAY_UNREACHABLE when the address cannot be used. */
  static async start(options: GatewayOptions): Promise<Gateway> {
    const http = createServer({
      headersTimeout: REQUEST_PATIENCE,
      requestTimeout: REQUEST_PATIENCE,
      connectionsCheckingInterval: REQUEST_PATIENCE / 2,
    });
    const gateway = new Gateway(http, options);
    await new Promise<void>((resolve, reject) => {
      http.once('error', (cause: NodeJS.ErrnoException) =>
        reject(
          new StreamcellError(
            'GATEWAY_UNREACHABLE',
            `The gateway cannot listen at ${options.host}:${options.port} (${cause.code ?? cause.message}).`,
            { cause, hint: 'Choose another --port; 0 takes one that is free.' },
          ),
        ),
      );
      http.listen(options.port, options.host, resolve);
    });
    options.log('info', 'listening', { url: gateway.url });
    const { address } = http.address() as AddressInfo;
    if (!isLoopback(address)) options.log('warn', 'reachable from elsewhere, without TLS of its own', { address });
    return gateway;
  }

  /** Where clients connect. */
  get url(): string {
    const { address, port, family } = this.http.address() as AddressInfo;
    return `ws://${family === 'IPv6' ? `[${address}]` : address}:${port}${PATH}`;
  }

  /** Stops the jobs of all sessions, and lets go of the address. Idempotent. */
  close(): Promise<void> {
    this.closing ??= this.closeNow();
    return this.closing;
  }

  private async closeNow(): Promise<void> {
    this.options.log('info', 'shutting down');
    this.http.close();
    const patience = new Promise<void>((resolve) => setTimeout(resolve, SHUTDOWN_PATIENCE).unref());
    await Promise.race([this.registry.shutdown(), patience]);
    for (const connection of [...this.connections]) connection.close(GOING_AWAY, 'the gateway shuts down');
    // The closing handshakes get a moment.
    await new Promise((resolve) => setTimeout(resolve, this.connections.size > 0 ? 100 : 0));
    for (const socket of this.sockets) socket.destroy();
  }

  /** HTTP status of a handshake that is not let in; null when it is. */
  private refusal(request: IncomingMessage, allowed: (origin: string | undefined) => boolean): number | null {
    if (this.closing !== null) return 503;
    if ((request.url ?? '').split('?')[0] !== PATH) return 404;
    if (!allowed(request.headers.origin)) return 403;
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((p) => p.trim());
    if (!offered.includes(SUBPROTOCOL)) return 400;
    return null;
  }

  private get maxConnections(): number {
    return this.options.maxConnections ?? DEFAULTS.maxConnections;
  }

  private connect(webSocket: WebSocket, socket: Duplex): void {
    const strangers = [...this.connections].filter((c) => c.isStranger);
    if (strangers.length >= MAX_STRANGERS) strangers[0].refuseStranger();
    const connection = new ProtocolServer(new WebSocketTransport(webSocket), this.registry, {
      full: () => [...this.connections].filter((c) => c.greeted).length >= this.maxConnections,
      authorize: this.authorize,
      heartbeat: this.options.heartbeat ?? DEFAULTS.heartbeat,
      helloTimeout: this.options.helloTimeout,
      maxMessage: this.options.maxMessage ?? DEFAULTS.maxMessage,
      server: this.options.server,
      log: (event, details) => this.options.log(event === 'internal error' ? 'error' : 'info', event, details),
    });
    this.connections.add(connection);
    webSocket.on('close', () => this.connections.delete(connection));
    listenToHello(connection, webSocket, socket);
  }
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.');
}

/** The size of messages is known only once all of one is here: of somebody who is not known, bytes are counted as they come. */
function listenToHello(connection: ProtocolServer, webSocket: WebSocket, socket: Duplex): void {
  let bytes = 0;
  const count = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (!connection.isStranger) {
      socket.off('data', count);
    } else if (bytes > MAX_HELLO) {
      socket.off('data', count);
      connection.refuseFlood();
      // What else comes stays where it is.
      webSocket.pause();
    }
  };
  socket.on('data', count);
}

function refuse(socket: Duplex, status: number): void {
  socket.on('error', () => undefined);
  // Whoever does not close his side would keep it otherwise.
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
