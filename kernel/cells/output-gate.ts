/** Size of what may be under way from the main thread to the front ends, about in bytes. */
const LIMIT = 8 * 1024 * 1024;
/** Size of a message beside its content. */
const OVERHEAD = 256;

/**
 * Holds back a cell that says more than can be sent.
 *
 * Algorithm: every message is numbered by the size of all that was said up to it; the other side stores the number of the newest that was
 * sent. A message that is lost on the way, since the cell was ended just then, is thus made up for by the next.
 * State: what was said, known to the main thread; what was sent, shared, written by the protocol thread.
 * Maintains the invariant that no endless loop of outputs fills the memory.
 */
export class OutputGate {
  private readonly sent: BigInt64Array;
  private said = 0n;

  constructor(readonly shared: SharedArrayBuffer = new SharedArrayBuffer(8)) {
    this.sent = new BigInt64Array(shared);
  }

  /** Blocks the calling thread while too much is under way; short waits, so that an interrupt gets through. */
  pass(content: unknown, post: (total: bigint) => void): void {
    for (;;) {
      const sent = Atomics.load(this.sent, 0);
      if (this.said - sent <= LIMIT) break;
      Atomics.wait(this.sent, 0, sent, 20);
    }
    const total = this.said + BigInt(sizeOf(content));
    post(total);
    this.said = total;
  }

  /** All up to the message of this number was sent. */
  leave(total: bigint): void {
    if (total <= Atomics.load(this.sent, 0)) return;
    Atomics.store(this.sent, 0, total);
    Atomics.notify(this.sent, 0);
  }
}

function sizeOf(content: unknown): number {
  if (typeof content === 'string') return content.length + OVERHEAD;
  if (ArrayBuffer.isView(content) || content instanceof ArrayBuffer) return content.byteLength + OVERHEAD;
  if (typeof content !== 'object' || content === null) return 8;
  // What is no plain data has its own, unknown size; what refers to itself cannot be sent to a front end.
  let size = OVERHEAD;
  try {
    for (const value of Object.values(content))
      size +=
        typeof value === 'string' ? value.length : ArrayBuffer.isView(value) ? value.byteLength : jsonLength(value);
  } catch {
    return size;
  }
  return size;
}

function jsonLength(value: unknown): number {
  return typeof value === 'object' && value !== null ? JSON.stringify(value).length : 8;
}
