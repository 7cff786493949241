import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { repositoryRoot } from '../cluster/cache.js';
import { runProgram } from '../cluster/child-process.js';
import { launchBrowser } from './chromium.js';
import { JupyterServer } from './jupyter-server.js';
import { NotebookPage } from './notebook-page.js';

interface Notebook {
  readonly cells: readonly { readonly id: string }[];
}

const NAME = '01-quickstart.ipynb';
let jupyter: JupyterServer;
let browser: Browser;
let notebook: NotebookPage;
let order: readonly string[];

beforeAll(async () => {
  [jupyter, browser] = await Promise.all([JupyterServer.start(), launchBrowser()]);
  const path = join(repositoryRoot(), 'notebooks', NAME);
  order = (JSON.parse(await readFile(path, 'utf8')) as Notebook).cells.map(({ id }) => id);
  await copyFile(path, join(jupyter.folder, NAME));
  notebook = await NotebookPage.open(browser, jupyter, NAME);
}, 120_000);
afterAll(async () => {
  await notebook?.close();
  await browser?.close();
  await jupyter?.stop();
});

/** Position of a cell by its name in the notebook's file. */
function cell(id: string): number {
  const at = order.indexOf(id);
  if (at < 0) throw new Error(`the quickstart has no cell '${id}'`);
  return at;
}

async function textOf(id: string): Promise<string> {
  return JSON.stringify((await notebook.outputs(cell(id))).outputs);
}

describe('the quickstart, as a newcomer runs it', () => {
  test('a live table', async () => {
    await notebook.runCell(cell('source'));
    await notebook.runCell(cell('live-table'));
    const first = await notebook.waitForView(cell('live-table'), (v) => v.link === 'live' && v.cells?.length === 4);
    const counts = (cells: readonly (readonly string[])[] | null): number =>
      (cells ?? []).reduce((sum, [, bids]) => sum + Number(bids.replaceAll(',', '')), 0);
    const later = await notebook.waitForView(cell('live-table'), (v) => counts(v.cells) > counts(first.cells) + 100);
    expect(later.state).toBe('running');
    expect((later.cells ?? []).map(([channel]) => channel).sort()).toEqual(['app', 'partner', 'store', 'web']);
    await notebook.screenshot('quickstart-table');
  });

  test('a live chart of event-time windows, which goes on after its cell', async () => {
    await notebook.runCell(cell('live-chart'));
    const chart = await notebook.waitForView(cell('live-chart'), (v) => (v.points?.length ?? 0) >= 8);
    expect(chart.mode).toBe('chart');
    // Bids of complete windows: each point is one channel's share of 200 a second for 5 seconds.
    const inner = (chart.points ?? []).map(({ y }) => Number(y)).filter((y) => y > 150 && y < 350);
    expect(inner.length).toBeGreaterThan(0);
    await notebook.waitForView(cell('live-chart'), (v) => (v.points?.length ?? 0) > (chart.points?.length ?? 0));
    await notebook.screenshot('quickstart-chart-light');
    await notebook.theme('JupyterLab Dark');
    await notebook.screenshot('quickstart-chart-dark');
    await notebook.theme('JupyterLab Light');
  });

  test('the Table API', async () => {
    await notebook.runCell(cell('table-api'));
    const shown = await notebook.waitForView(cell('table-api'), (v) => v.rows > 0);
    expect(shown.columns).toEqual(['auction', 'channel', 'price']);
    expect((shown.cells ?? []).every(([, , price]) => Number(price.replaceAll(',', '')) >= 990)).toBe(true);
    expect(await textOf('table-api')).toContain('WHERE (`price` >= 990)');
    await notebook.runCell(cell('collect'));
    expect(await textOf('collect')).toMatch(/(app|web|store|partner) paid \d+ for \d+/);
  });

  test('results as values of the next cell', async () => {
    await notebook.runCell(cell('output'));
    await notebook.runCell(cell('arrow'));
    expect(await textOf('arrow')).toMatch(/20 rows, the highest price is (99\d|1000)/);
  });

  test('jobs are listed and stopped', async () => {
    await notebook.runCell(cell('jobs'));
    expect(await textOf('jobs')).toMatch(/running/i);
    await notebook.runCell(cell('stop'));
    for (const id of ['live-table', 'live-chart']) await notebook.waitForView(cell(id), (v) => v.state === 'stopped');
    await notebook.screenshot('quickstart-end');
    expect(notebook.complaints).toEqual([]);
  });
});

test('it runs without a browser too, and the exported page shows its tables and its chart', async () => {
  const python = join(repositoryRoot(), '.venv/bin/python');
  const path = join(repositoryRoot(), 'notebooks', NAME);
  const output = ['--output-dir', jupyter.folder, '--output', 'exported'];
  const kernels = `JUPYTER_PATH=${join(jupyter.home, 'data')}`;
  await runProgram('env', [
    kernels,
    python,
    '-m',
    'nbconvert',
    '--execute',
    '--ExecutePreprocessor.timeout=90',
    '--to',
    'html',
    ...output,
    path,
  ]);
  const html = await readFile(join(jupyter.folder, 'exported.html'), 'utf8');
  const shows = ['app', 'web', 'store', 'partner'].map((channel) => new RegExp(`<td[^>]*>${channel}</td>`));
  const missing = [...shows, /20 rows, the highest price is/].filter((part) => !part.test(html));
  expect(missing).toEqual([]);
  // The page's own icons are such pictures too.
  const pictures = [...html.matchAll(/data:image\/svg\+xml;base64,([\w+/=]+)/g)].map(([, text]) =>
    Buffer.from(text, 'base64').toString(),
  );
  const lines = pictures.map((picture) => picture.match(/<polyline/g)?.length ?? 0);
  expect(lines).toContain(4);
});
