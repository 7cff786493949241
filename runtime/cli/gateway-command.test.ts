import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { GatewaySession } from '../session/gateway-session.js';
import { parseArguments } from './arguments.js';
import { UsageError } from './usage-error.js';

const BIN = fileURLToPath(new URL('../../cli/bin.js', import.meta.url));

let directory: string;
const running: ChildProcess[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'streamcell-gateway-'));
});
afterEach(() => {
  for (const child of running.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

interface Started {
  readonly child: ChildProcess;
  /** Standard output, once it has so many lines. */
  lines(n: number): Promise<string>;
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
}

function start(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Started {
  const child = spawn(process.execPath, [BIN, 'gateway', ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, STREAMCELL_TOKEN: '', ...environment },
  });
  running.push(child);
  let stdout = '';
  let stderr = '';
  let heard: () => void = () => undefined;
  child.stdout.on('data', (data: Buffer) => {
    stdout += data.toString();
    heard();
  });
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, stdout, stderr })),
  );
  return {
    child,
    ended,
    lines: async (n) => {
      while (stdout.split('\n').length <= n) {
        await Promise.race([
          new Promise<void>((resolve) => (heard = resolve)),
          ended.then(({ code }) => Promise.reject(new Error(`ended with ${code}: ${stderr}`))),
        ]);
      }
      return stdout;
    },
  };
}

/** Threads and processes below a process. */
function childrenOf(pid: number): string {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
}

const ENDLESS =
  "CREATE TABLE endless (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000'); SELECT id FROM endless";

describe('streamcell gateway', () => {
  test('--stdio-control tells where it is, and ends with its standard input, whatever runs', async () => {
    const gateway = start(['--stdio-control']);
    const { url, token } = JSON.parse(await gateway.lines(1)) as { url: string; token: string };
    expect(url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/v1$/);
    const command = readFileSync(`/proc/${gateway.child.pid}/cmdline`, 'utf8');
    expect(command).not.toContain(token);
    const session = await GatewaySession.connect(url, { token });
    const ends: Promise<unknown>[] = [];
    for await (const statement of session.execute(ENDLESS)) ends.push(statement.done.catch((e: unknown) => e));
    expect(childrenOf(gateway.child.pid as number)).toBe('');
    gateway.child.stdin?.end();
    expect(await gateway.ended).toMatchObject({ code: 0, stderr: '' });
    // Its job was cancelled, or the connection was gone before it could say so.
    expect(JSON.stringify(await ends[1])).toMatch(/cancelled|GATEWAY_LOST/);
    await session.close();
  });

  test('takes its token from the environment or a file, and prints only one that it made', async () => {
    const fromEnvironment = start(['--port', '0'], { STREAMCELL_TOKEN: 'from the environment' });
    const text = await fromEnvironment.lines(2);
    expect(text).not.toContain('from the environment');
    const address = /at (ws:\S+)/.exec(text)?.[1] as string;
    await (await GatewaySession.connect(address, { token: 'from the environment' })).close();

    const file = join(directory, 'token');
    writeFileSync(file, 'from-the-file\n');
    const fromFile = start(['--port=0', '--token-file', file], { STREAMCELL_TOKEN: 'other' });
    const said = await fromFile.lines(2);
    expect(said).not.toContain('from-the-file');
    await (await GatewaySession.connect(/at (ws:\S+)/.exec(said)?.[1] as string, { token: 'from-the-file' })).close();

    const own = start(['--port', '0']);
    const line = await own.lines(2);
    const token = /STREAMCELL_TOKEN=([\w-]+)/.exec(line)?.[1];
    await (await GatewaySession.connect(/at (ws:\S+)/.exec(line)?.[1] as string, { token })).close();
    for (const { child } of [fromEnvironment, fromFile, own]) child.kill('SIGTERM');
    for (const { ended } of [fromEnvironment, fromFile, own]) expect((await ended).code).toBe(0);
  });

  test('says what is wrong, and ends', async () => {
    const missing = await start(['--token-file', join(directory, 'none')]).ended;
    expect(missing).toMatchObject({ code: 1, stdout: '' });
    expect(missing.stderr).toContain('FILE_NOT_FOUND');
    const usage = await start(['--token', 'secret']).ended;
    expect(usage).toMatchObject({ code: 2, stdout: '' });
    expect(usage.stderr).toContain('--token-file');
    expect(usage.stderr).not.toContain('secret');
  });
});

describe('its command line', () => {
  test('is understood', () => {
    expect(
      parseArguments([
        'gateway',
        '--port',
        '1234',
        '--cluster=a=http://h:1/,https://h:2',
        '--cluster',
        'b=http://x,http://y',
        '--session-timeout',
        '60',
        '--allow-origin',
        'https://hub.example/',
        '--log-level',
        'debug',
      ]),
    ).toMatchObject({
      command: 'gateway',
      host: '127.0.0.1',
      port: 1234,
      clusters: [
        { name: 'a', gateway: 'http://h:1', jobManager: 'https://h:2' },
        { name: 'b', gateway: 'http://x', jobManager: 'http://y' },
      ],
      sessionTimeout: 60_000,
      origins: ['https://hub.example'],
      logLevel: 'debug',
      stdioControl: false,
    });
    expect(parseArguments(['gateway', '--help'])).toEqual({ command: 'help', topic: 'gateway' });
  });

  test.each([
    [['--port', '70000'], '--port 70000'],
    [['--port', 'x'], 'whole number'],
    [['--port'], 'needs a value'],
    [['--port', '1', '--port', '2'], 'twice'],
    [['--cluster', 'a=http://h:1'], 'NAME=SQL_GATEWAY_URL,JOBMANAGER_URL'],
    [['--cluster', 'a=ftp://h,http://h'], 'http address'],
    [['--cluster', 'a=http://u:secret@h,http://h'], 'STREAMCELL_CLUSTER_CREDENTIALS'],
    [['--cluster', 'embedded=http://h,http://h'], 'own engine'],
    [['--cluster', 'a=http://h,http://h', '--cluster', 'a=http://h,http://h'], 'twice'],
    [['--allow-origin', '*'], 'origin such as'],
    [['--log-level', 'loud'], 'one of silent'],
    [['--surely'], 'Unknown option --surely.'],
    [['--prot', '1'], 'Unknown option --prot. Did you mean --port?'],
    [['file.sql'], 'Unknown argument file.sql'],
  ])('%j is refused', (args, message) => {
    expect(() => parseArguments(['gateway', ...args])).toThrow(UsageError);
    expect(() => parseArguments(['gateway', ...args])).toThrow(message);
  });
});
