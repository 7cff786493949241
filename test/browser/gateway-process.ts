import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { repositoryRoot } from '../cluster/cache.js';

/** A `streamcell gateway` of the checkout, on a free port; it ends with this process, whatever happens. */
export class GatewayProcess {
  private constructor(
    private readonly child: ChildProcess,
    /** As %connect takes it. */
    readonly address: string,
    readonly token: string,
  ) {}

  /** @param clusters `NAME=SQL_GATEWAY_URL,JOBMANAGER_URL`. */
  static async start(clusters: readonly string[] = []): Promise<GatewayProcess> {
    const bin = join(repositoryRoot(), 'runtime/cli/bin.js');
    const args = ['gateway', '--stdio-control', ...clusters.flatMap((cluster) => ['--cluster', cluster])];
    const child = spawn(process.execPath, [bin, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    const said: string[] = [];
    child.stderr.on('data', (data: Buffer) => said.push(String(data)));
    const line = createInterface(child.stdout)[Symbol.asyncIterator]().next();
    const first = await Promise.race([line, once(child, 'exit').then(() => ({ value: undefined }))]);
    if (first.value === undefined) throw new Error(`The gateway did not start: ${said.join('')}`);
    const { url, token } = JSON.parse(String(first.value)) as { url: string; token: string };
    return new GatewayProcess(child, url.replace(/\/v1$/, ''), token);
  }

  /** As a power cut would. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.stdin?.end();
    await ended;
  }
}
