import type { ISessionContext } from '@jupyterlab/apputils';
import {
  VIEW_TARGET,
  type ToView,
  type ViewBundle,
  type ViewportRequest,
} from '@streamcell/runtime/protocol/view-channel';
import { arrowRows } from '../values/arrow-rows.js';
import type { RowSource } from '../values/row-source.js';
import { openPort } from '../view/kernel-port.js';
import { browserTimers } from '../view/live-view.js';
import { ViewClient } from '../view/view-client.js';
import { csvLine, csvRows } from './csv.js';

/** Rows of one request, the most that a viewport may have. */
const PAGE = 10_000;
/** Rows of one file. */
const MOST = 1_000_000;

/**
 * The whole result as CSV, in the order and with the filter that the table shows, fetched page by page over a comm of its own. While the
 * query runs a row that moves between two pages may be missed or come twice.
 */
export async function resultAsCsv(
  context: ISessionContext,
  bundle: Pick<ViewBundle, 'stream' | 'zone'>,
  names: readonly string[],
  view: ViewportRequest,
): Promise<readonly string[]> {
  const header = csvLine(view.mode === 'changelog' ? ['op', ...names] : names);
  const parts: string[] = [header];
  return new Promise((resolve, reject) => {
    let from = 0;
    const page = (): ViewportRequest => ({ ...view, from, to: from + PAGE });
    const client = new ViewClient(
      {
        attached: () => undefined,
        status: () => undefined,
        frame: (message, arrow) => {
          const rows = arrowRows(arrow, message.from, view.mode === 'changelog', bundle.zone);
          parts.push(...csvRows(rows));
          from = message.from + rows.rows;
          if (rows.rows > 0 && from < Math.min(message.rowCount, MOST)) {
            client.setViewport(page());
            client.drawn(message.seq);
          } else {
            client.close();
            resolve(parts);
          }
        },
        gone: (reason) => reject(new Error(reason)),
        refused: ({ error }) => reject(new Error(error.message)),
      },
      browserTimers,
      page(),
    );
    openPort(
      context,
      VIEW_TARGET,
      client.openData(bundle.stream),
      {
        message: (data, buffer) => client.receive(data as ToView, buffer),
        closed: () => {
          client.lost();
          reject(new Error('The kernel does not know this result any more.'));
        },
      },
      () => false,
    ).then((port) => (port === null ? reject(new Error('No kernel is running.')) : client.opened(port)), reject);
  });
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
