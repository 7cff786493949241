import { Signal, type ISignal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';
import type { ColumnText } from '@streamcell/runtime/protocol/view-channel';
import { element, iconButton } from './dom.js';

export interface Filter {
  readonly column: number;
  readonly contains: string;
}

/** One line that keeps only rows whose column contains a text. */
export class FilterBar extends Widget {
  private readonly asked = new Signal<this, readonly Filter[]>(this);
  private readonly closeAsked = new Signal<this, void>(this);
  private readonly column = element('select', '');
  private readonly text = element('input', '');
  private timer = 0;

  constructor(columns: readonly ColumnText[]) {
    super();
    this.addClass('sc-Filter');
    this.node.dataset.lmSuppressShortcuts = 'true';
    this.column.setAttribute('aria-label', 'Column');
    columns.forEach(({ name }, index) => {
      const option = element('option', '', name);
      option.value = String(index);
      this.column.append(option);
    });
    this.text.type = 'search';
    this.text.placeholder = 'text';
    this.text.setAttribute('aria-label', 'Contains');
    const clear = iconButton('close', 'Remove the filter', () => this.closeAsked.emit());
    this.node.append(this.column, element('span', '', 'contains'), this.text, clear.node);
    this.column.addEventListener('change', () => this.ask());
    this.text.addEventListener('input', () => {
      window.clearTimeout(this.timer);
      this.timer = window.setTimeout(() => this.ask(), 200);
    });
    this.text.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.closeAsked.emit();
    });
  }

  get changed(): ISignal<this, readonly Filter[]> {
    return this.asked;
  }

  get closed(): ISignal<this, void> {
    return this.closeAsked;
  }

  focus(): void {
    this.text.focus();
  }

  clear(): void {
    this.text.value = '';
  }

  private ask(): void {
    const contains = this.text.value;
    this.asked.emit(contains === '' ? [] : [{ column: Number(this.column.value), contains }]);
  }
}
