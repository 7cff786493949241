import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  ARRAY,
  BIGINT,
  BOOLEAN,
  BYTES,
  DATE,
  DECIMAL,
  DOUBLE,
  FLOAT,
  INT,
  MAP,
  ROW,
  rowsFromBatch,
  SMALLINT,
  STRING,
  TIME,
  TIMESTAMP,
  TIMESTAMP_LTZ,
  TINYINT,
  type DataType,
} from '../types/index.js';
import type { Decoder } from './format.js';
import { JsonDecoder } from './json-decoder.js';
import { JsonExact } from './json-exact.js';
import { LineDecoder } from './line-decoder.js';

const OPTIONS = {
  failOnMissingField: false,
  ignoreParseErrors: false,
  timestampStandard: 'SQL' as const,
  decimals: true,
  pullParser: true,
};
type Options = Omit<typeof OPTIONS, 'timestampStandard'> & { timestampStandard: 'SQL' | 'ISO-8601' };

function exactDecoder(paths: readonly string[][], types: readonly DataType[], options: Options): Decoder {
  const metrics = { records: 0, bytes: 0, malformed: 0 };
  const exact = new JsonExact(paths, types, options, metrics);
  return new LineDecoder(types, (data, start, end, emit) => exact.record(data, start, end, emit), metrics);
}

const replacer = (_: string, v: unknown): unknown => {
  if (typeof v === 'bigint') return `${v}n`;
  if (typeof v === 'number' && (Object.is(v, -0) || !Number.isFinite(v))) return `float ${Object.is(v, -0) ? '-0' : v}`;
  if (v instanceof Uint8Array) return `bytes ${Buffer.from(v).toString('hex')}`;
  return v;
};

/** All rows of a text, each as JSON, then the error that ended it if any. */
function decodeAll(decoder: Decoder, types: readonly DataType[], text: Uint8Array, maxRows = 4096): string[] {
  const out: string[] = [];
  const data = decoder.reserve(text.length + 16);
  // What lies behind the text must not matter.
  data.fill(0x7d);
  data.set(text);
  let at = 0;
  try {
    while (at < text.length) {
      const { batch, bytes } = decoder.decodeLines(data, at, text.length, maxRows);
      for (const row of rowsFromBatch(types, batch)) out.push(JSON.stringify(row.fields, replacer));
      at += bytes;
    }
  } catch (error) {
    out.push((error as Error).message);
  }
  return out;
}

/** The same, record by record. */
function decodeRecordwise(
  decoder: Decoder,
  types: readonly DataType[],
  records: readonly (Uint8Array | null)[],
): string[] {
  const out: string[] = [];
  const data = new Uint8Array(records.reduce((n, r) => n + (r?.length ?? 0), 0));
  const starts = new Int32Array(records.length);
  const lengths = new Int32Array(records.length);
  let at = 0;
  records.forEach((r, i) => {
    starts[i] = at;
    lengths[i] = r === null ? -1 : r.length;
    if (r !== null) data.set(r, at);
    at += r?.length ?? 0;
  });
  let from = 0;
  try {
    while (from < records.length) {
      const { batch, bytes, recordOf } = decoder.decodeRecords(data, starts, lengths, from, records.length);
      rowsFromBatch(types, batch).forEach((row, i) => {
        out.push(`${recordOf === null ? i : recordOf[i]} ${JSON.stringify(row.fields, replacer)}`);
      });
      from += bytes;
    }
  } catch (error) {
    out.push((error as Error).message);
  }
  return out;
}

/** Rows up to the first error, which ends a job anyway: batches may be cut differently before it. */
function agree(paths: string[][], types: DataType[], options: Options, text: Uint8Array, maxRows = 4096): void {
  const wanted = decodeAll(exactDecoder(paths, types, options), types, text, 1);
  const decoder = new JsonDecoder(paths, types, options);
  const got = decodeAll(decoder, types, text, maxRows);
  if (wanted.length > 0 && wanted[wanted.length - 1].startsWith('Failed')) {
    expect(got[got.length - 1]).toBe(wanted[wanted.length - 1]);
    expect(wanted.slice(0, got.length - 1)).toEqual(got.slice(0, -1));
  } else {
    expect(got).toEqual(wanted);
  }
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

const NAMES: readonly (readonly [string, DataType])[] = [
  ['tiny', TINYINT()],
  ['small', SMALLINT()],
  ['int', INT()],
  ['big', BIGINT()],
  ['float', FLOAT()],
  ['double', DOUBLE()],
  ['bool', BOOLEAN()],
  ['text', STRING()],
  ['ts', TIMESTAMP(3)],
  ['ltz', TIMESTAMP_LTZ(9)],
  ['date', DATE()],
  ['time', TIME(0)],
  ['dec', DECIMAL(10, 2)],
  ['wide', DECIMAL(38, 4)],
  ['bytes', BYTES()],
  ['list', ARRAY(INT())],
  ['map', MAP(STRING(), DOUBLE())],
  ['row', ROW([{ name: 'a', type: INT() }])],
];

const digits = fc.stringMatching(/^-?(0|[1-9][0-9]{0,19})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?$/);
const twoDigits = fc.integer({ min: 0, max: 62 }).map((n) => String(n).padStart(2, '0'));
const stamp = fc
  .tuple(
    fc.integer({ min: 0, max: 9999 }),
    twoDigits,
    twoDigits,
    twoDigits,
    twoDigits,
    twoDigits,
    fc.constantFrom('', '.1', '.123', '.123456789', '.'),
  )
  .map(([y, mo, d, h, mi, s, f]) => `${String(y).padStart(4, '0')}-${mo}-${d} ${h}:${mi}:${s}${f}`);
const scalar = fc.oneof(
  fc.integer({ min: -200, max: 200 }).map(String),
  fc.integer().map(String),
  fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }).map(String),
  fc.double().map((d) => (Number.isFinite(d) ? JSON.stringify(d) : 'null')),
  fc.float().map((d) => (Number.isFinite(d) ? JSON.stringify(d) : 'null')),
  digits,
  fc.constantFrom('true', 'false', 'null', 'nul', 'True', '""', '"NaN"', '-', '01', '1.', '"1e3"', '" 12 "', '+1'),
  fc.string({ unit: 'binary' }).map((s) => JSON.stringify(s)),
  fc.string().map((s) => JSON.stringify(s)),
  digits.map((d) => `"${d}"`),
  stamp.map((s) => `"${s}"`),
  stamp.map((s) => `"${s}Z"`),
  stamp.map((s) => `"${s.slice(0, 10)}"`),
  stamp.map((s) => `"${s.slice(11)}"`),
  fc.constantFrom(
    '"2020-02-29 23:59:59.999"',
    '"2020-01-01"',
    '"12:34:56"',
    '"2020-02-30 00:00:00"',
    '"2021-12-31 24:00:00Z"',
  ),
  fc.constantFrom('"\\u0041\\n"', '"\\ud83d\\ude00"', '"\\ud800"', '"\\x"', '"a\\/b"', '"\u{1F600}"', '"é"'),
);
const json = fc.oneof(
  { weight: 8, arbitrary: scalar },
  { weight: 1, arbitrary: fc.json({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.array(scalar, { maxLength: 3 }).map((a) => `[${a.join(',')}]`) },
  { weight: 1, arbitrary: scalar.map((s) => `{"a":${s},"b":[{}]}`) },
);

/** A value that the type takes, mostly. */
function fitting(type: DataType): fc.Arbitrary<string> {
  switch (type.root) {
    case 'TIMESTAMP':
      return fc
        .date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true })
        .map((d) => `"${d.toISOString().replace('T', ' ').slice(0, -1)}"`);
    case 'TIMESTAMP_LTZ':
      return fc
        .date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true })
        .map((d) => `"${d.toISOString().replace('T', ' ')}"`);
    case 'DATE':
      return fc
        .date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true })
        .map((d) => `"${d.toISOString().slice(0, 10)}"`);
    case 'TIME':
      return fc
        .date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true })
        .map((d) => `"${d.toISOString().slice(11, 19)}"`);
    case 'BOOLEAN':
      return fc.boolean().map(String);
    case 'VARCHAR':
      return fc.string({ unit: 'grapheme' }).map((s) => JSON.stringify(s));
    case 'TINYINT':
      return fc.integer({ min: -128, max: 127 }).map(String);
    case 'SMALLINT':
      return fc.integer({ min: -32768, max: 32767 }).map(String);
    case 'INTEGER':
      return fc.integer().map(String);
    case 'BIGINT':
      return fc.oneof(
        fc.maxSafeInteger().map(String),
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
      );
    case 'FLOAT':
    case 'DOUBLE':
      return fc.oneof(
        fc.double({ noNaN: true, noDefaultInfinity: true }).map((d) => JSON.stringify(d)),
        fc.integer({ min: -1000000, max: 1000000 }).map((n) => String(n / 100)),
      );
    case 'DECIMAL':
      return fc.integer().map((n) => String(n / 100));
    case 'ARRAY':
      return fc.array(fc.integer()).map((a) => JSON.stringify(a));
    case 'MAP':
      return fc.dictionary(fc.string(), fc.integer()).map((a) => JSON.stringify(a));
    case 'ROW':
      return fc.integer().map((n) => `{"a":${n}}`);
    default:
      return fc.uint8Array().map((b) => JSON.stringify(Buffer.from(b).toString('base64')));
  }
}

const fields = fc.uniqueArray(fc.integer({ min: 0, max: NAMES.length - 1 }), { minLength: 1, maxLength: 6 });

interface Case {
  paths: string[][];
  types: DataType[];
  lines: string[];
}

/** Wanted columns, and rows that mostly share one order of keys and white space. */
const cases: fc.Arbitrary<Case> = fields.chain((chosen) => {
  const names = chosen.map((i) => NAMES[i]);
  const row = fc.tuple(
    ...names.map(([, type]) => fc.oneof({ weight: 9, arbitrary: fitting(type) }, { weight: 1, arbitrary: json })),
  );
  const extra = fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: json });
  const gap = fc.oneof(
    { weight: 9, arbitrary: fc.constant('') },
    { weight: 1, arbitrary: fc.constantFrom(' ', '\t', '\r') },
  );
  const lines = fc.array(fc.tuple(row, extra, gap, fc.nat(20)), { minLength: 1, maxLength: 12 }).map((rows) =>
    rows.map(([values, more, space, twist]) => {
      const parts = values.map((v, i) => `"${names[i][0]}":${space}${v}`);
      if (more !== null) parts.splice(twist % (parts.length + 1), 0, `"other":${more}`);
      if (twist === 17) parts.reverse();
      if (twist === 18) parts.push(parts[0]);
      if (twist === 19) parts.pop();
      return `{${parts.join(`${space},`)}}`;
    }),
  );
  const wanted = fc.subarray(names, { minLength: 0 });
  return fc.record({ lines, wanted }).map(({ lines: text, wanted: want }) => ({
    paths: want.map(([name]) => [name]),
    types: want.map(([, type]) => type),
    lines: text,
  }));
});

const settings = fc.record({
  failOnMissingField: fc.constant(false),
  ignoreParseErrors: fc.boolean(),
  timestampStandard: fc.constantFrom('SQL' as const, 'ISO-8601' as const),
  decimals: fc.boolean(),
  pullParser: fc.boolean(),
});

describe('the fast scanner agrees with the exact decoder', () => {
  test('on rows of one shape and others', () => {
    fc.assert(
      fc.property(cases, settings, fc.constantFrom(1, 3, 4096), ({ paths, types, lines }, options, maxRows) => {
        agree(paths, types, options, encode(lines.join('\n')), maxRows);
      }),
      { numRuns: 500 },
    );
  });

  test('on text with mutated bytes', () => {
    const mutation = fc.tuple(
      fc.nat(),
      fc.oneof(fc.constantFrom(...encode('{}[]",:\\ \n\r0-.e')), fc.integer({ min: 0, max: 255 })),
      fc.nat(2),
    );
    fc.assert(
      fc.property(
        cases,
        settings,
        fc.array(mutation, { minLength: 1, maxLength: 4 }),
        ({ paths, types, lines }, options, mutations) => {
          // A clean row first and again, so that the mutated ones meet a learnt shape.
          let bytes = [...encode([lines[0], ...lines, ...lines].join('\n'))];
          for (const [where, byte, how] of mutations) {
            const i = where % bytes.length;
            if (how === 0) bytes[i] = byte;
            else if (how === 1) bytes.splice(i, 1);
            else bytes.splice(i, 0, byte);
            if (bytes.length === 0) bytes = [32];
          }
          agree(paths, types, options, Uint8Array.from(bytes));
        },
      ),
      { numRuns: 300 },
    );
  });

  test('record by record, with null records and arrays at the root', () => {
    fc.assert(
      fc.property(cases, settings, fc.nat(7), ({ paths, types, lines }, options, twist) => {
        const records: (Uint8Array | null)[] = lines.map(encode);
        if (twist === 1) records.splice(1, 0, null);
        if (twist === 2) records.push(encode(`[${lines.join(',')}]`), encode(lines[0]));
        if (twist === 3) records.push(new Uint8Array(0), encode('\n'), encode(lines[0]));
        const wanted = decodeRecordwise(exactDecoder(paths, types, options), types, records);
        const got = decodeRecordwise(new JsonDecoder(paths, types, options), types, records);
        if (wanted.length > 0 && wanted[wanted.length - 1].startsWith('Failed'))
          expect(got[got.length - 1]).toBe(wanted[wanted.length - 1]);
        else expect(got).toEqual(wanted);
      }),
      { numRuns: 300 },
    );
  });

  test('on nested paths, null parents and missing parents', () => {
    const paths = [['bid', 'price'], ['kind'], ['bid', 'who', 'name'], ['auction', 'id']];
    const types = [BIGINT(), INT(), STRING(), INT()];
    const lines = [
      '{"kind":1,"bid":{"price":5,"who":{"name":"x","age":3}},"auction":null}',
      '{"kind":2,"bid":null,"auction":{"id":7,"more":[1,{"a":2}]}}',
      '{"kind":3,"bid":{"price":6,"who":null},"auction":null}',
      '{"kind":null}',
    ];
    const text = encode(Array.from({ length: 40 }, (_, i) => lines[(i * 7) % 4]).join('\n'));
    agree(paths, types, OPTIONS, text);
    const decoder = new JsonDecoder(paths, types, OPTIONS);
    expect(decodeAll(decoder, types, encode(lines.join('\n')))).toEqual([
      '["5n",1,"x",null]',
      '[null,2,null,7]',
      '["6n",3,null,null]',
      '[null,null,null,null]',
    ]);
  });
});

describe('limits', () => {
  test('64-bit integers beyond the safe range come out exact, before and after the column turns wide', () => {
    const lines = Array.from({ length: 500 }, (_, i) => `{"id":${9007199254740993n + BigInt(i)}}`);
    const decoder = new JsonDecoder([['id']], [BIGINT()], OPTIONS);
    const text = encode([...lines, ...lines].join('\n'));
    const rows = decodeAll(decoder, [BIGINT()], text, 100);
    expect(rows).toEqual([...lines, ...lines].map((l) => `["${/\d+/.exec(l)?.[0]}n"]`));
  });

  test('text outside the memory of the scanner, larger than one piece, is decoded whole', () => {
    const line = `{"a":1,"s":"${'x'.repeat(3000)}"}`;
    const data = encode(Array.from({ length: 800 }, () => line).join('\n'));
    const decoder = new JsonDecoder([['a']], [INT()], OPTIONS);
    let rows = 0;
    for (let at = 0; at < data.length;) {
      const { batch, bytes } = decoder.decodeLines(data, at, data.length, 4096);
      rows += batch.length;
      at += bytes;
    }
    expect(rows).toBe(800);
    expect(decoder.metrics).toEqual({ records: 800, bytes: data.length, malformed: 0 });
  });

  test('strings that fill the arena end the batch, not the decoding', () => {
    const line = `{"s":"${'\\n'.repeat(40000)}"}`;
    const types = [STRING()];
    const rows = decodeAll(
      new JsonDecoder([['s']], types, OPTIONS),
      types,
      encode(Array.from({ length: 60 }, () => line).join('\n')),
    );
    expect(rows.length).toBe(60);
    expect(new Set(rows).size).toBe(1);
    const huge = `{"s":"${'\\n'.repeat(1_200_000)}"}`;
    const one = decodeAll(new JsonDecoder([['s']], types, OPTIONS), types, encode(`${line}\n${huge}\n${line}`));
    expect(one.map((r) => r.length)).toEqual([80004, 2400004, 80004]);
  });

  test('a root array larger than a batch gives all its rows', () => {
    const text = encode(`[${Array.from({ length: 6000 }, (_, i) => `{"a":${i}}`).join(',')}]\n{"a":-1}`);
    const rows = decodeAll(new JsonDecoder([['a']], [INT()], OPTIONS), [INT()], text);
    expect(rows.length).toBe(6001);
    expect(rows[5999]).toBe('[5999]');
    expect(rows[6000]).toBe('[-1]');
  });

  test('a string that is never closed does not lead the scanner out of its memory', () => {
    const decoder = new JsonDecoder([['a']], [INT()], { ...OPTIONS, ignoreParseErrors: true });
    const good = '{"a":1,"s":"x"}\n';
    for (const size of [100, 65536, 1 << 20]) {
      const data = decoder.reserve(size);
      data.fill(0x7d);
      const text = encode(`${good}${good}{"a":1,"s":"x`);
      data.set(text, size - text.length);
      const { batch } = decoder.decodeLines(data, size - text.length, size, 4096);
      expect(batch.length).toBe(2);
    }
  });

  test('malformed records are counted under ignore-parse-errors', () => {
    const decoder = new JsonDecoder([['a']], [INT()], { ...OPTIONS, ignoreParseErrors: true });
    const rows = decodeAll(decoder, [INT()], encode('{"a":1}\n{"a":\n{"a":"x"}\n\n{"a":2}\n{"a":3}'));
    expect(rows).toEqual(['[1]', '[null]', '[2]', '[3]']);
    expect(decoder.metrics.malformed).toBe(2);
  });
});
