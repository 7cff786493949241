import type { ExecuteCommand } from './execute-command.js';
import { parseGateway, type GatewayCommand } from './gateway-arguments.js';
import { unknown, UsageError } from './usage-error.js';

export { GATEWAY_HELP } from './gateway-arguments.js';
export { UsageError } from './usage-error.js';

/** A command line, understood; `UsageError` when it cannot be. */
export interface RunCommand {
  readonly command: 'run';
  /** '-' reads standard input. */
  readonly file: string;
  readonly format: Format;
  readonly set: Readonly<Record<string, string>>;
  readonly parallelism: number | null;
}
export type Format = 'table' | 'jsonl' | 'csv';
export type Command =
  | RunCommand
  | GatewayCommand
  | ExecuteCommand
  | { readonly command: 'help'; readonly topic: 'run' | 'gateway' | null }
  | { readonly command: 'version' };

const FORMATS: readonly Format[] = ['table', 'jsonl', 'csv'];

export const HELP = `Usage: streamcell <command> [options]

Commands:
  run FILE.sql    Run the statements of a file in order ('-' reads standard input)
  gateway         Serve sessions to notebooks and programs over WebSockets
  execute NOTEBOOK.ipynb
                  Run a notebook without a front end

Options:
  --help          Show this text, or that of a command: streamcell run --help
  --version       Show the version
`;

export const RUN_HELP = `Usage: streamcell run FILE.sql [options]

Runs all statements of a Flink SQL script in order, with the embedded engine. A query's result is printed as it comes;
bounded statements are waited for. Ctrl-C stops what runs.

Options:
  --format table|jsonl|csv   How results are printed (default table: live on a terminal)
  --set KEY=VALUE            Session option, as SET 'KEY' = 'VALUE' before the first statement; may be repeated
  --parallelism N            Worker threads of each job (default 1, or the option parallelism.default)
  --help                     Show this text

jsonl prints, per statement, {"statement":n,"columns":[{"name","type"}]}, then one {"kind":"+I","fields":[..]} per change,
then {"statement":n,"end":true}. csv prints the changes of queries, the kind of change first.

Exit code: 0 when all went well, 1 for an error (FILE:line:column: CODE message on standard error), 2 for a wrong command
line, 130 after Ctrl-C.
`;

/** @throws UsageError */
export function parseArguments(args: readonly string[]): Command {
  const [first, ...rest] = args;
  if (first === undefined) throw new UsageError('A command is expected.');
  if (first === '--help' || first === '-h' || first === 'help')
    return { command: 'help', topic: rest[0] === 'run' || rest[0] === 'gateway' ? rest[0] : null };
  if (first === '--version' || first === '-V' || first === 'version') return { command: 'version' };
  if (first === 'run') return parseRun(rest);
  if (first === 'gateway') return parseGateway(rest);
  if (first === 'execute') return { command: 'execute', args: rest };
  throw first.startsWith('-')
    ? unknown('option', first, ['--help', '--version'])
    : unknown('command', first, ['run', 'gateway', 'execute', 'help', 'version']);
}

function parseRun(args: readonly string[]): Command {
  let file: string | null = null;
  let format: Format = 'table';
  let parallelism: number | null = null;
  const set: Record<string, string> = {};
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (arg === '--help' || arg === '-h') return { command: 'help', topic: 'run' };
    if (!arg.startsWith('-') || arg === '-') {
      if (file !== null) throw new UsageError(`Only one file can be run; '${arg}' is one too many.`);
      file = arg;
      continue;
    }
    const equals = arg.indexOf('=');
    const name = equals > 0 && arg.startsWith('--') ? arg.slice(0, equals) : arg;
    const value = name === arg ? args[++i] : arg.slice(equals + 1);
    if (name !== '--format' && name !== '--set' && name !== '--parallelism')
      throw unknown('option', name, ['--format', '--set', '--parallelism', '--help']);
    if (value === undefined) throw new UsageError(`${name} needs a value.`);
    if (name === '--format') format = formatOf(value);
    else if (name === '--parallelism') parallelism = parallelismOf(value);
    else addSetting(set, value);
  }
  if (file === null) throw new UsageError('A file to run is expected.');
  return { command: 'run', file, format, set, parallelism };
}

function formatOf(value: string): Format {
  const found = FORMATS.find((f) => f === value);
  if (found === undefined) throw new UsageError(`--format ${value}: one of ${FORMATS.join(', ')} is expected.`);
  return found;
}

function parallelismOf(value: string): number {
  const n = Number(value);
  if (!Number.isInteger(n) || n < 1 || n > 64)
    throw new UsageError(`--parallelism ${value}: a whole number from 1 to 64 is expected.`);
  return n;
}

function addSetting(set: Record<string, string>, value: string): void {
  const equals = value.indexOf('=');
  if (equals <= 0) throw new UsageError(`--set ${value}: KEY=VALUE is expected.`);
  set[value.slice(0, equals).trim()] = value.slice(equals + 1).trim();
}
