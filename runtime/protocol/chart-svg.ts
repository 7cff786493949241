import type { ChangelogRow, Schema } from '../types/index.js';
import { chartRows, fieldType, type ChartRow } from './chart.js';
import { escapeHtml } from './html.js';
import type { Chart } from './view-channel.js';

/*
 * A chart as a still picture: for exported notebooks, where nothing runs that could draw Vega-Lite. Small and plain on purpose; whoever
 * can runs the specification of chart.ts.
 */

const WIDTH = 640;
const HEIGHT = 260;
const PLOT = { left: 58, top: 10, right: 500, bottom: 216 } as const;
/** Readable on light and dark pages alike. */
const INK = '#808488';
const COLORS = ['#4c78a8', '#f58518', '#54a24b', '#e45756', '#72b7b2', '#b279a2', '#eeca3b', '#9d755d'];
/** Series that are drawn, and categories along x. */
const MOST_SERIES = 8;
const MOST_CATEGORIES = 200;

type Datum = string | number | boolean | null;

interface Series {
  readonly name: string;
  readonly points: readonly { readonly x: Datum; readonly y: number; readonly base: number }[];
}

interface Scale {
  /** Null for what lies outside. */
  at(value: Datum): number | null;
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
}

/** The picture as SVG text, without scripts and styles; null when there is nothing to draw. */
export function chartSvg(chart: Chart, columns: Schema, rows: readonly ChangelogRow[], zone = 'UTC'): string | null {
  const drawn = chartRows(chart, columns, rows, zone).filter((r) => drawable(r.y) && (drawable(r.x) || isName(r.x)));
  if (drawn.length === 0) return null;
  const stacked = chart.mark === 'bar' || chart.mark === 'area';
  const series = seriesOf(chart, drawn, stacked);
  const kind = typeOf(chart, columns);
  const xs = drawn.map((r) => r.x as Datum);
  const x =
    kind === 'temporal' ? timeScale(xs as number[]) : kind === 'quantitative' ? xNumbers(xs as number[]) : bands(xs);
  const y = yScale(series);
  const parts = [
    ...grid(y),
    ...axis(x),
    ...series.map((s, i) => marks(chart, s, COLORS[i % COLORS.length], x, y, new Set(xs).size)),
    text(PLOT.left, HEIGHT - 6, chart.x, 'start'),
    text(PLOT.right + 14, PLOT.top + 8, chart.y, 'start'),
    ...(chart.color === undefined ? [] : legend(series, chart.color)),
  ];
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" ` +
    `font-family="sans-serif" font-size="11">${parts.join('')}</svg>`
  );
}

/** Neither so large nor so small that a scale could not hold it. */
function drawable(value: Datum | undefined): boolean {
  return typeof value === 'number' && (value === 0 || (Math.abs(value) < 1e290 && Math.abs(value) > 1e-290));
}

function isName(value: Datum | undefined): boolean {
  return typeof value === 'string' || typeof value === 'boolean';
}

function typeOf(chart: Chart, columns: Schema): string {
  const column = columns.find((c) => c.name === chart.x);
  return column === undefined ? 'nominal' : fieldType('x', column.type, chart.mark);
}

function seriesOf(chart: Chart, rows: readonly ChartRow[], stacked: boolean): readonly Series[] {
  const groups = new Map<string, { x: Datum; y: number; base: number }[]>();
  const heights = new Map<string, number>();
  for (const row of rows) {
    const name = chart.color === undefined ? '' : String(row.color);
    const group = groups.get(name) ?? [];
    if (groups.size >= MOST_SERIES && !groups.has(name)) continue;
    groups.set(name, group);
    group.push({ x: row.x as Datum, y: row.y as number, base: 0 });
  }
  if (stacked && chart.color !== undefined) {
    for (const group of groups.values()) {
      for (const point of group) {
        // What is below zero piles up downwards.
        const key = `${typeof point.x} ${String(point.x)} ${point.y < 0 ? '-' : '+'}`;
        point.base = heights.get(key) ?? 0;
        point.y += point.base;
        heights.set(key, point.y);
      }
    }
  }
  return [...groups].map(([name, points]) => ({
    name,
    points: typeof points[0].x === 'number' ? points.sort((a, b) => Number(a.x) - Number(b.x)) : points,
  }));
}

function yScale(series: readonly Series[]): Scale {
  let low = 0;
  let high = 0;
  for (const { points } of series) {
    for (const { y } of points) {
      low = Math.min(low, y);
      high = Math.max(high, y);
    }
  }
  const step = niceStep((high - low || 1) / 5);
  const from = Math.floor(low / step) * step;
  const to = Math.max(from + step, Math.ceil(high / step) * step);
  const at = (value: Datum): number => PLOT.bottom - ((Number(value) - from) / (to - from)) * (PLOT.bottom - PLOT.top);
  return { at, ticks: range(from, to, step).map((v) => ({ at: at(v), label: numberText(v) })) };
}

function xNumbers(values: readonly number[]): Scale {
  const [low, high] = extent(values);
  const step = niceStep((high - low || 1) / 6);
  const at = along(low, high);
  return {
    at,
    ticks: range(Math.ceil(low / step) * step, high, step).map((v) => ({ at: at(v), label: numberText(v) })),
  };
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TIME_STEPS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 7, 14, 30, 90, 180, 365, 1826, 3652].map((n) => n * DAY),
];

function timeScale(values: readonly number[]): Scale {
  const [low, high] = extent(values);
  const step = TIME_STEPS.find((s) => (high - low) / s <= 6) ?? Math.ceil((high - low) / 6 / DAY) * DAY;
  const at = along(low, high);
  const label = (time: number): string => {
    const iso = new Date(time).toISOString();
    if (step >= DAY) return iso.slice(0, 10);
    return step >= MINUTE ? iso.slice(11, 16) : step >= SECOND ? iso.slice(11, 19) : iso.slice(17, 23);
  };
  return { at, ticks: range(Math.ceil(low / step) * step, high, step).map((t) => ({ at: at(t), label: label(t) })) };
}

function bands(values: readonly Datum[]): Scale {
  const names = [...new Set(values)].slice(0, MOST_CATEGORIES);
  const width = (PLOT.right - PLOT.left) / names.length;
  const places = new Map(names.map((name, i) => [name, PLOT.left + (i + 0.5) * width]));
  const every = Math.ceil(names.length / 8);
  const room = Math.max(3, Math.floor((width * every) / 6.5));
  return {
    at: (value) => places.get(value) ?? null,
    ticks: names.flatMap((name, i) =>
      i % every === 0 ? [{ at: places.get(name) as number, label: short(String(name), room) }] : [],
    ),
  };
}

function along(low: number, high: number): (value: Datum) => number {
  const width = high - low || 1;
  const start = high === low ? (PLOT.left + PLOT.right) / 2 : PLOT.left + 6;
  return (value) => start + ((Number(value) - low) / width) * (PLOT.right - PLOT.left - 12);
}

function marks(chart: Chart, series: Series, color: string, x: Scale, y: Scale, distinct: number): string {
  const zero = y.at(0) as number;
  const width = Math.max(1, Math.min(40, ((PLOT.right - PLOT.left) / distinct) * 0.8));
  const points = series.points.flatMap((p) => {
    const left = x.at(p.x);
    return left === null
      ? []
      : [{ x: left, y: y.at(p.y) as number, base: p.base === 0 ? zero : (y.at(p.base) as number) }];
  });
  switch (chart.mark) {
    case 'bar':
      return points
        .map(({ x: cx, y: top, base }) => {
          const [from, to] = top < base ? [top, base] : [base, top];
          return `<rect x="${f(cx - width / 2)}" y="${f(from)}" width="${f(width)}" height="${f(to - from)}" fill="${color}"/>`;
        })
        .join('');
    case 'point':
      return points.map((p) => `<circle cx="${f(p.x)}" cy="${f(p.y)}" r="2.5" fill="${color}"/>`).join('');
    case 'area': {
      const upper = points.map((p) => `${f(p.x)},${f(p.y)}`);
      const lower = [...points].reverse().map((p) => `${f(p.x)},${f(p.base)}`);
      return `<polygon points="${[...upper, ...lower].join(' ')}" fill="${color}" fill-opacity="0.7"/>`;
    }
    case 'line': {
      const line = points.map((p) => `${f(p.x)},${f(p.y)}`).join(' ');
      // One point makes no line.
      if (points.length === 1) return `<circle cx="${f(points[0].x)}" cy="${f(points[0].y)}" r="2.5" fill="${color}"/>`;
      return `<polyline points="${line}" fill="none" stroke="${color}" stroke-width="1.8"/>`;
    }
  }
}

function grid(y: Scale): string[] {
  return y.ticks.flatMap(({ at, label }) => [
    `<line x1="${PLOT.left}" x2="${PLOT.right}" y1="${f(at)}" y2="${f(at)}" stroke="${INK}" stroke-opacity="0.25"/>`,
    text(PLOT.left - 6, at + 4, label, 'end'),
  ]);
}

function axis(x: Scale): string[] {
  return x.ticks.map(({ at, label }) => text(at, PLOT.bottom + 16, label, 'middle'));
}

function legend(series: readonly Series[], title: string): string[] {
  const left = PLOT.right + 14;
  return [
    text(left, PLOT.top + 30, short(title, 20), 'start'),
    ...series.flatMap(({ name }, i) => {
      const top = PLOT.top + 40 + i * 17;
      return [
        `<rect x="${left}" y="${top}" width="10" height="10" fill="${COLORS[i % COLORS.length]}"/>`,
        text(left + 16, top + 9, short(name, 17), 'start'),
      ];
    }),
  ];
}

function text(x: number, y: number, content: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${f(x)}" y="${f(y)}" fill="${INK}" text-anchor="${anchor}">${escapeHtml(content)}</text>`;
}

function short(content: string, most: number): string {
  return content.length > most ? `${content.slice(0, most - 1)}…` : content;
}

/** Coordinates to a tenth of a pixel. */
function f(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const part = rough / power;
  return (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10) * power;
}

function range(from: number, to: number, step: number): readonly number[] {
  const count = Math.min(100, Math.floor((to - from) / step + 1e-9) + 1);
  return Array.from({ length: Math.max(0, count) }, (_, i) => from + i * step);
}

function extent(values: readonly number[]): readonly [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}

function numberText(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e12 || (size > 0 && size < 1e-4)) return value.toExponential(1);
  const [divisor, unit] = size >= 1e9 ? [1e9, ' G'] : size >= 1e6 ? [1e6, ' M'] : size >= 1e4 ? [1e3, ' k'] : [1, ''];
  return `${Number((value / divisor).toPrecision(6))}${unit}`;
}
