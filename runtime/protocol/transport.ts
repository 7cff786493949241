/** Why a transport ended; the codes are those of WebSockets. */
export interface TransportEnd {
  readonly code: number;
  readonly reason: string;
}

/**
 * A two-way channel of whole messages, in order: text is JSON, bytes are binary frames. WebSockets and MessagePorts are the two kinds.
 *
 * Callers set both listeners before the first turn of the event loop after they got the transport; what was sent meanwhile is kept.
 */
export interface Transport {
  /** Never throws; after the end it does nothing. The bytes belong to the transport from now on. */
  send(data: string | Uint8Array): void;
  onMessage(listener: (data: string | Uint8Array) => void): void;
  /** Called once, also when this side closes. */
  onClose(listener: (end: TransportEnd) => void): void;
  close(code?: number, reason?: string): void;
  /** Bytes that were sent but have not left yet; 0 where it is not known. */
  readonly buffered: number;
  /** Stops and goes on taking messages, so that a peer which does not read is not answered without end. */
  pause(): void;
  resume(): void;
}
