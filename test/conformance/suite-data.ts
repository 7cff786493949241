import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { filledOnce, repositoryRoot } from '../cluster/cache.js';
import { runProgram } from '../cluster/child-process.js';
import { type ExactJson, parseExactJson } from '../cluster/exact-json.js';
import { FLINK_VERSION, type MavenDependency, copyWithDependencies } from '../cluster/packages.js';

export type SuiteFile = 'programs' | 'functions' | 'scalars' | 'aggregates' | 'planner';

const flink = (name: string, classifier?: string): MavenDependency => ({
  coordinate: `org.apache.flink:${name}:${FLINK_VERSION}`,
  classifier,
});
const TEST_JARS = [
  'flink-table-planner_2.12',
  'flink-table-api-java',
  'flink-table-common',
  'flink-table-runtime',
  'flink-core',
  'flink-runtime',
];
const JARS = [
  'flink-table-planner_2.12',
  'flink-table-runtime',
  'flink-table-test-utils',
  'flink-test-utils',
  'flink-clients',
  'flink-json',
  'flink-csv',
  'flink-cep',
  'flink-connector-files',
];
const OTHERS: readonly MavenDependency[] = [
  { coordinate: 'org.junit.jupiter:junit-jupiter:5.11.4' },
  { coordinate: 'org.assertj:assertj-core:3.27.3' },
  { coordinate: 'org.apache.logging.log4j:log4j-slf4j-impl:2.24.3' },
];

/**
 * Flink's own published tests as JSON lines, read out of its Maven test jars by the Java program in `suite/`. Fetched and read once; a
 * changed program is run again.
 * @returns the directory with one `.jsonl` file per suite.
 */
export async function flinkSuite(): Promise<string> {
  const sources = join(repositoryRoot(), 'test', 'conformance', 'suite');
  const files = (await readdir(sources)).filter((name) => name.endsWith('.java')).sort();
  const hash = createHash('sha256');
  for (const name of files) hash.update(await readFile(join(sources, name)));
  const jars = join(
    await filledOnce(`flink-suite-jars-${FLINK_VERSION}`, (directory) =>
      copyWithDependencies(
        [...JARS.map((name) => flink(name)), ...TEST_JARS.map((name) => flink(name, 'tests')), ...OTHERS],
        directory,
      ),
    ),
    'lib',
  );
  return filledOnce(`flink-suite-${FLINK_VERSION}-${hash.digest('hex').slice(0, 12)}`, async (directory) => {
    // The loader brings a second, hidden planner; the tests need the visible one.
    const names = (await readdir(jars)).filter(
      (name) => name.endsWith('.jar') && !name.startsWith('flink-table-planner-loader'),
    );
    const classPath = names.map((name) => join(jars, name)).join(delimiter);
    const classes = join(directory, 'classes');
    await mkdir(classes);
    await runProgram('javac', [
      '-nowarn',
      '-cp',
      classPath,
      '-d',
      classes,
      ...files.map((name) => join(sources, name)),
    ]);
    const planner = `flink-table-planner_2.12-${FLINK_VERSION}-tests.jar`;
    const tests = [planner, ...names.filter((name) => name.endsWith('-tests.jar') && name !== planner)];
    const opened = ['lang', 'util'].map((name) => `--add-opens=java.base/java.${name}=ALL-UNNAMED`);
    const args = [
      '-Xmx1g',
      ...opened,
      '-cp',
      `${classes}${delimiter}${classPath}`,
      'suite.SuiteDump',
      directory,
      ...tests.map((name) => join(jars, name)),
    ];
    await runProgram('java', args);
  });
}

/** The lines of one suite, numbers with their text. */
export async function* suiteLines(directory: string, suite: SuiteFile): AsyncGenerator<ExactJson> {
  const lines = createInterface({ input: createReadStream(join(directory, `${suite}.jsonl`)), crlfDelay: Infinity });
  for await (const line of lines) yield parseExactJson(line);
}
