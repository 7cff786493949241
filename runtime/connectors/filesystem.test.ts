import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { batchFromRows, BIGINT, DATE, INSERT, INT, STRING, TIMESTAMP_LTZ, type Value } from '../types/index.js';
import type { SplitOffset } from './connector.js';
import { connectorCatalog } from './registry.js';
import { readAll, readerOf, tableOf, writerOf } from './test-harness.js';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'streamcell-files-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const AB = [
  ['a', INT()],
  ['b', STRING()],
] as const;

function json(options: Record<string, string> = {}, partitions: string[] = []): ReturnType<typeof tableOf> {
  return tableOf('filesystem', { path: directory, format: 'json', ...options }, AB, partitions);
}

describe('filesystem source', () => {
  test('reads a directory recursively in the order of names, without hidden files', async () => {
    mkdirSync(join(directory, 'sub'));
    mkdirSync(join(directory, '_hidden'));
    writeFileSync(join(directory, 'b.json'), '{"a":2,"b":"y"}\n');
    writeFileSync(join(directory, 'a.json'), '{"a":1,"b":"x"}\r\n');
    writeFileSync(join(directory, 'sub', 'c.json'), '{"a":3,"b":"z"}');
    writeFileSync(join(directory, '.d.json'), '{"a":4}');
    writeFileSync(join(directory, '_hidden', 'e.json'), '{"a":5}');
    expect(await readAll(readerOf(json()))).toEqual(['+I 1 x', '+I 2 y', '+I 3 z']);
  });

  test('partitions that are still to be written are none; a table without partitions misses its path', async () => {
    const path = join(directory, 'later');
    expect(await readAll(readerOf(json({ path }, ['b'])))).toEqual([]);
    await expect(readAll(readerOf(json({ path })))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });

  test('a compressed file is refused by name, not read as text', async () => {
    writeFileSync(join(directory, 'a.json.gz'), '{"a":1}');
    await expect(readAll(readerOf(json({ 'json.ignore-parse-errors': 'true' })))).rejects.toMatchObject({
      code: 'OPTION_UNSUPPORTED',
    });
  });

  test('metadata columns and the path pattern', async () => {
    writeFileSync(join(directory, 'a.json'), '{"a":1}\n{"a":2}\n');
    writeFileSync(join(directory, 'a.csv'), 'no');
    const table = json({ 'source.path.regex-pattern': '.*\\.json' });
    const settings = {
      columns: [['a']],
      metadata: [
        ['file.name', STRING(false)],
        ['file.size', BIGINT(false)],
        ['file.path', STRING(false)],
      ] as const,
    };
    const path = join(directory, 'a.json');
    expect(await readAll(readerOf(table, settings))).toEqual([`+I 1 a.json 16 ${path}`, `+I 2 a.json 16 ${path}`]);
    const [row] = await readAll(
      readerOf(table, { columns: [], metadata: [['file.modification-time', TIMESTAMP_LTZ(3, false)]] }),
    );
    expect(row).toMatch(/^\+I \d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });

  test('partition columns come from the directories', async () => {
    for (const [day, rows] of [
      ['2020-01-01', '{"a":1}\n'],
      ['__DEFAULT_PARTITION__', '{"a":2}\n'],
    ]) {
      mkdirSync(join(directory, `day=${day}`, 'b=x%3Dy'), { recursive: true });
      writeFileSync(join(directory, `day=${day}`, 'b=x%3Dy', 'f'), rows);
    }
    const table = tableOf('filesystem', { path: directory, format: 'json' }, [['day', DATE()], ...AB], ['day', 'b']);
    expect(await readAll(readerOf(table))).toEqual(['+I 2020-01-01 1 x=y', '+I null 2 x=y']);
  });

  test('a file cut at any byte offset yields the same rows', async () => {
    const path = join(directory, 'f');
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'grapheme', maxLength: 6 }), { minLength: 1, maxLength: 12 }),
        fc.boolean(),
        fc.array(fc.nat(300), { maxLength: 4 }),
        async (values, newlineAtEnd, cuts) => {
          const lines = values.map((b, a) => JSON.stringify({ a, b }));
          const text = Buffer.from(lines.join('\n') + (newlineAtEnd ? '\n' : ''));
          writeFileSync(path, text);
          const ends = [...new Set([...cuts.map((c) => c % text.length).filter((c) => c > 0), text.length])].sort(
            (x, y) => x - y,
          );
          const offsets = ends.map((end, i): SplitOffset => {
            const start = i === 0 ? 0 : ends[i - 1];
            return {
              split: `f@${start}`,
              offset: { path, size: text.length, modified: 0, start, end, next: start === 0 ? 0 : null },
            };
          });
          const whole = await readAll(readerOf(json()));
          expect(whole.length).toBe(values.length);
          expect(await readAll(readerOf(json()), offsets)).toEqual(whole);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('a large file is cut into ranges that two subtasks share', async () => {
    const pad = 'x'.repeat(2000);
    const lines = Array.from({ length: 20_000 }, (_, a) => JSON.stringify({ a, b: pad }));
    writeFileSync(join(directory, 'f'), lines.join('\n'));
    const read = (subtask: number): Promise<string[]> =>
      readAll(readerOf(json(), { columns: [['a']], subtask, parallelism: 2 }));
    const [one, two] = [await read(0), await read(1)];
    expect(one.length).toBeGreaterThan(5000);
    expect(two.length).toBeGreaterThan(5000);
    const numbers = [...one, ...two].map((r) => Number(r.slice(3))).sort((x, y) => x - y);
    expect(numbers).toEqual(lines.map((_, i) => i));
  });

  test('offsets resume exactly, at another parallelism too', async () => {
    const lines = Array.from({ length: 30_000 }, (_, a) => JSON.stringify({ a, b: 'x' }));
    for (const part of [0, 1, 2])
      writeFileSync(join(directory, `f${part}`), lines.slice(part * 10_000, (part + 1) * 10_000).join('\n'));
    const first = readerOf(json());
    const before = await readAll(first, null, 12_000);
    const offsets = first.reader.snapshotOffsets();
    await first.reader.close();
    const rest = [0, 1].map((subtask) => readAll(readerOf(json(), { subtask, parallelism: 2 }), offsets));
    const all = [...before, ...(await rest[0]), ...(await rest[1])]
      .map((r) => Number(r.split(' ')[1]))
      .sort((x, y) => x - y);
    expect(all).toEqual(lines.map((_, i) => i));
  });

  test('a monitored directory gives files that appear, once', async () => {
    writeFileSync(join(directory, 'a'), '{"a":1}\n');
    const table = json({ 'source.monitor-interval': '20 ms' });
    expect(connectorCatalog.source(table).bounded).toBe(false);
    const settings = { columns: [['a']] };
    const first = readerOf(table, settings);
    expect(await readAll(first, null, 1)).toEqual(['+I 1']);
    while (first.reader.poll().kind !== 'empty') await first.reader.ready();
    writeFileSync(join(directory, 'b'), '{"a":2}\n');
    const offsets = first.reader.snapshotOffsets();
    await first.reader.close();
    const second = readerOf(table, settings);
    expect(await readAll(second, offsets, 1)).toEqual(['+I 2']);
    await second.reader.close();
  });

  test('lines longer than the read buffer, empty lines and the limit', async () => {
    const long = 'y'.repeat(3_000_000);
    writeFileSync(join(directory, 'f'), `\n{"a":1,"b":"${long}"}\n\n{"a":2,"b":"z"}\n`);
    const rows = await readAll(readerOf(json()));
    expect(rows.map((r) => r.length)).toEqual([5 + long.length, 6]);
    expect(await readAll(readerOf(json(), { limit: 1, columns: [['a']] }))).toEqual(['+I 1']);
  });

  test('errors name the file', async () => {
    await expect(
      readAll(readerOf(tableOf('filesystem', { path: join(directory, 'none'), format: 'json' }, AB))),
    ).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
    });
    writeFileSync(join(directory, 'f'), '{"a":1}\n{"a":"x"}\n');
    await expect(readAll(readerOf(json()))).rejects.toMatchObject({
      code: 'RECORD_MALFORMED',
      message: expect.stringContaining(join(directory, 'f')) as unknown,
    });
    expect(await readAll(readerOf(json({ 'json.ignore-parse-errors': 'true' })))).toEqual([
      '+I 1 null',
      '+I null null',
    ]);
  });

  test('csv records span lines and reads', async () => {
    const text = `"${'l\n'.repeat(400_000)}"`;
    writeFileSync(join(directory, 'f'), `1,${text}\n2,"q ""x"""\n`);
    const rows = await readAll(readerOf(json({ format: 'csv' })));
    expect(rows.map((r) => r.length)).toEqual([5 + 800_000, 5 + 5]);
    expect(rows[1]).toBe('+I 2 q "x"');
  });
});

test('a malformed record is found behind comments', async () => {
  writeFileSync(join(directory, 'c.csv'), '# one\n1,a\n\n# two\n# three\nx,b\n');
  const reader = readerOf(tableOf('filesystem', { path: directory, format: 'csv', 'csv.allow-comments': 'true' }, AB));
  await expect(readAll(reader)).rejects.toThrow(/c\.csv, line 6 \(byte 25\): .*'x,b'/);
});

describe('filesystem sink', () => {
  const rows = (...values: Value[][]): ReturnType<typeof batchFromRows> =>
    batchFromRows(
      AB.map(([, type]) => type),
      values.map((fields) => ({ kind: INSERT, fields })),
    );
  const visible = (path: string): string[] => readdirSync(path).filter((f) => !f.startsWith('.'));
  const contents = (path: string): string =>
    visible(path)
      .map((f) => readFileSync(join(path, f), 'utf8'))
      .join('');

  test('files appear at a checkpoint, and what is not committed goes', async () => {
    const writer = writerOf(json());
    await writer.open();
    writer.write(rows([1, 'x'], [2, null]));
    expect(visible(directory)).toEqual([]);
    writer.prepare?.();
    await writer.flush();
    writer.write(rows([3, 'lost']));
    expect(visible(directory)).toEqual([]);
    writer.checkpointComplete?.();
    expect(contents(directory)).toBe('{"a":1,"b":"x"}\n{"a":2,"b":null}\n');
    await writer.close();
    expect(readdirSync(directory).length).toBe(1);
  });

  test.each(['before', 'after'])(
    'a writer that dies %s its files got their names loses and repeats nothing',
    async (when) => {
      const table = json({}, ['b']);
      const dead = writerOf(table);
      await dead.open();
      dead.write(rows([1, 'x'], [2, 'y']));
      const first = dead.prepare?.();
      dead.checkpointComplete?.();
      dead.write(rows([3, 'x'], [4, 'y']));
      const second = JSON.parse(JSON.stringify(dead.prepare?.())) as unknown;
      if (when === 'after') dead.checkpointComplete?.();
      // Not in the checkpoint: what follows it writes these again.
      dead.write(rows([5, 'x'], [6, 'z']));
      await dead.flush();
      expect(first).toBeDefined();

      const next = writerOf(table);
      await next.open();
      next.restore?.([second]);
      next.write(rows([5, 'x'], [6, 'z']));
      await next.commit();
      await next.close();
      expect((await readAll(readerOf(table))).sort()).toEqual([
        '+I 1 x',
        '+I 2 y',
        '+I 3 x',
        '+I 4 y',
        '+I 5 x',
        '+I 6 z',
      ]);
    },
  );

  test('partitions without number: none holds a file open, and rows come in any order', async () => {
    const table = json({}, ['b']);
    const writer = writerOf(table);
    await writer.open();
    const free = (): number => {
      const descriptor = openSync(directory, 'r');
      closeSync(descriptor);
      return descriptor;
    };
    const before = free();
    const rows = Array.from({ length: 1200 }, (_, i) => ({ kind: INSERT, fields: [i, `p${i % 400}`] }) as const);
    writer.write(batchFromRows([INT(), STRING()], rows));
    expect(free() - before).toBeLessThan(10);
    await writer.flush();
    await writer.commit();
    await writer.close();
    expect((await readAll(readerOf(table))).sort()).toEqual(rows.map((r) => `+I ${r.fields.join(' ')}`).sort());
  });

  test('a part that somebody took away is an error, not a file without its first rows', async () => {
    const writer = writerOf(json());
    await writer.open();
    writer.write(batchFromRows([INT(), STRING()], [{ kind: INSERT, fields: [1, 'x'] }]));
    for (const name of readdirSync(directory)) rmSync(join(directory, name));
    await expect(writer.flush()).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await writer.close();
  });

  test('partitions become directories, read back alike', async () => {
    const table = json({ format: 'csv', 'sink.partition-commit.policy.kind': 'success-file' }, ['b']);
    const writer = writerOf(table);
    await writer.open();
    writer.write(rows([1, 'x/y'], [2, null], [3, 'x/y']));
    await writer.commit();
    await writer.close();
    expect(visible(directory).sort()).toEqual(['b=__DEFAULT_PARTITION__', 'b=x%2Fy']);
    expect(visible(join(directory, 'b=x%2Fy')).includes('_SUCCESS')).toBe(true);
    expect(await readAll(readerOf(table))).toEqual(['+I 2 null', '+I 1 x/y', '+I 3 x/y']);
  });

  test('OVERWRITE replaces at the end only', async () => {
    writeFileSync(join(directory, 'old'), '{"a":0,"b":"old"}\n');
    const writer = writerOf(json(), { overwrite: true });
    await writer.open();
    writer.write(rows([1, 'new']));
    await writer.flush();
    expect(visible(directory)).toEqual(['old']);
    await writer.commit();
    await writer.close();
    expect(contents(directory)).toBe('{"a":1,"b":"new"}\n');
  });

  test('a file rolls at its size', async () => {
    const writer = writerOf(json({ 'sink.rolling-policy.file-size': '1 kb' }));
    await writer.open();
    writer.write(rows(...Array.from({ length: 200 }, (_, i): Value[] => [i, 'x'])));
    await writer.commit();
    await writer.close();
    expect(visible(directory).length).toBeGreaterThan(2);
    expect(contents(directory).split('\n').length).toBe(201);
  });

  test('a full disk and a forbidden directory are named', async () => {
    const full = writerOf(tableOf('filesystem', { path: '/dev/full', format: 'json' }, AB));
    await expect(Promise.resolve().then(() => full.open())).rejects.toMatchObject({ code: 'FILE_ACCESS' });
    if (process.getuid?.() === 0) return;
    chmodSync(directory, 0o500);
    const writer = writerOf(json());
    await writer.open();
    expect(() => writer.write(rows([1, 'x']))).toThrow(/denied/);
  });
});
