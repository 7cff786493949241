import { bindParameters } from '@streamcell/runtime/session/parameters';
import type { Session } from '@streamcell/runtime/session/session';
import { validateUnbound } from '@streamcell/runtime/session/unbound-validation';
import { StreamcellError, type ErrorData } from '@streamcell/runtime/types/index';
import type { Variables } from '../host.js';
import { moved } from './cell-failure.js';
import { NO_OPTIONS, parseCellOptions } from './cell-options.js';
import { prepareSql } from './cell-values.js';
import { within } from './interruption.js';
import { isSqlMagic, splitSqlCell } from './sql-cell.js';

/** Milliseconds that the values of variables are waited for: TypeScript may be busy. */
const VALUES = 300;

/** What is wrong with a cell, without running it; spans are offsets into the cell. Nothing for cells that are not SQL. */
export async function validateCell(
  session: Session,
  variables: Variables,
  cell: string,
  sqlByDefault: boolean,
): Promise<readonly ErrorData[]> {
  if (!isSqlMagic(cell) && (!sqlByDefault || /^\s*%/.test(cell))) return [];
  const split = splitSqlCell(cell);
  if (split.asksHelp) return [];
  let options = NO_OPTIONS;
  const errors: ErrorData[] = [];
  try {
    if (split.line !== null) options = parseCellOptions(cell, split.line);
  } catch (thrown) {
    errors.push(StreamcellError.from(thrown).toData());
  }
  try {
    const prepared = await within(prepareSql(split.sql, options.parameters, variables), VALUES);
    if (prepared === 'late') throw new StreamcellError('PARAMETER_INVALID', 'No value is known at the moment.');
    const bound = bindParameters(prepared.text, prepared.parameters);
    for (const error of await session.validate(bound.text)) {
      const span = error.span === undefined ? undefined : prepared.original(bound.original(error.span));
      errors.push(inCell({ ...error, span }, split.offset));
    }
  } catch (thrown) {
    const error = StreamcellError.from(thrown);
    if (error.code !== 'PARAMETER_INVALID') throw error;
    if (error.span !== undefined) errors.push(inCell(error.toData(), split.offset));
    for (const other of await validateUnbound(session, split.sql)) errors.push(inCell(other, split.offset));
  }
  return errors;
}

function inCell(error: ErrorData, offset: number): ErrorData {
  return moved(StreamcellError.fromData(error), offset).toData();
}
