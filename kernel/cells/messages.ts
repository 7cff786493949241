import type { MessagePort } from 'node:worker_threads';
import type { CellFailure, Completeness, CompletionReply, MimeBundle } from '../host.js';

/*
 * What the threads of the kernel say to each other about TypeScript cells. `run` numbers one execution of a cell.
 */

/** Protocol thread to main thread. */
export type ToMain =
  | {
      readonly type: 'run';
      readonly run: number;
      readonly cell: string;
      readonly code: string;
      readonly script: Script;
    }
  /** The run was interrupted: nothing waits for it any more. */
  | { readonly type: 'abandon'; readonly run: number }
  /** What ran was ended from outside. */
  | { readonly type: 'terminated' }
  | { readonly type: 'ping'; readonly id: number }
  | { readonly type: 'get'; readonly id: number; readonly name: string }
  | { readonly type: 'setArrowTable'; readonly id: number; readonly name: string; readonly ipc: Uint8Array };

export type FromMain =
  | { readonly type: 'outcome'; readonly run: number; readonly outcome: Outcome }
  | { readonly type: 'pong'; readonly id: number }
  | { readonly type: 'value'; readonly id: number; readonly value: unknown }
  | { readonly type: 'valueFailed'; readonly id: number; readonly message: string }
  /** The process got a SIGINT. */
  | { readonly type: 'interrupt' }
  /** The cells' session wants to be connected. */
  | { readonly type: 'session'; readonly port: MessagePort }
  | OutputMessage;

/** What a cell, or a callback that it left behind, says. `run` 0 stands for the newest; `total` is the OutputGate's. */
export type OutputMessage = { readonly run: number; readonly total: bigint } & CellSays;

export type CellSays =
  | { readonly type: 'stream'; readonly name: 'stdout' | 'stderr'; readonly text: string }
  | {
      readonly type: 'display';
      readonly data: MimeBundle;
      readonly displayId: string;
      readonly update: boolean;
    }
  | { readonly type: 'displayQuery'; readonly sql: string }
  | { readonly type: 'clearOutput'; readonly wait: boolean };

export type Outcome =
  { readonly ok: true; readonly result: CellValue } | { readonly ok: false; readonly failure: CellFailure };

/** The value of a cell's last expression as the front end sees it; a query is shown by the language that runs queries. */
export type CellValue =
  | { readonly kind: 'none' }
  | { readonly kind: 'data'; readonly data: MimeBundle }
  | { readonly kind: 'query'; readonly sql: string };

/** JavaScript of a cell and its source map. */
export interface Script {
  readonly js: string;
  readonly map: string;
}

/** Protocol thread to checker; each is answered by one Checked of the same id. */
export type ToChecker = { readonly id: number } & (
  | { readonly type: 'prepare'; readonly cell: string; readonly code: string }
  /** The cell ran: its declarations count from now on. */
  | { readonly type: 'commit'; readonly cell: string }
  | { readonly type: 'declare'; readonly name: string; readonly valueType: string }
  /** Declarations of the catalog's tables, for the Table API. */
  | { readonly type: 'catalog'; readonly declarations: string }
  | { readonly type: 'complete'; readonly code: string; readonly offset: number }
  | { readonly type: 'inspect'; readonly code: string; readonly offset: number; readonly detail: 0 | 1 }
  | { readonly type: 'isComplete'; readonly code: string }
);

export interface CheckerReplies {
  readonly prepare: Prepared;
  readonly commit: null;
  readonly declare: null;
  readonly catalog: null;
  readonly complete: CompletionReply | null;
  readonly inspect: MimeBundle | null;
  readonly isComplete: Completeness;
}

export type Prepared =
  { readonly ok: true; readonly script: Script } | { readonly ok: false; readonly errors: readonly TypeErrorText[] };

export interface TypeErrorText {
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** `TS2322` */
  readonly code: string;
  readonly message: string;
  /** Length of the wrong text on its line, at least 1. */
  readonly length: number;
}

export type Checked = { readonly id: number } & (
  | { readonly ok: true; readonly reply: CheckerReplies[keyof CheckerReplies] }
  | { readonly ok: false; readonly message: string }
);
