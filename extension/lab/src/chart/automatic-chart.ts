import type { Chart, ColumnText } from '@streamcell/runtime/protocol/view-channel';
import { kindOf } from '../values/row-source.js';

/**
 * The chart of a result that none was asked for: values over its time if it has one, else over its first text as bars. Null where it has
 * nothing to draw.
 */
export function automaticChart(columns: readonly ColumnText[]): Chart | null {
  const kinds = columns.map(({ type }) => kindOf(type));
  const first = (kind: string, except = -1): number => kinds.findIndex((k, c) => k === kind && c !== except);
  const time = first('time');
  const text = first('text');
  const y = first('number');
  if (y < 0) return null;
  const name = (c: number): string => columns[c].name;
  if (time >= 0) return { mark: 'line', x: name(time), y: name(y), ...(text < 0 ? {} : { color: name(text) }) };
  if (text >= 0) return { mark: 'bar', x: name(text), y: name(y) };
  const second = first('number', y);
  return second < 0 ? null : { mark: 'point', x: name(y), y: name(second) };
}
