import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchBrowser } from './chromium.js';
import { JupyterServer } from './jupyter-server.js';
import { NotebookPage } from './notebook-page.js';

let jupyter: JupyterServer;
let browser: Browser;
let notebook: NotebookPage;

beforeAll(async () => {
  [jupyter, browser] = await Promise.all([JupyterServer.start(), launchBrowser()]);
  await jupyter.writeNotebook('errors.ipynb', [
    "%%flinksql\nCREATE TABLE bids (auction INT, price INT) WITH ('connector' = 'datagen', 'number-of-rows' = '5')",
    '%%flinksql\nSELECT auction, pric\nFROM bids',
    '%%flinksql\nSELECT COUNT(*) AS n FROM bids',
    '%%flinksql --chart "bar x=auction y=nope"\nSELECT auction, price FROM bids',
    "const n: number = 'text';",
  ]);
  notebook = await NotebookPage.open(browser, jupyter, 'errors.ipynb');
  await notebook.runCell(0);
}, 120_000);
afterAll(async () => {
  await notebook?.close();
  await browser?.close();
  await jupyter?.stop();
});

/** The parts of a cell's text that are underlined as errors. */
const underlined = (cell: number): Promise<string[]> =>
  notebook.run<string[]>(
    `return [...cellOf(${cell}).node.querySelectorAll('.cm-lintRange-error')].map((n) => n.textContent);`,
  );
const errorText = (cell: number): Promise<string> =>
  notebook.run<string>(
    `const e = cellOf(${cell}).outputArea ? find(cellOf(${cell}).outputArea, 'sc-Error') : null; return e ? e.node.textContent : '';`,
  );

async function eventually(read: () => Promise<string[]>, wanted: readonly string[]): Promise<void> {
  let last: string[] = [];
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; await notebook.page.waitForTimeout(200)) {
    last = await read();
    if (JSON.stringify(last) === JSON.stringify(wanted)) return;
  }
  expect(last).toEqual(wanted);
}

describe('errors on the screen', () => {
  test('an error of a run is under its text and below the cell, and the next cell works', async () => {
    expect(await notebook.runFailingCell(1)).toMatch(/pric/);
    await eventually(() => underlined(1), ['pric']);
    expect(await errorText(1)).toMatch(/Column pric not found/);
    expect(await errorText(1)).toMatch(/Did you mean price/);
    await notebook.screenshot('error-light');
    await notebook.theme('JupyterLab Dark');
    await notebook.screenshot('error-dark');
    await notebook.theme('JupyterLab Light');
    await notebook.runCell(2);
    const view = await notebook.waitForView(2, (v) => v.state === 'finished');
    expect(view.cells).toEqual([['5']]);
  });

  test('it goes when the text is corrected, and what is typed is checked without running', async () => {
    await notebook.setSource(1, '%%flinksql\nSELECT auction, price\nFROM bids');
    await eventually(() => underlined(1), []);
    await notebook.setSource(1, '%%flinksql\nSELECT auction, price\nFROM bid');
    await eventually(() => underlined(1), ['bid']);
    await notebook.setSource(1, '%%flinksql\nSELECT auction, price\nFROM bids');
    await notebook.runCell(1);
    await eventually(() => underlined(1), []);
  });

  test('a mistake in the line of the magic is under that line', async () => {
    expect(await notebook.runFailingCell(3)).toMatch(/nope/);
    await eventually(() => underlined(3), ['nope']);
  });

  test('a type error in TypeScript says where', async () => {
    expect(await notebook.runFailingCell(4)).toMatch(/not assignable to type 'number'/);
    expect(notebook.complaints).toEqual([]);
  });
});
