import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EmbeddedSession, type EmbeddedSessionOptions } from '@streamcell/runtime/session/index';
import type { JobInfo, Statement } from '@streamcell/runtime/session/session';
import { StreamcellError } from '@streamcell/runtime/types/index';

const BIN = fileURLToPath(new URL('../../../runtime/cli/bin.js', import.meta.url));

/** How a script ended in a session: what its last statement gave, or the error. */
export interface Outcome {
  readonly rows: readonly string[];
  readonly error: StreamcellError | null;
}

export interface CommandEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A directory, sessions and commands of one test; `clear` leaves nothing of them. */
export class Scene {
  readonly directory = mkdtempSync(join(tmpdir(), 'streamcell-faults-'));
  private readonly sessions: EmbeddedSession[] = [];
  private readonly commands: ChildProcess[] = [];

  /** Writes a file into the directory. @returns its path. */
  file(name: string, text: string): string {
    const path = join(this.directory, name);
    writeFileSync(path, text);
    return path;
  }

  session(options: EmbeddedSessionOptions = {}): EmbeddedSession {
    const session = new EmbeddedSession({ options: { 'table.local-time-zone': 'UTC' }, ...options });
    this.sessions.push(session);
    return session;
  }

  /** Runs statements, each to its end; an error ends the script. */
  async run(script: string, session = this.session()): Promise<Outcome> {
    let rows: string[] = [];
    let statement: Statement | null = null;
    try {
      for await (statement of session.execute(script, { mode: 'changelog' })) {
        const changes = statement.view?.changes() ?? [];
        rows = [];
        for await (const run of changes)
          for (const row of run) rows.push(row.fields.map((f) => (f === null ? 'NULL' : `${String(f)}`)).join(' '));
        await statement.done;
      }
      return { rows, error: null };
    } catch (thrown) {
      if (!(thrown instanceof StreamcellError)) throw thrown;
      await (statement as Statement | null)?.done.catch(() => undefined);
      return { rows, error: thrown };
    }
  }

  /**
   * The command, on a script. `fileBlocks`: no file may grow beyond so many blocks (of 512 or 1024 bytes, the shell decides), which looks to the
   * writer like a full disk. `onOutput` sees all standard output so far.
   */
  command(
    script: string,
    args: readonly string[] = [],
    options: { readonly fileBlocks?: number; readonly onOutput?: (text: string, child: ChildProcess) => void } = {},
  ): Promise<CommandEnd> {
    const file = this.file('script.sql', script);
    const all = [BIN, 'run', file, ...args];
    const child =
      options.fileBlocks === undefined
        ? spawn(process.execPath, all)
        : spawn('sh', ['-c', `ulimit -f ${options.fileBlocks}; exec "$0" "$@"`, process.execPath, ...all]);
    this.commands.push(child);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data: Buffer) => {
      stdout += data.toString();
      options.onOutput?.(stdout, child);
    });
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
    return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
  }

  async clear(): Promise<void> {
    for (const child of this.commands) if (child.exitCode === null) child.kill('SIGKILL');
    await Promise.all(this.sessions.map((s) => s.close()));
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Of the session's last job: records under a lenient policy, and rows that came too late. */
export async function counted(session: EmbeddedSession): Promise<{ malformed: number; lateRows: number }> {
  const job = (await session.jobs()).at(-1) as JobInfo;
  const sum = (of: 'malformed' | 'lateRows'): number => job.operators.reduce((n, o) => n + o[of], 0);
  return { malformed: sum('malformed'), lateRows: sum('lateRows') };
}

/** The part of a script that an error marks. */
export function marked(script: string, error: StreamcellError | null): string {
  return error?.span === undefined ? '' : script.slice(error.span.start, error.span.end);
}
