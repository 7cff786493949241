/** Colours and fonts of the canvas, resolved from the theme's CSS variables. */
export interface TableTheme {
  readonly background: string;
  readonly line: string;
  readonly text: string;
  readonly secondary: string;
  readonly faint: string;
  readonly brand: string;
  readonly insert: string;
  readonly update: string;
  readonly remove: string;
  readonly flash: string;
  readonly selection: string;
  readonly selectionBorder: string;
  readonly bodyFont: string;
  readonly nullFont: string;
  readonly opFont: string;
  readonly nameFont: string;
  readonly typeFont: string;
  /** Width of one character of the body's fixed-width font, px. */
  readonly charWidth: number;
  readonly rowHeight: number;
  readonly headerHeight: number;
}

const COLOURS = {
  background: '--sc-bg',
  line: '--sc-line',
  text: '--sc-fg',
  secondary: '--sc-fg2',
  faint: '--sc-fg3',
  brand: '--sc-brand',
  insert: '--sc-ok',
  update: '--sc-brand',
  remove: '--sc-err',
  flash: '--sc-flash',
  selection: '--sc-selection',
  selectionBorder: '--sc-brand',
} as const;

/** Reads the theme as it applies inside `host`, which must be attached. */
export function readTheme(host: HTMLElement, rowHeight = 26): TableTheme {
  const probe = document.createElement('span');
  probe.style.position = 'absolute';
  probe.style.visibility = 'hidden';
  host.append(probe);
  const style = getComputedStyle(probe);
  const colours = Object.fromEntries(
    Object.entries(COLOURS).map(([name, variable]) => {
      probe.style.color = `var(${variable})`;
      return [name, style.color];
    }),
  ) as Record<keyof typeof COLOURS, string>;
  const family = (variable: string): string => {
    probe.style.fontFamily = `var(${variable})`;
    return style.fontFamily;
  };
  const mono = family('--jp-code-font-family');
  const ui = family('--jp-ui-font-family');
  probe.remove();
  const bodyFont = `12.5px ${mono}`;
  return {
    ...colours,
    bodyFont,
    nullFont: `italic ${bodyFont}`,
    opFont: `bold ${bodyFont}`,
    nameFont: `600 12px ${ui}`,
    typeFont: `10.5px ${mono}`,
    charWidth: measure(bodyFont, 'M'.repeat(40)) / 40,
    rowHeight,
    headerHeight: 40,
  };
}

const context = (): CanvasRenderingContext2D | null => document.createElement('canvas').getContext('2d');
let measuring: CanvasRenderingContext2D | null = null;

/** Width of a text, px. */
export function measure(font: string, text: string): number {
  measuring ??= context();
  if (measuring === null) return text.length * 8;
  measuring.font = font;
  return measuring.measureText(text).width;
}
