import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { counted, marked, Scene } from './scene.js';

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});
afterEach(() => scene.clear());

const table = (path: string, format: string, options: Record<string, string>, columns = 'id INT, v STRING'): string => {
  const all = { connector: 'filesystem', path, format, ...options };
  const listed = Object.entries(all).map(([k, v]) => `'${k}' = '${v}'`);
  return `CREATE TABLE t (${columns}) WITH (${listed.join(', ')});\n`;
};

const QUERY = 'SELECT id, v FROM t';

describe('malformed json', () => {
  const LINES = [
    '{"id":1,"v":"a"}',
    '{"id":2,"v":"b"}',
    '{"id":"x","v":"c"}',
    'no json',
    '{"v":"d"}',
    '{"id":5,"v":"e"}',
  ];
  const read = (lines: readonly string[], options: Record<string, string> = {}): string =>
    table(scene.file('in.json', lines.map((l) => `${l}\n`).join('')), 'json', options) + QUERY;

  test('fails by default, after the rows before it, with its line and byte', async () => {
    const script = read(LINES);
    const { rows, error } = await scene.run(script);
    expect(rows).toEqual(['1 a', '2 b']);
    expect(error?.code).toBe('RECORD_MALFORMED');
    expect(error?.message).toContain(`${scene.directory}/in.json, line 3 (byte 34): `);
    expect(error?.message).toContain('{"id":"x","v":"c"}');
    expect(error?.hint).toContain('ignore-parse-errors');
    expect(error?.operator).toMatch(/^TableSourceScan\(/);
    expect(marked(script, error)).toBe(QUERY);
  });

  test('is skipped or set to NULL with ignore-parse-errors, and counted', async () => {
    const session = scene.session();
    const { rows, error } = await scene.run(read(LINES, { 'json.ignore-parse-errors': 'true' }), session);
    expect(error).toBeNull();
    expect(rows).toEqual(['1 a', '2 b', 'NULL c', 'NULL d', '5 e']);
    expect(await counted(session)).toEqual({ malformed: 2, lateRows: 0 });
  });

  test('a missing field is NULL, unless fail-on-missing-field asks for an error', async () => {
    const lines = [LINES[0], '', LINES[4], LINES[5]];
    expect((await scene.run(read(lines))).rows).toEqual(['1 a', 'NULL d', '5 e']);
    const { rows, error } = await scene.run(read(lines, { 'json.fail-on-missing-field': 'true' }));
    expect(rows).toEqual(['1 a']);
    expect(error?.code).toBe('RECORD_MALFORMED');
    expect(error?.message).toContain('line 3 (byte 18)');
    expect(error?.message).toContain('missing');
  });

  test.each([
    '{"id":1,"v":"a"',
    '{"id":1 "v":"a"}',
    '{"id":1e400,"v":"a"}',
    '\u0000\u0001',
    '{"id":2147483648,"v":"a"}',
  ])('%j is one error, or one count', async (line) => {
    const lines = [LINES[0], line, LINES[5]];
    const failed = await scene.run(read(lines));
    expect(failed.error?.code).toBe('RECORD_MALFORMED');
    expect(failed.error?.message).toContain('line 2 (byte 17)');
    const session = scene.session();
    const lenient = await scene.run(read(lines, { 'json.ignore-parse-errors': 'true' }), session);
    expect(lenient.error).toBeNull();
    expect([lenient.rows[0], lenient.rows.at(-1)]).toEqual(['1 a', '5 e']);
    expect((await counted(session)).malformed).toBe(1);
  });

  test('is found far into a large file, read in ranges by two workers', async () => {
    const pad = 'p'.repeat(200);
    const lines = Array.from({ length: 130_000 }, (_, i) => `{"id":${i},"v":"${pad}"}`);
    lines[120_000] = '{"id":120000,"v":';
    const place = lines.slice(0, 120_000).reduce((sum, l) => sum + l.length + 1, 0);
    const session = scene.session({ options: { 'parallelism.default': '2' } });
    const { error } = await scene.run(`${read(lines)} WHERE id < 0`, session);
    expect(error?.message).toContain(`line 120001 (byte ${place})`);
    expect((await session.jobs()).at(-1)?.state).toBe('failed');
  });
});

describe('malformed csv', () => {
  const read = (text: string, options: Record<string, string> = {}): string =>
    table(scene.file('in.csv', text), 'csv', options) + QUERY;
  const TEXT = '1,a\n2,"b\n2"\nx,c\n4,d,e\n5,e\n';

  test('fails by default, with the line that its record begins in', async () => {
    const { rows, error } = await scene.run(read(TEXT));
    expect(rows).toEqual(['1 a', '2 b\n2']);
    expect(error?.code).toBe('RECORD_MALFORMED');
    expect(error?.message).toContain('in.csv, line 4 (byte 12): ');
    expect(error?.message).toContain('x,c');
  });

  test('is skipped or set to NULL with ignore-parse-errors, and counted', async () => {
    const session = scene.session();
    const { rows, error } = await scene.run(read(TEXT, { 'csv.ignore-parse-errors': 'true' }), session);
    expect(error).toBeNull();
    expect(rows).toEqual(['1 a', '2 b\n2', 'NULL c', '5 e']);
    expect((await counted(session)).malformed).toBe(2);
  });

  test('a record with too few fields is malformed; under ignore-parse-errors the missing ones are NULL', async () => {
    const text = '1,a\n2\n3,c\n';
    const { error } = await scene.run(read(text));
    expect(error?.code).toBe('RECORD_MALFORMED');
    expect(error?.message).toContain('line 2 (byte 4)');
    expect((await scene.run(read(text, { 'csv.ignore-parse-errors': 'true' }))).rows).toEqual(['1 a', '2 NULL', '3 c']);
  });

  test('fail-on-missing-columns wants also the columns that are not asked for', async () => {
    const text = '1,a\n2\n3,c\n';
    const ids = (options: Record<string, string> = {}): string =>
      read(text, options).replace(QUERY, 'SELECT id FROM t');
    expect((await scene.run(ids())).rows).toEqual(['1', '2', '3']);
    const { error } = await scene.run(ids({ 'csv.fail-on-missing-columns': 'true' }));
    expect(error?.message).toContain('line 2 (byte 4)');
  });

  test('a quote that is never closed ends in an error, or one record lost', async () => {
    const text = '1,a\n2,"b\n3,c\n';
    expect((await scene.run(read(text))).error?.code).toBe('RECORD_MALFORMED');
    const session = scene.session();
    expect((await scene.run(read(text, { 'csv.ignore-parse-errors': 'true' }), session)).rows[0]).toBe('1 a');
    expect((await counted(session)).malformed).toBeGreaterThan(0);
  });
});

describe('the command', () => {
  const script = (): string => {
    const time = '"ts":"2024-01-01 00:00:';
    const path = scene.file('in.json', `{"id":1,${time}00"}\nno json\n{"id":2,${time}61"}\n{"id":"x",${time}01"}\n`);
    return `${table(path, 'json', { 'json.ignore-parse-errors': 'true' }, 'id INT, ts TIMESTAMP(3)')}SELECT id FROM t;`;
  };

  test('tells below the table what was skipped', async () => {
    const { code, stdout, stderr } = await scene.command(script());
    expect(stdout).toMatch(/\n3 rows\n2 malformed records skipped or set to NULL\n$/);
    expect([code, stderr]).toEqual([0, '']);
  });

  test('keeps machine formats clean: it is told on standard error', async () => {
    const { stdout, stderr } = await scene.command(script(), ['--format', 'jsonl']);
    expect(stdout.trim().split('\n').at(-1)).toBe('{"statement":2,"end":true}');
    expect(stderr).toBe('2 malformed records skipped or set to NULL\n');
  });

  test('tells of late rows that were dropped', async () => {
    const at = (second: number): string => `2024-01-01 00:00:${String(second).padStart(2, '0')}`;
    const rows = [0, 5, 40, 7, 41, 3].map((second, i) => ['+I', i, at(second)]);
    const { stdout } = await scene.command(`
      CREATE TABLE t (id INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH (
        'connector' = 'values', 'rows' = '${JSON.stringify(rows)}', 'batch-size' = '1', 'watermark-push-down' = 'false');
      SELECT window_start, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND))
      GROUP BY window_start, window_end;`);
    expect(stdout).toMatch(/\n2 rows\n2 late rows dropped\n$/);
  });

  test('points to the record of a failing statement', async () => {
    const { code, stderr } = await scene.command(
      script().replace("'json.ignore-parse-errors' = 'true'", "'json.fail-on-missing-field' = 'true'"),
    );
    expect(code).toBe(1);
    const lines = stderr.split('\n');
    expect(lines[0]).toMatch(
      /script\.sql:2:1: RECORD_MALFORMED .*in\.json, line 2 \(byte 36\): .* \(in TableSourceScan\(/,
    );
    expect(lines[1]).toBe('  SELECT id FROM t;');
    expect(lines[3]).toMatch(/^Hint: /);
  });
});
