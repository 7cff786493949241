import { BasicKeyHandler, type DataGrid } from '@lumino/datagrid';

export interface TableKeys {
  /** Of the cell that the cursor is on. */
  sort(column: number): void;
  open(row: number, column: number): void;
}

/** Enter shows the value under the cursor, Shift+Enter sorts by its column; everything else as lumino's grids do it. */
export class TableKeyHandler extends BasicKeyHandler {
  constructor(private readonly keys: TableKeys) {
    super();
  }

  override onKeyDown(grid: DataGrid, event: KeyboardEvent): void {
    const cursor = grid.selectionModel;
    if (event.key !== 'Enter' || cursor === null || cursor.cursorRow < 0 || cursor.cursorColumn < 0) {
      super.onKeyDown(grid, event);
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    if (event.shiftKey) this.keys.sort(cursor.cursorColumn);
    else this.keys.open(cursor.cursorRow, cursor.cursorColumn);
  }
}
