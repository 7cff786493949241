import { displayText, gatewayJson } from '../protocol/value-text.js';
import { rowKindName, typeToString, type ChangelogRow, type Schema } from '../types/index.js';
import type { Statement, ViewStatus } from '../session/session.js';
import type { Output } from './output.js';
import { cellsOfRow, headers, layoutFor, line, rule, usualWidth, type TableLayout } from '../protocol/text-table.js';

/** Prints one statement's result; `n` counts statements from 1. Ends when the statement ends, and rejects when it fails. */
export interface Printer {
  print(statement: Statement, n: number): Promise<void>;
}

type Changes = AsyncIterable<readonly ChangelogRow[]>;

/** Prints every run of changes, then waits for the statement's end. The changes must have been asked for in the statement's own turn. */
async function forEachRun(
  statement: Statement,
  changes: Changes,
  print: (rows: readonly ChangelogRow[]) => Promise<void>,
): Promise<void> {
  for await (const rows of changes) await print(rows);
  await statement.done;
}

/** The interface for programs: every change, values as Flink's SQL Gateway writes them. */
export class JsonlPrinter implements Printer {
  constructor(
    private readonly out: Output,
    private readonly zone: string,
  ) {}

  async print(statement: Statement, n: number): Promise<void> {
    const changes = statement.view?.changes();
    const columns = statement.columns.map(({ name, type }) => ({ name, type: typeToString(type) }));
    await this.out.write(`${JSON.stringify({ statement: n, columns })}\n`);
    if (changes === undefined) await this.out.write(`{"kind":"+I","fields":[${JSON.stringify(statement.jobId)}]}\n`);
    else await forEachRun(statement, changes, (rows) => this.out.write(this.lines(statement.columns, rows)));
    await this.out.write(`${JSON.stringify({ statement: n, end: true })}\n`);
  }

  private lines(schema: Schema, rows: readonly ChangelogRow[]): string {
    let text = '';
    for (const row of rows) {
      const fields = schema.map(({ type }, c) => gatewayJson(row.fields[c], type, this.zone));
      text += `{"kind":"${rowKindName(row.kind)}","fields":[${fields.join(',')}]}\n`;
    }
    return text;
  }
}

/** Changes of queries as comma-separated values, kind first; RFC 4180 quoting, NULL as an empty field. */
export class CsvPrinter implements Printer {
  constructor(
    private readonly out: Output,
    private readonly zone: string,
  ) {}

  async print(statement: Statement, _n: number): Promise<void> {
    if (statement.kind === 'ddl' || statement.kind === 'set' || statement.view === null) {
      if (statement.view !== null) await statement.done;
      return;
    }
    const changes = statement.view.changes();
    await this.out.write(`${['op', ...statement.columns.map((c) => quoted(c.name))].join(',')}\r\n`);
    await forEachRun(statement, changes, (rows) => {
      let text = '';
      for (const row of rows) {
        const cells = statement.columns.map(({ type }, c) => {
          const value = row.fields[c];
          return value === null ? '' : quoted(displayText(value, type, this.zone), value === '');
        });
        text += `${[rowKindName(row.kind), ...cells].join(',')}\r\n`;
      }
      return this.out.write(text);
    });
  }
}

function quoted(text: string, force = false): string {
  return force || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function truncationNote({ rows, changes }: ViewStatus, appendOnly: boolean): string {
  const what = appendOnly
    ? `These are the last ${rows} of ${changes} rows.`
    : 'The result had more rows than these, which came first.';
  return `${what} --format csv prints every change; SET 'sql-client.execution.max-table-result.rows' = '...' keeps more rows.\n`;
}

/** Widest column of a table, in cells, unless table.display.max-column-width says otherwise. */
export const MAX_COLUMN_WIDTH = 30;

/** For people, on a stream that cannot be redrawn: a bounded result as one table, an unbounded one change by change. */
export class TablePrinter implements Printer {
  constructor(
    private readonly out: Output,
    private readonly zone: string,
    private readonly maxWidth = MAX_COLUMN_WIDTH,
  ) {}

  async print(statement: Statement, _n: number): Promise<void> {
    const { view, columns } = statement;
    if (view === null) {
      await this.out.write(`[job ${statement.jobId ?? ''}]\n`);
      return;
    }
    if (statement.kind !== 'query' && columns.length === 1 && columns[0].name === 'result') {
      // An answer or a text (EXPLAIN, SHOW CREATE) rather than a table.
      for (const { fields } of await view.snapshot())
        await this.out.write(fields[0] === 'OK' ? '[OK]\n' : `${String(fields[0])}\n`);
      return;
    }
    if (!statement.bounded) return this.stream(statement, view.changes());
    await statement.done;
    const status = await view.status();
    // What a statement tells of itself, a job's id say, is of use in full only.
    await this.table(columns, await view.snapshot(), statement.kind === 'query' ? this.maxWidth : Infinity);
    await this.out.write(`${status.rows} ${status.rows === 1 ? 'row' : 'rows'}\n`);
    if (status.truncated) await this.out.write(truncationNote(status, statement.changelog === 'append'));
  }

  private async table(columns: Schema, rows: readonly ChangelogRow[], maxWidth: number): Promise<void> {
    const cells = rows.map((row) => cellsOfRow(columns, row, this.zone, null));
    const layout = layoutFor(columns, cells, false, maxWidth);
    const lines = [
      rule(layout),
      line(layout, headers(columns, false)),
      rule(layout),
      ...cells.map((c) => line(layout, c)),
    ];
    if (rows.length > 0) lines.push(rule(layout));
    await this.out.write(`${lines.join('\n')}\n`);
  }

  private async stream(statement: Statement, changes: Changes): Promise<void> {
    const { columns } = statement;
    let layout: TableLayout | null = null;
    await forEachRun(statement, changes, async (rows) => {
      const cells = rows.map((row) => cellsOfRow(columns, row, this.zone, rowKindName(row.kind)));
      let text = '';
      if (layout === null) {
        layout = layoutFor(columns, cells, true, this.maxWidth, [2, ...columns.map((c) => usualWidth(c.type))]);
        text = `${rule(layout)}\n${line(layout, headers(columns, true))}\n${rule(layout)}\n`;
      }
      const fixed = layout;
      await this.out.write(text + cells.map((c) => `${line(fixed, c)}\n`).join(''));
    });
  }
}
