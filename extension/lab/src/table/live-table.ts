import { BasicSelectionModel, DataGrid } from '@lumino/datagrid';
import { MessageLoop, type Message } from '@lumino/messaging';
import { Signal, type ISignal } from '@lumino/signaling';
import { PanelLayout, Widget } from '@lumino/widgets';
import type { ColumnText } from '@streamcell/runtime/protocol/view-channel';
import type { RowSource } from '../values/row-source.js';
import { columnWidths } from './column-widths.js';
import { FLASH, Flashes } from './flashes.js';
import { GridModel, type GridCell } from './grid-model.js';
import { TableKeyHandler } from './key-handler.js';
import { TableMouseHandler } from './mouse-handler.js';
import { CellPainter, PADDING, type TableLook } from './cell-painter.js';
import { PaintedGrid } from './painted-grid.js';
import { measure, readTheme, type TableTheme } from './theme.js';
import { showValue } from './value-popup.js';

export interface Sort {
  readonly column: number;
  readonly ascending: boolean;
}

/** Rows that a table grows to by itself; the user may make it taller. */
const TALLEST = 12;
/** Scrolling so soon after a wheel, key or button, in ms, is the user's. */
const USER_SCROLL = 400;
/** Px; see view.css. */
const SCROLL_BAR = 11;
/** Ms between two steps of a fading cell. */
const FADE_STEP = 60;

/**
 * Rows of a result in a grid drawn on a canvas.
 *
 * State: the grid and its model, the sort shown in the headers, which cells flash. It maintains the invariant that arriving rows neither
 * move what is on the screen nor narrow anything: the table only ever grows, up to TALLEST rows.
 */
export class LiveTable extends Widget implements TableLook {
  theme: TableTheme;
  private readonly model = new GridModel();
  private readonly grid: DataGrid;
  private readonly flashes = new Flashes();
  private readonly windowMoved = new Signal<this, void>(this);
  private readonly sortAsked = new Signal<this, number>(this);
  private sorts: readonly Sort[] = [];
  private key: readonly number[] | null = null;
  private tallest = 0;
  private widthsByUser = false;
  private scrolls = false;
  private heightByUser: number | null = null;
  private sized = false;
  private fitted = false;
  private following = false;
  private fade: number | null = null;
  private lastWindow = '';
  private readonly calm = window.matchMedia('(prefers-reduced-motion: reduce)');
  private readonly resized = new ResizeObserver(() => this.onResized());
  private touched = 0;
  flashing = true;
  rowHeight = 26;

  constructor() {
    super();
    // Stands in until the table is attached and its variables can be resolved.
    this.theme = readTheme(document.body);
    this.addClass('sc-Table');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute(
      'aria-label',
      'Rows of the result. Enter shows a value in full, Shift+Enter sorts by its column.',
    );
    // The notebook's one-letter commands must not act on keys meant for the grid.
    this.node.dataset.lmSuppressShortcuts = 'true';
    const layout = (this.layout = new PanelLayout());
    this.grid = new PaintedGrid(
      { headerVisibility: 'column', ...this.sizes() },
      new CellPainter(this, this.model),
      () => this.onScrolled(),
    );
    this.grid.addClass('sc-Grid');
    this.grid.dataModel = this.model;
    this.grid.selectionModel = new BasicSelectionModel({ dataModel: this.model });
    this.grid.keyHandler = new TableKeyHandler({
      sort: (column) => this.askSort(column),
      open: (row, column) => this.openAtCursor(row, column),
    });
    // Reached with Tab; lumino itself would have it clicked.
    this.grid.viewport.node.tabIndex = 0;
    this.grid.mouseHandler = new TableMouseHandler({
      sort: (column) => this.askSort(column),
      resize: () => (this.widthsByUser = true),
      open: (row, column, x, y) => this.open(row, column, x, y),
      tooltip: (row, column, width) => this.tooltip(row, column, width),
    });
    this.grid.copyConfig = {
      separator: '\t',
      headers: 'column',
      format: ({ region, value }) => (region === 'body' ? (value as GridCell).text : (value as { name: string }).name),
      warningThreshold: 1e6,
    };
    this.restyle(this.theme);
    layout.addWidget(this.grid);
    for (const type of ['wheel', 'pointerdown', 'pointermove', 'keydown'])
      this.node.addEventListener(type, () => (this.touched = performance.now()), { capture: true, passive: true });
    this.node.append(this.handle());
  }

  /** Other rows are on the screen than were. */
  get moved(): ISignal<this, void> {
    return this.windowMoved;
  }

  /** A header was clicked: the column's position in the result. */
  get sortRequested(): ISignal<this, number> {
    return this.sortAsked;
  }

  /** Rows on the screen, [first, end). */
  get visibleRows(): { readonly first: number; readonly end: number } {
    const first = Math.floor(this.grid.scrollY / this.theme.rowHeight);
    const height = this.grid.isVisible ? this.grid.pageHeight : this.theme.rowHeight * TALLEST;
    // Of the last row at least half.
    const end = Math.floor((this.grid.scrollY + height) / this.theme.rowHeight + 0.5);
    return { first, end: Math.max(first + 1, end) };
  }

  /** The same without a row of which less than half is there. */
  get readableRows(): { readonly first: number; readonly end: number } {
    const { end } = this.visibleRows;
    return { first: Math.min(Math.floor(this.grid.scrollY / this.theme.rowHeight + 0.5), end - 1), end };
  }

  /** The last row is on the screen, and stays there while rows are added. */
  get follows(): boolean {
    return this.following;
  }

  setColumns(columns: readonly ColumnText[], upsertKey: readonly number[] | null, changelog: boolean): void {
    this.key = changelog ? null : upsertKey;
    this.fitted = false;
    this.widthsByUser = false;
    this.flashes.clear();
    this.grid.selectionModel?.clear();
    this.model.setColumns(columns, changelog);
    this.following = changelog;
    this.fitColumns();
    this.updateHeight();
  }

  setSort(sorts: readonly Sort[]): void {
    this.sorts = sorts;
    this.model.repaintHeader();
  }

  /** Other rows come because something else was asked for: none of them has changed. */
  forgetRows(): void {
    this.flashes.clear();
    this.following = false;
    this.grid.scrollTo(this.grid.scrollX, 0);
  }

  setRows(source: RowSource, total: number): void {
    const tail = this.following;
    const before = this.grid.scrollY;
    this.model.setRows(source, total);
    if (tail && this.grid.maxScrollY > 0) this.grid.scrollTo(this.grid.scrollX, this.grid.maxScrollY);
    const now = performance.now();
    const { first, end: last } = this.visibleRows;
    // The last row may show only its head.
    const end = last + 1;
    const window = JSON.stringify([this.sorts, before === this.grid.scrollY || tail ? '' : this.grid.scrollY]);
    const changed = this.flashes.update(source, this.key, { first, end, total }, window, now);
    if (source.ops !== null) this.model.repaint(first, end);
    else if (changed !== null) this.model.repaint(changed.first, changed.end);
    if (source.ops === null && this.flashing) this.startFade();
    this.updateHeight();
    const scrolls = this.scrollsDown;
    // Room for the scroll bar is taken from the columns once it is there.
    if ((!this.fitted && source.rows > 0) || scrolls !== this.scrolls) this.fitColumns();
    this.scrolls = scrolls;
  }

  /** The theme or the row height is another one. */
  refreshTheme(): void {
    if (this.isAttached) this.restyle(readTheme(this.node, this.rowHeight));
  }

  private restyle(theme: TableTheme): void {
    this.theme = theme;
    this.grid.defaultSizes = this.sizes().defaultSizes;
    this.grid.style = {
      voidColor: theme.background,
      backgroundColor: theme.background,
      headerBackgroundColor: theme.background,
      gridLineColor: theme.line,
      verticalGridLineColor: 'transparent',
      horizontalGridLineColor: theme.line,
      headerGridLineColor: theme.line,
      headerVerticalGridLineColor: 'transparent',
      headerHorizontalGridLineColor: theme.line,
      selectionFillColor: theme.selection,
      selectionBorderColor: theme.selectionBorder,
      cursorFillColor: 'transparent',
      cursorBorderColor: theme.selectionBorder,
      headerSelectionFillColor: 'transparent',
      headerSelectionBorderColor: 'transparent',
      scrollShadow: { size: 0, color1: 'transparent', color2: 'transparent', color3: 'transparent' },
    };
    this.fitted = false;
    this.fitColumns();
  }

  flash(row: number, column: number): number {
    // In a changelog every row is news.
    if (!this.flashing || this.model.rows?.ops !== null) return 0;
    const strength = this.flashes.strength(row, this.model.columns[column].index, performance.now());
    return this.calm.matches && strength > 0 ? 1 : strength;
  }

  sorted(column: number): 'ascending' | 'descending' | null {
    const sort = this.sorts.find((s) => s.column === column);
    return sort === undefined ? null : sort.ascending ? 'ascending' : 'descending';
  }

  /** Rows now here, for whoever wants to copy them. */
  get rows(): RowSource | null {
    return this.model.rows;
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.resized.disconnect();
    if (this.fade !== null) window.clearTimeout(this.fade);
    super.dispose();
  }

  protected override onAfterAttach(_: Message): void {
    this.refreshTheme();
    this.resized.observe(this.node);
    this.updateHeight();
  }

  private sizes(): Pick<DataGrid.IOptions, 'defaultSizes'> & { readonly defaultSizes: DataGrid.DefaultSizes } {
    const { rowHeight, headerHeight } = this.theme;
    return { defaultSizes: { rowHeight, columnWidth: 120, rowHeaderWidth: 0, columnHeaderHeight: headerHeight } };
  }

  private onScrolled(): void {
    const atEnd = this.grid.maxScrollY > 0 && this.grid.scrollY >= this.grid.maxScrollY;
    // Scrolling of our own may stop short while rows are being added; only the user leaves the end.
    if (atEnd || performance.now() - this.touched < USER_SCROLL) this.following = atEnd;
    this.noteWindow();
  }

  private askSort(column: number): void {
    const { index } = this.model.columns[column];
    if (index >= 0) this.sortAsked.emit(index);
  }

  private open(row: number, column: number, x: number, y: number): void {
    const shown = this.model.columns[column];
    const cell = this.model.cell(row, shown);
    if (cell.isNull || (shown.kind !== 'nested' && !this.isCut(cell, this.grid.columnSize('body', column)))) return;
    this.popUp(row, column, x, y);
  }

  private openAtCursor(row: number, column: number): void {
    if (this.model.cell(row, this.model.columns[column]).isNull) return;
    const { grid } = this;
    const box = grid.viewport.node.getBoundingClientRect();
    const x = box.left + grid.columnOffset('body', column) - grid.scrollX;
    const y = box.top + grid.headerHeight + grid.rowOffset('body', row) - grid.scrollY;
    this.popUp(row, column, x, y);
  }

  private popUp(row: number, column: number, x: number, y: number): void {
    const shown = this.model.columns[column];
    const text = this.model.pretty(row, shown);
    if (text !== undefined) showValue(`${shown.name}  ${shown.type}`, text, x, y, this.grid.viewport.node);
  }

  private tooltip(row: number, column: number, width: number): string {
    const shown = this.model.columns[column];
    const cell = this.model.cell(row, shown);
    if (!this.isCut(cell, width)) return '';
    return cell.text.length > 2000 ? `${cell.text.slice(0, 2000)}…` : cell.text;
  }

  private isCut(cell: GridCell, width: number): boolean {
    return cell.text.length * this.theme.charWidth > width - 2 * PADDING + 2;
  }

  private noteWindow(): void {
    const { first, end } = this.visibleRows;
    const window = `${first} ${end}`;
    if (window === this.lastWindow) return;
    this.lastWindow = window;
    this.windowMoved.emit();
  }

  private startFade(): void {
    if (this.fade !== null || !this.flashes.active(performance.now())) return;
    const step = (): void => {
      this.fade = null;
      if (this.isDisposed) return;
      const fading = this.flashes.rows(performance.now());
      if (fading !== null) this.model.repaint(fading.first, fading.end);
      if (this.flashes.active(performance.now())) this.fade = window.setTimeout(step, FADE_STEP);
    };
    this.fade = window.setTimeout(step, this.calm.matches ? FLASH : FADE_STEP);
  }

  /** Columns get the widths that their first rows ask for; later rows change nothing. */
  private fitColumns(): void {
    const available = this.grid.node.clientWidth;
    const { columns, rows } = this.model;
    if (available <= 0 || columns.length === 0 || this.widthsByUser) return;
    this.fitted = rows !== null && rows.rows > 0;
    const { theme } = this;
    const sample = Math.min(rows?.rows ?? 0, 200);
    const needs = columns.map((column) => {
      let longest = 0;
      for (let r = 0; r < sample; r++)
        longest = Math.max(longest, this.model.cell((rows?.from ?? 0) + r, column).text.length);
      const header = Math.max(measure(theme.nameFont, `${column.name} ↓`), measure(theme.typeFont, column.type));
      return { kind: column.kind, header: header + 2 * PADDING, body: longest * theme.charWidth + 2 * PADDING + 4 };
    });
    const scrollBar = this.scrollsDown ? SCROLL_BAR + 1 : 1;
    columnWidths(needs, available - scrollBar).forEach((width, c) => this.grid.resizeColumn('body', c, width));
  }

  private get scrollsDown(): boolean {
    return this.theme.headerHeight + this.model.rowCount('body') * this.theme.rowHeight > this.node.clientHeight;
  }

  private updateHeight(): void {
    const { rowHeight, headerHeight } = this.theme;
    this.tallest = Math.max(this.tallest, Math.min(this.model.rowCount('body'), TALLEST));
    const wide = this.grid.totalWidth > this.node.clientWidth + 1 ? SCROLL_BAR : 0;
    const height = this.heightByUser ?? headerHeight + Math.max(this.tallest, 1) * rowHeight + wide;
    const text = `${height}px`;
    if (this.node.style.height === text) return;
    this.node.style.height = text;
    MessageLoop.sendMessage(this.grid, Widget.ResizeMessage.UnknownSize);
  }

  private onResized(): void {
    MessageLoop.sendMessage(this.grid, Widget.ResizeMessage.UnknownSize);
    if (!this.sized || this.grid.node.clientWidth !== this.width) {
      this.sized = true;
      this.width = this.grid.node.clientWidth;
      this.fitColumns();
      this.updateHeight();
    }
    this.noteWindow();
  }

  private width = 0;

  /** The strip at the lower edge that makes the table taller or shorter. */
  private handle(): HTMLElement {
    const strip = document.createElement('div');
    strip.className = 'sc-Table-resize';
    strip.title = 'Drag to resize';
    strip.addEventListener('pointerdown', (down) => {
      down.preventDefault();
      strip.setPointerCapture(down.pointerId);
      const from = this.node.clientHeight;
      const move = (event: PointerEvent): void => {
        this.heightByUser = Math.max(90, from + event.clientY - down.clientY);
        this.updateHeight();
      };
      strip.addEventListener('pointermove', move);
      strip.addEventListener('pointerup', () => strip.removeEventListener('pointermove', move), { once: true });
    });
    return strip;
  }
}
