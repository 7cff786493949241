import { StreamcellError, TimeZone, type Batch, type Column, type DataType, type TsColumn } from '../types/index.js';

/** How windows are cut; see planner/physical.ts. Milliseconds. */
export type WindowSpec =
  | { readonly kind: 'tumble'; readonly size: number; readonly offset: number }
  | { readonly kind: 'hop'; readonly size: number; readonly slide: number; readonly offset: number }
  | { readonly kind: 'cumulate'; readonly size: number; readonly step: number; readonly offset: number }
  | { readonly kind: 'session'; readonly gap: number; readonly partitionKeys: readonly number[] };

export type Windowing =
  | { readonly kind: 'time'; readonly time: number; readonly rowtime: boolean; readonly spec: WindowSpec }
  | {
      readonly kind: 'attached';
      readonly start: number;
      readonly end: number;
      readonly rowtime: boolean;
      readonly spec: WindowSpec;
    };

export type WindowProperty = 'start' | 'end' | 'time';

/** Start of the period of `size` that holds `time`. */
export function periodStart(time: number, size: number, offset: number): number {
  const into = (time - offset) % size;
  return time - (into < 0 ? into + size : into);
}

/**
 * Window time. Windows are cut on the local clock, so that a day has its 23, 24 or 25 hours: for TIMESTAMP that is the value itself, for
 * TIMESTAMP_LTZ (and processing time) the instant as the session zone's clock shows it. Watermarks and timers are instants.
 */
export class WindowClock {
  /** null when local time is the instant. */
  private readonly zone: TimeZone | null;

  constructor(
    readonly windowing: Windowing,
    inputTypes: readonly DataType[],
    timeZone: string,
  ) {
    const zoned =
      windowing.kind === 'time' ? inputTypes[windowing.time].root === 'TIMESTAMP_LTZ' : carriesInstants(inputTypes);
    const zone = !windowing.rowtime || zoned ? TimeZone.get(timeZone) : null;
    this.zone = zone !== null && zone.id !== 'UTC' ? zone : null;
  }

  toLocal(instant: number): number {
    return this.zone === null ? instant : this.zone.toLocal(instant);
  }

  /** The instant at which a window that ends at local time `end` is over, less one millisecond: the watermark that fires it. */
  lastInstant(end: number): number {
    const last = end - 1;
    if (this.zone === null) return last;
    // Of a clock time that comes twice the later instant counts; one that is skipped ends with the hour before.
    const first = this.zone.toInstant(last);
    const hourLater = this.zone.toInstant(last + 3_600_000);
    if (hourLater - first > 3_600_000) return hourLater - 3_600_000;
    if (hourLater === first) return first - (first % 3_600_000);
    return first;
  }

  /** Value of window_time: the rowtime attribute of the window that ends at local time `end`. */
  windowTime(end: number): number {
    return this.zone === null ? end - 1 : this.zone.toInstant(end - 1);
  }
}

/** A window column's origin is told by the time attribute beside it. */
function carriesInstants(types: readonly DataType[]): boolean {
  return types.some((t) => t.root === 'TIMESTAMP_LTZ' && t.timeAttribute !== undefined);
}

/** Local times of the rows' time attribute, or of processing time. */
export function localTimes(
  batch: Batch,
  windowing: Extract<Windowing, { kind: 'time' }>,
  clock: WindowClock,
  processingTime: number,
  out: Float64Array,
): void {
  const n = batch.length;
  if (!windowing.rowtime) {
    out.fill(clock.toLocal(processingTime), 0, n);
    return;
  }
  const { millis, nulls } = batch.columns[windowing.time] as TsColumn;
  if (nulls !== null) requireTimes(nulls, n);
  for (let i = 0; i < n; i++) out[i] = clock.toLocal(millis[i]);
}

function requireTimes(nulls: Uint8Array, n: number): void {
  for (let i = 0; i < n; i++)
    if (nulls[i] !== 0)
      throw new StreamcellError(
        'NULL_ROWTIME',
        'a row has NULL in its rowtime column; event time needs one in every row',
      );
}

export function attachedEnds(column: Column): Float64Array {
  return (column as TsColumn).millis;
}
