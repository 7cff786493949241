import type { Batch, Column, Schema } from '../types/index.js';

/** Counters of a decoder: malformed records are counted whatever the policy, never lost in silence. */
export interface DecodeMetrics {
  records: number;
  bytes: number;
  /** Records skipped, or fields set to NULL, under ignore-parse-errors. */
  malformed: number;
}

/**
 * Decodes a run of records to columns. A decoder is made for the wanted columns only (projection by path), and writes to columns that it
 * owns and reuses: the returned batch is valid until the next call.
 *
 * Bytes handed in should lie in `memory` when the decoder offers one (see `reserve`), which saves a copy into WebAssembly.
 */
export interface Decoder {
  readonly metrics: DecodeMetrics;
  /** Where in the data the record began that made the last decoding fail; absent where that is the first that was not decoded. */
  readonly failedAt?: number;
  /** A buffer of at least `size` bytes that the caller may fill and then pass to decodeLines or decodeRecords; valid until the next reserve. */
  reserve(size: number): Uint8Array;
  /**
   * Newline-delimited text in data[start, end), whole lines only. Decodes at most `maxRows` rows, unless one record gives more. A format
   * whose records may hold newlines uses no bytes of a record that is cut off by `end`; `last` says that no more text follows.
   * @returns the batch, how many bytes were used, and per row the index of the record it came from when `rows !== records`.
   */
  decodeLines(data: Uint8Array, start: number, end: number, maxRows: number, last?: boolean): Decoded;
  /** Records at data[starts[i] .. starts[i] + lengths[i]), for i in [from, to). A length of -1 is a null record (tombstone). */
  decodeRecords(data: Uint8Array, starts: Int32Array, lengths: Int32Array, from: number, to: number): Decoded;
}

export interface Decoded {
  readonly batch: Batch;
  /** What was used up: bytes by decodeLines, records by decodeRecords (all of them unless the batch is full before). */
  readonly bytes: number;
  /** Per row of the batch: index of its record, null when row i came from record i (nothing skipped, nothing multiplied). */
  readonly recordOf: Int32Array | null;
}

/** Encodes rows of a batch, one record each. */
export interface Encoder {
  /** Appends row i to `out`; returns nothing. Kinds are the sink's affair. */
  encode(columns: readonly Column[], row: number, out: ByteSink): void;
  /** Written once at the start of a file (csv header: none in Flink), possibly empty. */
  readonly schema: Schema;
}

/** A growing byte buffer. */
export interface ByteSink {
  writeByte(byte: number): void;
  writeBytes(bytes: Uint8Array, start: number, end: number): void;
  writeAscii(text: string): void;
  writeString(text: string): void;
}
