import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { runProgram } from '../cluster/child-process.js';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
/** Without the second half, a browser in a container spends its time on calls to its maker. */
const FLAGS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--enable-precise-memory-info',
];

function onPath(): string | undefined {
  const candidates = (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * The Chromium to test in: `STREAMCELL_CHROMIUM` and nothing else if it is set, then the PATH, then Debian's package where one may install it.
 * @throws with what to do, where there is none.
 */
async function executable(): Promise<string> {
  const chosen = process.env.STREAMCELL_CHROMIUM;
  if (chosen) return chosen;
  const found = onPath();
  if (found !== undefined) return found;
  if (process.getuid?.() === 0) {
    await runProgram('apt-get', ['update']).catch(() => undefined);
    await runProgram('apt-get', ['install', '--yes', '--no-install-recommends', 'chromium']).catch(() => undefined);
    const installed = onPath();
    if (installed !== undefined) return installed;
  }
  throw new Error('The browser tests need Chromium: install it, or let STREAMCELL_CHROMIUM name its program.');
}

export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: await executable(), args: FLAGS });
}
