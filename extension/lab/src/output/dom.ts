/** Small DOM builders; text goes in as text, never as HTML. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  if (className !== '') node.className = className;
  node.append(...children);
  return node;
}

const SVG = 'http://www.w3.org/2000/svg';

/** An icon of strokes in a 16 by 16 box. */
export function strokes(...paths: readonly string[]): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('aria-hidden', 'true');
  for (const d of paths) {
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('d', d);
    svg.append(path);
  }
  return svg;
}

export const ICONS = {
  pause: ['M5 3v10M11 3v10'],
  resume: ['M5 3l8 5-8 5z'],
  stop: ['M5 4h6a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1z'],
  filter: ['M2.5 3h11L9.4 8v4.4L6.6 13.5V8z'],
  download: ['M8 2v8M5 7.5L8 10.5l3-3M3 13h10'],
  close: ['M4 4l8 8M12 4l-8 8'],
} as const;

export interface IconButton {
  readonly node: HTMLButtonElement;
  set(icon: keyof typeof ICONS, label: string): void;
}

export function iconButton(icon: keyof typeof ICONS, label: string, onClick: () => void): IconButton {
  const node = element('button', 'sc-Icon');
  node.type = 'button';
  const set = (name: keyof typeof ICONS, text: string): void => {
    if (node.title === text) return;
    node.title = text;
    node.setAttribute('aria-label', text);
    node.replaceChildren(strokes(...ICONS[name]));
  };
  set(icon, label);
  node.addEventListener('click', onClick);
  return { node, set };
}
