import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { bids, createBids, expectedWindows, WINDOW_QUERY, writeBidFile } from './bid-file.js';
import { launchBrowser } from './chromium.js';
import { JupyterServer } from './jupyter-server.js';
import { NotebookPage, type ShownView } from './notebook-page.js';

const EVENTS = 1_000_000;
const SEED = 7;
const CHART = '--chart "line x=window_start y=bids color=channel"';

let jupyter: JupyterServer;
let browser: Browser;
let expected: string[];

beforeAll(async () => {
  [jupyter, browser] = await Promise.all([JupyterServer.start(), launchBrowser()]);
  await writeBidFile(join(jupyter.folder, 'bids.json'), EVENTS, SEED);
  expected = expectedWindows(bids(EVENTS, SEED));
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await jupyter?.stop();
});

const rowsOf = (view: ShownView): string[] => (view.cells ?? []).map((row) => row.join(' ').replaceAll(',', '')).sort();
/** Points by their series, in place of the names that a chart gives to its channels. */
const seriesOf = (view: ShownView): string[] =>
  (view.points ?? [])
    .map(
      ({ x, y, color }) =>
        `${new Date(x as number).toISOString().replace('T', ' ').replace('Z', '')} ${String(color)} ${String(y)}`,
    )
    .sort();

describe('a file of a million events', () => {
  let notebook: NotebookPage;
  beforeAll(async () => {
    await jupyter.writeNotebook('file.ipynb', [
      `%%flinksql\n${createBids("'connector' = 'filesystem', 'path' = 'bids.json'")}`,
      `%%flinksql\n${WINDOW_QUERY}`,
      `%%flinksql ${CHART}\n${WINDOW_QUERY}`,
    ]);
    notebook = await NotebookPage.open(browser, jupyter, 'file.ipynb');
  });
  afterAll(() => notebook.close());

  test('an event-time window over it, in the live table', async () => {
    expect(await notebook.runCell(0)).toBe(true);
    expect(await notebook.runCell(1)).toBe(true);
    const view = await notebook.waitForView(1, (v) => v.state === 'finished' && v.cells?.length === expected.length);
    expect(view.columns).toEqual(['window_start', 'channel', 'bids', 'revenue']);
    expect(rowsOf(view)).toEqual(expected);
    expect(notebook.complaints).toEqual([]);
  });

  test('the same in the live chart', async () => {
    expect(await notebook.runCell(2)).toBe(true);
    const view = await notebook.waitForView(2, (v) => v.state === 'finished' && v.points?.length === expected.length);
    expect(seriesOf(view)).toEqual(expected.map((row) => row.split(' ').slice(0, 4).join(' ')));
    await notebook.screenshot('file-light');
    await notebook.theme('JupyterLab Dark');
    await notebook.screenshot('file-dark');
    await notebook.theme('JupyterLab Light');
    expect(notebook.complaints).toEqual([]);
  });
});
