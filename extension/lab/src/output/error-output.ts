import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { OutputArea } from '@jupyterlab/outputarea';
import { Widget } from '@lumino/widgets';
import type { Message } from '@lumino/messaging';
import { ERROR_MIME, type ErrorBundle } from '@streamcell/runtime/protocol/view-channel';
import type { ErrorData } from '@streamcell/runtime/types/errors';
import { positionAt } from '@streamcell/runtime/types/span';
import { element } from './dom.js';
import { quotedParts } from './quoted-parts.js';

/** Marks an error in the editor of the cell that an output belongs to. */
export type CellMarker = (output: Widget, bundle: ErrorBundle) => void;

/** An error: what is wrong, where, and what would help. */
export class ErrorOutput extends Widget implements IRenderMime.IRenderer {
  private bundle: ErrorBundle | null = null;

  constructor(private readonly mark: CellMarker) {
    super();
    this.addClass('sc-Error');
    this.addClass('sc-View-colours');
    this.node.setAttribute('role', 'group');
    this.node.setAttribute('aria-label', 'Error');
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const bundle = model.data[ERROR_MIME] as unknown as ErrorBundle;
    this.bundle = bundle;
    const { error, cell, span } = bundle;
    this.node.replaceChildren(...errorParts(error, span === null ? '' : position(cell, span.start)));
    if (this.isAttached) this.mark(this, bundle);
  }

  protected override onBeforeAttach(_: Message): void {
    // Only what has just happened is news, not the saved errors of a notebook that is opened.
    if (this.isOfThisPage) this.node.setAttribute('role', 'alert');
  }

  /** A cell that was run in this page has the future of that run. */
  private get isOfThisPage(): boolean {
    for (let widget = this.parent; widget !== null; widget = widget.parent)
      if (widget instanceof OutputArea) return (widget.future as unknown) != null;
    return false;
  }

  protected override onAfterAttach(_: Message): void {
    if (this.bundle !== null) this.mark(this, this.bundle);
  }
}

/** Code and place, the message, where it happened, what would help. */
export function errorParts(error: ErrorData, place: string): HTMLElement[] {
  const { code, message, operator, hint } = error;
  return [
    element('span', 'sc-Error-code', place === '' ? code : `${code} · ${place}`),
    element('div', 'sc-Error-message', ...withCode(message)),
    ...(operator === undefined ? [] : [element('div', 'sc-Hint', `in ${operator}`)]),
    ...(hint === undefined ? [] : [element('div', 'sc-Hint', ...withCode(hint))]),
  ];
}

function position(text: string, offset: number): string {
  const { line, column } = positionAt(text, offset);
  return `${line}:${column}`;
}

/** Names that a message quotes are shown as code. */
export function withCode(message: string): (Node | string)[] {
  return quotedParts(message).map(({ text, code }) => (code ? element('code', '', text) : text));
}
