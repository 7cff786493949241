// `npm start [-- --port N] [--no-browser]`: sets everything up and opens JupyterLab on the quickstart. Ctrl-C ends it all.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { get } from 'node:http';
import { join } from 'node:path';
import { setInterval } from 'node:timers';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureInstalled, ensurePython, ensureRuntime, ensureWheelInstalled, fail, python, root } from './set-up.mjs';

const USAGE = `npm start [-- options]

Installs and builds what is missing, then opens JupyterLab on notebooks/01-quickstart.ipynb. Ctrl-C ends it.

  --port N       Port on the loopback address (default: the first free one from 8888)
  --no-browser   Print the address only
  --help         Show this text

STREAMCELL_PYTHON names the Python to make .venv from.
`;
const NOTEBOOK = '01-quickstart.ipynb';
const FIRST_PORT = 8888;
const begun = Date.now();

function options(args) {
  const chosen = { port: null, browser: true };
  for (let i = 0; i < args.length; i++) {
    const [name, inline] = args[i].split(/=(.*)/s);
    if (name === '--help' && inline === undefined) {
      process.stdout.write(USAGE);
      process.exit(0);
    } else if (name === '--no-browser' && inline === undefined) chosen.browser = false;
    else if (name === '--port') {
      const value = inline ?? args[++i];
      chosen.port = Number(value);
      if (!/^\d+$/.test(value ?? '') || chosen.port < 1 || chosen.port > 65535)
        fail(`--port ${value ?? ''}: a number from 1 to 65535 is expected.`);
    } else fail(`npm start: '${args[i]}' is not understood.\n\n${USAGE}`);
  }
  return chosen;
}

const isFree = (port) =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });

async function choosePort(wanted) {
  if (wanted !== null)
    return (await isFree(wanted)) ? wanted : fail(`Port ${wanted} is in use; choose another with --port N.`);
  for (let port = FIRST_PORT; port < FIRST_PORT + 100; port++) if (await isFree(port)) return port;
  return fail(`No port from ${FIRST_PORT} to ${FIRST_PORT + 99} is free; choose one with --port N.`);
}

const answers = (url) =>
  new Promise((resolve) => {
    get(url, (response) => resolve(response.resume().statusCode === 200)).on('error', () => resolve(false));
  });

function launch(port, browser, token) {
  const settings = {
    'ServerApp.ip': '127.0.0.1',
    'ServerApp.port': port,
    'ServerApp.port_retries': 0,
    'ServerApp.root_dir': join(root, 'notebooks'),
    'ServerApp.allow_root': 'True',
    'ServerApp.open_browser': browser ? 'True' : 'False',
    // Ctrl-C means it: no second question.
    'ServerApp.answer_yes': 'True',
    'LabApp.default_url': `/lab/tree/${NOTEBOOK}`,
    'LabApp.news_url': 'None',
    'LabApp.check_for_updates_class': 'jupyterlab.NeverCheckForUpdate',
    'Application.log_level': 'WARN',
  };
  const args = Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
  // The token goes by the environment: arguments are seen by every user of the machine.
  const env = { ...process.env, JUPYTER_TOKEN: token };
  return spawn(python(), ['-m', 'jupyterlab', ...args], { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
}

const chosen = options(process.argv.slice(2));
// Asked before a minute of installing, not after.
const port = await choosePort(chosen.port);
const [pip] = await Promise.all([ensurePython(), ensureInstalled().then(ensureRuntime)]);
const { wheel } = await import('./wheel.mjs');
await ensureWheelInstalled(pip, await wheel());

const token = randomBytes(24).toString('hex');
const server = launch(port, chosen.browser, token);
let ending = false;
const end = async () => {
  if (ending) return;
  ending = true;
  // A terminal's Ctrl-C reaches the server as well; a signal to this process alone does not.
  await sleep(300);
  server.kill('SIGTERM');
  await sleep(10_000);
  server.kill('SIGKILL');
};
process.on('SIGINT', end);
process.on('SIGTERM', end);
process.on('SIGHUP', end);
// npm, when killed, does not tell the script that it runs.
const parent = process.ppid;
setInterval(() => process.ppid !== parent && end(), 1000).unref();
server.on('error', (error) => fail(`JupyterLab did not start: ${error.message}`));
// One that had to be killed did not end as it was asked to.
server.on('exit', (code, signal) => process.exit(ending && signal !== 'SIGKILL' ? 0 : (code ?? 1)));
const address = `http://127.0.0.1:${port}`;
while (!(await answers(`${address}/api/status?token=${token}`))) await sleep(100);
process.stdout.write(
  `JupyterLab is open after ${((Date.now() - begun) / 1000).toFixed(1)} s: ${address}/lab/tree/${NOTEBOOK}?token=${token}\n`,
);
process.stdout.write('Ctrl-C ends it.\n');
