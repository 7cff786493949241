import { MILLIS_PER_DAY, addMonths } from '../../types/index.js';

/** Adds months to a local time in milliseconds; the end of a shorter month clamps. */
export function addMonthsMillis(millis: number, months: number): number {
  const days = Math.floor(millis / MILLIS_PER_DAY);
  return addMonths(days, months) * MILLIS_PER_DAY + (millis - days * MILLIS_PER_DAY);
}
