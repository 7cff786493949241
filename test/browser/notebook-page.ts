import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CHART_DATA } from '@streamcell/runtime/protocol/chart';
import type { Browser, Page } from 'playwright-core';
import { cacheDirectory } from '../cluster/cache.js';
import { sleep } from '../cluster/child-process.js';

/** Where a JupyterLab answers. */
export interface LabAddress {
  readonly url: string;
  readonly token: string;
}

/** A live output as its widgets hold it: what the user reads, not what was sent. */
export interface ShownView {
  readonly mode: string;
  readonly link: string;
  readonly state: string;
  readonly rows: number;
  readonly changes: number;
  readonly header: string;
  readonly footer: string;
  readonly problem: string;
  readonly columns: readonly string[];
  /** Texts of the grid's first cells, at most MOST_ROWS of them; null where the table is not shown. */
  readonly cells: readonly (readonly string[])[] | null;
  /** Points in Vega's view; null where there is no chart. */
  readonly points: readonly Readonly<Record<string, unknown>>[] | null;
}

/** A cell's outputs as the notebook's document holds them. */
export interface CellOutputs {
  readonly executionCount: number | null;
  readonly outputs: readonly {
    readonly output_type: string;
    readonly text?: string | readonly string[];
    readonly ename?: string;
    readonly evalue?: string;
    readonly traceback?: readonly string[];
    readonly data?: Readonly<Record<string, unknown>>;
  }[];
}

/** Rows that are read from a grid, which may have millions. */
const MOST_ROWS = 1000;

// Functions in the page are texts: their world (window, widgets) is none of this program's.
const HELPERS = `
  const panel = () => window.jupyterapp.shell.currentWidget;
  const cellOf = (i) => panel().content.widgets[i];
  const find = (widget, name) => {
    if (widget.node && widget.node.classList.contains(name)) return widget;
    const children = widget.layout ? [...widget.layout] : [];
    for (const child of children) { const found = find(child, name); if (found) return found; }
    return null;
  };
  const viewOf = (i) => cellOf(i).outputArea ? find(cellOf(i).outputArea, 'sc-View') : null;
`;

/** One notebook, open in JupyterLab in a page of its own. Cells are named by their position from 0. */
export class NotebookPage {
  /** What the page itself complained of. */
  readonly complaints: string[] = [];

  private constructor(
    readonly page: Page,
    private readonly server: LabAddress,
    private readonly name: string,
  ) {
    page.on('pageerror', (error) => this.complaints.push(String(error)));
  }

  static async open(browser: Browser, server: LabAddress, name: string): Promise<NotebookPage> {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const notebook = new NotebookPage(page, server, name);
    await notebook.load();
    return notebook;
  }

  /** Loads the page, or loads it again; the kernel goes on. */
  async load(): Promise<void> {
    const address = `${this.server.url}/lab/tree/${this.name}?reset`;
    await this.page.goto(`${address}&token=${this.server.token}`, { waitUntil: 'domcontentloaded' });
    await this.page.waitForFunction('window.jupyterapp && window.jupyterapp.restored', undefined, { timeout: 60_000 });
    await this.page.evaluate('window.jupyterapp.restored.then(() => undefined)');
    await this.page.waitForSelector('#jupyterlab-splash', { state: 'detached' });
    await this.page.waitForSelector('.jp-NotebookPanel .jp-Cell', { timeout: 60_000 });
    await this.run(`const p = panel(); await p.context.ready; await p.sessionContext.ready;
      await p.sessionContext.session.kernel.info;`);
  }

  async setSource(cell: number, source: string): Promise<void> {
    await this.run(`cellOf(${cell}).model.sharedModel.setSource(${JSON.stringify(source)});`);
  }

  async addCell(source: string): Promise<number> {
    return this.run<number>(`const nb = panel().content; nb.activeCellIndex = nb.widgets.length - 1;
      await window.jupyterapp.commands.execute('notebook:insert-cell-below');
      nb.activeCell.model.sharedModel.setSource(${JSON.stringify(source)});
      return nb.activeCellIndex;`);
  }

  /** Runs a cell as Ctrl+Enter does and waits for the reply. @throws what the cell says, when it ends with an error. */
  async runCell(cell: number): Promise<void> {
    const error = await this.runFailingCell(cell);
    if (error !== null) throw new Error(`Cell ${cell} failed: ${error}`);
  }

  /** The same, for its error: the traceback, or null where there is none. */
  async runFailingCell(cell: number): Promise<string | null> {
    return this.run<string | null>(`const p = panel(); p.content.activeCellIndex = ${cell}; p.content.deselectAll();
      await p.content.scrollToItem(${cell}, 'smart');
      await window.jupyterapp.commands.execute('notebook:run-cell');
      const error = cellOf(${cell}).model.sharedModel.getOutputs().find((o) => o.output_type === 'error');
      return error ? error.traceback.join('\\n') : null;`);
  }

  /** Begins to run a cell and does not wait. */
  async startCell(cell: number): Promise<void> {
    await this.run(`const p = panel(); p.content.activeCellIndex = ${cell}; p.content.deselectAll();
      void window.jupyterapp.commands.execute('notebook:run-cell');`);
  }

  async interrupt(): Promise<void> {
    await this.run(`await panel().sessionContext.session.kernel.interrupt();`);
  }

  async save(): Promise<void> {
    await this.run(`await panel().context.save();`);
  }

  async outputs(cell: number): Promise<CellOutputs> {
    return this.run<CellOutputs>(`const m = cellOf(${cell}).model.sharedModel;
      return { executionCount: m.execution_count, outputs: JSON.parse(JSON.stringify(m.getOutputs())) };`);
  }

  /** The live output of a cell, or null while there is none. */
  async view(cell: number): Promise<ShownView | null> {
    return this.run<ShownView | null>(`const w = viewOf(${cell}); if (!w || !w.view) return null;
      const text = (name) => { const n = w.node.querySelector(name); return n ? n.textContent : ''; };
      const table = w.table && w.table.parent === w ? w.table : null;
      const chart = w.chart && w.chart.parent === w && w.chart.result ? w.chart.result.view : null;
      let cells = null;
      if (table) {
        const model = table.grid.dataModel; cells = [];
        for (let r = 0; r < Math.min(model.rowCount('body'), ${MOST_ROWS}); r++) {
          const row = [];
          for (let c = 0; c < model.columnCount('body'); c++) { const v = model.data('body', r, c); row.push(v && v.text !== undefined ? v.text : String(v)); }
          cells.push(row);
        }
      }
      return { mode: w.mode, link: w.view.link, state: w.view.status.state, rows: w.view.status.rows, changes: w.view.status.changes,
        header: text('.sc-Header'), footer: text('.sc-Footer'), problem: text('.sc-Problem'),
        columns: w.view.columns.map((c) => c.name), cells,
        points: chart ? chart.data(${JSON.stringify(CHART_DATA)}).map(({ x, y, color }) => ({ x: Number(x), y, color })) : null };`);
  }

  /** Waits until the live output is as it should be. @throws with what it was at last. */
  async waitForView(cell: number, isRight: (view: ShownView) => boolean, seconds = 60): Promise<ShownView> {
    let last: ShownView | null = null;
    // What is off the screen is paused.
    await this.run(`await panel().content.scrollToItem(${cell}, 'start');`);
    for (const deadline = Date.now() + seconds * 1000; Date.now() < deadline; await sleep(200)) {
      last = await this.view(cell);
      if (last !== null && isRight(last)) return last;
    }
    const outputs = last === null ? JSON.stringify((await this.outputs(cell)).outputs).slice(0, 2000) : '';
    const shown = JSON.stringify(last, (key, value: unknown) =>
      Array.isArray(value) && key !== '' ? value.slice(0, 5) : value,
    );
    throw new Error(
      `The live output of cell ${cell} is not as expected after ${seconds} s: ${shown} ${outputs} ${this.complaints.join(' ')}`,
    );
  }

  /** Presses a button of the output by its title or text. */
  async press(cell: number, name: string): Promise<void> {
    const done = await this.run<boolean>(`const w = viewOf(${cell});
      const b = [...w.node.querySelectorAll('button')].find((b) => b.title === ${JSON.stringify(name)} || b.textContent === ${JSON.stringify(name)} || b.getAttribute('aria-label') === ${JSON.stringify(name)});
      if (!b) return false; b.click(); return true;`);
    if (!done) throw new Error(`The output of cell ${cell} has no button '${name}'.`);
  }

  async theme(name: 'JupyterLab Light' | 'JupyterLab Dark'): Promise<void> {
    await this.run(
      `await window.jupyterapp.commands.execute('apputils:change-theme', { theme: ${JSON.stringify(name)} });`,
    );
    await sleep(500);
  }

  /** A picture for whoever wants to see it, in the cache's folder `browser`. */
  async screenshot(name: string): Promise<string> {
    const folder = cacheDirectory('browser');
    mkdirSync(folder, { recursive: true });
    const path = join(folder, `${name}.png`);
    await this.page.screenshot({ path });
    return path;
  }

  async close(): Promise<void> {
    await this.run(`await panel().sessionContext.shutdown();`).catch(() => undefined);
    await this.page.close();
  }

  /** Runs the body of an async function in the page. */
  async run<T>(body: string): Promise<T> {
    return this.page.evaluate(`(async () => { ${HELPERS} ${body} })()`) as Promise<T>;
  }
}
