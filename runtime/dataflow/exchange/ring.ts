import { align, FrameSpace, readFrame, type PreparedFrame } from './frame-codec.js';
import type { Batch } from '../../types/index.js';

/** Message kinds in a ring. */
export const BATCH = 1;
/** A piece of a frame too long for the ring. */
const PART = 2;
export const WATERMARK = 3;
export const IDLE = 4;
export const BARRIER = 5;
export const END = 6;
/** The rest of the ring's end is unused: go on at 0. */
const WRAP = 7;

const HEAD = 0;
const TAIL = 1;
const CONTROL_BYTES = 64;

/** 4 MiB: some 30 frames of 4,096 rows of 32 bytes; small enough to stay in the second-level cache's reach while both ends keep up. */
export const RING_BYTES = 4 << 20;

export function createRing(bytes: number = RING_BYTES): SharedArrayBuffer {
  return new SharedArrayBuffer(CONTROL_BYTES + align(bytes));
}

/**
 * One direction between two workers: a ring of messages in shared memory, one writer, one reader. Neither ever blocks: a full ring makes
 * `tryWrite` false, an empty one makes `read` null.
 *
 * Invariant: [tail, head) holds whole messages; head === tail means empty, so that a message never fills the ring to its last byte.
 * A message is int32 length (with its 8-byte header, aligned), int32 kind, payload.
 */
abstract class RingEnd {
  protected readonly control: Int32Array;
  protected readonly space: FrameSpace;
  protected readonly capacity: number;

  constructor(ring: SharedArrayBuffer) {
    this.control = new Int32Array(ring, 0, CONTROL_BYTES / 4);
    this.space = new FrameSpace(ring, CONTROL_BYTES);
    this.capacity = ring.byteLength - CONTROL_BYTES;
  }

  /** Bytes lying in the ring. */
  get used(): number {
    const used = Atomics.load(this.control, HEAD) - Atomics.load(this.control, TAIL);
    return used < 0 ? used + this.capacity : used;
  }
}

export class RingWriter extends RingEnd {
  /** Longest payload that goes in one piece: leaves room for two, so that writer and reader overlap. */
  readonly longest = (this.capacity >> 2) & ~7;

  tryBatch(frame: PreparedFrame): boolean {
    const at = this.reserve(frame.bound);
    if (at < 0) return false;
    this.publish(at, BATCH, frame.write(this.space, at + 8));
    return true;
  }

  /** One message with an 8-byte payload. */
  tryControl(kind: number, value: number): boolean {
    const at = this.reserve(8);
    if (at < 0) return false;
    this.space.f64[(at + 8) >> 3] = value;
    this.publish(at, kind, at + 16);
    return true;
  }

  /** A piece [from, to) of an encoded frame of `total` bytes. */
  tryPart(bytes: Uint8Array, from: number, to: number): boolean {
    const at = this.reserve(8 + to - from);
    if (at < 0) return false;
    this.space.i32[(at + 8) >> 2] = bytes.length;
    this.space.i32[(at + 12) >> 2] = from;
    this.space.bytes.set(bytes.subarray(from, to), at + 16);
    this.publish(at, PART, align(at + 16 + to - from));
    return true;
  }

  /** @returns where a message with this payload may be written, or -1 while there is no room. */
  private reserve(payload: number): number {
    const need = align(payload) + 8;
    const head = Atomics.load(this.control, HEAD);
    const tail = Atomics.load(this.control, TAIL);
    if (head >= tail) {
      if (this.capacity - head >= need + 8) return head;
      if (tail <= need) return -1;
      this.space.i32[head >> 2] = 0;
      this.space.i32[(head >> 2) + 1] = WRAP;
      Atomics.store(this.control, HEAD, 0);
      return 0;
    }
    return tail - head > need ? head : -1;
  }

  private publish(at: number, kind: number, end: number): void {
    this.space.i32[at >> 2] = end - at;
    this.space.i32[(at >> 2) + 1] = kind;
    Atomics.store(this.control, HEAD, end);
  }
}

/** What the reader found; `batch` is valid until `release`. */
export interface RingMessage {
  readonly kind: number;
  readonly batch: Batch | null;
  readonly value: number;
}

export class RingReader extends RingEnd {
  private next = 0;
  private assembled: FrameSpace | null = null;

  /** The next message, or null while there is none. Its memory is given back by `release`. */
  read(): RingMessage | null {
    for (;;) {
      const tail = Atomics.load(this.control, TAIL);
      if (tail === Atomics.load(this.control, HEAD)) return null;
      const { i32 } = this.space;
      const kind = i32[(tail >> 2) + 1];
      if (kind === WRAP) {
        Atomics.store(this.control, TAIL, 0);
        continue;
      }
      this.next = tail + i32[tail >> 2];
      if (kind === BATCH) return { kind, batch: readFrame(this.space, tail + 8), value: 0 };
      if (kind !== PART) return { kind, batch: null, value: this.space.f64[(tail + 8) >> 3] };
      const whole = this.part(tail, i32[tail >> 2]);
      if (whole !== null) return { kind: BATCH, batch: readFrame(whole, 0), value: 0 };
      this.release();
    }
  }

  release(): void {
    Atomics.store(this.control, TAIL, this.next);
  }

  private part(tail: number, length: number): FrameSpace | null {
    const total = this.space.i32[(tail + 8) >> 2];
    const from = this.space.i32[(tail + 12) >> 2];
    if (from === 0) this.assembled = FrameSpace.ofSize(total);
    const target = this.assembled as FrameSpace;
    const size = Math.min(total - from, length - 16);
    target.bytes.set(this.space.bytes.subarray(tail + 16, tail + 16 + size), from);
    if (from + size < total) return null;
    this.assembled = null;
    return target;
  }
}
