import type { JsonObject } from './codec.js';

/** What each request says and what its reply is: the one list that handlers, dispatcher and tests share. */
export interface Requests {
  kernel_info_request: { request: object; reply: JsonObject };
  execute_request: { request: ExecuteRequest; reply: ExecuteReply };
  complete_request: { request: CursorRequest; reply: CompleteReply };
  inspect_request: { request: CursorRequest & { readonly detail: 0 | 1 }; reply: InspectReply };
  is_complete_request: { request: { readonly code: string }; reply: IsCompleteReply };
  history_request: { request: HistoryRequest; reply: { readonly history: readonly unknown[] } };
  comm_info_request: { request: { readonly target: string | null }; reply: { readonly comms: JsonObject } };
  connect_request: { request: object; reply: JsonObject };
  shutdown_request: { request: { readonly restart: boolean }; reply: { readonly restart: boolean } };
  interrupt_request: { request: object; reply: object };
  create_subshell_request: { request: object; reply: { readonly subshell_id: string } };
  delete_subshell_request: { request: { readonly subshell: string }; reply: object };
  list_subshell_request: { request: object; reply: { readonly subshell_id: readonly string[] } };
}

export type RequestType = keyof Requests;
export type RequestOf<T extends RequestType> = Requests[T]['request'];
export type ReplyOf<T extends RequestType> = Requests[T]['reply'];

export interface ExecuteRequest {
  readonly code: string;
  readonly silent: boolean;
  readonly storeHistory: boolean;
  readonly stopOnError: boolean;
  readonly userExpressions: Readonly<Record<string, string>>;
}

export interface ErrorReply {
  readonly status: 'error';
  readonly ename: string;
  readonly evalue: string;
  readonly traceback: readonly string[];
}

export type ExecuteReply = { readonly execution_count: number } & (
  | { readonly status: 'ok'; readonly payload: readonly JsonObject[]; readonly user_expressions: JsonObject }
  | ErrorReply
  | { readonly status: 'aborted' }
);

export interface CursorRequest {
  readonly code: string;
  /** In UTF-16 units; the wire counts code points. */
  readonly offset: number;
}

export interface CompleteReply {
  readonly matches: readonly string[];
  readonly cursor_start: number;
  readonly cursor_end: number;
  readonly metadata: JsonObject;
}

export interface InspectReply {
  readonly found: boolean;
  readonly data: JsonObject;
  readonly metadata: JsonObject;
}

export interface IsCompleteReply {
  readonly status: 'complete' | 'incomplete' | 'invalid' | 'unknown';
  readonly indent?: string;
}

export interface HistoryRequest {
  readonly access: 'tail' | 'range' | 'search';
  readonly output: boolean;
  readonly session: number;
  readonly start: number;
  readonly stop: number | null;
  readonly n: number | null;
  readonly pattern: string;
  readonly unique: boolean;
}

/** Reads a request's content; fields that are missing or of a wrong type take their defaults, as the protocol wants of old clients. */
export const readRequest: { readonly [T in RequestType]: (content: JsonObject) => RequestOf<T> } = {
  kernel_info_request: () => ({}),
  execute_request: (content) => {
    const silent = flag(content, 'silent', false);
    return {
      code: text(content, 'code'),
      silent,
      storeHistory: !silent && flag(content, 'store_history', true),
      stopOnError: flag(content, 'stop_on_error', true),
      userExpressions: texts(content.user_expressions),
    };
  },
  complete_request: cursor,
  inspect_request: (content) => ({ ...cursor(content), detail: content.detail_level === 1 ? 1 : 0 }),
  is_complete_request: (content) => ({ code: text(content, 'code') }),
  history_request: (content) => ({
    access:
      content.hist_access_type === 'range' || content.hist_access_type === 'search' ? content.hist_access_type : 'tail',
    output: flag(content, 'output', false),
    session: integer(content, 'session') ?? 0,
    start: integer(content, 'start') ?? 0,
    stop: integer(content, 'stop'),
    n: integer(content, 'n'),
    pattern: text(content, 'pattern'),
    unique: flag(content, 'unique', false),
  }),
  comm_info_request: (content) => {
    const target = text(content, 'target_name');
    return { target: target === '' ? null : target };
  },
  connect_request: () => ({}),
  shutdown_request: (content) => ({ restart: flag(content, 'restart', false) }),
  interrupt_request: () => ({}),
  create_subshell_request: () => ({}),
  delete_subshell_request: (content) => ({ subshell: text(content, 'subshell_id') }),
  list_subshell_request: () => ({}),
};

function text(content: JsonObject, field: string): string {
  const value = content[field];
  return typeof value === 'string' ? value : '';
}

function flag(content: JsonObject, field: string, otherwise: boolean): boolean {
  const value = content[field];
  return typeof value === 'boolean' ? value : otherwise;
}

function integer(content: JsonObject, field: string): number | null {
  const value = content[field];
  return typeof value === 'number' && Number.isFinite(value) ? Math.trunc(value) : null;
}

function texts(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function cursor(content: JsonObject): CursorRequest {
  const code = text(content, 'code');
  const points = integer(content, 'cursor_pos');
  return { code, offset: points === null ? code.length : unitOffset(code, points) };
}

/** UTF-16 offset of a number of code points. */
export function unitOffset(code: string, points: number): number {
  let offset = 0;
  for (let n = 0; n < points && offset < code.length; n++) offset += (code.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1;
  return offset;
}

/** Code points before a UTF-16 offset. */
export function pointOffset(code: string, offset: number): number {
  let points = 0;
  for (let at = 0; at < offset && at < code.length; points++) at += (code.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  return points;
}
