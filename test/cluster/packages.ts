import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { filledOnce } from './cache.js';
import { runProgram } from './child-process.js';

export const FLINK_VERSION = '2.3.0';
export const KAFKA_VERSION = '4.2.0';
export const KAFKA_CONNECTOR = 'org.apache.flink:flink-sql-connector-kafka:5.0.0-2.2';

export interface MavenDependency {
  readonly coordinate: string;
  /** `tests` for a jar of tests. */
  readonly classifier?: string;
}

/** Copies single artifacts (group:name:version), without what they depend on, into a directory. */
export async function copyArtifacts(coordinates: readonly string[], directory: string): Promise<void> {
  for (const coordinate of coordinates) {
    await runProgram('mvn', [
      '-q',
      '-B',
      'dependency:copy',
      `-Dartifact=${coordinate}`,
      `-DoutputDirectory=${directory}`,
    ]);
  }
}

/** Copies artifacts and everything they need at run time into `directory/lib`. */
export async function copyWithDependencies(dependencies: readonly MavenDependency[], directory: string): Promise<void> {
  const listed = dependencies.map(({ coordinate, classifier }) => {
    const [group, name, version] = coordinate.split(':');
    const kind = classifier === undefined ? '' : `<classifier>${classifier}</classifier>`;
    return `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version>${kind}</dependency>`;
  });
  const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>streamcell</groupId><artifactId>test-jars</artifactId><version>1</version>
<dependencies>${listed.join('\n')}</dependencies></project>`;
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'pom.xml'), pom);
  await runProgram(
    'mvn',
    ['-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=lib', '-DincludeScope=runtime'],
    directory,
  );
}

async function python(): Promise<string> {
  for (const name of ['python3', 'python']) {
    if (
      await runProgram(name, ['-m', 'pip', '--version']).then(
        () => true,
        () => false,
      )
    )
      return name;
  }
  throw new Error('Python 3 with pip is needed to fetch Flink, and was not found on the PATH');
}

/** The Flink distribution (lib, opt, plugins) with SQL Gateway and Kafka connector: about 330 MB, from the PyPI package that carries it. */
export function flinkDistribution(): Promise<string> {
  return filledOnce(`flink-${FLINK_VERSION}`, async (directory) => {
    const interpreter = await python();
    await runProgram(interpreter, [
      '-m',
      'pip',
      'download',
      '-q',
      '--no-deps',
      `apache-flink-libraries==${FLINK_VERSION}`,
      '-d',
      directory,
    ]);
    const wheel = (await readdir(directory)).find((name) => name.endsWith('.whl'));
    if (wheel === undefined) throw new Error(`apache-flink-libraries ${FLINK_VERSION} has no wheel`);
    await runProgram(interpreter, ['-m', 'zipfile', '-e', join(directory, wheel), directory]);
    await rm(join(directory, wheel));
    const lib = join(directory, 'pyflink', 'lib');
    const opt = join(directory, 'pyflink', 'opt');
    if (!existsSync(join(opt, `flink-sql-gateway-${FLINK_VERSION}.jar`)))
      await copyArtifacts([`org.apache.flink:flink-sql-gateway:${FLINK_VERSION}`], opt);
    await copyArtifacts([KAFKA_CONNECTOR], lib);
  });
}

export function kafkaDistribution(): Promise<string> {
  return filledOnce(`kafka-${KAFKA_VERSION}`, (directory) =>
    copyWithDependencies(
      [
        { coordinate: `org.apache.kafka:kafka_2.13:${KAFKA_VERSION}` },
        { coordinate: `org.apache.kafka:kafka-tools:${KAFKA_VERSION}` },
      ],
      directory,
    ),
  );
}
