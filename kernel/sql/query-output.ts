import { encodeRows } from '@streamcell/runtime/protocol/arrow-frame';
import { parseChart } from '@streamcell/runtime/protocol/chart';
import { counted } from '@streamcell/runtime/protocol/display-bundle';
import type { Chart, ViewMode } from '@streamcell/runtime/protocol/view-channel';
import { look, present, type Look } from '@streamcell/runtime/session/presentation';
import type { ResultView, Statement } from '@streamcell/runtime/session/session';
import type { LiveStream, Streams } from '@streamcell/runtime/session/streams';
import { StreamcellError } from '@streamcell/runtime/types/index';
import type { CellOutput, MimeBundle, Variables } from '../host.js';
import type { Audience } from '../views/audience.js';
import { moved } from './cell-failure.js';
import type { CellOptions } from './cell-options.js';
import { Interrupted, interruptible, within } from './interruption.js';
import type { PendingOutputs } from './pending-outputs.js';

export interface QueryContext {
  readonly streams: Streams;
  readonly audience: Pick<Audience, 'live'>;
  readonly pending: PendingOutputs;
  readonly variables: Variables;
  readonly headless: boolean;
  readonly cluster: string;
  readonly options: CellOptions;
  /** The session's time zone. */
  readonly zone: string;
  /** The session's own mode is changelog. */
  readonly changelog: boolean;
  readonly output: CellOutput;
  readonly signal: AbortSignal;
  say(text: string): void;
  /** The same error with a span into the cell. */
  inCell(thrown: unknown): StreamcellError;
}

/** Milliseconds that an output waits for the first rows, or for the end of a quick query, so that it does not begin empty. */
const FIRST_ROWS = 200;
/** The same where only saved forms are seen: they had better hold something. */
const FIRST_ROWS_UNWATCHED = 1500;
/** Milliseconds between two saved forms of a running query, where only these are seen. */
const UNWATCHED_INTERVAL = 2000;
/** Milliseconds of an unbounded query in a notebook run that says nothing else. */
const HEADLESS_WAIT = 10_000;
/** Milliseconds that an interrupted query may take to end. */
const STOPPING = 1000;
/** Milliseconds that a busy query may take to answer before its output begins without rows. */
const FIRST_LOOK = 500;

/**
 * The output of a query: live from its first rows on, and once more complete when the query is over, whenever that is. Returns when the
 * cell may go on. @throws StreamcellError the query's failure with a span into the cell; Interrupted.
 */
export async function showQuery(statement: Statement, view: ResultView, context: QueryContext): Promise<void> {
  const stream = await streamOf(statement, view, context);
  const ended = statement.done.then(
    () => undefined,
    () => undefined,
  );
  const { complete } = await show(stream, ended, context);
  context.pending.add(statement.jobId, complete);
  const waited = await waitFor(statement, ended, context);
  if (waited === 'interrupted') {
    await within(
      statement.cancel().catch(() => undefined),
      STOPPING,
    );
    await within(complete, STOPPING);
    throw new Interrupted();
  }
  if (waited === 'stopped' || waited === 'ended') await complete;
  if (waited === 'ended') {
    await statement.done.catch((thrown: unknown) => {
      throw context.inCell(thrown);
    });
  }
  await keep(statement, view, waited !== 'late', context);
}

async function streamOf(statement: Statement, view: ResultView, context: QueryContext): Promise<LiveStream> {
  const { options } = context;
  try {
    if (options.mode === 'append' && statement.changelog !== 'append') {
      throw new StreamcellError(
        'CHANGELOG_MODE',
        'Mode append shows inserted rows, and this query also updates rows.',
        {
          hint: 'Use --mode table or --mode changelog.',
        },
      );
    }
    const chart = chartOf(statement, options);
    return context.streams.add(statement, view, context.cluster, {
      title: options.name,
      mode: modeOf(chart, context),
      chart,
      zone: context.zone,
      ...(options.refresh === null ? {} : { refresh: options.refresh }),
    });
  } catch (thrown) {
    // The columns are known only once the query runs.
    await within(
      statement.cancel().catch(() => undefined),
      STOPPING,
    );
    throw thrown;
  }
}

function chartOf(statement: Statement, { chart }: CellOptions): Chart | null {
  if (chart === null) return null;
  try {
    return parseChart(chart.text, statement.columns);
  } catch (thrown) {
    throw moved(thrown, chart.start);
  }
}

function modeOf(chart: Chart | null, { options, changelog }: QueryContext): ViewMode {
  if (options.mode !== null) return options.mode === 'append' ? 'table' : options.mode;
  if (chart !== null) return 'chart';
  return changelog ? 'changelog' : 'table';
}

/** Resolves when the output is there; `complete` when the complete one is. */
async function show(
  stream: LiveStream,
  ended: Promise<void>,
  context: QueryContext,
): Promise<{ readonly complete: Promise<void> }> {
  const { output, audience } = context;
  let over = false;
  void ended.then(() => (over = true));
  const patience = audience.live ? FIRST_ROWS : FIRST_ROWS_UNWATCHED;
  await within(
    stream.statement.bounded && audience.live ? ended : Promise.race([ended, firstRows(stream.view, patience)]),
    patience,
  );
  const final = over;
  const first = await look(stream, {}, final ? null : FIRST_LOOK);
  // The cell's own error says all there is to say of a query that failed at once.
  if (final && first.status.state === 'failed' && first.status.rows === 0) return { complete: ended };
  output.display(first.bundle, {}, stream.id);
  if (final) return { complete: ended };
  // One after the other, so that the complete form is the last.
  const upToDate = keepUpToDate(stream, first, ended, context).catch(() => undefined);
  const complete = Promise.all([ended, upToDate]).then(async () => {
    let bundle: MimeBundle;
    try {
      bundle = await present(stream);
    } catch {
      // The session went with the result: what was seen of it stays, and says so.
      const why = await stream.statement.done.then(
        () => new StreamcellError('SESSION_CLOSED', 'The result does not answer any more.'),
        (thrown: unknown) => StreamcellError.from(thrown),
      );
      bundle = first.failed(why.toData());
    }
    output.updateDisplay(stream.id, bundle);
  });
  return { complete };
}

/** Brings the saved form up to date for those who see nothing else, until somebody comes who does. */
async function keepUpToDate(
  stream: LiveStream,
  first: Look,
  ended: Promise<void>,
  { output, audience }: QueryContext,
): Promise<void> {
  let last = first.bundle['text/plain'];
  while ((await within(ended, UNWATCHED_INTERVAL)) === 'late' && !audience.live) {
    const bundle = await present(stream);
    if (bundle['text/plain'] === last || audience.live) continue;
    last = bundle['text/plain'];
    output.updateDisplay(stream.id, bundle);
  }
}

async function firstRows(view: ResultView, patience: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const subscription = view.subscribe({ from: 0, to: 0 }, (frame) => {
      if (frame.status.rows > 0 || frame.status.state !== 'running') {
        resolve();
        queueMicrotask(() => subscription.close());
      } else queueMicrotask(() => subscription.acknowledge(frame.seq));
    });
    setTimeout(() => subscription.close(), patience).unref();
  });
}

type Waited = 'ended' | 'late' | 'stopped' | 'interrupted';

async function waitFor(statement: Statement, ended: Promise<void>, context: QueryContext): Promise<Waited> {
  const { options, headless, signal, say } = context;
  const patience = options.wait ?? (statement.bounded ? Infinity : headless ? HEADLESS_WAIT : 0);
  const waited = await interruptible(within(ended, patience), signal);
  if (waited === 'interrupted') return 'interrupted';
  if (waited !== 'late') return 'ended';
  if (!headless) return 'late';
  await within(
    statement.cancel().catch(() => undefined),
    STOPPING,
  );
  say(
    `Stopped after ${patience / 1000} s: without a front end a query does not outlive its cell (--wait TIME gives it longer).`,
  );
  return 'stopped';
}

/** `-o VAR` */
async function keep(statement: Statement, view: ResultView, over: boolean, context: QueryContext): Promise<void> {
  const { output: name } = context.options;
  if (name === null) return;
  const rows = await view.snapshot();
  const status = await view.status();
  const stored = context.variables.setArrowTable(name, encodeRows(statement.columns, rows, false));
  if ((await interruptible(stored, context.signal)) === 'interrupted') throw new Interrupted();
  if (!over) context.say(`${name} holds the ${counted(rows.length, 'row')} so far; --wait or --limit waits for more.`);
  if (status.truncated) context.say(`${name} holds only ${counted(rows.length, 'row')} of the result.`);
}
