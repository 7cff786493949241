import type { GridCell, GridColumn, GridModel } from './grid-model.js';
import type { CellBox, GridPainter } from './painted-grid.js';
import type { TableTheme } from './theme.js';

/** Space left and right of a cell's text, px. */
export const PADDING = 12;

/** What the painter asks of the table that it paints. */
export interface TableLook {
  readonly theme: TableTheme;
  /** How strongly a cell is marked as changed, 0..1. */
  flash(row: number, column: number): number;
  /** Direction in which the result is sorted by this column of it. */
  sorted(column: number): 'ascending' | 'descending' | null;
}

/** `text` cut to `width` px in a font of fixed width. */
export function elided(text: string, width: number, charWidth: number): string {
  const fits = Math.floor(width / charWidth);
  if (text.length <= fits) return text;
  return fits <= 1 ? '…' : `${text.slice(0, fits - 1)}…`;
}

/**
 * Draws a table's cells: numbers to the right, NULL grey and italic, operations in the colour of their kind; headers with the name, the
 * direction of its sort and the type.
 */
export class CellPainter implements GridPainter {
  constructor(
    private readonly look: TableLook,
    private readonly model: GridModel,
  ) {}

  get background(): string {
    return this.look.theme.background;
  }

  get line(): string {
    return this.look.theme.line;
  }

  paintCell(gc: CanvasRenderingContext2D, row: number, column: number, box: CellBox): void {
    const { theme } = this.look;
    const shown = this.model.columns[column];
    if (shown === undefined) return;
    const cell = this.model.cell(row, shown);
    const strength = this.look.flash(row, column);
    if (strength > 0) {
      gc.globalAlpha = strength;
      gc.fillStyle = theme.flash;
      gc.fillRect(box.x, box.y, box.width, box.height);
      gc.globalAlpha = 1;
    }
    if (cell.text === '') return;
    const right = cell.kind === 'number';
    gc.font = fontOf(cell, theme);
    gc.fillStyle = colourOf(cell, theme);
    gc.textAlign = right ? 'right' : 'left';
    gc.textBaseline = 'middle';
    const text = elided(cell.text, box.width - 2 * PADDING + 2, theme.charWidth);
    gc.fillText(text, right ? box.x + box.width - PADDING : box.x + PADDING, box.y + box.height / 2);
  }

  paintHeader(gc: CanvasRenderingContext2D, column: number, box: CellBox): void {
    const { theme } = this.look;
    const shown: GridColumn | undefined = this.model.columns[column];
    if (shown === undefined) return;
    const { name, type, kind } = shown;
    const sorted = this.look.sorted(shown.index);
    const right = kind === 'number';
    const x = right ? box.x + box.width - PADDING : box.x + PADDING;
    const arrow = sorted === null ? '' : sorted === 'ascending' ? ' ↑' : ' ↓';
    gc.textAlign = right ? 'right' : 'left';
    gc.textBaseline = 'alphabetic';
    gc.font = theme.nameFont;
    gc.fillStyle = theme.text;
    // A name that is a little too long is squeezed, which is still read better than cut.
    gc.fillText(name + arrow, x, box.y + (type === '' ? 24 : 18), box.width - PADDING);
    if (type === '') return;
    gc.font = theme.typeFont;
    gc.fillStyle = theme.faint;
    gc.fillText(elided(type, box.width - 2 * PADDING + 4, theme.charWidth * 0.84), x, box.y + 31);
  }
}

function fontOf(cell: GridCell, theme: TableTheme): string {
  if (cell.isNull) return theme.nullFont;
  return cell.kind === 'op' ? theme.opFont : theme.bodyFont;
}

function colourOf(cell: GridCell, theme: TableTheme): string {
  if (cell.isNull) return theme.faint;
  if (cell.kind !== 'op') return theme.text;
  if (cell.text === '+I') return theme.insert;
  return cell.text === '-D' ? theme.remove : theme.update;
}
