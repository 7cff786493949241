import { StreamcellError } from '../types/index.js';
import type { FrameHeader } from './messages.js';

/*
 * Binary frames: 4 bytes little-endian length of the header, the header as JSON in UTF-8 padded with spaces to a multiple of 8 bytes (length
 * included), then the body. Arrow wants its buffers aligned; a receiver whose buffer is not aligned copies the body.
 */

const LENGTH_BYTES = 4;
const ALIGNMENT = 8;
/** Headers are small; a larger one is no frame of ours. */
const MAX_HEADER_BYTES = 1 << 20;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

export interface BinaryFrame {
  readonly header: FrameHeader;
  readonly body: Uint8Array;
}

export function encodeBinary(header: FrameHeader, body: Uint8Array): Uint8Array {
  const text = encoder.encode(JSON.stringify(header));
  const length = Math.ceil((LENGTH_BYTES + text.length) / ALIGNMENT) * ALIGNMENT - LENGTH_BYTES;
  const frame = new Uint8Array(LENGTH_BYTES + length + body.length);
  new DataView(frame.buffer).setUint32(0, length, true);
  frame.set(text, LENGTH_BYTES);
  frame.fill(32, LENGTH_BYTES + text.length, LENGTH_BYTES + length);
  frame.set(body, LENGTH_BYTES + length);
  return frame;
}

/** @throws StreamcellError PROTOCOL_INVALID whatever the bytes are, if they are no frame. */
export function decodeBinary(data: Uint8Array): BinaryFrame {
  if (data.length < LENGTH_BYTES) throw invalid('a frame has at least 4 bytes');
  const length = new DataView(data.buffer, data.byteOffset, data.byteLength).getUint32(0, true);
  if (length > MAX_HEADER_BYTES || LENGTH_BYTES + length > data.length)
    throw invalid('the header is longer than its frame');
  let header: unknown;
  try {
    header = JSON.parse(decoder.decode(data.subarray(LENGTH_BYTES, LENGTH_BYTES + length)));
  } catch (cause) {
    throw invalid('the header is no JSON', cause);
  }
  if (!isHeader(header)) throw invalid('the header is none that is known');
  const body = data.subarray(LENGTH_BYTES + length);
  return { header, body: body.byteOffset % ALIGNMENT === 0 ? body : body.slice() };
}

function isHeader(value: unknown): value is FrameHeader {
  if (typeof value !== 'object' || value === null) return false;
  const header = value as Readonly<Record<string, unknown>>;
  const whole = (key: string): boolean => Number.isSafeInteger(header[key]);
  const object = (key: string): boolean => typeof header[key] === 'object' && header[key] !== null;
  switch (header.type) {
    case 'changes':
      return typeof header.stream === 'string' && whole('seq') && whole('rows');
    case 'rows':
      return whole('id') && whole('rows');
    case 'frame':
      return whole('subscription') && whole('seq') && whole('from') && whole('rowCount') && object('status');
    case 'view':
      return typeof header.channel === 'string' && object('data');
    default:
      return false;
  }
}

function invalid(what: string, cause?: unknown): StreamcellError {
  return new StreamcellError('PROTOCOL_INVALID', `Not a binary frame of streamcell.v1: ${what}.`, { cause });
}
