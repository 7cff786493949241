import type { CellFailure } from './host.js';

export const INTERRUPTED: CellFailure = {
  name: 'Interrupted',
  message: 'the cell was interrupted',
  traceback: ['Interrupted: the cell was interrupted'],
};

export function failureOf(thrown: unknown): CellFailure {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  return { name: error.name, message: error.message, traceback: [`${error.name}: ${error.message}`] };
}
