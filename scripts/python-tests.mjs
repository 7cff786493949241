// Tests of the Python package against the wheel as users install it, with real kernels and a real runtime: `npm run test:python [-- pytest's arguments]`.
import { ensureInstalled, ensurePython, ensureWheelInstalled, python, run } from './set-up.mjs';

const [pip] = await Promise.all([ensurePython('requirements-dev.txt'), ensureInstalled()]);
const { wheel } = await import('./wheel.mjs');
await ensureWheelInstalled(pip, await wheel());
process.exit(await run(python(), ['-m', 'pytest', '-q', ...process.argv.slice(2)]));
