import type { JobInfo } from '@streamcell/runtime/session/session';
import {
  BIGINT,
  INSERT,
  STRING,
  StreamcellError,
  type ChangelogRow,
  type Schema,
} from '@streamcell/runtime/types/index';
import { parseMagicLine, type Word } from '../magic-line.js';
import { quietLine, smallTable } from '@streamcell/runtime/session/statement-output';
import type { Magic, MagicCall } from './magic.js';

const COLUMNS: Schema = [
  { name: 'id', type: STRING() },
  { name: 'name', type: STRING() },
  { name: 'state', type: STRING() },
  { name: 'since', type: STRING() },
  { name: 'rows', type: BIGINT() },
];
/** Characters of a job's name in the table. */
const NAME = 60;

/** `%jobs`: what runs, and stopping it. */
export const jobs: Magic = {
  name: 'jobs',
  aliases: [],
  usage: 'jobs [stop ID]',
  summary: 'Lists the jobs of the session, or stops one; ID may be the beginning of an id, or `all`.',
  help: '',
  takesBody: false,
  words: ['stop'],
  run,
};

async function run({ cell, arguments: span, around, output }: MagicCall): Promise<void> {
  const words = parseMagicLine(cell, span, []).arguments;
  const session = around.sessions.current;
  const known = await session.jobs();
  if (words.length === 0) {
    output.display(known.length === 0 ? quietLine(['no jobs']) : smallTable(COLUMNS, known.map(row), 'UTC'));
    return;
  }
  const [verb, id] = words;
  if (verb.text !== 'stop' || words.length > 2) {
    throw new StreamcellError('MAGIC_INVALID', `%jobs does not understand '${(words[2] ?? verb).text}'.`, {
      span: (words[2] ?? verb).span,
      hint: `%${jobs.usage}`,
    });
  }
  if (id === undefined)
    throw new StreamcellError('MAGIC_INVALID', 'Which job?', { span: verb.span, hint: '%jobs lists them.' });
  const wanted = chosen(id, known);
  if (wanted.length === 0) output.display(quietLine(['no job is running']));
  for (const job of wanted) {
    await session.stopJob(job.id);
    await around.pending.stopped(job.id);
    output.display(quietLine(['stopped', short(job.name), `job ${job.id}`]));
  }
}

function chosen(id: Word, known: readonly JobInfo[]): readonly JobInfo[] {
  const running = known.filter((j) => j.endedAt === null);
  if (id.text === 'all') return running;
  const found = known.filter((j) => j.id === id.text || j.id.startsWith(id.text.toLowerCase()));
  if (found.length === 1) return found;
  if (found.length > 1)
    throw new StreamcellError('MAGIC_INVALID', `${found.length} jobs begin with '${id.text}'.`, { span: id.span });
  throw new StreamcellError('JOB_NOT_FOUND', `There is no job '${id.text}'.`, {
    span: id.span,
    hint: running.length === 0 ? 'No job is running.' : `Running: ${running.map((j) => j.id.slice(0, 8)).join(', ')}.`,
  });
}

function row(job: JobInfo): ChangelogRow {
  const since = new Date(job.startedAt).toISOString().replace('T', ' ').slice(0, 19);
  const rows = job.operators.at(-1)?.rowsIn;
  return {
    kind: INSERT,
    fields: [job.id, short(job.name), job.state, `${since} UTC`, rows === undefined ? null : BigInt(rows)],
  };
}

function short(name: string): string {
  return name.length > NAME ? `${name.slice(0, NAME - 1)}…` : name;
}
