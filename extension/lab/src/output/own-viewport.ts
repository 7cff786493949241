import { SNAPSHOT_ROWS, type ViewMode, type ViewportRequest } from '@streamcell/runtime/protocol/view-channel';

/** A frame and what it answers. */
export interface AnsweredFrame {
  readonly request: ViewportRequest;
  readonly rowCount: number;
}

/** What shows a result as its cell wrote it: whole, in its own order. */
export interface OwnLook {
  readonly mode: ViewMode;
  /** Position of a chart's column of which the highest values are the newest; null where x has no order. */
  readonly newestFirst: number | null;
  readonly chartRows: number;
}

/** A chart that has an order asks for its newest rows first. */
export function chartViewport(newestFirst: number | null, chartRows: number): ViewportRequest {
  const sort = newestFirst === null ? [] : [{ column: newestFirst, ascending: false }];
  return { from: 0, to: chartRows, mode: 'table', sort };
}

/** The viewport that fetches what is saved of a result of so many rows. */
export function ownViewport(own: OwnLook, rowCount: number): ViewportRequest {
  if (own.mode === 'chart') return chartViewport(own.newestFirst, own.chartRows);
  if (own.mode !== 'changelog') return { from: 0, to: SNAPSHOT_ROWS, mode: 'table' };
  // Open at its end: changes are added meanwhile.
  const from = Math.max(0, rowCount - SNAPSHOT_ROWS);
  return { from, to: from + 10_000, mode: 'changelog' };
}

/**
 * Whether a frame has what is saved of a result. Saved rows stand for the whole result, so one that was filtered, sorted or scrolled by
 * whoever looked at it will not do.
 */
export function isOwnFrame({ request, rowCount }: AnsweredFrame, own: OwnLook): boolean {
  const wanted = ownViewport(own, rowCount);
  if (request.mode !== wanted.mode || (request.filter ?? []).length > 0) return false;
  if (JSON.stringify(request.sort ?? []) !== JSON.stringify(wanted.sort ?? [])) return false;
  if (request.mode === 'changelog') return request.from <= wanted.from && request.to >= rowCount;
  return request.from === 0 && request.to >= Math.min(wanted.to, rowCount);
}
