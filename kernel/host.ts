import type { Session } from '@streamcell/runtime/session/session';

export type MimeBundle = Readonly<Record<string, unknown>>;

/** What a running cell can say to its front end. Every message carries the cell's request as its parent, also after the cell has ended. */
export interface CellOutput {
  stream(name: 'stdout' | 'stderr', text: string): void;
  display(data: MimeBundle, metadata?: MimeBundle, displayId?: string): void;
  updateDisplay(displayId: string, data: MimeBundle, metadata?: MimeBundle): void;
  executeResult(data: MimeBundle, metadata?: MimeBundle): void;
  clearOutput(wait: boolean): void;
}

export interface CellRequest {
  readonly code: string;
  readonly executionCount: number;
  readonly silent: boolean;
  readonly output: CellOutput;
  /** Aborted by an interrupt. */
  readonly signal: AbortSignal;
}

/** Failure of a cell as the `error` message shows it; `data` is displayed first when there is a richer form of it. */
export interface CellFailure {
  readonly name: string;
  readonly message: string;
  readonly traceback: readonly string[];
  readonly data?: MimeBundle;
}

export type CellResult =
  { readonly ok: true; readonly pager?: string } | { readonly ok: false; readonly failure: CellFailure };

export interface CompletionReply {
  readonly matches: readonly string[];
  readonly from: number;
  readonly to: number;
  /** One per match where known: `keyword`, `table`, `column`, `function`, ... */
  readonly kinds: readonly string[];
}

export type Completeness = 'complete' | 'incomplete' | 'invalid' | 'unknown';

/** One language of cells: `%%flinksql`, line magics, TypeScript. Knows nothing of sockets. */
export interface CellLanguage {
  /** Whether it takes this cell; the first that does has it. */
  takes(code: string): boolean;
  run(request: CellRequest): Promise<CellResult>;
  complete(code: string, offset: number): Promise<CompletionReply | null>;
  /** MIME bundle of the help at an offset; null when there is none. */
  inspect(code: string, offset: number, detail: 0 | 1): Promise<MimeBundle | null>;
  isComplete(code: string): Completeness | Promise<Completeness>;
}

/** The values that TypeScript cells hold, as other cells see them. */
export interface Variables {
  /** The value of a top-level name as plain data (structured clone); undefined where it is not defined. */
  get(name: string): Promise<unknown>;
  /** Makes a value visible to TypeScript cells under a name; Arrow tables travel as their IPC bytes. */
  setArrowTable(name: string, ipc: Uint8Array): Promise<void>;
}

/** The session that cells talk to now, and what changes it. */
export interface Sessions {
  readonly current: Session;
  /** `embedded`, or the name or address of the gateway's cluster. */
  readonly cluster: string;
  /**
   * Makes another session the current one; jobs of the former go on. Once the signal is aborted nothing changes any more.
   * @throws StreamcellError when the address does not answer or refuses.
   */
  connect(address: string, token: string | null, signal?: AbortSignal): Promise<void>;
  /** Back to the embedded engine. */
  disconnect(): Promise<void>;
  onChange(listener: () => void): void;
}

/** One open comm. */
export interface CommChannel {
  readonly id: string;
  send(data: unknown, buffers?: readonly Uint8Array[]): void;
  close(data?: unknown): void;
}

export interface CommTarget {
  /** Answers a comm_open of the front end; what it returns hears the rest. */
  open(
    channel: CommChannel,
    data: unknown,
  ): { message(data: unknown, buffers: readonly Uint8Array[]): void; closed(): void };
}
