import { ERRORS, type ErrorCode, type ErrorData } from '../types/index.js';
import { maskParameters, parameterPlaces } from './parameters.js';
import type { Session } from './session.js';

/** What is wrong whatever the values are; the place of a value has a number, so types say nothing. */
const NAMES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'CATALOG_NOT_FOUND',
  'DATABASE_NOT_FOUND',
  'TABLE_NOT_FOUND',
  'OBJECT_NOT_FOUND',
  'COLUMN_NOT_FOUND',
  'COLUMN_AMBIGUOUS',
]);

/** What is wrong with a text whose parameters have no values yet: syntax and names; nothing where any text may be pasted. */
export async function validateUnbound(session: Session, text: string): Promise<readonly ErrorData[]> {
  const places = parameterPlaces(text);
  if (places.some(({ raw }) => raw)) return [];
  const errors = await session.validate(maskParameters(text));
  return places.length === 0 ? errors : errors.filter(({ code }) => ERRORS[code].kind === 'syntax' || NAMES.has(code));
}
