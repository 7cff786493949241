import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { repositoryRoot } from '../../cluster/cache.js';
import { freePorts, runProgram } from '../../cluster/child-process.js';
import { launchBrowser } from '../../browser/chromium.js';
import { NotebookPage } from '../../browser/notebook-page.js';

/**
 * `npm run bench -- newcomer`: the seconds from nothing to a first live table and a first live chart: a fresh clone, `npm start`, the
 * quickstart in Chromium. What npm and pip have in their caches counts for the newcomer; say so with the figures.
 */
const NOTEBOOK = '01-quickstart.ipynb';

interface Notebook {
  readonly cells: readonly { readonly id: string }[];
}

export async function run(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'streamcell-newcomer-'));
  const begun = performance.now();
  const tell = (what: string): void =>
    console.log(`${((performance.now() - begun) / 1000).toFixed(1).padStart(7)} s  ${what}`);
  try {
    const clone = join(folder, 'streamcell');
    await runProgram('git', ['clone', '--quiet', repositoryRoot(), clone]);
    tell('cloned');
    await timed(clone, tell);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function timed(clone: string, tell: (what: string) => void): Promise<void> {
  const [port] = await freePorts(1);
  // As the newcomer has it, but for a handle by which the page can be driven.
  const config = join(clone, '..', 'config');
  await mkdir(config);
  await writeFile(join(config, 'jupyter_lab_config.json'), '{"LabApp": {"expose_app_in_browser": true}}');
  const started = spawn('npm', ['start', '--', '--no-browser', '--port', String(port)], {
    cwd: clone,
    env: { ...process.env, JUPYTER_CONFIG_DIR: config },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const ended = once(started, 'exit');
  try {
    const address = await opened(started.stdout);
    tell('JupyterLab is open');
    const browser = await launchBrowser();
    try {
      const url = new URL(address);
      const server = { url: url.origin, token: url.searchParams.get('token') ?? '' };
      const page = await NotebookPage.open(browser, server, NOTEBOOK);
      tell('the quickstart is open');
      const { cells } = JSON.parse(await readFile(join(clone, 'notebooks', NOTEBOOK), 'utf8')) as Notebook;
      const cell = (id: string): number => cells.findIndex((c) => c.id === id);
      await page.runCell(cell('source'));
      await page.runCell(cell('live-table'));
      await page.waitForView(cell('live-table'), (v) => v.link === 'live' && v.rows > 0);
      tell('first live table');
      await page.startCell(cell('live-chart'));
      await page.waitForView(cell('live-chart'), (v) => (v.points?.length ?? 0) > 0);
      tell('first live chart');
      await page.close();
    } finally {
      await browser.close();
    }
  } finally {
    // npm is a shell's parent of the server: the whole group is told.
    if (started.pid !== undefined && started.exitCode === null) process.kill(-started.pid, 'SIGTERM');
    await ended;
  }
}

/** The address that npm start prints. */
async function opened(output: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface(output)) {
    const [address] = /http:\/\/127\.0\.0\.1:\S+/.exec(line) ?? [];
    if (address !== undefined) return address;
  }
  throw new Error('npm start ended before JupyterLab was open.');
}
