import { nearestNames } from '@streamcell/runtime/types/nearest-names';
import { StreamcellError } from '@streamcell/runtime/types/index';
import { INTERRUPTED } from '../../failures.js';
import type { CellLanguage, CellRequest, CellResult, Completeness, CompletionReply, MimeBundle } from '../../host.js';
import { cellFailure } from '../cell-failure.js';
import { CELL_HELP, NO_OPTIONS } from '../cell-options.js';
import { completeness } from '../completeness.js';
import { completeCell, reply } from '../completion.js';
import { Interrupted } from '../interruption.js';
import { isSqlMagic } from '../sql-cell.js';
import { runSql, type SqlSurroundings } from '../sql-runner.js';
import { textOutput } from '@streamcell/runtime/session/statement-output';
import { catalog } from './catalog.js';
import { connect } from './connect.js';
import { explain } from './explain.js';
import { jobs } from './jobs.js';
import { loadSql } from './load-sql.js';
import { FailedElsewhere, magicHelp, type Magic } from './magic.js';

const LSMAGIC: Magic = {
  name: 'lsmagic',
  aliases: [],
  usage: 'lsmagic',
  summary: 'Lists the magics.',
  help: '',
  takesBody: false,
  words: [],
  run: async ({ output }) => output.display(textOutput(listing())),
};

const MAGICS: readonly Magic[] = [catalog, connect, explain, jobs, loadSql, LSMAGIC];
const CELL_MAGICS: readonly string[] = ['flinksql', 'ts'];
const LINE = /^([ \t]*)(%{1,2})([\w.]*)(\??)/;

function listing(): string {
  const cells = [
    ['%%flinksql', 'Runs SQL; also %%flink_execute_sql.'],
    ['%%ts', 'TypeScript, in a notebook of SQL.'],
  ];
  const rows = [...cells, ...MAGICS.map((m) => [`%${m.usage}`, m.summary])];
  const width = Math.max(...rows.map(([usage]) => usage.length)) + 2;
  return [
    ...rows.map(([usage, what]) => `${usage.padEnd(width)}${what}`),
    '',
    'A ? behind a name shows its help.',
  ].join('\n');
}

/** Cells that begin with a line magic: one or several of them, and in a SQL notebook then SQL. */
export class MagicLanguage implements CellLanguage {
  constructor(
    private readonly around: SqlSurroundings,
    private readonly sqlByDefault: boolean,
  ) {}

  takes(code: string): boolean {
    return /^\s*%/.test(code) && !isSqlMagic(code) && !/^\s*%%ts(?!\w)/.test(code);
  }

  async run(request: CellRequest): Promise<CellResult> {
    const { code } = request;
    const pages: string[] = [];
    try {
      let at = 0;
      while (at < code.length) {
        const newline = code.indexOf('\n', at);
        const end = newline < 0 ? code.length : newline;
        const line = code.slice(at, end);
        const [head, , marks, name, asks] = LINE.exec(line) ?? [];
        if (head !== undefined) {
          const start = at + head.length;
          const magic = magicNamed(name, marks, {
            start: start - name.length - asks.length - marks.length,
            end: start,
          });
          if (asks !== '') pages.push(magic === 'sql' ? CELL_HELP : magicHelp(magic));
          else if (magic === 'sql') throw notFirst(at, end);
          else {
            const span = { start, end: magic.takesBody ? code.length : end };
            await magic.run({ ...request, cell: code, arguments: span, around: this.around });
            if (magic.takesBody) break;
          }
        } else if (!/^\s*(?:$|--|\/\/|#)/.test(line)) {
          if (!this.sqlByDefault) throw notAlone(at, end);
          const result = await runSql(
            this.around,
            { cell: code, sql: code.slice(at), offset: at },
            NO_OPTIONS,
            request,
          );
          if (!result.ok) return result;
          break;
        }
        at = end + 1;
      }
    } catch (thrown) {
      if (thrown instanceof Interrupted) return { ok: false, failure: INTERRUPTED };
      if (thrown instanceof FailedElsewhere) return { ok: false, failure: thrown.failure };
      return { ok: false, failure: cellFailure(thrown, code) };
    }
    return pages.length === 0 ? { ok: true } : { ok: true, pager: pages.join('\n\n') };
  }

  async complete(code: string, offset: number): Promise<CompletionReply | null> {
    const lineStart = code.lastIndexOf('\n', offset - 1) + 1;
    const before = code.slice(lineStart, offset);
    const naming = /^\s*(%{1,2}[\w.]*)$/.exec(before);
    if (naming !== null) return reply(allNames(), naming[1], offset);
    const [, name] = /^\s*%{1,2}(\w+)/.exec(before) ?? [];
    const magic = MAGICS.find((m) => m.name === name || m.aliases.includes(name ?? ''));
    if (magic === undefined && name !== undefined) return null;
    const [word] = /\S*$/.exec(before) ?? [''];
    const found = magic === undefined ? null : reply(magic.words, word, offset);
    if (found !== null && word !== '') return found;
    const sqlStart = this.sqlStart(code, offset);
    if (sqlStart === null) return found;
    const cell = { cell: code, sql: code.slice(sqlStart), offset: sqlStart, line: null, asksHelp: false };
    return (await completeCell(this.around.sessions.current, cell, offset)) ?? found;
  }

  async inspect(code: string, offset: number): Promise<MimeBundle | null> {
    const lineStart = code.lastIndexOf('\n', offset - 1) + 1;
    const [, name] = /^\s*%{1,2}(\w+)/.exec(code.slice(lineStart)) ?? [];
    const magic = MAGICS.find((m) => m.name === name || m.aliases.includes(name ?? ''));
    return magic === undefined ? null : textOutput(magicHelp(magic));
  }

  isComplete(code: string): Completeness {
    const start = this.sqlStart(code, code.length);
    return start === null || /%{1,2}explain/.test(code) ? 'complete' : completeness(code.slice(start));
  }

  /** Where SQL begins in a cell of magics; null when there is none before the offset. */
  private sqlStart(code: string, offset: number): number | null {
    const explained = /^\s*%{1,2}explain(?:\s+--stage(?:=|\s+)\S+)?\s/m.exec(code);
    if (explained !== null && explained.index + explained[0].length <= offset)
      return explained.index + explained[0].length;
    if (!this.sqlByDefault) return null;
    const rest = /^(?!\s*%)(?=.*\S)/m.exec(code);
    return rest !== null && rest.index <= offset ? rest.index : null;
  }
}

function allNames(): readonly string[] {
  return ['%%flinksql', '%%ts', '%%explain', ...MAGICS.map((m) => `%${m.name}`)];
}

function magicNamed(name: string, marks: string, span: { start: number; end: number }): Magic | 'sql' {
  const magic = MAGICS.find((m) => m.name === name || m.aliases.includes(name));
  if (magic !== undefined && (marks === '%' || magic.takesBody)) return magic;
  if (/^(?:flinksql|flink_execute_sql|flink\.ssql)$/.test(name)) return 'sql';
  if (magic !== undefined) {
    throw new StreamcellError('MAGIC_UNKNOWN', `%%${name} is no magic of a whole cell.`, {
      span,
      hint: `%${magic.usage}`,
    });
  }
  const [near] = nearestNames(name, [...MAGICS.flatMap((m) => [m.name, ...m.aliases]), ...CELL_MAGICS], 1);
  // Other tools' names of the same thing: %%sql, %flink.bsql.
  const meant = near ?? (/sql|flink/i.test(name) ? 'flinksql' : undefined);
  const hint =
    meant === undefined
      ? '%lsmagic lists the magics.'
      : `Did you mean '${CELL_MAGICS.includes(meant) ? '%%' : '%'}${meant}'?`;
  throw new StreamcellError('MAGIC_UNKNOWN', `There is no magic ${marks}${name}.`, { span, hint });
}

function notFirst(start: number, end: number): StreamcellError {
  return new StreamcellError('MAGIC_INVALID', '%%flinksql stands in the first line of its cell, or not at all.', {
    span: { start, end },
  });
}

function notAlone(start: number, end: number): StreamcellError {
  return new StreamcellError('MAGIC_INVALID', 'A cell of line magics holds nothing else.', {
    span: { start, end },
    hint: 'Put this into a cell of its own.',
  });
}
