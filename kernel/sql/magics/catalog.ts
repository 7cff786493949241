import { escapeHtml } from '@streamcell/runtime/protocol/html';
import type { Session } from '@streamcell/runtime/session/session';
import { StreamcellError } from '@streamcell/runtime/types/index';
import { parseMagicLine } from '../magic-line.js';
import type { Magic, MagicCall } from './magic.js';

/** Tables and views whose columns are shown; of the others only the names are. */
const DESCRIBED = 200;

/** `%catalog`: what there is, as a tree. */
export const catalog: Magic = {
  name: 'catalog',
  aliases: [],
  usage: 'catalog',
  summary: 'Catalogs, databases, tables and views with their columns.',
  help: '',
  takesBody: false,
  words: [],
  run,
};

interface Branch {
  readonly name: string;
  readonly note: string;
  readonly branches: readonly Branch[];
}

async function run({ cell, arguments: span, around, output }: MagicCall): Promise<void> {
  const [word] = parseMagicLine(cell, span, []).arguments;
  if (word !== undefined)
    throw new StreamcellError('MAGIC_INVALID', `%catalog does not understand '${word.text}'.`, { span: word.span });
  const tree = await new Walk(around.sessions.current).catalogs();
  output.display({ 'text/html': tree.map(html).join(''), 'text/plain': tree.flatMap((b) => lines(b)).join('\n') });
}

class Walk {
  private described = 0;

  constructor(private readonly session: Session) {}

  async catalogs(): Promise<readonly Branch[]> {
    const branches: Branch[] = [];
    for (const [name] of await this.rows('SHOW CATALOGS'))
      branches.push({ name, note: 'catalog', branches: await this.databases(name) });
    return branches;
  }

  private async databases(inCatalog: string): Promise<readonly Branch[]> {
    const branches: Branch[] = [];
    for (const [name] of await this.rows(`SHOW DATABASES FROM ${quoted(inCatalog)}`)) {
      const path = `${quoted(inCatalog)}.${quoted(name)}`;
      branches.push({ name, note: 'database', branches: await this.relations(path) });
    }
    return branches;
  }

  private async relations(path: string): Promise<readonly Branch[]> {
    const views = new Set((await this.rows(`SHOW VIEWS FROM ${path}`)).map(([name]) => name));
    const branches: Branch[] = [];
    for (const [name] of await this.rows(`SHOW TABLES FROM ${path}`)) {
      const note = views.has(name) ? 'view' : 'table';
      branches.push({ name, note, branches: await this.columns(`${path}.${quoted(name)}`) });
    }
    return branches;
  }

  private async columns(path: string): Promise<readonly Branch[]> {
    if (++this.described > DESCRIBED) return [];
    return (await this.rows(`DESCRIBE ${path}`)).map(([name, note]) => ({ name, note, branches: [] }));
  }

  private async rows(sql: string): Promise<readonly (readonly string[])[]> {
    for await (const statement of this.session.execute(sql)) {
      await statement.done;
      return ((await statement.view?.snapshot()) ?? []).map((row) => row.fields.map(String));
    }
    return [];
  }
}

function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

function lines({ name, note, branches }: Branch, indent = ''): string[] {
  return [`${indent}${name}  ${note}`, ...branches.flatMap((b) => lines(b, `${indent}  `))];
}

function html({ name, note, branches }: Branch): string {
  const label = `${escapeHtml(name)} <small style="opacity:.65">${escapeHtml(note)}</small>`;
  if (branches.length === 0) return `<div style="padding-left:16px">${label}</div>`;
  const open = note === 'catalog' || note === 'database' ? ' open' : '';
  return `<details${open} style="padding-left:16px"><summary>${label}</summary>${branches.map(html).join('')}</details>`;
}
