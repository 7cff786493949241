import { CellRenderer, type GraphicsContext } from '@lumino/datagrid';
import type { GridCell, GridColumn } from './grid-model.js';
import type { TableTheme } from './theme.js';

/** Space left and right of a cell's text, px. */
export const PADDING = 12;

/** What the painters ask of the table that they paint. */
export interface TableLook {
  readonly theme: TableTheme;
  /** 0..1 */
  flash(row: number, column: number): number;
  /** Direction in which the result is sorted by this column. */
  sorted(column: number): 'ascending' | 'descending' | null;
}

/** `text` cut to `width` px in a font of fixed width. */
export function elided(text: string, width: number, charWidth: number): string {
  const fits = Math.floor(width / charWidth);
  if (text.length <= fits) return text;
  return fits <= 1 ? '…' : `${text.slice(0, fits - 1)}…`;
}

/** Cells of the body: numbers to the right, NULL grey and italic, operations in the colour of their kind. */
export class BodyRenderer extends CellRenderer {
  constructor(private readonly look: TableLook) {
    super();
  }

  paint(gc: GraphicsContext, config: CellRenderer.CellConfig): void {
    const { theme } = this.look;
    const cell = config.value as GridCell;
    const strength = this.look.flash(config.row, config.column);
    if (strength > 0) {
      gc.globalAlpha = strength;
      gc.fillStyle = theme.flash;
      gc.fillRect(config.x, config.y, config.width, config.height - 1);
      gc.globalAlpha = 1;
    }
    if (cell.text === '') return;
    const right = cell.kind === 'number';
    gc.font = cell.isNull ? theme.nullFont : cell.kind === 'op' ? theme.opFont : theme.bodyFont;
    gc.fillStyle = cell.isNull ? theme.faint : cell.kind === 'op' ? opColour(cell.text, theme) : theme.text;
    gc.textAlign = right ? 'right' : 'left';
    gc.textBaseline = 'middle';
    const text = elided(cell.text, config.width - 2 * PADDING + 2, theme.charWidth);
    gc.fillText(text, right ? config.x + config.width - PADDING : config.x + PADDING, config.y + config.height / 2);
  }
}

function opColour(op: string, theme: TableTheme): string {
  if (op === '+I') return theme.insert;
  return op === '-D' ? theme.remove : theme.update;
}

/** Column headers: the name with the direction of its sort, below it the type. */
export class HeaderRenderer extends CellRenderer {
  constructor(private readonly look: TableLook) {
    super();
  }

  paint(gc: GraphicsContext, config: CellRenderer.CellConfig): void {
    const { theme } = this.look;
    const column = config.value as GridColumn;
    const sorted = this.look.sorted(column.index);
    const right = column.kind === 'number';
    const x = right ? config.x + config.width - PADDING : config.x + PADDING;
    gc.textAlign = right ? 'right' : 'left';
    gc.textBaseline = 'alphabetic';
    gc.font = theme.nameFont;
    gc.fillStyle = theme.text;
    const arrow = sorted === null ? '' : sorted === 'ascending' ? ' ↑' : ' ↓';
    gc.fillText(column.name + arrow, x, config.y + (column.type === '' ? 24 : 18), config.width - PADDING);
    if (column.type === '') return;
    gc.font = theme.typeFont;
    gc.fillStyle = theme.faint;
    gc.fillText(elided(column.type, config.width - 2 * PADDING + 4, theme.charWidth * 0.84), x, config.y + 31);
  }
}
