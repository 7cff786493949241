import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { repositoryRoot } from '../cluster/cache.js';

/**
 * What of a case is determined, and so recorded and compared.
 * changelog: the changes in their order. changes: the changes, in any order (several keys fire at once, or two inputs race).
 * materialized: only the table that the changes fold into.
 */
export type Comparison = 'changelog' | 'changes' | 'materialized';

/**
 * One of our own cases: a script whose last statement is the one looked at. The same text runs on Flink and on the engine; its inputs
 * are files beside it in the text (`-- file: name`, then one `-- ` line per row), written to the directory that `${dir}` stands for.
 */
export interface Case {
  /** topic/name */
  readonly name: string;
  readonly path: string;
  readonly comparison: Comparison;
  /** Upsert key by column names, for results that Flink sends as upserts. */
  readonly key: readonly string[] | undefined;
  readonly files: ReadonlyMap<string, string>;
  readonly script: string;
}

export function casesDirectory(): string {
  return join(repositoryRoot(), 'test', 'conformance', 'cases');
}

export async function readCases(): Promise<Case[]> {
  const root = casesDirectory();
  const cases: Case[] = [];
  for (const topic of (await readdir(root)).sort()) {
    const directory = join(root, topic);
    const setup = join(directory, '_tables.sql');
    const prefix = existsSync(setup) ? await readFile(setup, 'utf8') : '';
    for (const file of (await readdir(directory)).sort()) {
      if (!file.endsWith('.sql') || file.startsWith('_')) continue;
      cases.push(parseCase(join(directory, file), prefix, await readFile(join(directory, file), 'utf8')));
    }
  }
  return cases;
}

export function goldenPath(of: Case): string {
  return of.path.replace(/\.sql$/, '.json');
}

/** @throws Error for a header that says nothing known, so that a typing mistake does not silently change what is compared. */
export function parseCase(path: string, prefix: string, text: string): Case {
  const name = `${basename(dirname(path))}/${basename(path, '.sql')}`;
  const files = new Map<string, string>();
  let comparison: Comparison = 'changelog';
  let key: string[] | undefined;
  let file: string | undefined;
  const script: string[] = [];
  for (const line of `${prefix}\n${text}`.split('\n')) {
    const header = /^-- (file|compare|key): (.*)$/.exec(line);
    if (header?.[1] === 'file') {
      file = (header[2] ?? '').trim();
      files.set(file, '');
    } else if (header?.[1] === 'compare') {
      comparison = header[2] as Comparison;
      if (!['changelog', 'changes', 'materialized'].includes(comparison))
        throw new Error(`${name}: compare: ${comparison}?`);
    } else if (header?.[1] === 'key') {
      key = (header[2] ?? '').split(',').map((column) => column.trim());
    } else if (file !== undefined && line.startsWith('-- ')) {
      files.set(file, `${files.get(file) ?? ''}${line.slice(3)}\n`);
    } else {
      file = undefined;
      script.push(line);
    }
  }
  return { name, path, comparison, key, files, script: script.join('\n') };
}

/** Writes the inputs of a case below `directory`. @returns the script with its paths. */
export async function layOut(of: Case, directory: string): Promise<string> {
  const home = join(directory, of.name);
  await mkdir(home, { recursive: true });
  for (const [name, content] of of.files) await writeFile(join(home, name), content);
  return of.script.replaceAll('${dir}', home);
}
