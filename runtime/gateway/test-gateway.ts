import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A gateway in a process of its own, for tests against the real thing. */
export interface GatewayProcess {
  readonly url: string;
  readonly token: string;
  readonly child: ChildProcess;
  /** All that it logged. */
  log(): string;
  /** Closes its standard input, and resolves with its exit code. */
  end(): Promise<number | null>;
}

const BIN = fileURLToPath(new URL('../../cli/bin.js', import.meta.url));

export async function startGateway(...args: readonly string[]): Promise<GatewayProcess> {
  const child = spawn(process.execPath, [BIN, 'gateway', '--stdio-control', '--log-level', 'info', ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let log = '';
  child.stderr.on('data', (data: Buffer) => (log += data.toString()));
  const over = new Promise<number | null>((resolve) => child.on('close', resolve));
  const line = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (data: Buffer) => {
      text += data.toString();
      if (text.includes('\n')) resolve(text);
    });
    child.on('close', (code) => reject(new Error(`the gateway ended with ${code}: ${log}`)));
  });
  const { url, token } = JSON.parse(line) as { url: string; token: string };
  return {
    url,
    token,
    child,
    log: () => log,
    end: () => {
      child.stdin.end();
      return over;
    },
  };
}
