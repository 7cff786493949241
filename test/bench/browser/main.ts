import { readdirSync, readFileSync } from 'node:fs';
import { sleep } from '../../cluster/child-process.js';
import { launchBrowser } from '../../browser/chromium.js';
import { JupyterServer } from '../../browser/jupyter-server.js';
import { loadCells } from '../../browser/load-cells.js';
import { NotebookPage } from '../../browser/notebook-page.js';

/**
 * `npm run bench -- browser [--seconds 300] [--rate 100000] [--keys 1000000]`: a result of a million rows that takes 100,000 changes a
 * second, its live table on the screen of a real JupyterLab. Prints, for each step: frames that the page paints a second, frames of the
 * result drawn a second, the page's heap, and the kernel's resident memory.
 */
const STEP = 30;

interface Sample {
  readonly seconds: number;
  readonly page: number;
  readonly frames: number;
  readonly rows: number;
  readonly changes: number;
  readonly heap: number;
  readonly kernel: number;
}

function option(args: readonly string[], name: string, otherwise: number): number {
  const at = args.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(args[at + 1]);
}

/** Resident memory of the process that serves this server's kernel, in bytes. */
function kernelMemory(server: JupyterServer): number {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      if (!words.some((w) => w.endsWith('kernel/dist/main.js')) || !words.some((w) => w.startsWith(server.home)))
        continue;
      const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
      if (kilobytes !== undefined) return Number(kilobytes) * 1024;
    } catch {
      // Ended meanwhile.
    }
  }
  return NaN;
}

const COUNTERS = `
  const w = viewOf(1); window.__count = { painted: 0, drawn: 0 };
  const tick = () => { window.__count.painted++; requestAnimationFrame(tick); }; requestAnimationFrame(tick);
  w.view.rowsChanged.connect(() => { window.__count.drawn++; });`;

export async function run(args: readonly string[]): Promise<void> {
  const seconds = option(args, 'seconds', 300);
  const rate = option(args, 'rate', 100_000);
  const keys = option(args, 'keys', 1_000_000);
  const server = await JupyterServer.start();
  const browser = await launchBrowser();
  try {
    await server.writeNotebook('load.ipynb', loadCells(keys, rate));
    const notebook = await NotebookPage.open(browser, server, 'load.ipynb');
    await notebook.runCell(0);
    await notebook.runCell(1);
    await notebook.waitForView(1, (v) => v.state === 'running' && v.rows > 0);
    await notebook.run(COUNTERS);
    console.log('second  page fps  frames/s  changes/s     rows  heap MB  kernel MB');
    const samples: Sample[] = [];
    const begun = performance.now();
    let before = await read(notebook, server, begun);
    while (before.seconds < seconds) {
      await sleep(Math.min(STEP, seconds) * 1000);
      const now = await read(notebook, server, begun);
      const each = (a: number, b: number): number => (b - a) / (now.seconds - before.seconds);
      samples.push({ ...now, page: each(before.page, now.page), frames: each(before.frames, now.frames) });
      console.log(
        [
          now.seconds.toFixed(0).padStart(6),
          each(before.page, now.page).toFixed(1).padStart(9),
          each(before.frames, now.frames).toFixed(1).padStart(9),
          each(before.changes, now.changes).toFixed(0).padStart(10),
          String(now.rows).padStart(8),
          (now.heap / 1e6).toFixed(0).padStart(8),
          (now.kernel / 1e6).toFixed(0).padStart(10),
        ].join(' '),
      );
      before = now;
    }
    console.log(`screenshot: ${await notebook.screenshot('load')}`);
    if (notebook.complaints.length > 0) console.log(`the page complained: ${notebook.complaints.join('; ')}`);
    await notebook.close();
  } finally {
    await browser.close();
    await server.stop();
  }
}

async function read(notebook: NotebookPage, server: JupyterServer, begun: number): Promise<Sample> {
  const now = await notebook.run<Omit<Sample, 'seconds' | 'kernel'>>(
    `const s = viewOf(1).view.status; return { page: window.__count.painted, frames: window.__count.drawn, rows: s.rows, changes: s.changes,
      heap: performance.memory ? performance.memory.usedJSHeapSize : 0 };`,
  );
  return { ...now, seconds: (performance.now() - begun) / 1000, kernel: kernelMemory(server) };
}
