import { Timestamp } from '../../types/index.js';

export const box = {
  timestamp(millis: number, nanos: number): Timestamp {
    return new Timestamp(millis, nanos);
  },
};

export function unboxNanos(t: Timestamp): number {
  return t.nanos;
}
