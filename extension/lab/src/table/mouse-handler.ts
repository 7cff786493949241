import { BasicMouseHandler, type DataGrid } from '@lumino/datagrid';

/** Pixels at a header's edges that resize its column. */
const HANDLE = 6;

export interface TableGestures {
  sort(column: number): void;
  /** The user takes the edge of a column. */
  resize(): void;
  /** A cell was clicked that has more to show than fits. */
  open(row: number, column: number, x: number, y: number): void;
  tooltip(row: number, column: number, width: number): string;
}

/** Clicks on headers sort, clicks on nested values open them; everything else as lumino's grids do it. */
export class TableMouseHandler extends BasicMouseHandler {
  constructor(private readonly gestures: TableGestures) {
    super();
  }

  override onMouseDown(grid: DataGrid, event: MouseEvent): void {
    const hit = grid.hitTest(event.clientX, event.clientY);
    if (hit.region === 'column-header' && event.button === 0) {
      const resizes = hit.x < HANDLE || hit.width - hit.x < HANDLE;
      if (!resizes) {
        this.gestures.sort(hit.column);
        return;
      }
      this.gestures.resize();
    }
    super.onMouseDown(grid, event);
  }

  override onMouseUp(grid: DataGrid, event: MouseEvent): void {
    super.onMouseUp(grid, event);
    const hit = grid.hitTest(event.clientX, event.clientY);
    const selection = grid.selectionModel?.currentSelection();
    const one = selection != null && selection.r1 === selection.r2 && selection.c1 === selection.c2;
    if (hit.region === 'body' && one && event.detail === 1)
      this.gestures.open(hit.row, hit.column, event.clientX, event.clientY);
  }

  override onMouseHover(grid: DataGrid, event: MouseEvent): void {
    super.onMouseHover(grid, event);
    const hit = grid.hitTest(event.clientX, event.clientY);
    const title = hit.region === 'body' ? this.gestures.tooltip(hit.row, hit.column, hit.width) : '';
    if (grid.viewport.node.title !== title) grid.viewport.node.title = title;
  }
}
