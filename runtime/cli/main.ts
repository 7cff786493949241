import { readFileSync } from 'node:fs';
import { GATEWAY_HELP, HELP, parseArguments, RUN_HELP, UsageError, type Command } from './arguments.js';

const EXIT_USAGE = 2;

function helpOf(topic: string | null | undefined): string {
  if (topic === 'run') return RUN_HELP;
  return topic === 'gateway' ? GATEWAY_HELP : HELP;
}

function version(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}

function onInterrupt(callback: () => void): () => void {
  let times = 0;
  const handler = (): void => {
    times++;
    // Who asks twice does not want to wait for a clean stop.
    if (times > 1) process.exit(130);
    callback();
  };
  process.on('SIGINT', handler);
  process.on('SIGTERM', handler);
  return () => {
    process.off('SIGINT', handler);
    process.off('SIGTERM', handler);
  };
}

/** The engine is loaded only when it is wanted: help and usage errors answer at once. Its first worker loads meanwhile. */
async function warmed(): Promise<void> {
  const { defaultPool } = await import('../session/default-pool.js');
  void defaultPool()
    .warm()
    .catch(() => undefined);
}

/** The `streamcell` command. @returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  let command: Command;
  try {
    command = parseArguments(args);
  } catch (thrown) {
    if (!(thrown instanceof UsageError)) throw thrown;
    process.stderr.write(`streamcell: ${thrown.message}\n\n${helpOf(args[0])}`);
    return EXIT_USAGE;
  }
  switch (command.command) {
    case 'help':
      process.stdout.write(helpOf(command.topic));
      return 0;
    case 'version':
      process.stdout.write(`streamcell ${version()}\n`);
      return 0;
    case 'gateway': {
      await warmed();
      const { runGateway } = await import('./gateway-command.js');
      const around = { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, onInterrupt };
      return runGateway(command, around, process.env, version());
    }
    case 'execute': {
      const { executeNotebook } = await import('./execute-command.js');
      return executeNotebook(command, process.env, process.stderr);
    }
    case 'run': {
      await warmed();
      const { run } = await import('./run-command.js');
      return run(command, { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, onInterrupt });
    }
  }
}
