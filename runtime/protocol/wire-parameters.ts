import { StreamcellError } from '../types/index.js';
import type { WireParameter, WireScalar } from './messages.js';

type Scalar = string | number | bigint | boolean | null | Date;
type Parameter = Scalar | readonly Scalar[];

/** Parameters of a statement as JSON. @throws StreamcellError PARAMETER_INVALID for what cannot be a literal. */
export function parametersToWire(parameters: Readonly<Record<string, Parameter>>): Record<string, WireParameter> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [
      name,
      isList(value) ? value.map((v) => toWire(name, v)) : toWire(name, value),
    ]),
  );
}

export function parametersFromWire(parameters: Readonly<Record<string, WireParameter>>): Record<string, Parameter> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [name, isList(value) ? value.map(fromWire) : fromWire(value)]),
  );
}

function toWire(name: string, value: Scalar): WireScalar {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return { bigint: String(value) };
  if (typeof value === 'number')
    return Number.isFinite(value) ? value : { double: String(value) as 'NaN' | 'Infinity' | '-Infinity' };
  if (value instanceof Date) return { date: Number.isNaN(value.getTime()) ? null : value.getTime() };
  // Values come from notebooks, where types are only promises.
  throw new StreamcellError('PARAMETER_INVALID', `Parameter '${name}' is no SQL literal.`, {
    hint: 'Texts, numbers, booleans, dates, null and lists of them can be bound.',
  });
}

function fromWire(value: WireScalar): Scalar {
  if (value === null || typeof value !== 'object') return value;
  if ('bigint' in value) return BigInt(value.bigint);
  return 'date' in value ? new Date(value.date ?? NaN) : Number(value.double);
}

function isList<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value);
}
