import { describe, expect, test } from '@jest/globals';
import {
  ARRAY,
  Batch,
  batchFromRows,
  BIGINT,
  BYTES,
  DECIMAL,
  DOUBLE,
  INT,
  MAP,
  MapValue,
  rowsFromBatch,
  STRING,
  StrColumn,
  TIMESTAMP,
  Timestamp,
  VARIANT,
  VariantValue,
  type ChangelogRow,
  type DataType,
} from '../../types/index.js';
import { decodeFrame, encodeFrame, FrameSpace, PreparedFrame, readFrame } from './frame-codec.js';
import { createRing, END, RingReader, RingWriter, WATERMARK } from './ring.js';
import { ExchangeReceiver } from './receiver.js';
import { ExchangeSender } from './sender.js';

const TYPES: readonly DataType[] = [
  INT(),
  BIGINT(),
  DECIMAL(38, 2),
  DOUBLE(),
  TIMESTAMP(9),
  STRING(),
  BYTES(),
  ARRAY(STRING()),
  MAP(STRING(), INT()),
  VARIANT(),
];

function row(i: number): ChangelogRow {
  const wide = 2n ** 62n + BigInt(i);
  return {
    kind: (i % 4) as ChangelogRow['kind'],
    fields: [
      i,
      i % 3 === 0 ? wide : BigInt(i),
      i % 2 === 0 ? 10n ** 30n + BigInt(i) : -(10n ** 37n),
      i / 3,
      new Timestamp(i * 1000, i % 2),
      i % 5 === 0 ? null : `text ${i} ${'é'.repeat(i % 50)}`,
      new Uint8Array([i & 255, 1]),
      [`a${i}`, null],
      new MapValue([['k', i]]),
      new VariantValue({ i }),
    ],
  };
}
const rows = Array.from({ length: 40 }, (_, i) => row(i));

describe('frames', () => {
  test('every type goes there and back', () => {
    expect(rowsFromBatch(TYPES, decodeFrame(encodeFrame(batchFromRows(TYPES, rows))))).toEqual(rows);
  });

  test('chosen rows, at an offset of a larger space', () => {
    const batch = batchFromRows(TYPES, rows);
    const frame = new PreparedFrame(batch, Int32Array.of(3, 17, 38), 3);
    const space = FrameSpace.ofSize(frame.bound + 64);
    const end = frame.write(space, 64);
    expect(end - 64).toBeLessThanOrEqual(frame.bound);
    expect(rowsFromBatch(TYPES, readFrame(space, 64))).toEqual([rows[3], rows[17], rows[38]]);
  });

  test('strings in bytes form, windows on a larger buffer', () => {
    const data = new TextEncoder().encode('xxhelloyyworldé');
    const column = StrColumn.fromBytes(data, Int32Array.of(2, 9), Int32Array.of(5, 7));
    const back = decodeFrame(encodeFrame(new Batch(2, [column])));
    expect(rowsFromBatch([STRING()], back).map((r) => r.fields[0])).toEqual(['hello', 'worldé']);
  });
});

describe('a ring', () => {
  const batchOf = (from: number, n: number): Batch => batchFromRows(TYPES, rows.slice(from, from + n));

  test('keeps order over many rounds, and is full rather than overwritten', () => {
    const ring = createRing(1 << 16);
    const writer = new RingWriter(ring);
    const reader = new RingReader(ring);
    let written = 0;
    let read = 0;
    let full = 0;
    while (read < 400) {
      while (written < 400) {
        const sent =
          written % 7 === 6
            ? writer.tryControl(WATERMARK, written)
            : writer.tryBatch(
                new PreparedFrame(
                  batchOf(written % 40, 1 + (written % 3)),
                  null,
                  Math.min(1 + (written % 3), 40 - (written % 40)),
                ),
              );
        if (!sent) {
          full++;
          break;
        }
        written++;
      }
      for (let k = 0; k < 5 && read < written; k++) {
        const message = reader.read();
        if (message === null) throw new Error('a message is missing');
        if (read % 7 === 6) expect(message).toMatchObject({ kind: WATERMARK, value: read });
        else expect(rowsFromBatch(TYPES, message.batch as Batch)[0]).toEqual(rows[read % 40]);
        reader.release();
        read++;
      }
    }
    expect(full).toBeGreaterThan(0);
    expect(reader.read()).toBeNull();
  });
});

describe('an exchange', () => {
  interface Seen {
    rows: string[];
    events: string[];
  }
  const record = (seen: Seen): ConstructorParameters<typeof ExchangeReceiver>[1] => ({
    batch: (batch) => seen.rows.push(...rowsFromBatch(TYPES, batch).map((r) => String(r.fields[0]))),
    watermark: (time) => seen.events.push(`watermark ${time}`),
    idle: (idle) => seen.events.push(`idle ${idle}`),
    end: () => seen.events.push('end'),
  });

  test('rows of one key go to one subtask, in order; a frame longer than the ring goes in pieces', () => {
    const ring = createRing(1 << 12);
    const local: Seen = { rows: [], events: [] };
    const remote: Seen = { rows: [], events: [] };
    const localReceiver = new ExchangeReceiver(
      1,
      record(local),
      [null],
      () => undefined,
      () => undefined,
    );
    const remoteReceiver = new ExchangeReceiver(
      1,
      record(remote),
      [new RingReader(ring)],
      () => undefined,
      () => undefined,
    );
    const sender = new ExchangeSender([0], 2, 0, [null, new RingWriter(ring)], localReceiver, () => undefined);
    for (let round = 0; round < 3; round++) sender.batch(batchFromRows(TYPES, rows));
    sender.watermark(5);
    sender.end();
    expect(sender.blocked).toBe(true);
    for (let i = 0; i < 1000 && !remoteReceiver.ended; i++) {
      remoteReceiver.step(1);
      sender.flush();
    }
    expect(sender.blocked).toBe(false);
    expect(remote.events).toEqual(['watermark 5', 'end']);
    expect(local.events).toEqual(['watermark 5', 'end']);
    expect(new Set(local.rows).size + new Set(remote.rows).size).toBe(rows.length);
    expect(local.rows.length + remote.rows.length).toBe(3 * rows.length);
    expect(remote.rows.slice(0, remote.rows.length / 3)).toEqual(
      [...remote.rows.slice(0, remote.rows.length / 3)].sort((a, b) => Number(a) - Number(b)),
    );
  });

  test('the watermark is the minimum of channels that are active, and a barrier holds its channel', () => {
    const rings = [createRing(1 << 14), createRing(1 << 14)];
    const seen: Seen = { rows: [], events: [] };
    let aligned = 0;
    const receiver = new ExchangeReceiver(
      2,
      record(seen),
      rings.map((r) => new RingReader(r)),
      () => undefined,
      () => aligned++,
    );
    const writers = rings.map((r) => new RingWriter(r));
    const senders = writers.map((w) => new ExchangeSender(null, 3, 1, [w, null, null], null, () => undefined));
    senders[0].watermark(10);
    receiver.step(10);
    expect(seen.events).toEqual([]);
    senders[1].watermark(7);
    receiver.step(10);
    senders[1].idle(true);
    receiver.step(10);
    expect(seen.events).toEqual(['watermark 7', 'watermark 10']);
    senders[0].barrier(1);
    senders[0].batch(batchFromRows(TYPES, rows.slice(0, 2)));
    receiver.step(10);
    expect(seen.rows).toEqual([]);
    expect(aligned).toBe(0);
    senders[1].barrier(1);
    receiver.step(10);
    expect(aligned).toBe(1);
    expect(seen.rows).toEqual([]);
    receiver.unblock();
    receiver.step(10);
    expect(seen.rows).toEqual(['0', '1']);
    writers[1].tryControl(END, 0);
    senders[0].end();
    receiver.step(10);
    expect(seen.events.at(-1)).toBe('end');
  });
});
