/**
 * Boxed values: one JavaScript value per cell, used at the borders (values connector, nested types, results, constants).
 *
 * | type | boxed as |
 * | --- | --- |
 * | BOOLEAN | boolean |
 * | TINYINT, SMALLINT, INT, DATE (days since 1970), TIME (ms of day), year-month interval (months) | number |
 * | BIGINT, DECIMAL (unscaled), day-time interval (ms) | bigint |
 * | FLOAT, DOUBLE | number |
 * | TIMESTAMP (local), TIMESTAMP_LTZ (instant) | Timestamp |
 * | CHAR, VARCHAR | string |
 * | BINARY, VARBINARY | Uint8Array |
 * | ARRAY | Value[] |
 * | MAP, MULTISET | MapValue (multiset: element -> count as number) |
 * | ROW | Value[] in field order |
 */
export type Value =
  null | boolean | number | bigint | string | Uint8Array | Timestamp | MapValue | VariantValue | readonly Value[];

/** A point in time: milliseconds since 1970 (floor) and the nanoseconds 0..999_999 within that millisecond. Without zone for TIMESTAMP. */
export class Timestamp {
  constructor(
    readonly millis: number,
    readonly nanos: number = 0,
  ) {}
}

/** Entries in insertion order; keys are unique by value. */
export class MapValue {
  constructor(readonly entries: readonly (readonly [Value, Value])[]) {}
}

/** A VARIANT: a JSON-like value that knows its own type. */
export class VariantValue {
  constructor(readonly json: unknown) {}
}
