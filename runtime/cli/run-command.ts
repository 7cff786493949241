import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import type { WriteStream } from 'node:tty';
import { EmbeddedSession } from '../session/index.js';
import { hasEffect, sessionTimeZone } from '../session/index.js';
import type { Statement } from '../session/session.js';
import { StreamcellError } from '../types/index.js';
import type { RunCommand } from './arguments.js';
import { errorReport } from './error-report.js';
import { losses } from '../session/losses.js';
import { Output } from './output.js';
import { CsvPrinter, JsonlPrinter, MAX_COLUMN_WIDTH, TablePrinter, type Printer } from './printers.js';

/** What a command runs in; the process, or a test. */
export interface Surroundings {
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: WriteStream;
  readonly stderr: NodeJS.WritableStream;
  /** Calls back on Ctrl-C (SIGINT) and SIGTERM. @returns how to stop listening. */
  readonly onInterrupt: (callback: () => void) => () => void;
}

const EXIT_ERROR = 1;
const EXIT_INTERRUPTED = 130;

/** Runs a script. @returns the exit code. */
export async function run(command: RunCommand, around: Surroundings): Promise<number> {
  const out = new Output(around.stdout);
  const name = command.file === '-' ? '<stdin>' : command.file;
  let script: string;
  try {
    script = (command.file === '-' ? await readAll(around.stdin) : await readFile(command.file, 'utf8')).replace(
      /^\ufeff/,
      '',
    );
  } catch (thrown) {
    around.stderr.write(errorReport(fileError(thrown, name), name, ''));
    return EXIT_ERROR;
  }
  const stop = new AbortController();
  let interrupted = false;
  const unlisten = around.onInterrupt(() => {
    interrupted = true;
    stop.abort();
  });
  void out.closed.then(() => stop.abort());
  let session: EmbeddedSession | null = null;
  try {
    session = new EmbeddedSession({ options: command.set });
    for (const key of Object.keys(command.set).filter((k) => !hasEffect(k)))
      around.stderr.write(`Option '${key}' has no effect in the embedded engine.\n`);
    const sound = await runScript(session, script, command, around, out, stop.signal);
    await out.flush();
    return interrupted ? EXIT_INTERRUPTED : sound ? 0 : EXIT_ERROR;
  } catch (thrown) {
    await out.flush();
    if (interrupted) return EXIT_INTERRUPTED;
    around.stderr.write(errorReport(thrown, name, script));
    return EXIT_ERROR;
  } finally {
    unlisten();
    await session?.close();
  }
}

/** @returns whether every job in the background ended well; throws what a statement in the foreground threw. */
async function runScript(
  session: EmbeddedSession,
  script: string,
  command: RunCommand,
  around: Surroundings,
  out: Output,
  signal: AbortSignal,
): Promise<boolean> {
  const background: Promise<boolean>[] = [];
  const live = command.format === 'table' && around.stdout.isTTY;
  const printer = async (): Promise<Printer> => {
    const options = await session.options();
    const zone = sessionTimeZone(options);
    const width = maxColumnWidth(options['table.display.max-column-width']);
    if (command.format === 'jsonl') return new JsonlPrinter(out, zone);
    if (command.format === 'csv') return new CsvPrinter(out, zone);
    if (!live) return new TablePrinter(out, zone, width);
    const { LiveTablePrinter } = await import('./live-table.js');
    return new LiveTablePrinter(out, around.stdout, zone, width);
  };
  let current = await printer();
  const execution = session.execute(script, {
    mode: command.format === 'table' ? 'table' : 'changelog',
    ...(command.parallelism === null ? {} : { parallelism: command.parallelism }),
    signal,
  });
  const tellLosses = async (statement: Statement): Promise<void> => {
    const job = (await session.jobs()).find((j) => j.id === statement.jobId);
    const told = job === undefined ? [] : losses(job);
    if (told.length === 0) return;
    if (command.format === 'table') await out.write(`${told.join(', ')}\n`);
    else around.stderr.write(`${told.join(', ')}\n`);
  };
  /** A job in the background that fails says so at once, and leaves the others alone. */
  const watch = async (statement: Statement): Promise<boolean> => {
    try {
      await statement.done;
      return true;
    } catch (thrown) {
      around.stderr.write(errorReport(thrown, command.file === '-' ? '<stdin>' : command.file, script));
      return false;
    } finally {
      await tellLosses(statement);
    }
  };
  let n = 0;
  for await (const statement of execution) {
    for (const notice of statement.notices ?? []) around.stderr.write(`${notice}\n`);
    const beside = statement.kind === 'insert' && !statement.bounded;
    if (beside) background.push(watch(statement));
    try {
      await current.print(statement, ++n);
      // A bounded INSERT is waited for, so that what follows sees what it wrote; an unbounded one runs beside the rest.
      if (!beside) await statement.done;
    } finally {
      if (!beside) await tellLosses(statement);
    }
    if (statement.kind === 'set') current = await printer();
  }
  return (await Promise.all(background)).every((sound) => sound);
}

/** The narrowest column still shows a character and the mark of its cut. */
function maxColumnWidth(option: string | undefined): number {
  const width = Number(option ?? MAX_COLUMN_WIDTH);
  return Number.isInteger(width) && width >= 2 ? width : MAX_COLUMN_WIDTH;
}

function fileError(thrown: unknown, name: string): StreamcellError {
  const code = (thrown as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return new StreamcellError('FILE_NOT_FOUND', `There is no file ${name}.`);
  if (code === 'EISDIR') return new StreamcellError('FILE_ACCESS', `${name} is a directory.`);
  return StreamcellError.from(thrown, 'FILE_ACCESS');
}
