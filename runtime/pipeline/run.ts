import type { Session, Statement } from '../session/session.js';
import { rowKindName, StreamcellError, valueToString, type ChangelogRow, type Schema } from '../types/index.js';
import { rowReader } from './row-values.js';

/** One change of a result: `+I -U +U -D` and the row. */
export interface Change<R> {
  readonly op: '+I' | '-U' | '+U' | '-D';
  readonly row: R;
}

export interface CollectOptions {
  /** Rows after which the query is cancelled. */
  readonly rows?: number;
  /** Time after which the query is cancelled. */
  readonly milliseconds?: number;
}

/** Starts a text of one statement. */
export async function runStatement(session: Session, sql: string): Promise<Statement> {
  const statements = session.execute(sql)[Symbol.asyncIterator]();
  const { value } = (await statements.next()) as IteratorResult<Statement, undefined>;
  if (value === undefined) throw new StreamcellError('QUERY_INVALID', 'The text holds no statement.');
  // A failure is told by `done` to whoever asks; nobody has to.
  value.done.catch(() => undefined);
  await statements.return?.();
  return value;
}

/** @throws StreamcellError QUERY_INVALID where there is no result, as for INSERT. */
async function runQuery(session: Session, sql: string): Promise<Statement & { view: NonNullable<Statement['view']> }> {
  const statement = await runStatement(session, sql);
  if (statement.view === null) {
    await statement.cancel();
    throw new StreamcellError('QUERY_INVALID', 'The statement has no rows to show; execute() starts it.');
  }
  return statement as Statement & { view: NonNullable<Statement['view']> };
}

async function collected(
  session: Session,
  sql: string,
  options: CollectOptions,
): Promise<[Schema, readonly ChangelogRow[]]> {
  const statement = await runQuery(session, sql);
  const { view, columns, bounded, done } = statement;
  const { rows = Infinity, milliseconds } = options;
  if (!bounded && rows === Infinity && milliseconds === undefined) {
    await statement.cancel();
    throw new StreamcellError(
      'QUERY_INVALID',
      'The query is unbounded: it has no end to wait for. Say collect({ rows }) or collect({ milliseconds }), or iterate its rows().',
    );
  }
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => void statement.cancel().catch(() => undefined);
  if (milliseconds !== undefined) timer = setTimeout(stop, milliseconds);
  try {
    if (rows !== Infinity) {
      for await (const changes of view.changes()) {
        if (changes.length > 0 && (await view.status()).rows >= rows) break;
      }
      stop();
    }
    await done;
    return [columns, (await view.snapshot()).slice(0, rows)];
  } catch (thrown) {
    // Nobody else knows of the query.
    stop();
    throw thrown;
  } finally {
    clearTimeout(timer);
  }
}

export async function collectRows<R>(session: Session, sql: string, options: CollectOptions): Promise<R[]> {
  const [columns, rows] = await collected(session, sql, options);
  const read = rowReader<R>(columns);
  return rows.map(({ fields }) => read(fields));
}

async function* changelog<R>(session: () => Session, sql: string, appendOnly: boolean): AsyncGenerator<Change<R>> {
  const statement = await runQuery(session(), sql);
  try {
    if (appendOnly && statement.changelog !== 'append') {
      throw new StreamcellError(
        'CHANGELOG_MODE',
        'The rows of this query change after they came. Iterate its changes().',
      );
    }
    const read = rowReader<R>(statement.columns);
    for await (const changes of statement.view.changes()) {
      for (const { kind, fields } of changes) yield { op: rowKindName(kind) as Change<R>['op'], row: read(fields) };
    }
    await statement.done;
  } finally {
    await statement.cancel();
  }
}

export function runChanges<R>(session: () => Session, sql: string): AsyncIterable<Change<R>> {
  return { [Symbol.asyncIterator]: () => changelog<R>(session, sql, false) };
}

export function runRows<R>(session: () => Session, sql: string): AsyncIterable<R> {
  return {
    async *[Symbol.asyncIterator]() {
      for await (const { row } of changelog<R>(session, sql, true)) yield row;
    },
  };
}

/** How long `show` watches an unbounded query. */
const SHOW_MILLISECONDS = 1000;

export async function showRows(session: Session, sql: string, limit: number): Promise<void> {
  const [columns, rows] = await collected(session, sql, { milliseconds: SHOW_MILLISECONDS });
  const cells = rows
    .slice(0, limit)
    .map(({ fields }) =>
      fields.map((value, c) => (value === null ? 'NULL' : valueToString(value, columns[c].type, 'UTC'))),
    );
  const widths = columns.map(({ name }, c) => Math.max(name.length, ...cells.map((row) => row[c].length)));
  const line = (row: readonly string[]): string =>
    row
      .map((text, c) => text.padEnd(widths[c]))
      .join(' | ')
      .trimEnd();
  const text = [line(columns.map((c) => c.name)), widths.map((w) => '-'.repeat(w)).join('-+-'), ...cells.map(line)];
  if (rows.length > limit) text.push(`... ${rows.length - limit} more`);
  console.log(text.join('\n'));
}
