import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseArguments, UsageError } from './arguments.js';
import { errorReport } from './error-report.js';
import { clip, textWidth } from '../protocol/text-table.js';
import { StreamcellError } from '../types/index.js';

const BIN = fileURLToPath(new URL('../../cli/bin.js', import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let directory: string;
const running: ChildProcess[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'streamcell-cli-'));
});
afterEach(() => {
  for (const child of running.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

function script(text: string): string {
  const path = join(directory, 'script.sql');
  writeFileSync(path, text);
  return path;
}

function start(
  args: readonly string[],
  onStdout?: (text: string, child: ChildProcess) => void,
): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  running.push(child);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data: Buffer) => {
    stdout += data.toString();
    onStdout?.(stdout, child);
  });
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  const ended = new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
  return { child, ended };
}

const run = (...args: readonly string[]): Promise<Ended> => start(args).ended;

const PEOPLE = `CREATE TABLE people (id INT, name STRING, born DATE) WITH ('connector' = 'values', 'rows' = '[["+I",1,"Ann","2001-02-03"],["+I",2,null,null]]');`;
const ENDLESS = `CREATE TABLE endless (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100', 'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '100000000');`;

describe('streamcell run', () => {
  test('jsonl: columns, changes and the end of every statement', async () => {
    const file = script(`${PEOPLE}\nSELECT id, name, born FROM people;\nSELECT COUNT(*) AS n FROM people;`);
    const { code, stdout } = await run('run', file, '--format', 'jsonl');
    expect(code).toBe(0);
    expect(stdout.trim().split('\n')).toEqual([
      '{"statement":1,"columns":[{"name":"result","type":"STRING"}]}',
      '{"kind":"+I","fields":["OK"]}',
      '{"statement":1,"end":true}',
      '{"statement":2,"columns":[{"name":"id","type":"INT"},{"name":"name","type":"STRING"},{"name":"born","type":"DATE"}]}',
      '{"kind":"+I","fields":[1,"Ann","2001-02-03"]}',
      '{"kind":"+I","fields":[2,null,null]}',
      '{"statement":2,"end":true}',
      '{"statement":3,"columns":[{"name":"n","type":"BIGINT NOT NULL"}]}',
      '{"kind":"+I","fields":[1]}',
      '{"kind":"-U","fields":[1]}',
      '{"kind":"+U","fields":[2]}',
      '{"statement":3,"end":true}',
    ]);
  });

  test('table: a bounded result as a whole', async () => {
    const { code, stdout } = await run('run', script(`${PEOPLE} SELECT id, name FROM people`));
    expect(code).toBe(0);
    expect(stdout).toBe(
      '[OK]\n+----+------+\n| id | name |\n+----+------+\n|  1 | Ann  |\n|  2 | NULL |\n+----+------+\n2 rows\n',
    );
  });

  test('csv: changes of queries, quoted where needed', async () => {
    const { code, stdout } = await run(
      'run',
      script(`SELECT 'a,"b"' AS x, CAST(NULL AS INT) AS y, '' AS z`),
      '--format=csv',
    );
    expect(code).toBe(0);
    expect(stdout).toBe('op,x,y,z\r\n+I,"a,""b""",,""\r\n');
  });

  test('standard input is read for -, and --set is a SET before all', async () => {
    const { child, ended } = start(['run', '-', '--format', 'csv', '--set', 'table.local-time-zone=Asia/Tokyo']);
    child.stdin?.end('SELECT CAST(TO_TIMESTAMP_LTZ(0, 3) AS STRING) AS t');
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    expect(stdout).toContain('1970-01-01 09:00:00.000');
  });

  test('an option that does nothing is told, also one of the command line', async () => {
    const { code, stderr } = await run('run', script('SELECT 1 AS a'), '--set', 'foo.bar=1');
    expect(code).toBe(0);
    expect(stderr).toBe("Option 'foo.bar' has no effect in the embedded engine.\n");
  });

  test('table: what statements tell is not cut, values of queries are, as wide as was said', async () => {
    const long = 'x'.repeat(40);
    const { stdout } = await run(
      'run',
      script(`CREATE TABLE ${long} (a INT); SHOW TABLES; SELECT '${long}' AS v;
        SET 'table.display.max-column-width' = '10'; SELECT '${long}' AS v;`),
    );
    expect(stdout).toContain(`| ${long} |`);
    expect(stdout).toContain(`| ${'x'.repeat(29)}… |`);
    expect(stdout).toContain(`| ${'x'.repeat(9)}… |`);
  });

  test('an error names file, line and column, shows the place and ends with 1', async () => {
    const file = script(`${PEOPLE}\nSELECT id,\n  nam\nFROM people;`);
    const { code, stderr } = await run('run', file);
    expect(code).toBe(1);
    const lines = stderr.split('\n');
    expect(lines[0]).toMatch(new RegExp(`^${file}:3:3: COLUMN_NOT_FOUND `));
    expect(lines.slice(1, 4)).toEqual(['    nam', '    ^^^', "Hint: Did you mean 'name'?"]);
  });

  test('an error while it runs names the operator', async () => {
    const { code, stderr } = await run('run', script(`${PEOPLE} SELECT 1 / (id - 1) FROM people`));
    expect(code).toBe(1);
    expect(stderr).toMatch(/DIVISION_BY_ZERO .* \(in Calc\(/);
  });

  test('parallelism changes nothing but the number of workers', async () => {
    const file = script(`${PEOPLE} SELECT id, COUNT(*) AS n FROM people GROUP BY id`);
    const { code, stdout } = await run('run', file, '--parallelism', '2', '--format', 'csv');
    expect(code).toBe(0);
    expect(stdout.trim().split('\r\n').sort()).toEqual(['+I,1,1', '+I,2,1', 'op,id,n']);
  });

  test('INSERT writes before the next statement reads', async () => {
    const out = join(directory, 'out');
    const file = script(`${PEOPLE}
      CREATE TABLE f (id INT, name STRING) WITH ('connector' = 'filesystem', 'path' = '${out}', 'format' = 'json');
      INSERT INTO f SELECT id, name FROM people;
      SELECT * FROM f;`);
    const { code, stdout, stderr } = await run('run', file, '--format', 'csv');
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout.trim().split('\r\n')).toEqual(['op,id,name', '+I,1,Ann', '+I,2,']);
  });

  test('Ctrl-C ends an unbounded query cleanly, with 130', async () => {
    const file = script(`${ENDLESS} SELECT id FROM endless; SELECT 'never'`);
    const { ended } = start(['run', file, '--format', 'csv'], (text, child) => {
      if (text.includes('+I,20\r\n')) child.kill('SIGINT');
    });
    const { code, stdout, stderr } = await ended;
    expect(code).toBe(130);
    expect(stderr).toBe('');
    expect(stdout).not.toContain('never');
    expect(stdout.endsWith('\r\n')).toBe(true);
  });

  test('a reader that goes away ends the command', async () => {
    const file = script(`${ENDLESS} SELECT id FROM endless`);
    const { child, ended } = start(['run', file, '--format', 'csv'], (text) => {
      if (text.includes('+I,5\r\n')) child.stdout?.destroy();
    });
    expect((await ended).code).toBe(0);
  });

  test('a missing file is told', async () => {
    const { code, stderr } = await run('run', join(directory, 'none.sql'));
    expect(code).toBe(1);
    expect(stderr).toContain('none.sql: FILE_NOT_FOUND');
  });

  test('an option without effect is reported once', async () => {
    const { code, stderr } = await run(
      'run',
      script(
        "SET 'table.exec.spill-compression.enabled' = 'false'; SET 'table.exec.spill-compression.enabled' = 'true';",
      ),
    );
    expect(code).toBe(0);
    expect(stderr).toBe("Option 'table.exec.spill-compression.enabled' has no effect in the embedded engine.\n");
  });
});

describe('the command line', () => {
  test('help and version', async () => {
    const help = await run('--help');
    expect(help.code).toBe(0);
    expect(help.stdout).toContain('run FILE.sql');
    expect((await run('run', '--help')).stdout).toContain('--parallelism');
    const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect((await run('--version')).stdout).toBe(`streamcell ${manifest.version}\n`);
  });

  test.each([
    [[]],
    [['walk']],
    [['run']],
    [['run', 'a.sql', 'b.sql']],
    [['run', 'a.sql', '--format', 'xml']],
    [['run', 'a.sql', '--format']],
    [['run', 'a.sql', '--parallelism', '0']],
    [['run', 'a.sql', '--set', 'novalue']],
    [['run', 'a.sql', '--nope']],
  ])('%j is refused', (args) => {
    expect(() => parseArguments(args)).toThrow(UsageError);
  });

  test.each([
    [['gatewya'], 'Unknown command gatewya. Did you mean gateway?'],
    [['run', 'a.sql', '--fromat', 'csv'], 'Unknown option --fromat. Did you mean --format?'],
    [['-v'], 'Unknown option -v.'],
  ])('%j: what may have been meant', (args, message) => {
    expect(() => parseArguments(args)).toThrow(message);
  });

  test('a wrong command line ends with 2 and says how it goes', async () => {
    const { code, stderr } = await run('run');
    expect(code).toBe(2);
    expect(stderr).toContain('Usage: streamcell run FILE.sql');
  });

  test('--set takes what has = in its value', () => {
    expect(parseArguments(['run', 'a.sql', '--set', 'a.b=c=d', '--set=x=1'])).toMatchObject({
      set: { 'a.b': 'c=d', x: '1' },
    });
  });
});

describe('text', () => {
  test('a mark stands under its place, behind tabs too', () => {
    const text = 'SELECT\n\tnope FROM t';
    const report = errorReport(
      new StreamcellError('COLUMN_NOT_FOUND', 'gone', { span: { start: 8, end: 12 } }),
      'f.sql',
      text,
    );
    expect(report.split('\n').slice(0, 3)).toEqual(['f.sql:2:2: COLUMN_NOT_FOUND gone', '  \tnope FROM t', '  \t^^^^']);
  });

  test('the mark of an error stands under its place behind wide characters too', () => {
    const text = "SELECT '日本😀', nope;";
    const start = text.indexOf('nope');
    const report = errorReport(
      new StreamcellError('COLUMN_NOT_FOUND', 'gone', { span: { start, end: start + 4 } }),
      'f.sql',
      text,
    );
    const [, source, mark] = report.split('\n');
    expect(textWidth(mark.slice(0, mark.indexOf('^')))).toBe(textWidth(source.slice(0, source.indexOf('nope'))));
  });

  test('wide characters take two cells', () => {
    expect(textWidth('日本')).toBe(4);
    expect(textWidth('e\u0301')).toBe(1);
    expect(clip('日本語', 5)).toBe('日本…');
  });
});
