import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Runs a program to its end. @throws with the tail of what it printed, when it fails or is missing. */
export async function runProgram(program: string, args: readonly string[], cwd?: string): Promise<string> {
  try {
    const { stdout } = await execute(program, [...args], { cwd, maxBuffer: 256 * 1024 * 1024 });
    return stdout;
  } catch (cause) {
    const failure = cause as { code?: unknown; stdout?: string; stderr?: string; message: string };
    if (failure.code === 'ENOENT') throw new Error(`${program} is needed and was not found on the PATH`, { cause });
    const said = `${failure.stdout ?? ''}${failure.stderr ?? ''}`.slice(-3000);
    throw new Error(`${program} ${args.slice(0, 3).join(' ')} failed:\n${said || failure.message}`, { cause });
  }
}

// The server reads its end of a pipe: however this process ends, even by SIGKILL, the pipe closes and the server is ended.
const GUARD =
  'exec 3<&0; "$@" </dev/null 3<&- & child=$!; { cat <&3 >/dev/null; kill -9 $child 2>/dev/null; } & wait $child';

/**
 * A server of ours in its own process group, its output in a log file.
 * Maintains the invariant that the server does not outlive this process.
 */
export class ServerProcess {
  private readonly child: ChildProcess;
  private readonly ended: Promise<void>;
  private exited = false;
  private readonly killAtExit = (): void => this.signal('SIGKILL');

  constructor(
    program: string,
    args: readonly string[],
    private readonly logFile: string,
    options: { cwd?: string; environment?: Record<string, string> } = {},
  ) {
    const log = openSync(logFile, 'a');
    this.child = spawn('/bin/sh', ['-c', GUARD, 'sh', program, ...args], {
      cwd: options.cwd,
      env: { ...process.env, ...options.environment },
      stdio: ['pipe', log, log],
      detached: true,
    });
    closeSync(log);
    this.ended = new Promise((resolve) => {
      this.child.once('exit', () => {
        this.exited = true;
        this.signal('SIGKILL');
        process.removeListener('exit', this.killAtExit);
        resolve();
      });
      this.child.once('error', () => resolve());
    });
    // An unread pipe end and a child handle would keep this process alive after its work is done.
    this.child.unref();
    (this.child.stdin as unknown as { unref?: () => void } | null)?.unref?.();
    process.once('exit', this.killAtExit);
  }

  get alive(): boolean {
    return !this.exited;
  }

  /** The end of its log, for an error message. */
  logTail(): string {
    return readFileSync(this.logFile, 'utf8').slice(-3000);
  }

  /** Ends the whole group: politely, and after `graceMillis` by force. Resolves when nothing of it is left. */
  async stop(graceMillis = 5000): Promise<void> {
    if (this.exited) return;
    this.child.ref();
    this.signal('SIGTERM');
    const force = setTimeout(() => this.signal('SIGKILL'), graceMillis);
    await this.ended;
    clearTimeout(force);
  }

  /** As a power cut would: no shutdown hook runs. */
  async kill(): Promise<void> {
    if (this.exited) return;
    this.child.ref();
    this.signal('SIGKILL');
    await this.ended;
  }

  private signal(signal: NodeJS.Signals): void {
    if (this.child.pid === undefined) return;
    try {
      process.kill(-this.child.pid, signal);
    } catch {
      // The group is already gone.
    }
  }
}

/** Ports that were free a moment ago; they can be taken before they are used, so starters retry. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(0, '127.0.0.1', resolve);
      });
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

export function sleep(millis: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, millis));
}
