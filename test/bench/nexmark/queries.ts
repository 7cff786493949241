import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryRoot } from '../../cluster/cache.js';

export interface Query {
  readonly name: string;
  /** Statements before the INSERT: the sink, and views. */
  readonly setup: string;
  readonly insert: string;
  /** What the INSERT selects. */
  readonly select: string;
  /** Upsert key of results that Flink sends as upserts. */
  readonly key: readonly string[] | undefined;
  /** False where the result depends on when the query runs. */
  readonly determined: boolean;
}

/** q6 is not here: Flink 2.3 cannot plan it. */
export const QUERY_NAMES = [0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22].map(
  (n) => `q${n}`,
);

const folder = (): string => join(repositoryRoot(), 'test', 'bench', 'nexmark', 'queries');

/** The tables over the event files of a directory. */
export async function tables(directory: string): Promise<string> {
  return (await readFile(join(folder(), '_tables.sql'), 'utf8')).replaceAll('${dir}', directory);
}

export async function readQuery(name: string): Promise<Query> {
  const text = await readFile(join(folder(), `${name}.sql`), 'utf8');
  const at = text.indexOf('INSERT INTO');
  const insert = text.slice(at).trim().replace(/;$/, '');
  const header = (what: string): string | undefined => new RegExp(`^-- ${what}: (.*)$`, 'm').exec(text)?.[1];
  return {
    name,
    setup: text.slice(0, at),
    insert,
    select: insert.replace(/^INSERT INTO \w+\s+/, ''),
    key: header('key')
      ?.split(',')
      .map((column) => column.trim()),
    determined: header('compare') !== 'nothing',
  };
}
