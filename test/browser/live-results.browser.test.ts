import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { bids, createBids, expectedWindows, WINDOW_QUERY, windowText, writeBidFile } from './bid-file.js';
import { FlinkCluster } from '../cluster/flink.js';
import { KafkaBroker } from '../cluster/kafka.js';
import { createTopic, writeBids } from './bid-topic.js';
import { launchBrowser } from './chromium.js';
import { GatewayProcess } from './gateway-process.js';
import { JupyterServer } from './jupyter-server.js';
import { NotebookPage, type ShownView } from './notebook-page.js';

const EVENTS = 1_000_000;
const SEED = 7;
const TOPIC_EVENTS = 200_000;
const CHART = '--chart "line x=window_start y=bids color=channel"';

const kafkaOptions = (broker: KafkaBroker): string =>
  `'connector' = 'kafka', 'topic' = 'bids', 'properties.bootstrap.servers' = '${broker.bootstrapServers}', 'properties.group.id' = 'notebook', 'scan.startup.mode' = 'earliest-offset'`;

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

afterEach(() => {
  // Whatever a test looked at, the page itself had nothing to complain of.
  for (const { complaints } of open) expect(complaints).toEqual([]);
});
const open: NotebookPage[] = [];
async function openNotebook(name: string, cells: readonly string[], kernel?: string): Promise<NotebookPage> {
  await jupyter.writeNotebook(name, cells, kernel);
  const notebook = await NotebookPage.open(browser, jupyter, name);
  open.push(notebook);
  return notebook;
}

/** Numbers are shown in groups of digits. */
const rowsOf = (view: ShownView): string[] => (view.cells ?? []).map((row) => row.join(' ').replaceAll(',', '')).sort();
/** Points by their series, in place of the names that a chart gives to its channels. */
const seriesOf = (view: ShownView): string[] =>
  (view.points ?? []).map(({ x, y, color }) => `${windowText(x as number)} ${String(color)} ${String(y)}`).sort();

describe('a file of a million events', () => {
  let notebook: NotebookPage;
  beforeAll(async () => {
    notebook = await openNotebook('file.ipynb', [
      `%%flinksql\n${createBids("'connector' = 'filesystem', 'path' = 'bids.json'")}`,
      `%%flinksql\n${WINDOW_QUERY}`,
      `%%flinksql ${CHART}\n${WINDOW_QUERY}`,
    ]);
  });
  afterAll(() => notebook.close());

  test('an event-time window over it, in the live table', async () => {
    await notebook.runCell(0);
    await notebook.runCell(1);
    const view = await notebook.waitForView(1, (v) => v.state === 'finished' && v.cells?.length === expected.length);
    expect(view.columns).toEqual(['window_start', 'channel', 'bids', 'revenue']);
    expect(rowsOf(view)).toEqual(expected);
  });

  test('the same in the live chart', async () => {
    await notebook.runCell(2);
    const view = await notebook.waitForView(2, (v) => v.state === 'finished' && v.points?.length === expected.length);
    expect(seriesOf(view)).toEqual(expected.map((row) => row.split(' ').slice(0, 4).join(' ')));
    await notebook.screenshot('file-light');
    await notebook.theme('JupyterLab Dark');
    await notebook.screenshot('file-dark');
    await notebook.theme('JupyterLab Light');
  });
});

describe('a Kafka topic that is being written', () => {
  const broker = new KafkaBroker();
  let notebook: NotebookPage;
  beforeAll(async () => {
    await broker.start();
    await createTopic(broker.bootstrapServers, 'bids');
    notebook = await openNotebook('topic.ipynb', [
      `%%flinksql\n${createBids(kafkaOptions(broker))}`,
      `%%flinksql\n${WINDOW_QUERY}`,
      `%%flinksql ${CHART}\n${WINDOW_QUERY}`,
      '6 * 7',
    ]);
  }, 300_000);
  afterAll(async () => {
    await notebook?.close();
    await broker.stop();
  });

  test('live table and chart grow as it is written, outlive a reload, and end with the right values', async () => {
    await notebook.runCell(0);
    await notebook.runCell(1);
    await notebook.runCell(2);
    const expectedHere = expectedWindows(bids(TOPIC_EVENTS, SEED));
    const written = writeBids(broker.bootstrapServers, 'bids', bids(TOPIC_EVENTS, SEED), 10_000);
    const early = await notebook.waitForView(1, (v) => v.rows > 0 && v.rows < expectedHere.length);
    expect(early.state).toBe('running');
    expect(early.link).toBe('live');

    await notebook.save();
    await notebook.load();
    const again = await notebook.waitForView(1, (v) => v.link === 'live' && v.rows >= early.rows);
    expect(again.state).toBe('running');
    await notebook.screenshot('topic-reloaded');

    await written;
    const table = await notebook.waitForView(1, (v) => v.cells?.length === expectedHere.length);
    expect(rowsOf(table)).toEqual(expectedHere);
    const chart = await notebook.waitForView(2, (v) => v.points?.length === expectedHere.length);
    expect(seriesOf(chart)).toEqual(expectedHere.map((row) => row.split(' ').slice(0, 4).join(' ')));
    expect(table.state).toBe('running');
  });

  test('the stop button stops the query; the rows stay, and the notebook goes on', async () => {
    await notebook.press(1, 'Stop the query');
    const stopped = await notebook.waitForView(1, (v) => v.state === 'stopped');
    expect(rowsOf(stopped)).toEqual(expectedWindows(bids(TOPIC_EVENTS, SEED)));
    expect((await notebook.view(2))?.state).toBe('running');
    await notebook.runCell(3);
    expect(JSON.stringify((await notebook.outputs(3)).outputs)).toContain('42');
  });
});

describe('a gateway in front of real Flink', () => {
  const flink = new FlinkCluster({ slots: 4 });
  const broker = new KafkaBroker();
  let gateway: GatewayProcess;
  let notebook: NotebookPage;
  beforeAll(async () => {
    await Promise.all([flink.start(), broker.start()]);
    gateway = await GatewayProcess.start([`flink=${flink.gatewayUrl},${flink.restUrl}`]);
    await createTopic(broker.bootstrapServers, 'bids');
    notebook = await openNotebook('flink.ipynb', [
      `const token = ${JSON.stringify(gateway.token)};`,
      `%connect ${gateway.address}?cluster=flink --token token`,
      `%%flinksql\n${createBids(`'connector' = 'filesystem', 'path' = 'file://${join(jupyter.folder, 'bids.json')}'`)}`,
      `%%flinksql\n${WINDOW_QUERY}`,
      `%%flinksql\nDROP TABLE bids;\n${createBids(kafkaOptions(broker))}`,
      `%%flinksql ${CHART}\n${WINDOW_QUERY}`,
    ]);
  }, 600_000);
  afterAll(async () => {
    await notebook?.close();
    await gateway?.stop();
    await Promise.all([flink.stop(), broker.stop()]);
  }, 60_000);

  test('the same statement over the same file has the same values there', async () => {
    await notebook.runCell(0);
    await notebook.runCell(1);
    await notebook.runCell(2);
    await notebook.runCell(3);
    const view = await notebook.waitForView(
      3,
      (v) => v.state === 'finished' && v.cells?.length === expected.length,
      120,
    );
    expect(rowsOf(view)).toEqual(expected);
    expect(view.header).toContain('flink');
  });

  test('a topic comes live from there, and the stop button stops the job on the cluster', async () => {
    await notebook.runCell(4);
    await notebook.runCell(5);
    await writeBids(broker.bootstrapServers, 'bids', bids(TOPIC_EVENTS, SEED), 20_000);
    const expectedHere = expectedWindows(bids(TOPIC_EVENTS, SEED));
    const view = await notebook.waitForView(5, (v) => v.points?.length === expectedHere.length, 120);
    expect(seriesOf(view)).toEqual(expectedHere.map((row) => row.split(' ').slice(0, 4).join(' ')));
    await notebook.screenshot('flink-topic');
    await notebook.press(5, 'Stop the query');
    await notebook.waitForView(5, (v) => v.state === 'stopped');
    const answer = await fetch(`${flink.restUrl}/jobs`);
    const { jobs } = (await answer.json()) as { jobs: { status: string }[] };
    expect(jobs.map((job) => job.status).sort()).toEqual(['CANCELED', 'FINISHED']);
  });
});

describe('a Python notebook', () => {
  let notebook: NotebookPage;
  beforeAll(async () => {
    notebook = await openNotebook(
      'python.ipynb',
      [
        '%load_ext streamcell',
        `%%flinksql\n${createBids(`'connector' = 'filesystem', 'path' = '${join(jupyter.folder, 'bids.json')}'`)}`,
        `%%flinksql ${CHART}\n${WINDOW_QUERY}`,
        `%%flinksql -o df\n${WINDOW_QUERY}`,
        "print(len(df), int(df['bids'].sum()))",
      ],
      'python3',
    );
  });
  afterAll(() => notebook?.close());

  test('the same table and chart, and a DataFrame', async () => {
    for (const cell of [0, 1, 2, 3, 4]) await notebook.runCell(cell);
    const chart = await notebook.waitForView(2, (v) => v.state === 'finished' && v.points?.length === expected.length);
    expect(seriesOf(chart)).toEqual(expected.map((row) => row.split(' ').slice(0, 4).join(' ')));
    const table = await notebook.waitForView(3, (v) => v.state === 'finished' && v.cells?.length === expected.length);
    expect(rowsOf(table)).toEqual(expected);
    expect(JSON.stringify((await notebook.outputs(4)).outputs)).toContain(`${expected.length} ${EVENTS}`);
    await notebook.screenshot('python');
  });
});
