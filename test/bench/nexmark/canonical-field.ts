import { canonical } from '../../cluster/exact-json.js';

/** One text for one value, so that rows of both engines compare as texts: numbers without their spelling. */
export function canonicalField(json: string): string {
  return /^-?\d/.test(json) ? canonical(json) : json;
}
