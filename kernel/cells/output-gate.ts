/** Characters that may be under way from the main thread to the front ends. */
const LIMIT = 8 * 1024 * 1024;

/**
 * Holds back a cell that writes faster than its text can be sent.
 *
 * State: the count of characters under way, shared between the main thread, which enters, and the protocol thread, which leaves.
 * Maintains the invariant that an endless loop of console.log does not fill the memory.
 */
export class OutputGate {
  private readonly count: Int32Array;

  constructor(readonly shared: SharedArrayBuffer = new SharedArrayBuffer(4)) {
    this.count = new Int32Array(shared);
  }

  /** Blocks the calling thread while too much is under way; short waits, so that an interrupt gets through. */
  enter(length: number): void {
    while (Atomics.load(this.count, 0) > LIMIT) Atomics.wait(this.count, 0, Atomics.load(this.count, 0), 20);
    Atomics.add(this.count, 0, length);
  }

  leave(length: number): void {
    Atomics.sub(this.count, 0, length);
    Atomics.notify(this.count, 0);
  }
}
