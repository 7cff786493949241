import type { FetchedPartition } from './kafka-fetch.js';
import { readBatch, type RecordBatch } from './kafka-records.js';

/** Record batches of one fetch, with what the broker told of aborted transactions among them. */
export interface FetchedChunk {
  readonly data: Buffer;
  readonly start: number;
  readonly end: number;
  readonly aborted: FetchedPartition['aborted'];
}

/** Whether a transactional batch belongs to a transaction that was aborted: begun at or before it, and its abort marker comes behind. */
export function isAborted(batch: RecordBatch, chunk: FetchedChunk): boolean {
  const begun = chunk.aborted.filter((a) => a.producerId === batch.producerId && a.firstOffset <= batch.baseOffset);
  if (begun.length === 0) return false;
  const first = Math.max(...begun.map((a) => a.firstOffset));
  // A marker of the same producer between the transaction's begin and this batch ends that transaction.
  return !chunkMarkers(chunk).some(
    (m) => m.producerId === batch.producerId && m.offset > first && m.offset < batch.baseOffset,
  );
}

const markers = new WeakMap<FetchedChunk, readonly { readonly producerId: bigint; readonly offset: number }[]>();

/** The transaction markers (control batches) of a chunk. */
function chunkMarkers(chunk: FetchedChunk): readonly { readonly producerId: bigint; readonly offset: number }[] {
  let found = markers.get(chunk);
  if (found === undefined) {
    const list: { producerId: bigint; offset: number }[] = [];
    for (
      let b = readBatch(chunk.data, chunk.start, chunk.end);
      b !== null;
      b = readBatch(chunk.data, b.end, chunk.end)
    ) {
      if (b.control) list.push({ producerId: b.producerId, offset: b.baseOffset });
    }
    markers.set(chunk, (found = list));
  }
  return found;
}
