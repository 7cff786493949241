// The test entry points: `npm test` (everything that needs no server), `npm run test:fast` (the unit tests alone, for every save),
// `npm run test:cluster` (real Flink and real Kafka), `npm run test:browser` (real JupyterLab in real Chromium). Closes with the plain line `N passed, N failed`.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt, ensureLab, ensurePython, ensureWheelInstalled, python, run } from './set-up.mjs';

const suite = process.argv[2] ?? 'all';
const extra = process.argv.slice(3);
const totals = { passed: 0, failed: 0 };

async function check(name, command, args) {
  process.stderr.write(`\n== ${name}\n`);
  const code = await run(command, args);
  if (code === 0) totals.passed++;
  else {
    totals.failed++;
    process.stderr.write(`== ${name}: failed (exit code ${code})\n`);
  }
}

async function jest(name, args) {
  process.stderr.write(`\n== ${name}\n`);
  const folder = mkdtempSync(join(tmpdir(), 'streamcell-test-'));
  const report = join(folder, 'report.json');
  try {
    const code = await run(
      process.execPath,
      [
        '--experimental-vm-modules',
        '--no-warnings',
        'node_modules/jest/bin/jest.js',
        '--json',
        `--outputFile=${report}`,
        ...args,
        ...extra,
      ],
      { stdio: ['inherit', 'ignore', 'inherit'] },
    );
    const result = JSON.parse(readFileSync(report, 'utf8'));
    totals.passed += result.numPassedTests;
    // A file that does not even load counts as one failure, and so does a run that found no test at all.
    totals.failed += result.numFailedTests + result.numRuntimeErrorTestSuites;
    if (result.numTotalTests === 0 || (code !== 0 && result.numFailedTests + result.numRuntimeErrorTestSuites === 0))
      totals.failed++;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** JupyterLab, the kernels and the Python package as users have them: from the wheel, in the checkout's own environment. */
async function installWheel() {
  const pip = await ensurePython('requirements-dev.txt');
  await ensureLab();
  const { wheel } = await import('./wheel.mjs');
  await ensureWheelInstalled(pip, await wheel());
}

/** Runs pytest and counts what its report says. */
async function pytest(name, paths) {
  process.stderr.write(`\n== ${name}\n`);
  const folder = mkdtempSync(join(tmpdir(), 'streamcell-test-'));
  const report = join(folder, 'report.xml');
  try {
    const code = await run(python(), ['-m', 'pytest', '-q', `--junitxml=${report}`, ...paths]);
    const suites = existsSync(report) ? readFileSync(report, 'utf8').match(/<testsuite [^>]*>/)?.[0] : undefined;
    const count = (key) => Number(suites?.match(new RegExp(` ${key}="(\\d+)"`))?.[1] ?? 0);
    const failed = count('failures') + count('errors') + count('skipped');
    totals.passed += count('tests') - failed;
    totals.failed += failed;
    // Broken before it could count, or nothing found.
    if (count('tests') === 0 || (code !== 0 && failed === 0)) totals.failed++;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await ensureBuilt();
switch (suite) {
  case 'all':
    await check('lint: eslint', 'npx', ['eslint', '.']);
    await check('lint: import arrows', 'npx', [
      'depcruise',
      '--config',
      '.dependency-cruiser.cjs',
      'runtime',
      'kernel',
      'extension/lab',
    ]);
    await check('format', 'npx', ['prettier', '--check', '--log-level', 'warn', '.']);
    await installWheel();
    await check('lint: ruff', python(), ['-m', 'ruff', 'check', 'extension/ipython', 'test/kernel']);
    await check('types', 'npx', ['tsc', '-b']);
    await jest('unit tests, laws, goldens', []);
    await pytest('kernels and Python package', ['test/kernel', 'extension/ipython/tests']);
    break;
  case 'fast':
    await jest('unit tests', ['--testPathIgnorePatterns', 'test/dist/']);
    break;
  case 'cluster':
    await jest('real Flink and Kafka', ['--config', 'jest.cluster.config.js', '--runInBand']);
    await check('conformance', 'npm', ['run', '--silent', 'conformance']);
    break;
  case 'browser':
    await installWheel();
    await jest('JupyterLab in Chromium', ['--config', 'jest.browser.config.js', '--runInBand']);
    break;
  default:
    process.stderr.write(`unknown suite ${suite}: all, fast, cluster or browser\n`);
    process.exit(2);
}
process.stdout.write(`${totals.passed} passed, ${totals.failed} failed\n`);
process.exit(totals.failed === 0 ? 0 : 1);
