import type { ViewBundle, ViewportRequest } from '@streamcell/runtime/protocol/view-channel';
import { arrowRows } from '../values/arrow-rows.js';
import type { RowSource } from '../values/row-source.js';
import { fetchFrames, type KernelLink } from '../view/fetch-frames.js';
import type { Timers } from '../view/view-client.js';
import { csvLine, csvRows } from './csv.js';

/** Rows of one request, the most that a viewport may have. */
const PAGE = 10_000;
/** Rows of one file. */
const MOST = 1_000_000;

export interface CsvResult {
  readonly parts: readonly string[];
  /** Rows may be missed or come twice: the query went on between two pages. */
  readonly torn: boolean;
}

/**
 * The whole result as CSV, in the order and with the filter that the table shows, fetched page by page over a comm of its own. Up to a page
 * it is of one moment.
 */
export async function resultAsCsv(
  kernel: KernelLink,
  timers: Timers,
  bundle: Pick<ViewBundle, 'stream' | 'zone'>,
  names: readonly string[],
  view: ViewportRequest,
  signal: AbortSignal,
): Promise<CsvResult> {
  const changelog = view.mode === 'changelog';
  const parts: string[] = [csvLine(changelog ? ['op', ...names] : names)];
  let changes: number | null = null;
  let torn = false;
  const page = (from: number): ViewportRequest => ({ ...view, from, to: from + PAGE });
  await fetchFrames(
    kernel,
    timers,
    bundle.stream,
    page(0),
    (message, arrow) => {
      const rows = arrowRows(arrow, message.from, changelog, bundle.zone);
      parts.push(...csvRows(rows));
      torn ||= changes !== null && changes !== message.status.changes;
      changes = message.status.changes;
      const from = message.from + rows.rows;
      return rows.rows > 0 && from < Math.min(message.rowCount, MOST) ? page(from) : null;
    },
    signal,
  );
  return { parts, torn };
}

/** The rows at hand, for results that the kernel has let go. */
export function rowsAsCsv(rows: RowSource, names: readonly string[]): readonly string[] {
  return [csvLine(rows.ops === null ? names : ['op', ...names]), ...csvRows(rows)];
}

export function saveFile(parts: readonly string[], name: string): void {
  const url = URL.createObjectURL(new Blob(parts as string[], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser reads the blob after this turn.
  window.setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
