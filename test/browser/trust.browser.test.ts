import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { VIEW_MIME, type ViewBundle } from '@streamcell/runtime/protocol/view-channel';
import type { Browser } from 'playwright-core';
import { repositoryRoot } from '../cluster/cache.js';
import { sleep } from '../cluster/child-process.js';
import { launchBrowser } from './chromium.js';
import { JupyterServer } from './jupyter-server.js';
import { NotebookPage } from './notebook-page.js';

const TABLE = `%%flinksql
CREATE TABLE ticks (k INT) WITH ('connector' = 'datagen', 'rows-per-second' = '50', 'fields.k.min' = '1', 'fields.k.max' = '3')`;
const QUERY = `%%flinksql
SELECT k, COUNT(*) AS n FROM ticks GROUP BY k`;
const VIEW_COMM = '"target_name":"streamcell.view"';
/** Longer than the extension waits between two updates of what is saved. */
const A_WHILE = 11_000;

let jupyter: JupyterServer;
let browser: Browser;
let notebook: NotebookPage;
/** Comms of live results that pages have opened. */
let comms = 0;

beforeAll(async () => {
  [jupyter, browser] = await Promise.all([JupyterServer.start(), launchBrowser()]);
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await jupyter?.stop();
});

const isDirty = (): Promise<boolean> => notebook.run<boolean>('return panel().context.model.dirty;');

async function open(name: string): Promise<void> {
  notebook = await NotebookPage.open(browser, jupyter, name);
  notebook.page.on('websocket', (socket) =>
    socket.on('framesent', ({ payload }) => {
      if (payload.toString().includes(VIEW_COMM)) comms++;
    }),
  );
}

describe('what is saved of a result', () => {
  const path = (): string => join(jupyter.folder, 'ticks.ipynb');
  const saved = async (): Promise<ViewBundle> => {
    await notebook.save();
    return (await notebook.outputs(1)).outputs.map(({ data }) => data?.[VIEW_MIME])[0] as ViewBundle;
  };

  beforeAll(async () => {
    await jupyter.writeNotebook('ticks.ipynb', [TABLE, QUERY]);
    await open('ticks.ipynb');
    await notebook.runCell(0);
    await notebook.runCell(1);
    await notebook.waitForView(1, (v) => v.link === 'live' && v.cells?.length === 3);
  });
  afterAll(() => notebook.close());
  afterEach(() => expect(notebook.complaints).toEqual([]));

  /** Somebody else has written in the notebook's file: the signature of the last save is none of it. */
  async function tamper(): Promise<void> {
    const text = await readFile(path(), 'utf8');
    const changed = text.replace('COUNT(*) AS n', 'COUNT(*)  AS n');
    expect(changed).not.toBe(text);
    await writeFile(path(), changed);
  }

  test('rows that flow leave a clean notebook clean', async () => {
    await notebook.save();
    const before = await notebook.view(1);
    await sleep(A_WHILE);
    const after = await notebook.view(1);
    expect(after?.changes).toBeGreaterThan((before?.changes ?? 0) + 100);
    expect(await isDirty()).toBe(false);
  });

  test('a reader who filters does not change it', async () => {
    await notebook.press(1, 'Filter rows');
    await notebook.page.fill('.sc-Filter input', '2');
    await notebook.waitForView(1, (v) => v.cells?.length === 1);
    const bundle = await saved();
    expect(bundle.snapshot.map(([k]) => k).sort()).toEqual(['1', '2', '3']);
    expect(bundle.status.rows).toBe(3);
    await notebook.press(1, 'Remove the filter');
    await notebook.waitForView(1, (v) => v.cells?.length === 3);
  });

  test('a notebook that is not trusted shows it and opens nothing, until it is asked to', async () => {
    const { snapshot } = await saved();
    await tamper();
    comms = 0;
    await notebook.load();
    const shown = await notebook.waitForView(1, (v) => v.link === 'saved' && v.cells?.length === 3);
    expect(shown.cells?.map((row) => row.map((text) => text.replaceAll(',', '')))).toEqual(snapshot);
    expect(shown.header).toContain('Connect live');
    expect(shown.footer).toContain('the notebook is not trusted');
    await sleep(2_000);
    expect([comms, (await notebook.view(1))?.link]).toEqual([0, 'saved']);
    await notebook.screenshot('untrusted-light');
    await notebook.theme('JupyterLab Dark');
    await notebook.screenshot('untrusted-dark');
    await notebook.theme('JupyterLab Light');
    await notebook.press(1, 'Connect live');
    await notebook.waitForView(1, (v) => v.link === 'live' && v.changes > shown.changes);
    expect(comms).toBe(1);
  });

  test('and goes live when it becomes trusted', async () => {
    await notebook.load();
    const shown = await notebook.waitForView(1, (v) => v.link === 'saved' && v.cells?.length === 3);
    await notebook.run(`void window.jupyterapp.commands.execute('notebook:trust');`);
    await notebook.page.click('.jp-Dialog .jp-mod-accept');
    await notebook.waitForView(1, (v) => v.link === 'live' && v.changes > shown.changes && v.cells?.length === 3);
  });
});

test('opening the quickstart changes nothing in it', async () => {
  const name = '01-quickstart.ipynb';
  await copyFile(join(repositoryRoot(), 'notebooks', name), join(jupyter.folder, name));
  await open(name);
  await sleep(2_000);
  expect(await isDirty()).toBe(false);
  await notebook.close();
});
