import { rowKindName, type ChangelogRow, type Schema } from '../types/index.js';
import { CHART_ROWS, vegaLite } from './chart.js';
import { chartSvg } from './chart-svg.js';
import { errorHtml, errorText } from './error-bundle.js';
import { escapeHtml } from './html.js';
import { cellsOfRow, headers, isNumeric, layoutFor, line, printable, rule } from './text-table.js';
import { readableText } from './readable-text.js';
import {
  columnTexts,
  SNAPSHOT_ROWS,
  VEGALITE_MIME,
  VIEW_MIME,
  type Chart,
  type ViewBundle,
  type ViewMode,
  type ViewState,
} from './view-channel.js';

/** What a result is, whatever it holds by now. */
export interface ResultDescription {
  readonly stream: string;
  readonly statement: string;
  readonly columns: Schema;
  readonly upsertKey: readonly number[] | null;
  readonly bounded: boolean;
  /** `embedded`, or the name of the cluster. */
  readonly cluster: string;
}

/** How a result is to be looked at. */
export interface Presentation {
  readonly title: string | null;
  readonly mode: ViewMode;
  readonly chart: Chart | null;
  readonly refresh: number;
  /** The session's time zone. */
  readonly zone: string;
}

/** Rows of a result at one moment: [from, from + rows.length) of `total`; changes with their kinds where the mode is changelog. */
export interface ResultSnapshot {
  readonly rows: readonly ChangelogRow[];
  readonly from: number;
  readonly total: number;
}

/** Characters of one value that a saved output keeps. */
const VALUE_LENGTH = 1000;
/** Terminal cells of one column in text/plain. */
const COLUMN_WIDTH = 60;

/**
 * A result in all its forms: for the extension, for whoever shows HTML without scripts (GitHub, nbconvert, untrusted notebooks), as text,
 * and as a chart with its data. `charted` are the rows of the chart, where it takes others than the table.
 */
export function displayBundle(
  description: ResultDescription,
  snapshot: ResultSnapshot,
  status: ViewState,
  presentation: Presentation,
  charted: readonly ChangelogRow[] = snapshot.rows,
): Readonly<Record<string, unknown>> {
  const page = pageOf(snapshot, presentation.mode);
  const { chart, zone } = presentation;
  const bundle: ViewBundle = {
    version: 1,
    stream: description.stream,
    title: presentation.title,
    statement: description.statement,
    columns: columnTexts(description.columns),
    upsertKey: description.upsertKey,
    bounded: description.bounded,
    cluster: description.cluster,
    mode: presentation.mode,
    chart,
    refresh: presentation.refresh,
    zone,
    status,
    snapshot: page.rows.map((row) => savedRow(description.columns, row, presentation)),
  };
  const picture = chart === null ? null : chartSvg(chart, description.columns, charted.slice(-CHART_ROWS), zone);
  const parts = { description, page, status, presentation, picture };
  return {
    [VIEW_MIME]: bundle,
    ...(chart === null
      ? {}
      : { [VEGALITE_MIME]: vegaLite(chart, description.columns, charted.slice(-CHART_ROWS), snapshot.total, zone) }),
    'text/html': html(parts),
    'text/plain': plain(parts),
  };
}

/** `3,412`. */
export function fullCount(n: number): string {
  return n.toLocaleString('en-US');
}

/** `3,412`, `48.1 k`, `1.28 M`: counters that run. */
export function shortCount(n: number): string {
  if (n < 10_000) return fullCount(n);
  const [divisor, unit] = n < 999_500 ? [1e3, 'k'] : n < 999.5e6 ? [1e6, 'M'] : [1e9, 'G'];
  return `${Number((n / divisor).toPrecision(3))} ${unit}`;
}

/** `1 row`, `2 rows`. */
export function counted(n: number, what: string): string {
  return `${fullCount(n)} ${what}${n === 1 ? '' : 's'}`;
}

interface Parts {
  readonly description: ResultDescription;
  readonly page: ResultSnapshot;
  readonly status: ViewState;
  readonly presentation: Presentation;
  /** SVG of the chart. */
  readonly picture: string | null;
}

/** The rows that are saved: of a table the first, of a changelog the last. */
function pageOf(snapshot: ResultSnapshot, mode: ViewMode): ResultSnapshot {
  const { rows, from, total } = snapshot;
  if (mode !== 'changelog') return { rows: rows.slice(0, mode === 'single' ? 1 : SNAPSHOT_ROWS), from, total };
  const skipped = Math.max(0, rows.length - SNAPSHOT_ROWS);
  return { rows: rows.slice(skipped), from: from + skipped, total };
}

function savedRow(columns: Schema, row: ChangelogRow, { mode, zone }: Presentation): (string | null)[] {
  const values = columns.map(({ type }, c) => {
    const value = row.fields[c];
    return value === null ? null : clipped(readableText(value, type, zone));
  });
  return mode === 'changelog' ? [rowKindName(row.kind), ...values] : values;
}

function clipped(text: string): string {
  return text.length > VALUE_LENGTH ? `${text.slice(0, VALUE_LENGTH)}…` : text;
}

function headline({ description, status }: Parts): string[] {
  return [
    status.state,
    counted(status.rows, 'row'),
    `${shortCount(status.changes)} change${status.changes === 1 ? '' : 's'}`,
    printable(description.cluster),
  ];
}

function footnotes({ page, status, presentation }: Parts): string[] {
  const notes: string[] = [];
  const what = presentation.mode === 'changelog' ? 'changes ' : '';
  if (page.rows.length > 0 && presentation.mode !== 'single') {
    const range = `${fullCount(page.from + 1)}-${fullCount(page.from + page.rows.length)}`;
    notes.push(`showing ${what}${range} of ${fullCount(page.total)}`);
  }
  if (presentation.chart !== null && page.total > CHART_ROWS)
    notes.push(`the chart has the newest ${fullCount(CHART_ROWS)} rows`);
  if (status.truncated) notes.push(`only ${counted(status.rows, 'row')} kept`);
  if (status.lateRows > 0) notes.push(`${counted(status.lateRows, 'late row')} dropped`);
  if (status.malformed > 0) notes.push(counted(status.malformed, 'malformed record'));
  return notes;
}

const DOTS: Readonly<Record<ViewState['state'], string>> = {
  running: '#2e7d32',
  finished: '#2e7d32',
  stopped: '#b26a00',
  failed: '#c62828',
};
const FAINT = 'opacity:.65';

/** Only escaped text and plain inline styles; no colour but the dot's, since the page may be light or dark. */
function html(parts: Parts): string {
  const { status, presentation } = parts;
  const [state, ...counts] = headline(parts);
  const title = presentation.title === null ? '' : `<b>${escapeHtml(printable(presentation.title))}</b> &nbsp; `;
  const head =
    `<div>${title}<span style="color:${DOTS[status.state]}">&#9679;</span> <b>${state}</b> &nbsp; ` +
    `${counts.map(escapeHtml).join(' &nbsp; ')}</div>`;
  const notes = footnotes(parts);
  const foot = notes.length === 0 ? '' : `<div style="${FAINT}">${notes.map(escapeHtml).join(' &nbsp; ')}</div>`;
  const error = status.error === undefined ? '' : errorHtml({ ...status.error, span: undefined }, '');
  const body = presentation.mode === 'single' ? singleHtml(parts) : tableHtml(parts);
  return `<div>${head}${error}${pictureHtml(parts)}${body}${foot}</div>`;
}

/** As an image of its own, in which nothing can run. */
function pictureHtml({ picture, presentation: { chart } }: Parts): string {
  if (picture === null || chart === null) return '';
  const bytes = new TextEncoder().encode(picture);
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  const alt = escapeHtml(printable(`${chart.mark} chart of ${chart.y} by ${chart.x}`));
  return `<div><img alt="${alt}" src="data:image/svg+xml;base64,${btoa(binary)}"></div>`;
}

function tableHtml({ description, page, presentation }: Parts): string {
  const changelog = presentation.mode === 'changelog';
  const alignment = description.columns.map(({ type }) => (isNumeric(type) ? 'right' : 'left'));
  const heads = columnTexts(description.columns).map(
    ({ name, type }, c) =>
      `<th style="text-align:${alignment[c]}">${escapeHtml(printable(name))}<br>` +
      `<small style="font-weight:normal;${FAINT}">${escapeHtml(type)}</small></th>`,
  );
  if (changelog) heads.unshift('<th style="text-align:left">op</th>');
  const rows = page.rows.map((row) => {
    const cells = savedRow(description.columns, row, presentation).map((text, c) => {
      const align = changelog ? (c === 0 ? 'left' : alignment[c - 1]) : alignment[c];
      return text === null
        ? `<td style="text-align:${align};font-style:italic;${FAINT}">NULL</td>`
        : `<td style="text-align:${align}">${escapeHtml(printable(text))}</td>`;
    });
    return `<tr>${cells.join('')}</tr>`;
  });
  return `<table><thead><tr>${heads.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

function singleHtml({ description, page, presentation }: Parts): string {
  if (page.rows.length === 0) return `<div style="font-size:2.4em;${FAINT}">no rows</div>`;
  const values = savedRow(description.columns, page.rows[0], presentation);
  const figures = description.columns.map(({ name }, c) => {
    const value = values[c];
    const style = value === null ? `font-size:2.4em;font-style:italic;${FAINT}` : 'font-size:2.4em';
    return (
      `<td style="text-align:left"><span style="${FAINT}">${escapeHtml(printable(name))}</span><br>` +
      `<span style="${style}">${escapeHtml(printable(value ?? 'NULL'))}</span></td>`
    );
  });
  return `<table><tbody><tr>${figures.join('')}</tr></tbody></table>`;
}

function plain(parts: Parts): string {
  const { status, presentation } = parts;
  const lines = [headline(parts).join(' · ')];
  if (presentation.title !== null) lines.unshift(printable(presentation.title));
  if (status.error !== undefined) lines.push(errorText({ ...status.error, span: undefined }, ''));
  lines.push(...(presentation.mode === 'single' ? singleText(parts) : tableText(parts)), footnotes(parts).join(' · '));
  return lines.filter((l) => l !== '').join('\n');
}

function tableText({ description, page, presentation }: Parts): string[] {
  const changelog = presentation.mode === 'changelog';
  const { columns } = description;
  const cells = page.rows.map((row) =>
    cellsOfRow(columns, row, presentation.zone, changelog ? rowKindName(row.kind) : null, readableText),
  );
  return textTable(columns, cells, changelog);
}

/** Aligned columns between rules. */
export function textTable(columns: Schema, cells: readonly (readonly string[])[], withKind = false): string[] {
  const layout = layoutFor(columns, cells, withKind, COLUMN_WIDTH);
  return [
    rule(layout),
    line(layout, headers(columns, withKind)),
    rule(layout),
    ...cells.map((row) => line(layout, row)),
    ...(cells.length === 0 ? [] : [rule(layout)]),
  ];
}

function singleText({ description, page, presentation }: Parts): string[] {
  if (page.rows.length === 0) return ['no rows'];
  const values = cellsOfRow(description.columns, page.rows[0], presentation.zone, null, readableText);
  return description.columns.map(({ name }, c) => `${printable(name)}: ${values[c]}`);
}
