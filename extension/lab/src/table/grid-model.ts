import { DataModel } from '@lumino/datagrid';
import type { ColumnText } from '@streamcell/runtime/protocol/view-channel';
import { grouped } from '../values/numbers.js';
import { kindOf, shortType, type ColumnKind, type RowSource } from '../values/row-source.js';

export interface GridColumn {
  readonly name: string;
  readonly type: string;
  readonly kind: ColumnKind;
  /** Position among the result's columns; -1 for the operation of a change. */
  readonly index: number;
}

export interface GridCell {
  readonly text: string;
  readonly kind: ColumnKind;
  readonly isNull: boolean;
}

const ABSENT: GridCell = { text: '', kind: 'text', isNull: false };
const OP: GridColumn = { name: 'op', type: '', kind: 'op', index: -1 };

/**
 * A result as the grid sees it: all its rows, of which those near the screen are here.
 *
 * State: the columns, the rows last received and how many there are in all. Rows are added and removed at the end, so the grid keeps its
 * scroll position whatever arrives.
 */
export class GridModel extends DataModel {
  private shown: readonly GridColumn[] = [];
  private source: RowSource | null = null;
  private total = 0;

  get columns(): readonly GridColumn[] {
    return this.shown;
  }

  get rows(): RowSource | null {
    return this.source;
  }

  setColumns(columns: readonly ColumnText[], changelog: boolean): void {
    const own = columns.map(({ name, type }, index) => ({ name, type: shortType(type), kind: kindOf(type), index }));
    this.shown = changelog ? [OP, ...own] : own;
    this.source = null;
    this.total = 0;
    this.emitChanged({ type: 'model-reset' });
  }

  /** Whoever sets rows has those painted that look otherwise than before. */
  setRows(source: RowSource, total: number): void {
    const before = this.total;
    this.source = source;
    this.total = total;
    if (total > before)
      this.emitChanged({ type: 'rows-inserted', region: 'body', index: before, span: total - before });
    if (total < before) this.emitChanged({ type: 'rows-removed', region: 'body', index: total, span: before - total });
  }

  /** Cells of these rows are painted again. */
  repaint(first: number, end: number): void {
    const rowSpan = Math.min(end, this.total) - first;
    if (rowSpan <= 0 || this.shown.length === 0) return;
    this.emitChanged({
      type: 'cells-changed',
      region: 'body',
      row: first,
      column: 0,
      rowSpan,
      columnSpan: this.shown.length,
    });
  }

  repaintHeader(): void {
    if (this.shown.length === 0) return;
    this.emitChanged({
      type: 'cells-changed',
      region: 'column-header',
      row: 0,
      column: 0,
      rowSpan: 1,
      columnSpan: this.shown.length,
    });
  }

  rowCount(region: DataModel.RowRegion): number {
    return region === 'body' ? this.total : 1;
  }

  columnCount(region: DataModel.ColumnRegion): number {
    return region === 'body' ? this.shown.length : 0;
  }

  data(region: DataModel.CellRegion, row: number, column: number): GridCell | GridColumn {
    const shown = this.shown[column];
    if (region !== 'body') return shown;
    return this.cell(row, shown);
  }

  cell(row: number, column: GridColumn): GridCell {
    const { source } = this;
    const at = source === null ? -1 : row - source.from;
    if (source === null || at < 0 || at >= source.rows) return ABSENT;
    if (column.kind === 'op') return { text: source.ops?.[at] ?? '', kind: 'op', isNull: false };
    const values = source.columns[column.index];
    if (values === undefined || values.isNull(at)) return { text: 'NULL', kind: column.kind, isNull: true };
    const text = values.text(at);
    return { text: column.kind === 'number' ? grouped(text) : text, kind: column.kind, isNull: false };
  }

  /** A nested value over several lines; undefined when the row is not here. */
  pretty(row: number, column: GridColumn): string | undefined {
    const { source } = this;
    const at = source === null ? -1 : row - source.from;
    if (source === null || at < 0 || at >= source.rows) return undefined;
    return source.columns[column.index]?.pretty(at);
  }
}
