import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { StreamcellError } from '../types/index.js';
import { decodeBinary, encodeBinary } from './frames.js';
import type { FrameHeader } from './messages.js';

const header: FrameHeader = { type: 'changes', stream: 'äöü.1', seq: 7, rows: 2 };

/** What decoding makes of bytes: the frame, or the code of the error. */
function outcome(data: Uint8Array): string {
  try {
    return decodeBinary(data).header.type;
  } catch (thrown) {
    return thrown instanceof StreamcellError ? thrown.code : 'crash';
  }
}

describe('binary frames', () => {
  test('header and body come back as they were', () => {
    const body = new Uint8Array([1, 2, 3]);
    const frame = decodeBinary(encodeBinary(header, body));
    expect(frame.header).toEqual(header);
    expect([...frame.body]).toEqual([1, 2, 3]);
  });

  test('the layout is the one of PROTOCOL.md', () => {
    const data = encodeBinary({ type: 'rows', id: 1, rows: 0 }, new Uint8Array([9]));
    const length = data[0] | (data[1] << 8) | (data[2] << 16) | (data[3] << 24);
    expect((4 + length) % 8).toBe(0);
    expect(JSON.parse(Buffer.from(data.subarray(4, 4 + length)).toString('utf8'))).toEqual({
      type: 'rows',
      id: 1,
      rows: 0,
    });
    expect([...data.subarray(4 + length)]).toEqual([9]);
  });

  test('the body is aligned wherever the frame lies in its buffer', () => {
    const data = encodeBinary(header, new Uint8Array(64));
    for (let shift = 0; shift < 8; shift++) {
      const buffer = new Uint8Array(data.length + 8);
      buffer.set(data, shift);
      expect(decodeBinary(buffer.subarray(shift, shift + data.length)).body.byteOffset % 8).toBe(0);
    }
  });

  test('whatever the bytes are, they are a frame or PROTOCOL_INVALID', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (data) => {
        expect(outcome(data)).toBe('PROTOCOL_INVALID');
      }),
    );
    fc.assert(
      fc.property(fc.json(), (text) => {
        const bytes = Buffer.from(text);
        const data = new Uint8Array(4 + bytes.length);
        new DataView(data.buffer).setUint32(0, bytes.length, true);
        data.set(bytes, 4);
        expect(outcome(data)).toBe('PROTOCOL_INVALID');
      }),
    );
  });

  test('a frame with flipped bits is a frame or PROTOCOL_INVALID', () => {
    const data = encodeBinary(header, new Uint8Array(16));
    fc.assert(
      fc.property(fc.nat(data.length - 1), fc.integer({ min: 1, max: 255 }), fc.nat(data.length), (at, bits, cut) => {
        const damaged = data.slice(0, data.length - (cut % 3));
        if (at < damaged.length) damaged[at] ^= bits;
        expect(['changes', 'PROTOCOL_INVALID']).toContain(outcome(damaged));
      }),
    );
  });
});
