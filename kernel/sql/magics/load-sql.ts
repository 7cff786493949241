import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { StreamcellError } from '@streamcell/runtime/types/index';
import type { CellFailure } from '../../host.js';
import { NO_OPTIONS } from '../cell-options.js';
import { parseMagicLine, type Word } from '../magic-line.js';
import { runSql } from '../sql-runner.js';
import { FailedElsewhere, type Magic, type MagicCall } from './magic.js';

/** `%load_sql`: a script out of a file, as if it stood in a cell; errors point into the file. */
export const loadSql: Magic = {
  name: 'load_sql',
  aliases: ['flink_execute_sql_file'],
  usage: 'load_sql FILE',
  summary: 'Runs the SQL statements of a file; relative paths begin at the notebook.',
  help: '',
  takesBody: false,
  words: [],
  run,
};

async function run({ cell, arguments: span, around, output, signal }: MagicCall): Promise<void> {
  const words = parseMagicLine(cell, span, []).arguments;
  if (words.length !== 1) {
    throw new StreamcellError('MAGIC_INVALID', words.length === 0 ? 'A file is missing.' : 'One file is expected.', {
      span: words[1]?.span ?? span,
      hint: `%${loadSql.usage}`,
    });
  }
  const [file] = words;
  const text = await textOf(file);
  const result = await runSql(around, { cell: text, sql: text, offset: 0 }, NO_OPTIONS, { output, signal });
  if (!result.ok) throw new FailedElsewhere(inFile(result.failure, file.text));
}

async function textOf(file: Word): Promise<string> {
  try {
    return (await readFile(resolve(file.text), 'utf8')).replace(/^\ufeff/, '');
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'ENOENT')
      throw new StreamcellError('FILE_NOT_FOUND', `There is no file ${file.text}.`, { span: file.span });
    const why = code === 'EISDIR' ? 'it is a directory' : thrown instanceof Error ? thrown.message : String(thrown);
    throw new StreamcellError('FILE_ACCESS', `${file.text} cannot be read: ${why}.`, { span: file.span });
  }
}

function inFile(failure: CellFailure, file: string): CellFailure {
  const [first, ...rest] = failure.traceback;
  return { ...failure, message: `${file}:${failure.message}`, traceback: [`${file}:${first}`, ...rest] };
}
