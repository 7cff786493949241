import type { ByteSink } from './format.js';

const encoder = new TextEncoder();

/** A growing byte buffer. `bytes[0, length)` is what was written; `clear` keeps the capacity. */
export class ByteBuffer implements ByteSink {
  bytes: Uint8Array;
  length = 0;

  constructor(capacity = 4096) {
    this.bytes = new Uint8Array(capacity);
  }

  clear(): void {
    this.length = 0;
  }

  writeByte(byte: number): void {
    if (this.length === this.bytes.length) this.grow(1);
    this.bytes[this.length++] = byte;
  }

  writeBytes(bytes: Uint8Array, start: number, end: number): void {
    const n = end - start;
    if (this.length + n > this.bytes.length) this.grow(n);
    // Short runs by hand: below some 32 bytes a subarray and set cost more than the loop.
    if (n < 32) {
      const out = this.bytes;
      let at = this.length;
      for (let i = start; i < end; i++) out[at++] = bytes[i];
    } else {
      this.bytes.set(bytes.subarray(start, end), this.length);
    }
    this.length += n;
  }

  writeAscii(text: string): void {
    const n = text.length;
    if (this.length + n > this.bytes.length) this.grow(n);
    const out = this.bytes;
    let at = this.length;
    for (let i = 0; i < n; i++) out[at++] = text.charCodeAt(i);
    this.length = at;
  }

  /** UTF-8; a lone surrogate becomes `?`, as Flink's string encoding has it. */
  writeString(text: string): void {
    const most = text.length * 3;
    if (this.length + most > this.bytes.length) this.grow(most);
    const well = isWellFormed(text) ? text : replaceLoneSurrogates(text);
    this.length += encoder.encodeInto(well, this.bytes.subarray(this.length)).written;
  }

  /** A copy of what was written. */
  take(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }

  private grow(by: number): void {
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + by));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }
}

const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

function isWellFormed(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c < 0xd800 || c > 0xdfff) continue;
    const next = i + 1 < text.length ? text.charCodeAt(i + 1) : 0;
    if (c > 0xdbff || next < 0xdc00 || next > 0xdfff) return false;
    i++;
  }
  return true;
}

export function replaceLoneSurrogates(text: string): string {
  return text.replace(LONE_SURROGATE, '?');
}
