import {
  CHART_ROWS,
  decodeRows,
  displayBundle,
  parseChart,
  SNAPSHOT_ROWS,
  type Chart,
  type Presentation,
  type ViewMode,
  type ViewState,
} from '../protocol/index.js';
import { StreamcellError, type ErrorData } from '../types/index.js';
import type { ResultView, ViewFrame, Viewport } from './session.js';
import { viewState, type LiveStream } from './streams.js';

/** What may differ from how the stream was made to be looked at. */
export interface PresentationOptions {
  readonly title?: string;
  readonly mode?: ViewMode;
  /** Text of a chart, as after `--chart`. */
  readonly chart?: string;
  readonly refresh?: number;
  /** Rows of the saved output, at most SNAPSHOT_ROWS. */
  readonly limit?: number;
}

/** Milliseconds until a view that does not answer is given up. */
const PATIENCE = 10_000;
/** Changes that a view may hold back for viewports. */
const CHANGES = 10_000;

const NOTHING_YET: ViewState = {
  state: 'running',
  rows: 0,
  changes: 0,
  truncated: false,
  watermark: null,
  lateRows: 0,
  malformed: 0,
};

/** The display bundle of a result as it stands now. @throws StreamcellError for a chart that does not fit it. */
export async function present(
  stream: LiveStream,
  options: PresentationOptions = {},
): Promise<Readonly<Record<string, unknown>>> {
  return (await look(stream, options)).bundle;
}

/** A result as it was at one moment. */
export interface Look {
  readonly status: ViewState;
  readonly bundle: Readonly<Record<string, unknown>>;
  /** The same rows for a query that failed afterwards, or that nothing more is heard of. */
  failed(error: ErrorData): Readonly<Record<string, unknown>>;
}

/**
 * @param patience milliseconds for a busy query to answer; then it is shown without rows.
 * @throws StreamcellError for a chart that does not fit the result, SESSION_CLOSED when nothing answers.
 */
export async function look(
  stream: LiveStream,
  options: PresentationOptions = {},
  patience: number | null = null,
): Promise<Look> {
  const { statement, view } = stream;
  const chart: Chart | null = options.chart === undefined ? stream.chart : parseChart(options.chart, statement.columns);
  const presentation: Presentation = {
    title: options.title ?? stream.title,
    mode: options.mode ?? (options.chart === undefined ? stream.mode : 'chart'),
    chart,
    refresh: options.refresh ?? stream.refresh,
    zone: stream.zone,
  };
  const changelog = presentation.mode === 'changelog';
  const saved = Math.min(options.limit ?? SNAPSHOT_ROWS, SNAPSHOT_ROWS);
  const viewport: Viewport = changelog ? { from: 0, to: CHANGES, mode: 'changelog' } : { from: 0, to: saved };
  const frame = await frameOf(view, viewport, patience ?? PATIENCE).catch((thrown: unknown) => {
    if (patience === null) throw thrown;
    return null;
  });
  const all = frame === null ? [] : decodeRows(statement.columns, frame.arrow, changelog);
  const skipped = changelog ? Math.max(0, all.length - saved) : 0;
  const whole = !changelog && frame !== null && frame.rowCount <= all.length;
  const newestRows =
    chart === null || frame === null || whole ? null : await newest(view, changelog ? 0 : frame.rowCount);
  const charted = newestRows === null ? undefined : decodeRows(statement.columns, newestRows.arrow, false);
  const description = {
    stream: stream.id,
    statement: statement.text,
    columns: statement.columns,
    upsertKey: statement.upsertKey,
    bounded: statement.bounded,
    cluster: stream.cluster,
  };
  const snapshot = { rows: all.slice(skipped), from: skipped, total: frame?.rowCount ?? 0 };
  const status = frame === null ? NOTHING_YET : viewState(frame.status);
  return {
    status,
    bundle: displayBundle(description, snapshot, status, presentation, charted),
    failed: (error) => {
      const lost = { ...status, state: 'failed', error: { ...error, span: undefined } } as const;
      return displayBundle(description, snapshot, lost, presentation, charted);
    },
  };
}

/** The newest rows that a chart takes. */
async function newest(view: ResultView, expected: number): Promise<ViewFrame> {
  const from = Math.max(0, expected - CHART_ROWS);
  const frame = await frameOf(view, { from, to: from + CHART_ROWS });
  return frame.rowCount - from <= CHART_ROWS && frame.rowCount >= from
    ? frame
    : frameOf(view, { from: Math.max(0, frame.rowCount - CHART_ROWS), to: frame.rowCount });
}

/** One part of a result as it is now. @throws StreamcellError SESSION_CLOSED when nothing answers. */
async function frameOf(view: ResultView, viewport: Viewport, milliseconds = PATIENCE): Promise<ViewFrame> {
  return new Promise((resolve, reject) => {
    const patience = setTimeout(() => {
      subscription.close();
      reject(new StreamcellError('SESSION_CLOSED', 'The result does not answer any more.'));
    }, milliseconds);
    patience.unref();
    const subscription = view.subscribe(viewport, (frame) => {
      clearTimeout(patience);
      // Not from within the delivery: the view may still be about to note the subscription.
      queueMicrotask(() => subscription.close());
      resolve(frame);
    });
  });
}
