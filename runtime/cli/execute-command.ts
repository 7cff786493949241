import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

export interface ExecuteCommand {
  readonly command: 'execute';
  /** Understood by the Python package, which runs the notebook. */
  readonly args: readonly string[];
}

/** The Python that has the package: the one asked for, the checkout's own environment, that of PATH. */
function candidates(env: NodeJS.ProcessEnv): readonly string[] {
  if (env.STREAMCELL_PYTHON) return [env.STREAMCELL_PYTHON];
  const folder = process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python';
  const own = fileURLToPath(new URL(`../../../.venv/${folder}`, import.meta.url));
  return [...(existsSync(own) ? [own] : []), 'python3', 'python'];
}

/** Notebooks are run by Jupyter's own client, which is a Python package: so is what runs them. @returns the exit code. */
export async function executeNotebook(
  { args }: ExecuteCommand,
  env: NodeJS.ProcessEnv,
  stderr: { write(text: string): void },
): Promise<number> {
  const python = candidates(env).find((p) => spawnSync(p, ['-c', 'import streamcell.execute']).status === 0);
  if (python === undefined) {
    stderr.write(
      'streamcell execute: no Python with the package streamcell was found. In a checkout: npm start once; elsewhere: pip install ' +
        "'streamcell[headless]'. STREAMCELL_PYTHON names another Python.\n",
    );
    return 1;
  }
  const child = spawn(python, ['-m', 'streamcell.execute', ...args], { stdio: 'inherit', env });
  // A terminal's Ctrl-C reaches the child as well, which ends its kernel before it leaves.
  const wait = (signal: NodeJS.Signals): void => void child.kill(signal);
  process.on('SIGINT', wait);
  process.on('SIGTERM', wait);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGTERM']));
  });
}
