import { readdirSync, statSync, type Stats } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StreamcellError } from '../types/index.js';

export interface FoundFile {
  readonly path: string;
  readonly size: number;
  /** Epoch ms. */
  readonly modified: number;
}

/** The local path of a `path` option. @throws StreamcellError OPTION_UNSUPPORTED for other file systems. */
export function localPath(text: string): string {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1].toLowerCase();
  if (scheme === undefined) return resolve(text);
  if (scheme !== 'file') {
    throw new StreamcellError(
      'OPTION_UNSUPPORTED',
      `The filesystem connector reads local files only, not '${scheme}:' paths.`,
    );
  }
  // file:/a, file:///a and file:a are all in use.
  const path = text.slice('file:'.length).replace(/^\/{2,}/, '/');
  return resolve(text.startsWith('file:///') && !/[#?]/.test(text) ? fileURLToPath(text) : path);
}

/** Files at or below a path in order of their names, without hidden ones (leading `.` or `_`), as Flink enumerates them. */
export function listFiles(root: string, pattern: RegExp | null): FoundFile[] {
  const files: FoundFile[] = [];
  const add = (path: string, stats: Stats): void => {
    if (pattern === null || pattern.test(path))
      files.push({ path, size: stats.size, modified: Math.floor(stats.mtimeMs) });
  };
  const visit = (directory: string): void => {
    const entries = readdirSync(directory, { withFileTypes: true });
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      if (entry.name.startsWith('.') || entry.name.startsWith('_')) continue;
      const path = join(directory, entry.name);
      const stats = statSync(path, { throwIfNoEntry: false });
      // A file may vanish between listing and looking: then it is not there.
      if (stats === undefined) continue;
      if (stats.isDirectory()) visit(path);
      else add(path, stats);
    }
  };
  try {
    const stats = statSync(root);
    if (stats.isDirectory()) visit(root);
    else add(root, stats);
  } catch (error) {
    throw fileError(error, root);
  }
  return files;
}

/** What the operating system says of a file, in our words. */
export function fileError(error: unknown, path: string): StreamcellError {
  if (error instanceof StreamcellError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
      return new StreamcellError('FILE_NOT_FOUND', `File ${path} does not exist.`, { cause: error });
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return new StreamcellError('DISK_FULL', `No space is left to write ${path}.`, { cause: error });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new StreamcellError('FILE_ACCESS', `Access to ${path} is denied.`, { cause: error });
    default:
      return new StreamcellError('FILE_ACCESS', `${path}: ${message}`, { cause: error });
  }
}
