import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Statement } from '@streamcell/runtime/session/session';
import { marked, Scene } from './scene.js';

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});
afterEach(() => scene.clear());

const files = (name: string, path: string, more = ''): string =>
  `CREATE TABLE ${name} (id INT, v STRING) WITH ('connector' = 'filesystem', 'path' = '${path}', 'format' = 'json'${more});\n`;
const rowsOf = (n: number, wide = 8): string =>
  `CREATE TABLE g (id INT, v STRING) WITH ('connector' = 'datagen', 'number-of-rows' = '${n}', 'fields.v.length' = '${wide}');\n`;

/** All files below a directory, hidden ones too. */
const below = (path: string): string[] =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile())
    .map((e) => e.name);

describe('files to read', () => {
  test('a missing one is named; the session goes on', async () => {
    const session = scene.session();
    const script = `${files('t', join(scene.directory, 'none.json'))}SELECT * FROM t`;
    const { error } = await scene.run(script, session);
    expect(error).toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: `File ${scene.directory}/none.json does not exist.`,
    });
    expect(error?.operator).toMatch(/^TableSourceScan\(/);
    expect(marked(script, error)).toBe('SELECT * FROM t');
    expect((await scene.run('SELECT 1', session)).rows).toEqual(['1']);
  });

  test('an empty directory and an empty file have no rows', async () => {
    mkdirSync(join(scene.directory, 'empty'));
    expect(await scene.run(`${files('t', join(scene.directory, 'empty'))}SELECT * FROM t`)).toEqual({
      rows: [],
      error: null,
    });
    expect(await scene.run(`${files('t', scene.file('nothing.json', ''))}SELECT * FROM t`)).toEqual({
      rows: [],
      error: null,
    });
  });

  test('links that lead nowhere or in a circle', async () => {
    const path = join(scene.directory, 'links');
    mkdirSync(path);
    symlinkSync(join(scene.directory, 'gone'), join(path, 'dangling'));
    expect(await scene.run(`${files('t', path)}SELECT * FROM t`)).toEqual({ rows: [], error: null });
    symlinkSync(path, join(path, 'circle'));
    expect((await scene.run(`${files('t', path)}SELECT * FROM t`)).error?.code).toBe('FILE_ACCESS');
  });

  test('a file cut short while it is read ends where it ends now', async () => {
    const line = `${JSON.stringify({ id: 1, v: 'x'.repeat(1000) })}\n`;
    const path = scene.file('shrinks.json', line.repeat(30_000));
    const session = scene.session();
    let seen = 0;
    for await (const statement of session.execute(`${files('t', path)}SELECT id FROM t`, { mode: 'changelog' })) {
      if (statement.kind !== 'query') continue;
      for await (const run of statement.view?.changes() ?? []) {
        if (seen === 0) truncateSync(path, line.length * 15_000);
        seen += run.length;
      }
      await statement.done;
    }
    expect(seen).toBeGreaterThanOrEqual(1);
    expect(seen).toBeLessThanOrEqual(30_000);
  });

  test('another file system than the local one is refused', async () => {
    const { error } = await scene.run(`${files('t', 's3://bucket/key')}SELECT * FROM t`);
    expect(error?.code).toBe('OPTION_UNSUPPORTED');
    expect(error?.message).toContain("'s3:'");
  });
});

describe('files to write', () => {
  test('a file where the directory must be', async () => {
    const path = scene.file('file.json', 'kept');
    const { error } = await scene.run(`${files('o', path)}INSERT INTO o VALUES (1, 'a')`);
    expect(error).toMatchObject({ code: 'FILE_ACCESS', message: `${path} is a file; a sink writes to a directory.` });
    expect(readFileSync(path, 'utf8')).toBe('kept');
  });

  test('a file in the middle of the path', async () => {
    const path = scene.file('file.json', 'kept');
    const { error } = await scene.run(`${files('o', join(path, 'deeper'))}INSERT INTO o VALUES (1, 'a')`);
    expect(error?.code).toBe('FILE_ACCESS');
    expect(error?.message).toContain(join(path, 'deeper'));
  });

  test('a full disk ends the job with its name, and leaves no half file', async () => {
    const out = join(scene.directory, 'out');
    const script = `${rowsOf(200_000, 100)}${files('o', out)}INSERT INTO o SELECT * FROM g;`;
    const { code, stderr } = await scene.command(script, [], { fileBlocks: 2000 });
    expect(code).toBe(1);
    expect(stderr).toMatch(/script\.sql:3:1: DISK_FULL No space is left to write .*\/out\/\.part-.* \(in Sink\(/);
    expect(below(out)).toEqual([]);
  });

  test('a full disk under a checkpoint ends the job: it could not come back', async () => {
    const script = `${rowsOf(100_000_000)}SET 'execution.checkpointing.interval' = '200 ms';
      SET 'execution.checkpointing.dir' = '${scene.directory}/checkpoints';
      CREATE TABLE o (id INT, n BIGINT) WITH ('connector' = 'blackhole');
      INSERT INTO o SELECT id, COUNT(*) FROM g GROUP BY id;`;
    const { code, stderr } = await scene.command(script, [], { fileBlocks: 64 });
    expect(code).toBe(1);
    expect(stderr).toMatch(/script\.sql:5:7: DISK_FULL No space is left to write .*checkpoints/);
  });
});

describe('checkpoints to start from', () => {
  /** Runs a count until it has a savepoint. @returns the savepoint's directory. */
  async function savepoint(): Promise<string> {
    const session = scene.session();
    let job = '';
    for await (const statement of session.execute(`${rowsOf(100_000_000)}SET 'execution.checkpointing.savepoint-dir' = '${scene.directory}';
      SELECT id, COUNT(*) AS n FROM g GROUP BY id;`)) {
      if (statement.kind !== 'query') continue;
      job = statement.jobId as string;
      while (((await statement.view?.status())?.rows ?? 0) === 0)
        await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const { rows, error } = await scene.run(`STOP JOB '${job}' WITH SAVEPOINT`, session);
    expect(error).toBeNull();
    return rows[0];
  }

  const from = (path: string, query = 'SELECT id, COUNT(*) AS n FROM g GROUP BY id'): string =>
    `${rowsOf(1000)}SET 'execution.state-recovery.path' = '${path}';\n${query}`;

  test('a sound one', async () => {
    const { error } = await scene.run(from(await savepoint()));
    expect(error).toBeNull();
  });

  test.each([
    ['none at all', (path: string) => rmSync(path, { recursive: true }), 'There is no checkpoint in'],
    ['a manifest cut off', (path: string) => truncateSync(join(path, 'manifest.json'), 100), 'is damaged'],
    [
      'a manifest of something else',
      (path: string) => writeFileSync(join(path, 'manifest.json'), 'null'),
      'does not hold a checkpoint of Streamcell',
    ],
    [
      'a manifest without its parts',
      (path: string) => writeFileSync(join(path, 'manifest.json'), '{"format":"streamcell-checkpoint","version":1}'),
      'is damaged',
    ],
    [
      'a manifest of a later version',
      (path: string) => writeFileSync(join(path, 'manifest.json'), '{"format":"streamcell-checkpoint","version":99}'),
      'format version 99',
    ],
    [
      'a chunk that is missing',
      (path: string) => rmSync(join(path, '..', 'chunks'), { recursive: true }),
      'A chunk of the checkpoint is missing',
    ],
    [
      'a chunk that was changed',
      (path: string) => {
        const chunks = join(path, '..', 'chunks');
        for (const name of readdirSync(chunks)) writeFileSync(join(chunks, name), 'something else');
      },
      'A chunk of the checkpoint is damaged',
    ],
  ])('%s: the job fails, and says why', async (_name, damage, message) => {
    const path = await savepoint();
    damage(path);
    const session = scene.session();
    const { error } = await scene.run(from(path), session);
    expect(error?.code).toBe('SNAPSHOT_INVALID');
    expect(error?.message).toContain(message);
    expect((await scene.run("RESET 'execution.state-recovery.path'; SELECT 1", session)).rows).toEqual(['1']);
  });

  test('one of another query', async () => {
    const { error } = await scene.run(from(await savepoint(), 'SELECT v, COUNT(*) AS n FROM g GROUP BY v'));
    expect(error?.code).toBe('SNAPSHOT_INVALID');
    expect(error?.message).toContain('another plan');
  });

  test('a savepoint that cannot be written leaves the job running', async () => {
    const session = scene.session();
    const blocked = scene.file('blocked', '');
    let statement: Statement | undefined;
    for await (statement of session.execute(`${rowsOf(100_000_000)}SET 'execution.checkpointing.savepoint-dir' = '${blocked}';
      SELECT id, COUNT(*) AS n FROM g GROUP BY id;`));
    const { error } = await scene.run(`STOP JOB '${statement?.jobId}' WITH SAVEPOINT`, session);
    expect(error?.code).toBe('FILE_ACCESS');
    expect((await session.jobs()).map((j) => j.state)).toEqual(['running']);
  });
});
