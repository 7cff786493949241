import type { Span } from './span.js';

/**
 * What an error means to the one who sees it.
 * syntax, semantic: the text is wrong. unsupported: Flink can, this engine cannot (yet). data: a row is wrong.
 * resource: a limit was hit. external: a file, broker or server failed. cancelled: someone stopped it. internal: our own mistake.
 */
export type ErrorKind =
  'syntax' | 'semantic' | 'unsupported' | 'data' | 'resource' | 'external' | 'cancelled' | 'internal';

interface ErrorEntry {
  readonly kind: ErrorKind;
  /** Shown when the thrower gives no hint of its own. */
  readonly hint?: string;
}

/** The one table of errors: code -> kind and general hint. Messages are composed where the error is raised, since they name things. */
export const ERRORS = {
  SQL_SYNTAX: { kind: 'syntax' },
  SQL_UNTERMINATED: { kind: 'syntax', hint: 'A string, quoted name or comment is not closed.' },
  SQL_RESERVED_WORD: { kind: 'syntax', hint: 'Quote the name with backticks.' },
  SQL_UNSUPPORTED: { kind: 'unsupported', hint: 'Run this statement on a Flink cluster (%connect).' },
  FUNCTION_UNSUPPORTED: { kind: 'unsupported', hint: 'Flink has this function, the embedded engine does not.' },
  TYPE_UNSUPPORTED: { kind: 'unsupported' },
  OPTION_UNSUPPORTED: { kind: 'unsupported' },
  CONNECTOR_UNSUPPORTED: { kind: 'unsupported' },
  TABLE_NOT_FOUND: { kind: 'semantic' },
  TABLE_EXISTS: { kind: 'semantic', hint: 'Drop it first, or use IF NOT EXISTS.' },
  CATALOG_NOT_FOUND: { kind: 'semantic' },
  DATABASE_NOT_FOUND: { kind: 'semantic' },
  OBJECT_NOT_FOUND: { kind: 'semantic' },
  OBJECT_EXISTS: { kind: 'semantic' },
  COLUMN_NOT_FOUND: { kind: 'semantic' },
  COLUMN_AMBIGUOUS: { kind: 'semantic', hint: 'Qualify the column with its table.' },
  COLUMN_DUPLICATE: { kind: 'semantic' },
  FUNCTION_NOT_FOUND: { kind: 'semantic' },
  FUNCTION_ARGUMENTS: { kind: 'semantic' },
  TYPE_MISMATCH: { kind: 'semantic' },
  TYPE_INVALID: { kind: 'semantic' },
  CAST_INVALID: { kind: 'semantic' },
  AGGREGATE_MISPLACED: { kind: 'semantic' },
  NOT_GROUPED: { kind: 'semantic', hint: 'Group by the column, or aggregate it.' },
  WINDOW_INVALID: { kind: 'semantic' },
  TIME_ATTRIBUTE_REQUIRED: { kind: 'semantic', hint: 'Declare a WATERMARK on the column, or use PROCTIME().' },
  WATERMARK_INVALID: { kind: 'semantic' },
  CHANGELOG_MODE: { kind: 'semantic' },
  SINK_KEY_CONFLICT: {
    kind: 'semantic',
    hint: 'State ON CONFLICT, or make the query keyed by the primary key of the sink.',
  },
  SINK_SCHEMA: { kind: 'semantic' },
  OPTION_INVALID: { kind: 'semantic' },
  OPTION_MISSING: { kind: 'semantic' },
  OPTION_UNKNOWN: { kind: 'semantic' },
  QUERY_INVALID: { kind: 'semantic' },
  DDL_INVALID: { kind: 'semantic' },
  PARAMETER_INVALID: { kind: 'semantic' },
  CHART_INVALID: { kind: 'semantic' },
  MAGIC_INVALID: { kind: 'semantic' },
  MAGIC_UNKNOWN: { kind: 'semantic' },
  MESSAGE_INVALID: { kind: 'semantic' },
  JOB_NOT_FOUND: { kind: 'semantic' },
  DIVISION_BY_ZERO: { kind: 'data' },
  CAST_FAILED: { kind: 'data', hint: 'TRY_CAST gives NULL instead.' },
  EXPRESSION_FAILED: { kind: 'data' },
  NULL_ROWTIME: { kind: 'data', hint: 'Filter rows without a time before the watermark, or COALESCE it.' },
  NOT_NULL_VIOLATED: { kind: 'data', hint: "SET 'table.exec.sink.not-null-enforcer' = 'DROP' drops such rows." },
  RECORD_MALFORMED: { kind: 'data', hint: "The format's ignore-parse-errors option skips and counts such records." },
  MEMORY_LIMIT: {
    kind: 'resource',
    hint: 'Bound the state (a window, a watermark, table.exec.state.ttl), or raise streamcell.job.memory-limit.',
  },
  DISK_FULL: { kind: 'resource' },
  FILE_NOT_FOUND: { kind: 'external' },
  FILE_ACCESS: { kind: 'external' },
  KAFKA_UNREACHABLE: { kind: 'external', hint: 'Check properties.bootstrap.servers, and that the broker runs.' },
  KAFKA_TOPIC: { kind: 'external' },
  KAFKA_FAILED: { kind: 'external' },
  SNAPSHOT_INVALID: { kind: 'external' },
  CLUSTER_UNREACHABLE: { kind: 'external', hint: "Check the cluster's address, and that it runs." },
  CLUSTER_SESSION_LOST: { kind: 'external', hint: 'Run the statement again: the next one opens a new session.' },
  CLUSTER_STATEMENT_FAILED: { kind: 'external' },
  CLUSTER_JOB_FAILED: { kind: 'external' },
  CLUSTER_RESOURCES: { kind: 'resource', hint: 'Stop a job (SHOW JOBS, STOP JOB), or ask for less parallelism.' },
  GATEWAY_UNREACHABLE: { kind: 'external', hint: 'Check the address, and that `streamcell gateway` runs there.' },
  GATEWAY_REFUSED: { kind: 'external', hint: 'Check the token (STREAMCELL_TOKEN) and the cluster.' },
  GATEWAY_LOST: { kind: 'external', hint: 'Connect again (%connect).' },
  GATEWAY_LIMIT: { kind: 'resource', hint: 'Close sessions that are not needed.' },
  CLUSTER_NOT_FOUND: { kind: 'semantic' },
  RESULT_GONE: { kind: 'semantic', hint: 'Run the statement again.' },
  CHANGES_LOST: { kind: 'external', hint: 'The result itself is complete; only the list of its changes has a gap.' },
  PROTOCOL_INVALID: { kind: 'external' },
  SESSION_CLOSED: { kind: 'cancelled' },
  INTERNAL: { kind: 'internal', hint: 'This is a mistake in Streamcell. Please report it with the statement.' },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

export interface ErrorDetails {
  /** Where in the script; absent for errors without a place. */
  readonly span?: Span;
  readonly hint?: string;
  readonly cause?: unknown;
  /** The running operator that failed. */
  readonly operator?: string;
}

/** Plain form of an error, to cross threads and sockets. */
export interface ErrorData {
  readonly code: ErrorCode;
  readonly message: string;
  readonly span?: Span;
  readonly hint?: string;
  readonly operator?: string;
}

/** Every error that a user can meet. Anything else that is thrown is our own mistake and becomes INTERNAL at the border. */
export class StreamcellError extends Error {
  readonly code: ErrorCode;
  readonly span: Span | undefined;
  readonly hint: string | undefined;
  readonly operator: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'StreamcellError';
    this.code = code;
    this.span = details.span;
    const entry: ErrorEntry = ERRORS[code];
    this.hint = details.hint ?? entry.hint;
    this.operator = details.operator;
  }

  get kind(): ErrorKind {
    return ERRORS[this.code].kind;
  }

  toData(): ErrorData {
    return { code: this.code, message: this.message, span: this.span, hint: this.hint, operator: this.operator };
  }

  static fromData(data: ErrorData): StreamcellError {
    return new StreamcellError(data.code, data.message, { span: data.span, hint: data.hint, operator: data.operator });
  }

  /** Wraps whatever was thrown; a StreamcellError stays as it is. */
  static from(thrown: unknown, code: ErrorCode = 'INTERNAL'): StreamcellError {
    if (thrown instanceof StreamcellError) return thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new StreamcellError(code, message, { cause: thrown });
  }

  /** The same error with a place, when it has none. */
  at(span: Span): StreamcellError {
    if (this.span) return this;
    return new StreamcellError(this.code, this.message, {
      span,
      hint: this.hint,
      cause: this.cause,
      operator: this.operator,
    });
  }

  /** The same error with the operator it came from, when none is named yet. */
  inOperator(operator: string): StreamcellError {
    if (this.operator !== undefined) return this;
    return new StreamcellError(this.code, this.message, {
      span: this.span,
      hint: this.hint,
      cause: this.cause,
      operator,
    });
  }
}
