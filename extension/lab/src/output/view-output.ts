import type { ISessionContext } from '@jupyterlab/apputils';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { Message } from '@lumino/messaging';
import type { ISignal } from '@lumino/signaling';
import { PanelLayout, Widget } from '@lumino/widgets';
import { VIEW_MIME, type ViewBundle, type ViewMode } from '@streamcell/runtime/protocol/view-channel';
import type { ErrorData } from '@streamcell/runtime/types/errors';
import { automaticChart } from '../chart/automatic-chart.js';
import { LiveChart, newestFirst } from '../chart/live-chart.js';
import type { LiveSettings } from '../settings.js';
import { LiveTable } from '../table/live-table.js';
import { nextRange, type RowRange } from '../table/table-window.js';
import { kindOf } from '../values/row-source.js';
import { kernelLink } from '../view/kernel-link.js';
import { browserTimers, LiveView } from '../view/live-view.js';
import { resultAsCsv, rowsAsCsv, saveFile } from './download.js';
import { element } from './dom.js';
import { errorParts } from './error-output.js';
import { FilterBar, type Filter } from './filter-bar.js';
import { FooterBar } from './footer-bar.js';
import { HeaderBar, type HeaderAction } from './header-bar.js';
import type { FooterFacts } from './header-text.js';
import { chartViewport } from './own-viewport.js';
import { SavedState } from './saved-state.js';
import { SingleRow } from './single-row.js';

/** What can be done with the active cell's result by key. */
export type ResultCommand = 'streamcell:pause' | 'streamcell:stop' | 'streamcell:next-mode';

/** What outputs of one notebook share. */
export interface OutputHost {
  readonly context: ISessionContext;
  readonly settings: LiveSettings;
  readonly themeChanged: ISignal<unknown, unknown>;
  /** Emits before the notebook is written. */
  readonly saving: ISignal<unknown, void>;
  /** The notebook has changes that are not saved. */
  isDirty(): boolean;
  /** A result of this notebook's kernel is looked at. */
  noteView(): void;
}

const TORN =
  'The query went on while its rows were fetched: some may be missing in the file, or be in it twice. Stop the query for an exact one.';
/** Numbers in the header change at most so often, ms: digits that flicker cannot be read. */
const HEADER_STEP = 250;

/**
 * A cell's live result: header, rows or chart, footer. Wires the view's model to its widgets.
 *
 * State: the mode, sort and filter chosen here. It maintains the invariant that the viewport asked of the kernel is the one that these and
 * the scroll position mean, and that nothing is asked while nobody can see it.
 */
export class ViewOutput extends Widget implements IRenderMime.IRenderer {
  private view: LiveView | null = null;
  private model: IRenderMime.IMimeModel | null = null;
  private header: HeaderBar | null = null;
  private footer: FooterBar | null = null;
  private filterBar: FilterBar | null = null;
  private table: LiveTable | null = null;
  private chart: LiveChart | null = null;
  private single: SingleRow | null = null;
  private saved: SavedState | null = null;
  private disposal = new AbortController();
  private readonly problem = element('div', 'sc-Problem');
  private mode: ViewMode = 'table';
  private sort: readonly { readonly column: number; readonly ascending: boolean }[] = [];
  private filter: readonly Filter[] = [];
  private asked: RowRange = { from: 0, to: 0 };
  private headerTimer: number | null = null;
  private moveTimer: number | null = null;
  private ticking = 0;
  private onScreen = true;
  private readonly watcher = new IntersectionObserver(
    (entries) => {
      this.onScreen = entries.at(-1)?.isIntersecting ?? true;
      this.settleVisibility();
    },
    { rootMargin: '100px' },
  );
  private readonly onTab = (): void => this.settleVisibility();

  constructor(private readonly host: OutputHost) {
    super();
    this.addClass('sc-View');
    this.addClass('sc-View-colours');
    this.node.dataset.mimeType = VIEW_MIME;
    this.layout = new PanelLayout();
    host.settings.changed.connect(this.onSettings, this);
    host.themeChanged.connect(this.onTheme, this);
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.model = model;
    const bundle = model.data[VIEW_MIME] as unknown as ViewBundle;
    // What this output has itself saved comes back as a change of its model.
    if (this.view !== null && this.view.bundle.stream === bundle.stream) {
      // Neither is it a new result when the notebook becomes trusted.
      if (model.trusted && this.view.link === 'saved') this.connect();
      return;
    }
    this.build(bundle, model);
  }

  override dispose(): void {
    if (this.isDisposed) return;
    window.clearInterval(this.ticking);
    if (this.headerTimer !== null) window.clearTimeout(this.headerTimer);
    if (this.moveTimer !== null) window.clearTimeout(this.moveTimer);
    this.watcher.disconnect();
    document.removeEventListener('visibilitychange', this.onTab);
    this.dismantle();
    super.dispose();
  }

  protected override onAfterAttach(_: Message): void {
    this.watcher.observe(this.node);
    document.addEventListener('visibilitychange', this.onTab);
    // Lag and rate go on while no frame comes.
    this.ticking = window.setInterval(() => this.header?.refresh(), 500);
    this.settleVisibility();
  }

  protected override onBeforeDetach(_: Message): void {
    this.watcher.unobserve(this.node);
    document.removeEventListener('visibilitychange', this.onTab);
    window.clearInterval(this.ticking);
    this.view?.setVisible(false);
  }

  can(command: ResultCommand): boolean {
    return this.view !== null && (command === 'streamcell:next-mode' || this.view.running);
  }

  perform(command: ResultCommand): void {
    const { view } = this;
    if (view === null || !this.can(command)) return;
    switch (command) {
      case 'streamcell:pause':
        this.act('pause');
        break;
      case 'streamcell:stop':
        this.act('stop');
        break;
      case 'streamcell:next-mode': {
        const modes = this.modes(view.bundle);
        this.showMode(modes[(modes.indexOf(this.mode) + 1) % modes.length]);
        break;
      }
    }
  }

  private get panel(): PanelLayout {
    return this.layout as PanelLayout;
  }

  private build(bundle: ViewBundle, model: IRenderMime.IMimeModel): void {
    this.dismantle();
    this.sort = [];
    this.filter = [];
    this.shownError = null;
    this.problem.replaceChildren();
    const view = (this.view = new LiveView(bundle, this.host.context));
    this.header = new HeaderBar(view, this.modes(bundle));
    this.footer = new FooterBar();
    this.header.action.connect((_, action) => this.act(action));
    this.header.modeChosen.connect((_, mode) => this.showMode(mode));
    this.panel.addWidget(this.header);
    this.panel.addWidget(new Widget({ node: this.problem }));
    this.panel.addWidget(this.footer);
    view.changed.connect(() => this.onState());
    view.rowsChanged.connect(() => this.onRows());
    this.saved = new SavedState(
      view,
      this.host,
      () => this.model,
      () => ({
        mode: bundle.mode,
        newestFirst: bundle.chart === null ? null : newestFirst(bundle.chart, view.columns),
        chartRows: this.host.settings.chartRows,
      }),
    );
    this.showMode(bundle.mode);
    this.onState();
    this.settleVisibility();
    if (model.trusted) this.connect();
  }

  /** Ends everything of the result shown so far; bodies that are not looked at now have no parent to do it. */
  private dismantle(): void {
    this.disposal.abort();
    this.disposal = new AbortController();
    this.saved?.dispose();
    this.view?.dispose();
    for (const body of [this.table, this.chart, this.single]) body?.dispose();
    for (const widget of [...this.panel.widgets]) widget.dispose();
    this.table = this.chart = this.single = this.filterBar = null;
  }

  private connect(): void {
    this.host.noteView();
    this.view?.connect();
  }

  private modes(bundle: ViewBundle): readonly ViewMode[] {
    const charts = bundle.chart !== null || automaticChart(bundle.columns) !== null;
    const modes: ViewMode[] = bundle.mode === 'single' ? ['single', 'table', 'changelog'] : ['table', 'changelog'];
    return charts ? [...modes, 'chart'] : modes;
  }

  private showMode(mode: ViewMode): void {
    const { view, header } = this;
    if (view === null || header === null) return;
    this.mode = mode;
    header.setMode(mode);
    const body = this.bodyFor(mode, view);
    for (const other of [this.table, this.chart, this.single])
      if (other !== null && other !== body) other.parent = null;
    if (body.parent !== this) this.panel.insertWidget(this.panel.widgets.indexOf(this.footer as Widget), body);
    if (this.table !== null && body === this.table) {
      this.table.setColumns(view.columns, view.upsertKey, mode === 'changelog');
      this.table.setSort(mode === 'table' ? this.sort : []);
    }
    this.asked = mode === 'changelog' ? { from: 0, to: 10_000 } : { from: 0, to: 100 };
    this.request();
    this.onRows();
  }

  private bodyFor(mode: ViewMode, view: LiveView): Widget {
    switch (mode) {
      case 'chart': {
        const chart = view.bundle.chart ?? automaticChart(view.columns);
        if (chart !== null) return (this.chart ??= new LiveChart(chart, view.columns));
        break;
      }
      case 'single':
        return (this.single ??= new SingleRow());
    }
    if (this.table === null) {
      const table = (this.table = new LiveTable());
      table.flashing = this.host.settings.flash;
      table.rowHeight = this.host.settings.rowHeight;
      table.moved.connect(() => this.onMoved());
      table.sortRequested.connect((_, column) => this.sortBy(column));
    }
    return this.table;
  }

  /** Asks the kernel for the rows that the mode, sort, filter and scroll position mean. */
  private request(): void {
    const { view, chart, mode } = this;
    if (view === null) return;
    if (mode === 'chart' && chart !== null) {
      view.setViewport(chartViewport(chart.newestFirst, this.host.settings.chartRows));
      return;
    }
    const changelog = mode === 'changelog';
    view.setViewport({
      ...this.asked,
      mode: changelog ? 'changelog' : 'table',
      ...(changelog || mode === 'single' ? {} : { sort: this.sort }),
      ...(mode === 'single' ? {} : { filter: this.filter }),
    });
  }

  private onMoved(): void {
    this.moveTimer ??= window.setTimeout(() => {
      this.moveTimer = null;
      this.follow();
      this.updateFooter();
    }, 40);
  }

  private follow(): void {
    const { table, view } = this;
    if (table === null || view === null || table.parent !== this) return;
    const next = nextRange(this.asked, { ...table.visibleRows, total: view.rowCount, follows: table.follows });
    if (next === null) return;
    this.asked = next;
    this.request();
  }

  private sortBy(column: number): void {
    if (this.mode !== 'table' || this.view?.link !== 'live') return;
    const now = this.sort.find((s) => s.column === column);
    this.sort = now === undefined ? [{ column, ascending: true }] : now.ascending ? [{ column, ascending: false }] : [];
    this.table?.setSort(this.sort);
    this.table?.forgetRows();
    this.request();
  }

  private act(action: HeaderAction): void {
    const { view } = this;
    if (view === null) return;
    switch (action) {
      case 'pause':
        view.setPaused(!view.paused);
        break;
      case 'stop':
        view.stop();
        break;
      case 'connect':
        this.connect();
        break;
      case 'filter':
        this.toggleFilter(view);
        break;
      case 'download':
        void this.download(view);
        break;
    }
  }

  private toggleFilter(view: LiveView): void {
    if (this.filterBar === null) {
      const bar = (this.filterBar = new FilterBar(view.columns));
      bar.changed.connect((_, filter) => this.filterBy(filter));
      bar.closed.connect(() => this.toggleFilter(view));
      this.panel.insertWidget(1, bar);
      bar.focus();
    } else {
      const focused = this.filterBar.node.contains(document.activeElement);
      this.filterBar.dispose();
      this.filterBar = null;
      this.filterBy([]);
      if (focused) this.header?.focusFilter();
    }
    this.header?.setFiltering(this.filterBar !== null);
  }

  private filterBy(filter: readonly Filter[]): void {
    this.filter = filter;
    this.table?.forgetRows();
    this.request();
  }

  private async download(view: LiveView): Promise<void> {
    const names = view.columns.map((c) => c.name);
    const { host, header } = this;
    const { signal } = this.disposal;
    header?.setBusy(true);
    try {
      const { parts, torn } =
        view.link === 'live'
          ? await resultAsCsv(kernelLink(host.context), browserTimers, view.bundle, names, view.viewport, signal)
          : { parts: rowsAsCsv(view.rows, names), torn: false };
      this.problem.replaceChildren(...(torn ? [element('div', '', TORN)] : []));
      const base = (view.bundle.title ?? 'result').replace(/[^\p{L}\p{N}_-]+/gu, '-');
      saveFile(parts, `${base}.csv`);
    } catch (error) {
      if (signal.aborted) return;
      this.problem.replaceChildren(element('div', '', error instanceof Error ? error.message : String(error)));
    } finally {
      header?.setBusy(false);
    }
  }

  private onState(): void {
    const { view } = this;
    if (view === null) return;
    this.headerTimer ??= window.setTimeout(() => {
      this.headerTimer = null;
      this.header?.refresh();
      this.updateFooter();
    }, HEADER_STEP);
    // The words change at once, the numbers when their time has come.
    if (view.link !== this.shownLink || view.status.state !== this.shownState || view.paused !== this.shownPause) {
      this.shownLink = view.link;
      this.shownState = view.status.state;
      this.shownPause = view.paused;
      this.header?.refresh();
      this.updateFooter();
    }
    const error = view.refusal ?? view.status.error ?? null;
    if (error === this.shownError) return;
    this.shownError = error;
    this.problem.replaceChildren(...(error === null ? [] : errorParts(error, '')));
  }

  private shownLink: LiveView['link'] | null = null;
  private shownState = '';
  private shownPause = false;
  private shownError: ErrorData | null = null;

  private onRows(): void {
    const { view, table, chart, single, mode } = this;
    if (view === null) return;
    const changelog = mode === 'changelog';
    // Rows of the mode before are on their way still.
    if ((view.mode === 'changelog') !== changelog && view.link === 'live') return;
    if (chart?.parent === this) chart.setRows(view.rows);
    if (single?.parent === this) single.setRows(view.columns, view.rows);
    if (table?.parent === this && !(changelog && view.rows.ops === null)) {
      table.setRows(view.rows, view.rowCount);
      this.follow();
    }
    if (this.headerTimer === null) this.updateFooter();
  }

  private updateFooter(): void {
    const { view, footer, table, mode } = this;
    if (view === null || footer === null) return;
    const onTable = table?.parent === this;
    const visible = onTable ? table.readableRows : { first: 0, end: view.rows.rows };
    const total = view.rowCount;
    footer.set(
      {
        shownFrom: Math.min(visible.first, Math.max(0, total - 1)),
        shownTo: Math.min(visible.end, total),
        // Of saved rows only the first are here.
        total: mode === 'single' ? 0 : view.lastFrame === null ? Math.max(view.status.rows, total) : total,
        changelog: mode === 'changelog',
        truncated: view.status.truncated,
        rows: view.status.rows,
        filtered: this.filter.length > 0,
        lateRows: view.status.lateRows,
        malformed: view.status.malformed,
        running: view.status.state === 'running',
        chart: this.chartOrder(view),
      },
      this.note(view),
    );
  }

  private chartOrder(view: LiveView): FooterFacts['chart'] {
    const at = this.mode === 'chart' ? (this.chart?.newestFirst ?? null) : null;
    if (at === null) return null;
    const { name, type } = view.columns[at];
    return { column: name, isTime: kindOf(type) === 'time' };
  }

  /** Why the rows are not live, or why there are none, where that is not plain. */
  private note(view: LiveView): string | null {
    if (view.link === 'gone') return `${view.reason ?? ''} These are the last rows.`.trim();
    if (view.link === 'saved' && view.status.state === 'running') return 'saved rows; the notebook is not trusted';
    return view.running && view.status.changes === 0 ? (view.status.why ?? null) : null;
  }

  private settleVisibility(): void {
    this.view?.setVisible(this.isAttached && this.onScreen && document.visibilityState === 'visible');
  }

  private onSettings(): void {
    const { settings } = this.host;
    if (this.table !== null) {
      this.table.flashing = settings.flash;
      this.table.rowHeight = settings.rowHeight;
      this.table.refreshTheme();
    }
    if (this.mode === 'chart') this.request();
  }

  private onTheme(): void {
    this.table?.refreshTheme();
    this.chart?.refreshTheme();
  }
}
