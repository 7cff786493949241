import { randomBytes } from 'node:crypto';
import type { Chart, ViewMode, ViewState } from '../protocol/index.js';
import type { ResultView, Statement, ViewStatus } from './session.js';

/** A result that notebooks look at, and how. */
export interface LiveStream {
  readonly id: string;
  readonly statement: Statement;
  readonly view: ResultView;
  /** `embedded`, or the name of the cluster. */
  readonly cluster: string;
  readonly title: string | null;
  readonly mode: ViewMode;
  readonly chart: Chart | null;
  /** Milliseconds between frames, at least 50. */
  readonly refresh: number;
  /** Time zone of its session. */
  readonly zone: string;
}

export type StreamSettings = Partial<Pick<LiveStream, 'title' | 'mode' | 'chart' | 'refresh' | 'zone'>>;

export interface StreamLimits {
  /** Ended results that are kept. */
  readonly ended: number;
  /** Rows of all ended results together. */
  readonly rows: number;
}

const LIMITS: StreamLimits = { ended: 100, rows: 1_000_000 };
/** Let-go streams whose reason is remembered. */
const REASONS_KEPT = 1000;

export const SHORTEST_REFRESH = 50;
export const LONGEST_REFRESH = 3_600_000;

/** Milliseconds between frames as they can be kept: a timer that is set for too long fires at once. */
export function clampedRefresh(milliseconds: number): number {
  return Math.min(Math.max(milliseconds, SHORTEST_REFRESH), LONGEST_REFRESH);
}

/**
 * The results of a kernel or a connection, by the id that outputs carry.
 *
 * State: the streams, how many rows the ended ones hold, why the last ones were let go. It maintains the invariant that ended results are
 * bounded in number and rows (the one that ended first goes first); running ones are never let go.
 */
export class Streams {
  private readonly streams = new Map<string, LiveStream>();
  /** Rows of the ended streams, in the order in which they ended. */
  private readonly ended = new Map<string, number>();
  private rows = 0;
  private readonly reasons = new Map<string, string>();

  constructor(private readonly limits: StreamLimits = LIMITS) {}

  /** @param view the statement's, which it must have. */
  add(statement: Statement, view: ResultView, cluster: string, settings: StreamSettings = {}): LiveStream {
    const stream: LiveStream = {
      id: randomBytes(12).toString('hex'),
      statement,
      view,
      cluster,
      title: settings.title ?? null,
      mode: settings.mode ?? 'table',
      chart: settings.chart ?? null,
      refresh: clampedRefresh(settings.refresh ?? SHORTEST_REFRESH),
      zone: settings.zone ?? 'UTC',
    };
    this.streams.set(stream.id, stream);
    const over = (rows: number): void => this.end(stream.id, rows);
    statement.done.then(
      (end) => over(end.rows),
      () => over(0),
    );
    return stream;
  }

  get(id: string): LiveStream | undefined {
    return this.streams.get(id);
  }

  /** Why a stream is not here. */
  reasonGone(id: string): string {
    return this.reasons.get(id) ?? 'The kernel that computed it was restarted.';
  }

  private end(id: string, rows: number): void {
    this.ended.set(id, rows);
    this.rows += rows;
    for (const [oldest, held] of this.ended) {
      if (this.ended.size <= this.limits.ended && this.rows <= this.limits.rows) break;
      // The newest stays whatever its size: somebody has just asked for it.
      if (oldest === id) break;
      this.ended.delete(oldest);
      this.streams.delete(oldest);
      this.rows -= held;
      this.remember(oldest);
    }
  }

  private remember(id: string): void {
    this.reasons.set(id, 'Its rows were let go, to make room for newer results. Run the cell again to see them all.');
    if (this.reasons.size <= REASONS_KEPT) return;
    const [first] = this.reasons.keys();
    this.reasons.delete(first);
  }
}

/** A view's status as outputs show it. */
export function viewState(status: ViewStatus): ViewState {
  const { state, rows, changes, truncated, watermark, error } = status;
  return {
    state: state === 'cancelled' ? 'stopped' : state,
    rows,
    changes,
    truncated,
    watermark,
    lateRows: status.lateRows ?? 0,
    malformed: status.malformed ?? 0,
    ...(status.rowsIn === undefined ? {} : { rowsIn: status.rowsIn }),
    ...(status.why === undefined ? {} : { why: status.why }),
    ...(status.away === true ? { away: true } : {}),
    // The place is one of the text that was executed, which is not the cell's.
    ...(error === undefined ? {} : { error: { ...error, span: undefined } }),
  };
}
