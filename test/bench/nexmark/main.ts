import { StreamcellError } from '@streamcell/runtime/types/index';
import { EngineSide } from './engine-side.js';
import { eventFiles } from './events.js';
import { FlinkSide, type FlinkTiming } from './flink-side.js';
import { QUERY_NAMES, readQuery } from './queries.js';

const USAGE = `bench nexmark [--events N] [--queries q0,q1] [--seed N] [--parallelism N] [--rounds N] [--compare N] [--engine-only]
  --events       events of all three kinds together (default 2000000)
  --rounds       times each query is run on either side; the best counts (default 1)
  --compare      events of the smaller run whose results are compared, few enough for one split a file, or ties would
                 be decided by the readers' race; 0 for none (default 100000)
  --engine-only  times the engine alone`;

interface Options {
  events: number;
  queries: readonly string[];
  seed: number;
  parallelism: number;
  rounds: number;
  flink: boolean;
  compare: number;
}

function parse(args: readonly string[]): Options {
  const options: Options = {
    events: 2_000_000,
    queries: QUERY_NAMES,
    seed: 1,
    parallelism: 2,
    rounds: 1,
    flink: true,
    compare: 100_000,
  };
  const words = args[Symbol.iterator]();
  const value = (): string => String(words.next().value);
  for (const word of words) {
    if (word === '--events') options.events = Number(value());
    else if (word === '--queries') options.queries = value().split(',');
    else if (word === '--seed') options.seed = Number(value());
    else if (word === '--parallelism') options.parallelism = Number(value());
    else if (word === '--rounds') options.rounds = Number(value());
    else if (word === '--engine-only') options.flink = false;
    else if (word === '--compare') options.compare = Number(value());
    else throw new Error(`${word}?\n${USAGE}`);
  }
  const unknown = options.queries.find((name) => !QUERY_NAMES.includes(name));
  if (unknown !== undefined) throw new Error(`no query ${unknown}; there are ${QUERY_NAMES.join(', ')}`);
  return options;
}

const rate = (events: number, millis: number): string => `${Math.round(events / millis)}k/s`.padStart(9);

/** Both engines on the same files, in turn, in one run. */
export async function run(args: readonly string[]): Promise<void> {
  const options = parse(args);
  const directory = await eventFiles(options.events, options.seed);
  const engine = new EngineSide(directory, options.parallelism);
  const smaller = options.compare > 0 && options.flink ? await eventFiles(options.compare, options.seed) : undefined;
  const flink = options.flink ? new FlinkSide(directory) : undefined;
  const ratios: number[] = [];
  const bad: string[] = [];
  try {
    await flink?.start();
    console.log(`${options.events} events, seed ${options.seed}, JSON lines read from files, results into blackhole.`);
    console.log(
      `Engine: in this process, warm session, parallelism ${options.parallelism}, wall time from execute to done.`,
    );
    if (flink)
      console.log(
        'Flink 2.3: parallelism 2, better of default and mini-batch, time of the job from RUNNING to FINISHED.',
      );
    if (smaller !== undefined)
      console.log(`Results are compared over ${options.compare} events of the same seed, materialised.`);
    // One unmeasured run on either side: code is compiled, files are in the page cache.
    const warm = await readQuery('q0');
    await engine.time(warm);
    await flink?.time(warm);
    console.log('\nquery     engine     Flink  (mode)       ratio  results');
    for (const name of options.queries) {
      const query = await readQuery(name);
      try {
        let ours = Infinity;
        let theirs: FlinkTiming | undefined;
        for (let round = 0; round < options.rounds; round++) {
          ours = Math.min(ours, await engine.time(query));
          const timing = await flink?.time(query);
          if (timing && (theirs === undefined || timing.millis < theirs.millis)) theirs = timing;
        }
        let line = `${name.padEnd(5)} ${rate(options.events, ours)}`;
        if (flink && theirs) {
          const ratio = theirs.millis / ours;
          ratios.push(ratio);
          line += ` ${rate(options.events, theirs.millis)}  ${`(${theirs.mode})`.padEnd(12)} ${ratio.toFixed(1).padStart(4)}x`;
          if (smaller !== undefined && query.determined) {
            const [mine, yours] = [await engine.result(query, smaller), await flink.result(query, smaller)];
            const equal = mine.hash === yours.hash && mine.rows === yours.rows;
            if (!equal) bad.push(name);
            line += equal
              ? `  equal (${mine.rows} rows)`
              : `  DIFFERENT (engine ${mine.rows} rows, Flink ${yours.rows})`;
          } else if (!query.determined) line += '  not determined';
        }
        console.log(line);
      } catch (error) {
        if (!(error instanceof StreamcellError)) throw error;
        bad.push(name);
        console.log(`${name.padEnd(5)} ${error.code}: ${error.message}`);
      }
    }
    if (ratios.length > 0) {
      const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
      console.log(
        `\ngeometric mean ${mean.toFixed(2)}x, lowest ${Math.min(...ratios).toFixed(2)}x, over ${ratios.length} queries`,
      );
    }
  } finally {
    await flink?.stop();
  }
  if (bad.length > 0) {
    console.log(`failed or different: ${bad.join(', ')}`);
    process.exitCode = 1;
  }
}
