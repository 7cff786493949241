import type { DataType, Value } from '../types/index.js';
import { BatchBuilder } from './batch-builder.js';
import type { Decoded, DecodeMetrics, Decoder } from './format.js';

const NEWLINE = 10;
const RETURN = 13;

/** Decodes one record at a time; `emit` takes each row it gives, none or several. */
export type RecordDecoder = (
  data: Uint8Array,
  start: number,
  end: number,
  emit: (row: readonly Value[]) => void,
) => void;

/** A decoder around an exact, record-wise one: cuts lines, collects rows, keeps count. */
export class LineDecoder implements Decoder {
  private buffer = new Uint8Array(0);
  private readonly builder: BatchBuilder;
  private recordOf = new Int32Array(1024);

  constructor(
    types: readonly DataType[],
    private readonly record: RecordDecoder,
    readonly metrics: DecodeMetrics,
  ) {
    this.builder = new BatchBuilder(types);
  }

  reserve(size: number): Uint8Array {
    if (this.buffer.length < size) this.buffer = new Uint8Array(size);
    return this.buffer;
  }

  decodeLines(data: Uint8Array, start: number, end: number, maxRows: number): Decoded {
    const { builder, metrics } = this;
    builder.clear();
    let at = start;
    while (at < end && builder.length < maxRows) {
      let stop = data.indexOf(NEWLINE, at);
      if (stop < 0 || stop > end) stop = end;
      const last = stop > at && data[stop - 1] === RETURN ? stop - 1 : stop;
      metrics.records++;
      this.record(data, at, last, (row) => builder.add(row));
      at = stop + 1;
    }
    const bytes = Math.min(at, end) - start;
    metrics.bytes += bytes;
    return { batch: builder.finish(), bytes, recordOf: null };
  }

  decodeRecords(data: Uint8Array, starts: Int32Array, lengths: Int32Array, from: number, to: number): Decoded {
    const { builder, metrics } = this;
    builder.clear();
    let same = true;
    for (let i = from; i < to; i++) {
      metrics.records++;
      if (lengths[i] < 0) {
        same = false;
        continue;
      }
      metrics.bytes += lengths[i];
      const before = builder.length;
      this.record(data, starts[i], starts[i] + lengths[i], (row) => {
        if (builder.length === this.recordOf.length) {
          const larger = new Int32Array(this.recordOf.length * 2);
          larger.set(this.recordOf);
          this.recordOf = larger;
        }
        this.recordOf[builder.length] = i;
        builder.add(row);
      });
      if (builder.length !== before + 1) same = false;
    }
    return { batch: builder.finish(), bytes: to - from, recordOf: same && from === 0 ? null : this.recordOf };
  }
}
