import { nearestNames } from '../types/index.js';

/** A command line that cannot be understood. */
export class UsageError extends Error {}

/** @param what it was taken for: `option`, `command`. */
export function unknown(what: string, name: string, known: Iterable<string>): UsageError {
  const [near] = nearestNames(name, known, 1) as readonly (string | undefined)[];
  return new UsageError(`Unknown ${what} ${name}.${near === undefined ? '' : ` Did you mean ${near}?`}`);
}
