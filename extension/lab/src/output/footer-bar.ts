import { Widget } from '@lumino/widgets';
import { element } from './dom.js';
import { withCode } from './error-output.js';
import { footnotes, type FooterFacts } from './header-text.js';

/** The line below the rows: which of them are shown, and what is missing. */
export class FooterBar extends Widget {
  private shown = '';

  constructor() {
    super();
    this.addClass('sc-Footer');
  }

  set(facts: FooterFacts, note: string | null): void {
    const { left, right } = footnotes(facts);
    const now = JSON.stringify([left, right, note]);
    if (now === this.shown) return;
    this.shown = now;
    this.setHidden(left.length + right.length === 0 && note === null);
    this.node.replaceChildren(
      ...left.map((text) => element('span', '', text)),
      ...(note === null ? [] : [element('span', 'sc-Note', ...withCode(note))]),
      element('span', 'sc-Space'),
      ...right.map((text) => element('span', '', text)),
    );
  }
}
