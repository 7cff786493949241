import { Widget } from '@lumino/widgets';
import type { Message } from '@lumino/messaging';
import { CHART_DATA, vegaLite } from '@streamcell/runtime/protocol/chart';
import type { Chart, ColumnText } from '@streamcell/runtime/protocol/view-channel';
import { kindOf, type RowSource } from '../values/row-source.js';
import { schemaOf } from '../values/type-text.js';
import { element } from '../output/dom.js';
import { chartTheme } from './chart-theme.js';
import { restAfter } from './draw-pace.js';
import { RowDiffer, type Datum } from './row-differ.js';
import type { Result, VisualizationSpec } from './vega.js';

/** Px left and right of a chart; see view.css. */
const SIDE = 12;
/** Ms between two layouts of a chart. */
const LAYOUT_STEP = 1000;

const nextFrame = (): Promise<unknown> => new Promise((resolve) => requestAnimationFrame(resolve));

type Vega = typeof import('./vega.js');

/** Position of the column of which the highest values are the newest; null where x has no order. */
export function newestFirst(chart: Chart, columns: readonly ColumnText[]): number | null {
  const x = columns.findIndex((c) => c.name === chart.x);
  return x >= 0 && ['time', 'number'].includes(kindOf(columns[x].type)) ? x : null;
}

/**
 * A live chart: Vega-Lite's specification of the saved chart, fed with what has changed between two frames.
 *
 * State: Vega's view once it is loaded, the points in it, the newest rows not drawn yet. It maintains the invariant that one change is
 * drawn at a time, that rows which come meanwhile wait as one, and that the page keeps most of its time for others (draw-pace.ts).
 */
export class LiveChart extends Widget {
  private readonly channels: readonly { readonly channel: string; readonly column: number }[];
  private differ = new RowDiffer();
  private vega: Vega | null = null;
  private result: Result | null = null;
  private generation = 0;
  private waiting: RowSource | null = null;
  private last: RowSource | null = null;
  /** The view that is drawing now; one that was replaced meanwhile may never be done. */
  private drawing: Result | null = null;
  private laidOut = 0;
  private readonly resized = new ResizeObserver(() => this.onResized());
  /** Position of the column of which the highest values are the newest; null where x has no order. */
  readonly newestFirst: number | null;

  constructor(
    private readonly chart: Chart,
    private readonly columns: readonly ColumnText[],
  ) {
    super();
    this.addClass('sc-Chart');
    const named = (name: string | undefined): number => columns.findIndex((c) => c.name === name);
    this.channels = (['x', 'y', 'color'] as const)
      .map((channel) => ({ channel, column: named(chart[channel]) }))
      .filter(({ column }) => column >= 0);
    this.newestFirst = newestFirst(chart, columns);
  }

  setRows(rows: RowSource): void {
    this.waiting = rows;
    this.last = rows;
    void this.pump();
  }

  refreshTheme(): void {
    if (this.isAttached) this.draw();
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.generation++;
    this.resized.disconnect();
    this.result?.finalize();
    super.dispose();
  }

  protected override onAfterAttach(_: Message): void {
    this.resized.observe(this.node);
    this.draw();
  }

  protected override onBeforeDetach(_: Message): void {
    this.resized.disconnect();
    this.generation++;
    this.result?.finalize();
    this.result = null;
  }

  private draw(): void {
    const embedded = this.embed();
    const { generation } = this;
    embedded.catch((error: unknown) => {
      if (generation !== this.generation) return;
      const reason = error instanceof Error ? error.message : String(error);
      this.node.replaceChildren(element('div', 'sc-Problem', `The chart cannot be drawn: ${reason}`));
    });
  }

  private async embed(): Promise<void> {
    const generation = ++this.generation;
    this.vega ??= await import('./vega.js');
    if (generation !== this.generation) return;
    this.result?.finalize();
    this.result = null;
    const host = document.createElement('div');
    this.node.replaceChildren(host);
    // The saved form says v5, which is what JupyterLab itself draws; it is valid in v6 too.
    const spec = {
      ...vegaLite(this.chart, schemaOf(this.columns), []),
      $schema: undefined,
      width: this.roomForChart,
      autosize: { type: 'fit', contains: 'padding' },
    } as unknown as VisualizationSpec;
    // Interpreted expressions: a page's content security policy may forbid to compile them.
    const result = await this.vega.embed(host, spec, {
      actions: false,
      ast: true,
      renderer: 'canvas',
      // An axis without rows yet is nothing to warn of.
      logLevel: this.vega.Error,
      tooltip: { theme: 'custom' },
      config: chartTheme(this.node),
    });
    if (generation !== this.generation) {
      result.finalize();
      return;
    }
    this.result = result;
    this.onResized();
    this.differ = new RowDiffer();
    this.laidOut = 0;
    this.waiting = this.last;
    void this.pump();
  }

  private async pump(): Promise<void> {
    const { vega, result, waiting } = this;
    if (vega === null || result === null || waiting === null || this.drawing === result) return;
    this.waiting = null;
    const { insert, remove } = this.differ.next(this.points(waiting));
    if (insert.length === 0 && remove.size === 0) return;
    this.drawing = result;
    try {
      const change = vega
        .changeset()
        .remove((row: Datum) => remove.has(row))
        .insert([...insert]);
      const view = result.view.change(CHART_DATA, change);
      // Room for longer labels is made now and then, not with each frame: the axes would tremble.
      if (performance.now() - this.laidOut > LAYOUT_STEP) {
        this.laidOut = performance.now();
        view.resize();
      }
      const begun = performance.now();
      await view.runAsync();
      // What is drawn is painted by the page after this turn, which costs more than Vega does.
      await nextFrame();
      await nextFrame();
      const rest = restAfter(performance.now() - begun);
      if (rest > 0) await new Promise((resolve) => window.setTimeout(resolve, rest));
    } finally {
      if (this.drawing === result) this.drawing = null;
    }
    void this.pump();
  }

  private *points(rows: RowSource): Iterable<Datum> {
    for (let row = 0; row < rows.rows; row++) {
      const point: Record<string, number | string | boolean | null> = {};
      for (const { channel, column } of this.channels) {
        const value = rows.columns[column].datum(row);
        point[channel] = typeof value === 'number' && !Number.isFinite(value) ? null : value;
      }
      yield point;
    }
  }

  /** Px; a chart that is not laid out yet gets its width with the first resize. */
  private get roomForChart(): number {
    return Math.max(this.node.clientWidth - 2 * SIDE, 120);
  }

  private onResized(): void {
    const view = this.result?.view;
    if (view === undefined || this.node.clientWidth === 0 || view.width() === this.roomForChart) return;
    void view.width(this.roomForChart).resize().runAsync();
  }
}
