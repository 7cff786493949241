import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchBrowser } from './chromium.js';
import { JupyterServer } from './jupyter-server.js';
import { loadCells } from './load-cells.js';
import { NotebookPage } from './notebook-page.js';

/* How fast this is tells `npm run bench -- browser`; here it must be right. */
const KEYS = 1_000_000;

let jupyter: JupyterServer;
let browser: Browser;
let notebook: NotebookPage;

beforeAll(async () => {
  [jupyter, browser] = await Promise.all([JupyterServer.start(), launchBrowser()]);
  await jupyter.writeNotebook('load.ipynb', loadCells(KEYS, 100_000));
  notebook = await NotebookPage.open(browser, jupyter, 'load.ipynb');
}, 120_000);
afterAll(async () => {
  await notebook?.close();
  await browser?.close();
  await jupyter?.stop();
});

test('a million rows under 100,000 changes a second are right wherever one looks', async () => {
  await notebook.runCell(0);
  await notebook.runCell(1);
  const number = (text: string): number => Number(text.replaceAll(',', ''));
  const full = await notebook.waitForView(1, (v) => v.rows === KEYS && v.changes > 1.5 * KEYS, 120);
  const check = (cells: readonly (readonly string[])[] | null): void => {
    expect(cells?.length ?? 0).toBeGreaterThan(10);
    for (const [id, seen, latest] of (cells ?? []).map((row) => row.map(number))) {
      expect(latest % KEYS).toBe(id);
      expect(seen).toBe(Math.floor(latest / KEYS) + 1);
    }
  };
  expect(full.state).toBe('running');
  check(full.cells?.slice(0, 12) ?? null);
  await notebook.press(1, 'Stop the query');
  const stopped = await notebook.waitForView(1, (v) => v.state === 'stopped');
  expect(stopped.rows).toBe(KEYS);
  check(stopped.cells?.slice(0, 12) ?? null);
  expect(notebook.complaints).toEqual([]);
});
