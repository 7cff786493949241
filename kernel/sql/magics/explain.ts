import { nearestNames } from '@streamcell/runtime/types/nearest-names';
import { bindParameters } from '@streamcell/runtime/session/parameters';
import type { ExplainStage } from '@streamcell/runtime/session/session';
import { StreamcellError } from '@streamcell/runtime/types/index';
import { moved } from '../cell-failure.js';
import { prepareSql } from '../cell-values.js';
import { Interrupted, interruptible } from '../interruption.js';
import { textOutput } from '@streamcell/runtime/session/statement-output';
import type { Magic, MagicCall } from './magic.js';

const STAGES: readonly ExplainStage[] = ['ast', 'logical', 'optimized', 'physical', 'changelog'];

/** `%explain`: the plan of a statement. */
export const explain: Magic = {
  name: 'explain',
  aliases: [],
  usage: 'explain [--stage STAGE] SQL',
  summary: `The plan of a statement, without running it; STAGE is ${STAGES.join(', ')} (physical by default).`,
  help: 'The statement may begin on the next line. %%explain is the same.',
  takesBody: true,
  words: ['--stage', ...STAGES],
  run,
};

async function run({ cell, arguments: span, around, output, signal }: MagicCall): Promise<void> {
  const text = cell.slice(span.start, span.end);
  const [head, name] = /^\s*--stage(?:=|[ \t]+)(\S*)/.exec(text) ?? [''];
  const stage = name === undefined ? 'physical' : stageNamed(name, span.start + head.length - name.length);
  const [wrong] = /^\s*--[A-Za-z]\S*/.exec(head === '' ? text : '') ?? [];
  if (wrong !== undefined) {
    const start = span.start + wrong.length - wrong.trimStart().length;
    throw new StreamcellError('MAGIC_INVALID', `There is no option ${wrong.trim()}.`, {
      span: { start, end: span.start + wrong.length },
      hint: 'Did you mean --stage?',
    });
  }
  const offset = span.start + head.length;
  const sql = text.slice(head.length);
  if (sql.trim() === '')
    throw new StreamcellError('MAGIC_INVALID', 'A statement is missing.', { span, hint: `%${explain.usage}` });
  try {
    const prepared = await interruptible(prepareSql(sql, {}, around.variables), signal);
    if (prepared === 'interrupted') throw new Interrupted();
    const bound = bindParameters(prepared.text, prepared.parameters);
    try {
      output.display(textOutput(await around.sessions.current.explain(bound.text, stage)));
    } catch (thrown) {
      const error = StreamcellError.from(thrown);
      if (error.span === undefined) throw error;
      const place = prepared.original(bound.original(error.span));
      throw new StreamcellError(error.code, error.message, { ...error.toData(), span: place, cause: error });
    }
  } catch (thrown) {
    throw thrown instanceof Interrupted ? thrown : moved(thrown, offset);
  }
}

function stageNamed(name: string, start: number): ExplainStage {
  const stage = STAGES.find((s) => s === name.toLowerCase());
  if (stage !== undefined) return stage;
  const near = nearestNames(name, STAGES);
  throw new StreamcellError('MAGIC_INVALID', `There is no stage '${name}'.`, {
    span: { start, end: start + name.length },
    hint: near.length > 0 ? `Did you mean ${near.join(' or ')}?` : `Stages: ${STAGES.join(', ')}.`,
  });
}
