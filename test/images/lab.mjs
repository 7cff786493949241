// Builds the lab image and runs the quickstart in it: `npm run test:images`. Needs root, buildah, runc and, unless BASE_IMAGE names an image that
// is here, debootstrap; on Debian they are installed where they are missing.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fail, root } from '../../scripts/set-up.mjs';
import { wheel } from '../../scripts/wheel.mjs';

const folder = join(root, '.cache/images');
const LOCAL_BASE = 'localhost/streamcell-base:bookworm';
const IMAGE = 'localhost/streamcell-lab:test';
const PORT = 18_917;
const LIMITS = ['--ulimit', 'nofile=20000:20000', '--ulimit', 'nproc=32768:32768'];
const ISOLATION = ['--isolation', 'oci', '--runtime', 'runc'];

const PROGRAMS = ['buildah', 'runc', ...(process.env.BASE_IMAGE === undefined ? ['debootstrap'] : [])];
const PACKAGES = ['buildah', 'runc', 'conmon', 'netavark', 'fuse-overlayfs', 'debootstrap'];
const missing = () => PROGRAMS.filter((program) => spawnSync(program, ['--version']).error !== undefined);
if (missing().length > 0 && process.getuid?.() === 0) {
  process.stderr.write(`Installing ${missing().join(', ')} with apt-get.\n`);
  for (const args of [['update'], ['install', '--yes', '--no-install-recommends', ...PACKAGES]])
    spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'] });
}
if (missing().length > 0) fail(`${missing().join(', ')} is missing: apt-get install ${PACKAGES.join(' ')}`);

mkdirSync(join(folder, 'scratch'), { recursive: true });
// Images, containers and their settings stay in the checkout's cache.
writeFileSync(
  join(folder, 'storage.conf'),
  `[storage]\ndriver = "overlay"\ngraphroot = "${folder}/storage"\nrunroot = "${folder}/run"\n`,
);
writeFileSync(
  join(folder, 'containers.conf'),
  '[containers]\nnetns = "host"\n[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\nruntime = "runc"\n',
);
const env = {
  ...process.env,
  CONTAINERS_STORAGE_CONF: join(folder, 'storage.conf'),
  CONTAINERS_CONF: join(folder, 'containers.conf'),
  TMPDIR: join(folder, 'scratch'),
};

let failed = 0;
let passed = 0;
/** One check, told with its time; what it prints is shown when it fails. */
async function check(name, work) {
  const begun = Date.now();
  try {
    const said = await work();
    passed++;
    process.stdout.write(`ok ${name}: ${((Date.now() - begun) / 1000).toFixed(1)} s${said ? `, ${said}` : ''}\n`);
  } catch (error) {
    failed++;
    process.stdout.write(`failed ${name}: ${error.message}\n`);
  }
}

function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    let out = '';
    child.stdout.on('data', (data) => ((out += data), (said += data)));
    child.stderr.on('data', (data) => (said += data));
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0
        ? resolve(out.trim())
        : reject(new Error(`${command} ${args[0]} ended with ${code}:\n${said.slice(-4000)}`)),
    );
  });
}

const base = process.env.BASE_IMAGE ?? LOCAL_BASE;
await wheel();
if (base === LOCAL_BASE && spawnSync('buildah', ['inspect', LOCAL_BASE], { env }).status !== 0)
  await check('local base image', () => run(join(root, 'test/images/base.sh'), [folder, LOCAL_BASE]));
await check('lab image', async () => {
  const build = ['bud', '--network', 'host', ...ISOLATION, ...LIMITS, '--build-arg', `BASE_IMAGE=${base}`];
  await run('buildah', [...build, '-f', 'images/lab/Containerfile', '-t', IMAGE, '.']);
  const images = JSON.parse(await run('buildah', ['images', '--json', IMAGE]));
  return images[0].size;
});
const container = failed > 0 ? null : await run('buildah', ['from', IMAGE]);
if (container !== null) {
  const inside = (...command) => ['run', ...ISOLATION, '--network', 'host', container, '--', ...command];
  try {
    await check('the user is not root', async () => {
      const id = await run('buildah', inside('id', '-u'));
      if (id !== '1000') throw new Error(`it is ${id}`);
    });
    await check('kernels and extension are installed', async () => {
      const { kernelspecs } = JSON.parse(await run('buildah', inside('jupyter', 'kernelspec', 'list', '--json')));
      for (const name of ['streamcell', 'streamcell-sql', 'python3'])
        if (!(name in kernelspecs)) throw new Error(`kernel ${name} is missing`);
      const { resource_dir: lab } = kernelspecs.streamcell;
      await run('buildah', inside('test', '-e', join(lab, '../../labextensions/@streamcell/lab/package.json')));
    });
    await check('the notebooks have no outputs', async () => {
      for (const name of readdirSync(join(root, 'notebooks')).filter((file) => file.endsWith('.ipynb'))) {
        const { cells } = JSON.parse(await run('buildah', inside('cat', name)));
        if (cells.some((cell) => (cell.outputs ?? []).length > 0)) throw new Error(`${name} has outputs`);
      }
    });
    await check('the quickstart runs', async () => {
      await run(
        'buildah',
        inside('streamcell', 'execute', '01-quickstart.ipynb', '--output', '/tmp/out.ipynb', '--timeout', '300'),
      );
      const { cells } = JSON.parse(await run('buildah', inside('cat', '/tmp/out.ipynb')));
      const views = cells
        .flatMap((cell) => cell.outputs ?? [])
        .map((output) => output.data?.['application/vnd.streamcell.view+json'])
        .filter((view) => view !== undefined);
      if (views.length < 2 || views.some((view) => view.snapshot.length === 0)) throw new Error('a result is empty');
      return `${views.length} results`;
    });
    await check('JupyterLab answers', async () => {
      const server = spawn('buildah', inside('jupyter', 'lab', '--ip=127.0.0.1', `--port=${PORT}`, '--no-browser'), {
        cwd: root,
        env: { ...env },
        stdio: 'ignore',
      });
      try {
        for (let tries = 0; tries < 600; tries++) {
          if (await answers(`http://127.0.0.1:${PORT}/lab`)) return;
          await sleep(100);
        }
        throw new Error('no answer in 60 s');
      } finally {
        await run('buildah', inside('jupyter', 'server', 'stop', String(PORT))).catch(() => undefined);
        server.kill('SIGTERM');
      }
    });
  } finally {
    await run('buildah', ['rm', container]);
  }
}

function answers(url) {
  return new Promise((resolve) => {
    // Without its token it sends to the login.
    get(url, (response) => resolve([200, 302].includes(response.resume().statusCode))).on('error', () =>
      resolve(false),
    );
  });
}

process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(failed === 0 ? 0 : 1);
