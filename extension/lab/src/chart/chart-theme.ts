import { readTheme } from '../table/theme.js';

/** Vega's configuration in the colours and fonts that apply inside `host`. */
export function chartTheme(host: HTMLElement): Record<string, unknown> {
  const theme = readTheme(host);
  const font = theme.nameFont.replace(/^.*?px /, '');
  const axis = {
    domainColor: theme.line,
    gridColor: theme.line,
    tickColor: theme.line,
    labelColor: theme.secondary,
    titleColor: theme.secondary,
    labelFont: font,
    titleFont: font,
    labelFontSize: 11,
    titleFontSize: 11,
    titleFontWeight: 600,
  };
  return {
    background: 'transparent',
    font,
    view: { stroke: 'transparent' },
    axis,
    axisX: { grid: false },
    // Few enough for every tick to have its label: of those that are dropped for overlap the full seconds go first.
    axisTemporal: { tickCount: { signal: 'ceil(width / 100)' }, labelOverlap: false },
    axisBand: { labelAngle: 0, labelOverlap: true },
    legend: { labelColor: theme.secondary, titleColor: theme.secondary, labelFont: font, titleFont: font },
    title: { color: theme.text, subtitleColor: theme.faint, font, subtitleFont: font },
    line: { strokeWidth: 1.8, color: theme.brand },
    area: { opacity: 0.55, color: theme.brand },
    bar: { color: theme.brand },
    point: { size: 36, color: theme.brand },
    range: { category: category(host) },
  };
}

function category(host: HTMLElement): string[] {
  const probe = document.createElement('span');
  host.append(probe);
  const colours = Array.from({ length: 8 }, (_, i) => {
    probe.style.color = `var(--sc-series${i + 1})`;
    return getComputedStyle(probe).color;
  });
  probe.remove();
  return colours;
}
