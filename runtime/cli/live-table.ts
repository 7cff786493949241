import type { WriteStream } from 'node:tty';
import { decodeRows } from '../protocol/arrow-frame.js';
import type { Statement, ViewFrame, ViewSubscription } from '../session/session.js';
import type { Output } from './output.js';
import { MAX_COLUMN_WIDTH, TablePrinter, type Printer } from './printers.js';
import { cellsOfRow, clip, headers, layoutFor, line, rule, textWidth } from '../protocol/text-table.js';

/** Lines of the frame around the rows, and the progress line. */
const CHROME = 5;

/**
 * A result as a table that moves in its place on the terminal, with a line of progress under it. Shows the newest rows that fit.
 *
 * State: which lines were drawn (to draw over them), the widest each column was (so that nothing jumps), rates.
 */
export class LiveTablePrinter implements Printer {
  private readonly plain: TablePrinter;

  constructor(
    private readonly out: Output,
    private readonly terminal: WriteStream,
    private readonly zone: string,
    private readonly maxWidth = MAX_COLUMN_WIDTH,
    private readonly title: string | null = null,
  ) {
    this.plain = new TablePrinter(out, zone, maxWidth);
  }

  async print(statement: Statement, n: number): Promise<void> {
    const { view } = statement;
    if (statement.kind !== 'query' || view === null) return this.plain.print(statement, n);
    const screen = new Screen(this.out, this.terminal);
    const drawing = new Drawing(statement, this.zone, this.maxWidth, this.title);
    let subscription: ViewSubscription | null = null;
    let drawn: Promise<void> = Promise.resolve();
    const draw = (frame: ViewFrame): void => {
      const height = screen.rows() - CHROME - (this.title === null ? 0 : 1);
      // The last rows: where new ones appear.
      const from = Math.max(0, frame.rowCount - height);
      if (from !== frame.from) subscription?.update({ from, to: from + height });
      drawn = drawn
        .then(() => screen.draw(drawing.lines(frame, screen.columns())))
        .then(() => subscription?.acknowledge(frame.seq));
    };
    await this.out.write('\u001b[?25l');
    try {
      subscription = view.subscribe({ from: 0, to: Math.max(1, screen.rows() - CHROME) }, draw);
      await statement.done.catch(() => undefined);
      const rest = await lastFrame(statement, screen.rows() - CHROME);
      subscription.close();
      await drawn;
      await screen.draw(drawing.lines(rest, screen.columns()));
    } finally {
      await this.out.write('\u001b[?25h');
    }
    await statement.done;
  }
}

/** The end state, whatever frames were under way. */
async function lastFrame(statement: Statement, height: number): Promise<ViewFrame> {
  const { view } = statement;
  if (view === null) throw new Error('a statement without a result has no frames');
  const { rows } = await view.status();
  const from = Math.max(0, rows - height);
  return new Promise((resolve) => {
    const last = view.subscribe({ from, to: from + height }, (frame) => {
      last.close();
      resolve(frame);
    });
  });
}

class Screen {
  /** Cells of each line on the screen: where the terminal has become narrower since, a line has been broken into several. */
  private drawn: readonly number[] = [];

  constructor(
    private readonly out: Output,
    private readonly terminal: WriteStream,
  ) {}

  rows(): number {
    return Math.max(6, this.terminal.rows ?? 24);
  }

  columns(): number {
    return Math.max(20, this.terminal.columns ?? 80);
  }

  async draw(lines: readonly string[]): Promise<void> {
    const height = this.drawn.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / this.columns())), 0);
    const up = height > 0 ? `\u001b[${height}A` : '';
    this.drawn = lines.map(textWidth);
    await this.out.write(`${up}\r${lines.map((l) => `${l}\u001b[K\n`).join('')}\u001b[J`);
  }
}

class Drawing {
  private widths: readonly number[] = [];
  private readonly began = performance.now();
  private last = { at: performance.now(), changes: 0 };
  private rate = 0;

  constructor(
    private readonly statement: Statement,
    private readonly zone: string,
    private readonly maxWidth: number,
    private readonly title: string | null,
  ) {}

  lines(frame: ViewFrame, columns: number): string[] {
    const schema = this.statement.columns;
    const cells = decodeRows(schema, frame.arrow, false).map((row) => cellsOfRow(schema, row, this.zone, null));
    const layout = layoutFor(schema, cells, false, this.maxWidth, this.widths);
    this.widths = layout.widths;
    const lines = [
      rule(layout),
      line(layout, headers(schema, false)),
      rule(layout),
      ...cells.map((c) => line(layout, c)),
      rule(layout),
    ];
    if (this.title !== null) lines.unshift(this.title);
    lines.push(this.progress(frame));
    return lines.map((l) => clip(l, columns));
  }

  private progress({ status, rowCount }: ViewFrame): string {
    const now = performance.now();
    if (now - this.last.at >= 500) {
      this.rate = ((status.changes - this.last.changes) / (now - this.last.at)) * 1000;
      this.last = { at: now, changes: status.changes };
    }
    const seconds = (now - this.began) / 1000;
    const parts = [
      `${status.state}`,
      `${count(rowCount)} rows${status.truncated ? ' kept' : ''}`,
      `${count(status.changes)} changes`,
    ];
    if (status.state === 'running')
      parts.push(`${count(Math.round(this.rate))}/s`, `${seconds.toFixed(0)} s`, 'Ctrl-C stops');
    else parts.push(`${seconds.toFixed(1)} s`);
    return parts.join(' · ');
  }
}

function count(n: number): string {
  return n.toLocaleString('en-US');
}
