import type { ChangelogMode, DataType, ErrorData, Span } from '../types/index.js';
import type { FromView, OpenView, ToView, ViewMode } from './view-channel.js';

/*
 * The messages of `streamcell.v1`; PROTOCOL.md says what they mean and in which order they come. Text frames are one JSON object each,
 * binary frames a JSON header and Arrow bytes (frames.ts). Whatever has an `id` is a request and gets exactly one reply.
 */

/** Subprotocol of the WebSocket handshake. */
export const SUBPROTOCOL = 'streamcell.v1';
/** Versions this code speaks, best first. */
export const PROTOCOL_VERSIONS: readonly number[] = [1];

/** Frames of `changes` that may be under way: what one credit message can grant, and the most that is ever held. */
export const MAX_CREDIT = 64;
/** Pings without any answer, nor any other message, after which a connection is given up. */
export const MISSED_BEATS = 3;
/** Rows that one viewport may ask for. */
export const MAX_VIEWPORT_ROWS = 10_000;

/** Close codes of the WebSocket; 1001 is a gateway that shuts down, 1009 a message that was too large. */
export const CLOSE = {
  malformedHello: 4400,
  unauthorized: 4401,
  version: 4406,
  helloTimeout: 4408,
  heartbeat: 4410,
  limit: 4429,
} as const;

// ---- what both directions carry -----------------------------------------------------------------------------------------------------

export interface WireColumn {
  readonly name: string;
  /** Flink's text of the type, e.g. `TIMESTAMP(3) NOT NULL`. */
  readonly type: string;
  /** The same type as data. */
  readonly logical: DataType;
}

export interface WireViewport {
  readonly from: number;
  readonly to: number;
  readonly mode?: 'table' | 'changelog';
  readonly sort?: readonly { readonly column: number; readonly ascending: boolean }[];
  readonly filter?: readonly { readonly column: number; readonly contains: string }[];
}

export interface WireViewStatus {
  readonly state: 'running' | 'finished' | 'cancelled' | 'failed';
  readonly rows: number;
  readonly changes: number;
  readonly truncated: boolean;
  readonly watermark: number | null;
  readonly lateRows?: number;
  readonly malformed?: number;
  readonly rowsIn?: number;
  readonly why?: string;
  readonly error?: ErrorData;
}

export interface WireEnd {
  readonly state: 'finished' | 'cancelled';
  readonly rows: number;
  readonly changes: number;
  readonly milliseconds: number;
  /** False when nobody counted what an INSERT wrote. */
  readonly counted?: boolean;
}

/** What JSON cannot say is an object of one key: integers beyond 2^53, dates (epoch ms; null is an invalid one), doubles that are no numbers. */
export type WireScalar =
  | string
  | number
  | boolean
  | null
  | { readonly bigint: string }
  | { readonly date: number | null }
  | { readonly double: 'NaN' | 'Infinity' | '-Infinity' };
export type WireParameter = WireScalar | readonly WireScalar[];

export interface WireExecuteOptions {
  readonly mode?: 'table' | 'changelog';
  readonly maxRows?: number;
  readonly name?: string;
  readonly parallelism?: number;
  readonly parameters?: Readonly<Record<string, WireParameter>>;
  readonly limit?: number;
  /** The next statement begins only when `next` asks for it. Otherwise the statements follow each other at once. */
  readonly paced?: boolean;
  /** The changes of every result will be read, or declined by `stopChanges`; until either happens the query is held back. */
  readonly changes?: boolean;
}

export interface WireCompletion {
  readonly text: string;
  readonly kind: 'keyword' | 'table' | 'view' | 'column' | 'function' | 'type' | 'option' | 'catalog' | 'database';
  readonly detail?: string;
  readonly replace: Span;
}

export interface WireOperator {
  readonly id: number;
  readonly name: string;
  readonly rowsIn: number;
  readonly rowsOut: number;
  readonly lateRows: number;
  readonly malformed: number;
  readonly stateBytes: number;
  readonly stateKeys: number;
  readonly watermark: number | null;
}

export interface WireJob {
  readonly id: string;
  readonly name: string;
  readonly state: 'created' | 'running' | 'finished' | 'cancelling' | 'cancelled' | 'failed';
  readonly statement: string;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly operators: readonly WireOperator[];
  readonly error?: ErrorData;
}

export type WireExplainStage = 'ast' | 'logical' | 'optimized' | 'physical' | 'changelog';

/** How a result is shown as a notebook's output. */
export interface PresentOptions {
  readonly title?: string;
  readonly mode?: ViewMode;
  /** Text of a chart, as after `--chart`. */
  readonly chart?: string;
  /** Milliseconds between frames. */
  readonly refresh?: number;
  /** Rows of the saved output, at most SNAPSHOT_ROWS. */
  readonly limit?: number;
}

// ---- client to server ---------------------------------------------------------------------------------------------------------------

export interface Hello {
  readonly type: 'hello';
  /** Versions the client speaks. */
  readonly versions: readonly number[];
  readonly token?: string;
  /** Name and version of the program, for the log. */
  readonly client?: string;
}

/** Requests by type: what they carry besides `type` and `id`, and the value of their reply. */
export interface Requests {
  openSession: {
    request: {
      readonly cluster?: string;
      readonly options?: Readonly<Record<string, string>>;
      /** Id of a session that lost its connection. */
      readonly resume?: string;
    };
    value: { readonly session: string; readonly cluster: string; readonly resumed: boolean };
  };
  status: { request: { readonly stream: string }; value: WireViewStatus };
  /** The rows come before the reply, as binary frames of type `rows` with the request's id. */
  snapshot: { request: { readonly stream: string }; value: { readonly frames: number; readonly rows: number } };
  present: {
    request: { readonly stream: string; readonly options?: PresentOptions };
    value: Readonly<Record<string, unknown>>;
  };
  presentError: {
    request: { readonly error: ErrorData; readonly cell: string };
    value: Readonly<Record<string, unknown>>;
  };
  /** Tells whether a stream that the client knows has ended; an `end` follows when it has. */
  attach: { request: { readonly stream: string }; value: { readonly known: boolean } };
  /** Resolves when the statement is over. */
  cancel: { request: { readonly stream: string }; value: null };
  complete: {
    request: { readonly session: string; readonly text: string; readonly offset: number };
    value: readonly WireCompletion[];
  };
  validate: {
    request: {
      readonly session: string;
      readonly text: string;
      /** The text may ask for values that are not known yet. */
      readonly unbound?: boolean;
    };
    value: readonly ErrorData[];
  };
  explain: {
    request: { readonly session: string; readonly text: string; readonly stage?: WireExplainStage };
    value: string;
  };
  parameterNames: { request: { readonly text: string }; value: readonly string[] };
  jobs: { request: { readonly session: string }; value: readonly WireJob[] };
  stopJob: { request: { readonly session: string; readonly job: string }; value: null };
  options: { request: { readonly session: string }; value: Readonly<Record<string, string>> };
  /** Leaves the session and its jobs running, without a connection. */
  detach: { request: { readonly session: string }; value: null };
  /** Stops the session's jobs and forgets it. */
  close: { request: { readonly session: string }; value: null };
}

export type RequestType = keyof Requests;
export type Request = {
  [T in RequestType]: { readonly type: T; readonly id: number } & Requests[T]['request'];
}[RequestType];

/** Messages that get no reply; what they cause is told by events. */
export type Notice =
  | { readonly type: 'ping'; readonly at: number }
  | { readonly type: 'pong'; readonly at: number }
  | {
      readonly type: 'execute';
      readonly session: string;
      /** Chosen by the client, unique in the session. Sent again (after a reconnect) it does not run again. */
      readonly execution: string;
      readonly text: string;
      readonly options?: WireExecuteOptions;
      /** Statements of this execution that the client has already; 0 at first. */
      readonly received?: number;
    }
  /** The statement after those already received; paced executions only. Repeating it does no harm. */
  | { readonly type: 'next'; readonly session: string; readonly execution: string; readonly received: number }
  /** No further statements of it are begun; those that run go on. */
  | { readonly type: 'endExecution'; readonly session: string; readonly execution: string }
  /** Cancels what runs of it, and begins nothing more. */
  | { readonly type: 'interrupt'; readonly session: string; readonly execution: string }
  /** Begins, or after a reconnect continues, to read the changes: those after frame `after`, at most `credit` frames. */
  | { readonly type: 'changes'; readonly stream: string; readonly credit: number; readonly after?: number }
  /** `credit` more frames may come; all up to `received` need not be sent again. */
  | { readonly type: 'credit'; readonly stream: string; readonly credit: number; readonly received: number }
  /** The changes are not wanted (any more); the query is not held back by them. */
  | { readonly type: 'stopChanges'; readonly stream: string }
  | {
      readonly type: 'subscribe';
      readonly stream: string;
      /** Chosen by the client, unique in the connection. */
      readonly subscription: number;
      readonly viewport: WireViewport;
    }
  | { readonly type: 'viewport'; readonly subscription: number; readonly viewport: WireViewport }
  | { readonly type: 'ack'; readonly subscription: number; readonly seq: number }
  | { readonly type: 'unsubscribe'; readonly subscription: number }
  /** A comm of a front end (view-channel.ts), relayed by a client that has a notebook but no engine. */
  | { readonly type: 'viewOpen'; readonly session: string; readonly channel: string; readonly data: OpenView }
  | { readonly type: 'viewMessage'; readonly channel: string; readonly data: FromView }
  | { readonly type: 'viewClose'; readonly channel: string }
  /** The result is not needed any more. */
  | { readonly type: 'release'; readonly stream: string };

export type ClientMessage = Hello | Request | Notice;

// ---- server to client ---------------------------------------------------------------------------------------------------------------

export interface Welcome {
  readonly type: 'welcome';
  readonly version: number;
  /** Name and version of the server. */
  readonly server: string;
  /** Milliseconds between pings; 0 when this transport needs none. Silence of three times as long is the end of the connection. */
  readonly heartbeat: number;
  /** Bytes of the largest message that the server takes; 0 when it takes any. */
  readonly maxMessage: number;
  /** Milliseconds that a session outlives its connection. */
  readonly sessionTimeout: number;
  /** The first is the default. */
  readonly clusters: readonly string[];
}

export interface StatementMessage {
  readonly type: 'statement';
  readonly session: string;
  readonly execution: string;
  /** Names the statement and its result from now on. */
  readonly stream: string;
  readonly index: number;
  readonly kind: 'query' | 'insert' | 'ddl' | 'utility' | 'explain' | 'set';
  readonly span: Span;
  readonly text: string;
  readonly columns: readonly WireColumn[];
  readonly bounded: boolean;
  readonly changelog: ChangelogMode;
  readonly upsertKey: readonly number[] | null;
  readonly jobId: string | null;
  /** False for INSERT: then there is nothing to look at. */
  readonly hasView: boolean;
  readonly notices: readonly string[];
}

export type Reply =
  | { readonly type: 'reply'; readonly id: number; readonly value: unknown }
  | { readonly type: 'reply'; readonly id: number; readonly error: ErrorData };

export type ServerEvent =
  | { readonly type: 'ping'; readonly at: number }
  | { readonly type: 'pong'; readonly at: number }
  | StatementMessage
  /** No more statements of this execution come. */
  | {
      readonly type: 'executionEnd';
      readonly session: string;
      readonly execution: string;
      /** Statements that there were. */
      readonly statements: number;
      readonly error?: ErrorData;
    }
  /** A statement is over: `end`, or `error`. */
  | { readonly type: 'end'; readonly stream: string; readonly end?: WireEnd; readonly error?: ErrorData }
  /** Rows of `changes` were lost while there was no connection: frame `seq` - 1 is not the one before frame `seq`. */
  | { readonly type: 'gap'; readonly stream: string; readonly seq: number; readonly lost: number }
  /** No more changes come, because the statement is over. */
  | { readonly type: 'changesEnd'; readonly stream: string; readonly error?: ErrorData }
  /** A subscription cannot go on: its stream is not known any more. */
  | { readonly type: 'subscriptionEnd'; readonly subscription: number; readonly error: ErrorData }
  | { readonly type: 'view'; readonly channel: string; readonly data: ToView }
  /** The session is gone from here: closed by others, or taken over by another connection. */
  | {
      readonly type: 'sessionEnd';
      readonly session: string;
      readonly reason: 'closed' | 'resumed elsewhere' | 'shutdown';
    }
  /** A message that could not be understood, or a failure that belongs to no request. */
  | { readonly type: 'error'; readonly error: ErrorData };

export type ServerMessage = Welcome | Reply | ServerEvent;

/** Headers of binary frames, server to client; the body is one Arrow IPC stream. */
export type FrameHeader =
  /** With a first column `op`. `seq` rises by one per frame, from 1. */
  | { readonly type: 'changes'; readonly stream: string; readonly seq: number; readonly rows: number }
  /** Part of the reply to `snapshot`; no column `op`. */
  | { readonly type: 'rows'; readonly id: number; readonly rows: number }
  | {
      readonly type: 'frame';
      readonly subscription: number;
      readonly seq: number;
      readonly from: number;
      readonly rowCount: number;
      readonly status: WireViewStatus;
    }
  | { readonly type: 'view'; readonly channel: string; readonly data: ToView };
