import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryRoot } from '../cluster/cache.js';
import { judgeAggregates } from './judge-aggregates.js';
import { judgeCases } from './judge-cases.js';
import { judgeExpressions } from './judge-expressions.js';
import { judgePlanner } from './judge-planner.js';
import { judgePrograms } from './judge-programs.js';
import { flinkSuite } from './suite-data.js';
import type { Verdict } from './verdict.js';

type Wanted = (name: string) => boolean;

const SUITES: Readonly<Record<string, (wanted: Wanted) => AsyncGenerator<Verdict>>> = {
  programs: async function* (wanted) {
    yield* judgePrograms(await flinkSuite(), wanted);
  },
  functions: async function* (wanted) {
    yield* judgeExpressions(await flinkSuite(), 'functions', wanted);
  },
  scalars: async function* (wanted) {
    yield* judgeExpressions(await flinkSuite(), 'scalars', wanted);
  },
  aggregates: async function* (wanted) {
    yield* judgeAggregates(await flinkSuite(), wanted);
  },
  planner: async function* (wanted) {
    yield* judgePlanner(await flinkSuite(), wanted);
  },
  cases: judgeCases,
};

const USAGE = `conformance [--suite NAME]... [--only TEXT] [--json] [--list right|refused|wrong] [--write]
  suites: ${Object.keys(SUITES).join(', ')}
  --only TEXT  items whose name contains TEXT
  --write      writes the figures to test/README.md`;

interface Arguments {
  suites: string[];
  only: string;
  json: boolean;
  list: string | undefined;
  write: boolean;
}

function parse(argv: readonly string[]): Arguments {
  const result: Arguments = { suites: [], only: '', json: false, list: undefined, write: false };
  const words = argv[Symbol.iterator]();
  for (const word of words) {
    if (word === '--json') result.json = true;
    else if (word === '--write') result.write = true;
    else if (word === '--suite') result.suites.push(String(words.next().value));
    else if (word === '--only') result.only = String(words.next().value);
    else if (word === '--list') result.list = String(words.next().value);
    else throw new Error(`${word}?\n${USAGE}`);
  }
  const unknown = result.suites.find((name) => SUITES[name] === undefined);
  if (unknown !== undefined) throw new Error(`no suite ${unknown}\n${USAGE}`);
  if (result.suites.length === 0) result.suites = Object.keys(SUITES);
  return result;
}

interface Count {
  readonly name: string;
  total: number;
  right: number;
  refused: number;
  wrong: number;
}

async function writeFigures(counts: readonly Count[]): Promise<void> {
  const path = join(repositoryRoot(), 'test', 'README.md');
  const rows = counts.map(
    (count) => `| ${count.name} | ${count.total} | ${count.right} | ${count.refused} | ${count.wrong} |`,
  );
  const table = ['| suite | total | right | refused | wrong |', '| --- | --- | --- | --- | --- |', ...rows].join('\n');
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.replace(/(<!-- figures:[^>]*-->\n)[^]*?(<!-- end of figures -->)/, `$1\n${table}\n\n$2`));
}

async function main(): Promise<void> {
  const { suites, only, json, list, write } = parse(process.argv.slice(2));
  const counts: Count[] = [];
  for (const name of suites) {
    const count = { name, total: 0, right: 0, refused: 0, wrong: 0 };
    for await (const verdict of (SUITES[name] ?? judgeCases)((item) => item.includes(only))) {
      count.total++;
      count[verdict.verdict]++;
      if (verdict.verdict === list)
        console.error(
          `${name} ${verdict.verdict}: ${verdict.name}${verdict.detail === '' ? '' : `: ${verdict.detail}`}`,
        );
    }
    counts.push(count);
    if (!json) {
      const figures = [count.total, count.right, count.refused, count.wrong].map((n) => String(n).padStart(6));
      console.log(
        `${name.padEnd(12)} total ${figures[0]}  right ${figures[1]}  refused ${figures[2]}  wrong ${figures[3]}`,
      );
    }
  }
  if (write) await writeFigures(counts);
  if (json) console.log(JSON.stringify({ suites: counts }));
  process.exitCode = counts.some((count) => count.wrong > 0) ? 1 : 0;
}

await main();
