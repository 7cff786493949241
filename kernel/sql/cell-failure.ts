import { errorBundle, errorText } from '@streamcell/runtime/protocol/error-bundle';
import { positionAt, StreamcellError } from '@streamcell/runtime/types/index';
import type { CellFailure } from '../host.js';

/** The failure of a cell by an error whose span points into the cell. */
export function cellFailure(thrown: unknown, cell: string): CellFailure {
  const error = StreamcellError.from(thrown).toData();
  const { line, column } = positionAt(cell, error.span?.start ?? 0);
  const place = error.span === undefined ? '' : `${line}:${column} `;
  return {
    name: error.code,
    message: `${place}${error.message}`,
    traceback: errorText(error, cell).split('\n'),
    data: errorBundle(error, cell),
  };
}

/** The same error with its span moved. */
export function moved(thrown: unknown, offset: number): StreamcellError {
  const error = StreamcellError.from(thrown);
  if (error.span === undefined || offset === 0) return error;
  const span = { start: error.span.start + offset, end: error.span.end + offset };
  return new StreamcellError(error.code, error.message, { ...error.toData(), span, cause: error });
}
