import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchBrowser } from './chromium.js';
import { JupyterServer } from './jupyter-server.js';
import { NotebookPage } from './notebook-page.js';

const TABLE = `%%flinksql
CREATE TABLE ticks (k INT) WITH ('connector' = 'datagen', 'rows-per-second' = '50', 'fields.k.min' = '1', 'fields.k.max' = '3')`;
const QUERY = `%%flinksql
SELECT k, COUNT(*) AS n FROM ticks GROUP BY k`;

let jupyter: JupyterServer;
let browser: Browser;
let notebook: NotebookPage;

beforeAll(async () => {
  [jupyter, browser] = await Promise.all([JupyterServer.start(), launchBrowser()]);
  await jupyter.writeNotebook('keys.ipynb', [TABLE, QUERY, '%%flinksql\nSELEKT 1']);
  notebook = await NotebookPage.open(browser, jupyter, 'keys.ipynb');
  await notebook.runCell(0);
  await notebook.runCell(1);
  await notebook.waitForView(1, (v) => v.link === 'live' && v.cells?.length === 3);
}, 180_000);
afterAll(async () => {
  await notebook?.close();
  await browser?.close();
  await jupyter?.stop();
});

const focused = (): Promise<string> =>
  notebook.run<string>(`const n = document.activeElement; return n.title || n.textContent || n.className;`);
const focus = (selector: string): Promise<void> =>
  notebook.run<void>(`viewOf(1).node.querySelector(${JSON.stringify(selector)}).focus();`);
const key = (name: string): Promise<void> => notebook.page.keyboard.press(name);

test('arrows go along the buttons of a result, where Tab stops once', async () => {
  const stops = `return viewOf(1).node.querySelectorAll('.sc-Header button[tabindex="0"]').length;`;
  expect(await notebook.run<number>(stops)).toBe(1);
  await focus('.sc-Segments button');
  expect(await focused()).toBe('Table');
  await key('ArrowRight');
  expect(await focused()).toBe('Changelog');
  await key('End');
  expect(await focused()).toBe('Download as CSV');
  await key('ArrowRight');
  expect(await focused()).toBe('Table');
  expect(await notebook.run<number>(stops)).toBe(1);
});

test('Enter shows the value under the cursor, Shift+Enter sorts by its column', async () => {
  await focus('.lm-DataGrid-viewport');
  await key('ArrowDown');
  await key('ArrowRight');
  await key('Enter');
  await notebook.page.waitForSelector('.sc-Popup', { timeout: 5_000 });
  expect(await notebook.run<string>(`return document.querySelector('.sc-Popup-title').textContent;`)).toMatch(/^n /);
  await notebook.screenshot('keys-light');
  await key('Tab');
  expect(await notebook.run<boolean>(`return document.querySelector('.sc-Popup') === null;`)).toBe(true);
  await key('ArrowLeft');
  const order = (cells: readonly (readonly string[])[] | null): string => (cells ?? []).map(([k]) => k).join('');
  await key('Shift+Enter');
  await notebook.waitForView(1, (v) => order(v.cells) === '123');
  await key('Shift+Enter');
  await notebook.waitForView(1, (v) => order(v.cells) === '321');
  await notebook.theme('JupyterLab Dark');
  await notebook.screenshot('keys-dark');
  await notebook.theme('JupyterLab Light');
});

test('closing the filter gives the focus back to its button', async () => {
  await notebook.press(1, 'Filter rows');
  expect(await notebook.run<boolean>(`return document.activeElement.closest('.sc-Filter') !== null;`)).toBe(true);
  await key('Escape');
  expect(await focused()).toBe('Filter rows');
});

test('keys of the notebook show, pause and stop the result of its cell', async () => {
  await notebook.run(
    `const p = panel(); p.content.activeCellIndex = 1; p.content.mode = 'command'; p.content.activate();`,
  );
  await key('Alt+Shift+V');
  await notebook.waitForView(1, (v) => v.mode === 'changelog', 5);
  await key('Alt+Shift+P');
  await notebook.waitForView(1, (v) => v.header.includes('paused'), 5);
  await key('Alt+Shift+P');
  await notebook.waitForView(1, (v) => v.header.includes('running'), 5);
  await key('Alt+Shift+S');
  await notebook.waitForView(1, (v) => v.state === 'stopped');
});

test('an error of this run is announced, a saved one is not', async () => {
  const role = `return cellOf(2).node.querySelector('.sc-Error').getAttribute('role');`;
  await notebook.runFailingCell(2);
  expect(await notebook.run<string>(role)).toBe('alert');
  await notebook.save();
  await notebook.load();
  await notebook.page.waitForSelector('.sc-Error');
  expect(await notebook.run<string>(role)).toBe('group');
  expect(notebook.complaints).toEqual([]);
});
