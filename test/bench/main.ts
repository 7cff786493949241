// `npm run bench -- NAME [ARGUMENTS]`: each benchmark is a folder here whose main.ts exports `run`.
const NAMES = ['nexmark', 'kafka', 'latency', 'state', 'browser', 'newcomer'];

const [name = '', ...rest] = process.argv.slice(2);
if (!NAMES.includes(name)) {
  console.error(`bench NAME, one of: ${NAMES.join(', ')}`);
  process.exitCode = 1;
} else {
  const benchmark = (await import(new URL(`./${name}/main.js`, import.meta.url).href)) as {
    run(args: readonly string[]): Promise<void>;
  };
  await benchmark.run(rest);
}
