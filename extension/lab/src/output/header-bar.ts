import { Signal, type ISignal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';
import type { ViewMode } from '@streamcell/runtime/protocol/view-channel';
import type { LiveView } from '../view/live-view.js';
import { element, iconButton } from './dom.js';
import { figures, placeText, stateWord } from './header-text.js';
import { ToolbarKeys } from './toolbar-keys.js';

export type HeaderAction = 'pause' | 'stop' | 'filter' | 'download' | 'connect';

const LABELS: Readonly<Record<ViewMode, string>> = {
  table: 'Table',
  changelog: 'Changelog',
  chart: 'Chart',
  single: 'Single',
};

/** The one line above every result: how it stands, what it counts, how it is looked at. */
export class HeaderBar extends Widget {
  private readonly acted = new Signal<this, HeaderAction>(this);
  private readonly chosen = new Signal<this, ViewMode>(this);
  private readonly dot = element('span', 'sc-Dot');
  private readonly word = element('b', '');
  private readonly counts = element('span', 'sc-Header-counts');
  private readonly segments = element('span', 'sc-Segments');
  private readonly pause = iconButton('pause', 'Pause', () => this.acted.emit('pause'));
  private readonly stop = iconButton('stop', 'Stop the query', () => this.acted.emit('stop'));
  private readonly filter = iconButton('filter', 'Filter rows', () => this.acted.emit('filter'));
  private readonly download = iconButton('download', 'Download as CSV', () => this.acted.emit('download'));
  private readonly connect = element('button', 'sc-Connect', 'Connect live');
  private readonly buttons = new Map<ViewMode, HTMLButtonElement>();
  private readonly keys = new ToolbarKeys(this.node);
  private shown = '';

  constructor(
    private readonly view: LiveView,
    modes: readonly ViewMode[],
  ) {
    super();
    this.addClass('sc-Header');
    // Enter on a button must press it, not open the cell's editor.
    this.node.dataset.lmSuppressShortcuts = 'true';
    this.node.setAttribute('role', 'toolbar');
    this.node.setAttribute('aria-label', 'Result');
    const state = element('span', 'sc-State', this.dot, this.word);
    state.setAttribute('role', 'status');
    const { cluster, title } = view.bundle;
    const place = element('span', 'sc-Cluster');
    const [before, name] = placeText(cluster);
    place.append(before, before === '' ? name : element('b', '', name));
    this.connect.type = 'button';
    this.connect.addEventListener('click', () => this.acted.emit('connect'));
    this.segments.setAttribute('role', 'group');
    this.segments.setAttribute('aria-label', 'Show as');
    for (const mode of modes) this.segments.append(this.segment(mode));
    if (title !== null) this.node.append(element('b', 'sc-Title', title));
    this.node.append(
      state,
      this.counts,
      place,
      element('span', 'sc-Space'),
      this.connect,
      this.segments,
      this.filter.node,
      this.pause.node,
      this.stop.node,
      this.download.node,
    );
  }

  get action(): ISignal<this, HeaderAction> {
    return this.acted;
  }

  get modeChosen(): ISignal<this, ViewMode> {
    return this.chosen;
  }

  setMode(mode: ViewMode): void {
    for (const [name, button] of this.buttons) {
      button.classList.toggle('sc-mod-on', name === mode);
      button.setAttribute('aria-pressed', String(name === mode));
    }
    this.filter.node.hidden = mode === 'chart' || mode === 'single';
    this.keys.settle();
  }

  focusFilter(): void {
    this.filter.node.focus();
  }

  setFiltering(on: boolean): void {
    this.filter.node.classList.toggle('sc-mod-on', on);
    this.filter.node.setAttribute('aria-pressed', String(on));
  }

  setBusy(downloading: boolean): void {
    this.download.node.disabled = downloading;
    this.keys.settle();
  }

  refresh(): void {
    const { view } = this;
    const { dot, word } = stateWord(view);
    const parts = figures(view, performance.now(), Date.now());
    const now = JSON.stringify([dot, word, parts, view.link, view.paused]);
    if (now === this.shown) return;
    this.shown = now;
    this.dot.className = `sc-Dot sc-mod-${dot}`;
    this.word.textContent = word;
    this.counts.replaceChildren(
      ...parts.map(([before, number, after]) => element('span', '', before, element('b', '', number), after)),
    );
    const live = view.link === 'live';
    const { running } = view;
    this.pause.node.hidden = this.stop.node.hidden = !running;
    this.pause.set(view.paused ? 'resume' : 'pause', view.paused ? 'Resume' : 'Pause');
    this.pause.node.classList.toggle('sc-mod-on', view.paused);
    this.connect.hidden = view.link !== 'saved' || view.status.state !== 'running';
    this.filter.node.disabled = !live;
    this.keys.settle();
  }

  private segment(mode: ViewMode): HTMLButtonElement {
    const button = element('button', '', LABELS[mode]);
    button.type = 'button';
    button.addEventListener('click', () => this.chosen.emit(mode));
    this.buttons.set(mode, button);
    return button;
  }
}
