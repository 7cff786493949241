import { DataGrid } from '@lumino/datagrid';
import type { IMessageHandler, Message } from '@lumino/messaging';

export interface CellBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Draws cells; the box is theirs, what is drawn beyond it is cut off at the edge of the body only. */
export interface GridPainter {
  readonly background: string;
  readonly line: string;
  paintCell(gc: CanvasRenderingContext2D, row: number, column: number, box: CellBox): void;
  paintHeader(gc: CanvasRenderingContext2D, column: number, box: CellBox): void;
}

/**
 * A grid that draws its cells straight onto its canvas, and tells when it has scrolled.
 *
 * Lumino's own way draws each cell into a second canvas and copies it over. Without a graphics card the browser then copies the whole second
 * canvas for every cell: measured, that was 80 % of the page's time at 20 frames a second. Our cells stay within their boxes (texts are cut
 * to fit), there are no merged cells and no row headers, so the detour buys nothing here.
 */
export class PaintedGrid extends DataGrid {
  constructor(
    options: DataGrid.IOptions,
    private readonly painter: GridPainter,
    private readonly onScrolled: () => void,
  ) {
    super(options);
  }

  override messageHook(handler: IMessageHandler, message: Message): boolean {
    const pass = super.messageHook(handler, message);
    if (handler === this.viewport && message.type === 'scroll-request') this.onScrolled();
    return pass;
  }

  protected override paintContent(x: number, y: number, width: number, height: number): void {
    const gc = this.canvasGC;
    const ratio = Math.ceil(window.devicePixelRatio);
    const { painter, headerHeight } = this;
    gc.save();
    gc.setTransform(ratio, 0, 0, ratio, 0, 0);
    gc.fillStyle = painter.background;
    gc.fillRect(x, y, width, height);
    const bodyTop = Math.max(y, headerHeight);
    this.within(gc, x, bodyTop, width, y + height - bodyTop, () =>
      this.paintBody(x, bodyTop, width, y + height - bodyTop),
    );
    this.within(gc, x, y, width, Math.min(height, headerHeight - y), () => this.paintHeaders(x, width));
    gc.restore();
  }

  private within(gc: CanvasRenderingContext2D, x: number, y: number, w: number, h: number, paint: () => void): void {
    if (w <= 0 || h <= 0) return;
    gc.save();
    gc.beginPath();
    gc.rect(x, y, w, h);
    gc.clip();
    paint();
    gc.restore();
  }

  private paintBody(x: number, y: number, width: number, height: number): void {
    const gc = this.canvasGC;
    const { painter, headerHeight, scrollY } = this;
    const rows = this.rowCount('body');
    const top = y - headerHeight + scrollY;
    let row = Math.max(0, this.rowSections.indexOf(top));
    if (rows === 0 || top >= this.rowSections.length) return;
    const columns = this.columnsWithin(x, width);
    for (; row < rows; row++) {
      const size = this.rowSize('body', row);
      const at = headerHeight + this.rowOffset('body', row) - scrollY;
      if (at >= y + height) break;
      for (const { column, left, size: wide } of columns)
        painter.paintCell(gc, row, column, { x: left, y: at, width: wide, height: size });
      // Below the last row is the edge of the table.
      if (row === rows - 1) break;
      gc.fillStyle = painter.line;
      gc.fillRect(x, at + size - 1, Math.min(width, this.columnSections.length - this.scrollX - x), 1);
    }
  }

  private paintHeaders(x: number, width: number): void {
    const gc = this.canvasGC;
    const { painter, headerHeight } = this;
    for (const { column, left, size } of this.columnsWithin(x, width))
      painter.paintHeader(gc, column, { x: left, y: 0, width: size, height: headerHeight });
    gc.fillStyle = painter.line;
    gc.fillRect(x, headerHeight - 1, width, 1);
  }

  private columnsWithin(x: number, width: number): { column: number; left: number; size: number }[] {
    const found: { column: number; left: number; size: number }[] = [];
    const columns = this.columnCount('body');
    for (let column = 0; column < columns; column++) {
      const left = this.columnOffset('body', column) - this.scrollX;
      const size = this.columnSize('body', column);
      if (left < x + width && left + size > x) found.push({ column, left, size });
    }
    return found;
  }
}
