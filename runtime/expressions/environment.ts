/** What an expression may ask of its surroundings while it runs. */
export interface EvalEnvironment {
  /** Session zone (`table.local-time-zone`), an IANA name or `+hh:mm`. */
  readonly timeZone: string;
  /** Epoch milliseconds. */
  now(): number;
  /** Current event-time watermark in epoch milliseconds; MIN_SAFE_INTEGER before the first one. */
  currentWatermark(): number;
  /** `database` part of CURRENT_DATABASE. */
  readonly database?: string;
}

export const NO_WATERMARK = Number.MIN_SAFE_INTEGER;

/** An environment for constants and tests. */
export function simpleEnvironment(timeZone = 'UTC', now: () => number = Date.now): EvalEnvironment {
  return { timeZone, now, currentWatermark: () => NO_WATERMARK };
}
