import type { FromView, OpenView, ViewportRequest } from '../protocol/index.js';
import { StreamcellError } from '../types/index.js';

/*
 * Messages of live views as they come from a front end. They may hold anything: each is checked field by field, and what is wrong is
 * refused with a word.
 */

/** Rows that one viewport may ask for. */
export const VIEWPORT_ROWS = 10_000;
/** Parts of a sort or filter. */
const PARTS = 32;
const FILTER_LENGTH = 1000;

type Fields = Readonly<Record<string, unknown>>;

/** @throws StreamcellError MESSAGE_INVALID */
export function readOpenView(data: unknown, columns: number): OpenView {
  const fields = object(data, 'The opening of a view');
  const { stream } = fields;
  if (typeof stream !== 'string') throw invalid('A view is opened with the id of its stream.');
  return { stream, viewport: readViewport(fields.viewport, columns) };
}

/** @throws StreamcellError MESSAGE_INVALID */
export function readFromView(data: unknown, columns: number): FromView {
  const fields = object(data, 'A message of a view');
  switch (fields.type) {
    case 'viewport':
    case 'resync':
      return {
        type: fields.type,
        epoch: count(fields.epoch, 'epoch'),
        viewport: readViewport(fields.viewport, columns),
      };
    case 'ack':
      return { type: 'ack', seq: count(fields.seq, 'seq') };
    case 'pause':
    case 'resume':
    case 'stop':
      return { type: fields.type };
    default:
      throw invalid(`A view has no message of type ${shown(fields.type)}.`);
  }
}

function readViewport(data: unknown, columns: number): ViewportRequest {
  const fields = object(data, 'A viewport');
  const from = count(fields.from, 'from');
  const to = count(fields.to, 'to');
  if (to < from || to - from > VIEWPORT_ROWS)
    throw invalid(`A viewport [from, to) holds 0 to ${VIEWPORT_ROWS} rows, this one is [${from}, ${to}).`);
  const { mode } = fields;
  if (mode !== 'table' && mode !== 'changelog') throw invalid(`A viewport has no mode ${shown(mode)}.`);
  const sort = list(fields.sort, 'sort').map((part) => {
    const { column, ascending } = object(part, 'Each part of a sort');
    if (typeof ascending !== 'boolean') throw invalid('A sort is ascending or not.');
    return { column: columnAt(column, columns), ascending };
  });
  const filter = list(fields.filter, 'filter').map((part) => {
    const { column, contains } = object(part, 'Each part of a filter');
    if (typeof contains !== 'string' || contains.length > FILTER_LENGTH)
      throw invalid(`A filter is a text of at most ${FILTER_LENGTH} characters.`);
    return { column: columnAt(column, columns), contains };
  });
  return { from, to, mode, ...(sort.length > 0 ? { sort } : {}), ...(filter.length > 0 ? { filter } : {}) };
}

function object(data: unknown, what: string): Fields {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) throw invalid(`${what} is an object.`);
  return data as Fields;
}

function list(data: unknown, what: string): readonly unknown[] {
  if (data === undefined || data === null) return [];
  if (!Array.isArray(data) || data.length > PARTS) throw invalid(`A ${what} is a list of at most ${PARTS} parts.`);
  return data as readonly unknown[];
}

function count(data: unknown, what: string): number {
  if (typeof data === 'number' && Number.isSafeInteger(data) && data >= 0) return data;
  throw invalid(`${what} is a whole number from 0, not ${shown(data)}.`);
}

function columnAt(data: unknown, columns: number): number {
  const column = count(data, 'column');
  if (column < columns) return column;
  throw invalid(`The result has ${columns} columns, ${column} is none of them.`);
}

function shown(data: unknown): string {
  return (JSON.stringify(data) ?? String(data)).slice(0, 40);
}

function invalid(message: string): StreamcellError {
  return new StreamcellError('MESSAGE_INVALID', message);
}
