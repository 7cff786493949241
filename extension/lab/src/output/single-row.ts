import { Widget } from '@lumino/widgets';
import type { ColumnText } from '@streamcell/runtime/protocol/view-channel';
import { grouped } from '../values/numbers.js';
import type { RowSource } from '../values/row-source.js';
import { element } from './dom.js';

/** The first row of a result, large: figures to be seen from afar. */
export class SingleRow extends Widget {
  private shown = '';

  constructor() {
    super();
    this.addClass('sc-Single');
  }

  setRows(columns: readonly ColumnText[], rows: RowSource): void {
    const values = rows.columns.map((c) =>
      rows.rows === 0 || c.isNull(0) ? null : c.kind === 'number' ? grouped(c.text(0)) : c.text(0),
    );
    const now = JSON.stringify(values);
    if (now === this.shown) return;
    this.shown = now;
    this.node.replaceChildren(
      ...columns.map(({ name }, c) => {
        const value = values[c] ?? null;
        const empty = rows.rows === 0 ? 'no row' : 'NULL';
        const big = element('div', value === null ? 'sc-Single-value sc-mod-null' : 'sc-Single-value', value ?? empty);
        return element('div', '', element('div', 'sc-Single-name', name), big);
      }),
    );
  }
}
