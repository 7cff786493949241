import { RESERVED_WORDS } from './keywords.js';
import { type Token, TokenKind, type TokenList } from './lexer.js';
import { unquoteName } from './literals.js';

/** A table in FROM, or the target of a statement, as far as the tokens tell. */
export interface VisibleTable {
  /** The name its columns are qualified with: the alias, or the last part of the path; null when it has none. */
  name: string | null;
  /** The path of the table, or of the table given to a table function; else empty. */
  path: string[];
  /** The table function, if it is one. */
  call: string[];
  source: 'table' | 'query' | 'function';
  /** The columns that the text itself names, by an alias list or a select list; null when only a catalog can tell. */
  columns: string[] | null;
}

export interface CommonTableName {
  name: string;
  columns: string[] | null;
}

/** A parenthesis pair, or a whole statement; its own tokens are those of no inner group. */
interface Group {
  open: number;
  close: number;
  parent: Group | null;
  children: Map<number, Group>;
}

const setOperators = new Set(['UNION', 'INTERSECT', 'EXCEPT']);
const afterFrom = new Set([
  'WHERE',
  'GROUP',
  'HAVING',
  'WINDOW',
  'QUALIFY',
  'ORDER',
  'LIMIT',
  'OFFSET',
  'FETCH',
  ...setOperators,
]);

/**
 * Finds what is in scope by parentheses and keywords alone, without the grammar, so that an unfinished SELECT list
 * before a good FROM, or anything else that does not parse, still knows its tables.
 */
export function scopeAt(list: TokenList, offset: number): { tables: VisibleTable[]; commonTables: CommonTableName[] } {
  const reader = new ScopeReader(list);
  return reader.at(offset);
}

class ScopeReader {
  private readonly tokens: readonly Token[];

  constructor(private readonly list: TokenList) {
    this.tokens = list.tokens;
  }

  at(offset: number): { tables: VisibleTable[]; commonTables: CommonTableName[] } {
    const [start, end] = this.statementAround(offset);
    const root = this.groups(start, end);
    const cursor = this.indexAt(offset, start, end);
    const tables: VisibleTable[] = [];
    const commonTables: CommonTableName[] = [];
    let from = cursor;
    for (let group: Group | null = this.innermost(root, offset); group; group = group.parent) {
      const [low, high] = this.segment(group, from);
      tables.push(...this.tablesOf(group, low, high));
      commonTables.push(...this.commonTablesOf(group));
      from = group.open;
    }
    tables.push(...this.targetOf(root));
    return { tables, commonTables };
  }

  private word(index: number): string {
    return this.tokens[index]?.word ?? '';
  }

  private statementAround(offset: number): [number, number] {
    let start = 0;
    let end = this.tokens.length - 1;
    for (let i = 0; i < this.tokens.length; i++) {
      if (this.word(i) !== ';' && !(this.word(i) === 'BEGIN' && this.word(i - 1) === 'SET')) continue;
      if (this.tokens[i]!.end <= offset) start = i + 1;
      else {
        end = i;
        break;
      }
    }
    return [start, end];
  }

  private indexAt(offset: number, start: number, end: number): number {
    let index = start;
    while (index < end && this.tokens[index]!.end <= offset) index++;
    return index;
  }

  private groups(start: number, end: number): Group {
    const root: Group = { open: start - 1, close: end, parent: null, children: new Map() };
    let current = root;
    for (let i = start; i < end; i++) {
      if (this.word(i) === '(') {
        const group: Group = { open: i, close: end, parent: current, children: new Map() };
        current.children.set(i, group);
        current = group;
      } else if (this.word(i) === ')' && current.parent) {
        current.close = i;
        current = current.parent;
      }
    }
    return root;
  }

  private innermost(root: Group, offset: number): Group {
    for (const group of root.children.values()) {
      const closed = this.word(group.close) === ')';
      const inside = this.tokens[group.open]!.end <= offset && (!closed || offset <= this.tokens[group.close]!.start);
      if (inside) return this.innermost(group, offset);
    }
    return root;
  }

  /** The next own token of the group: past a whole inner group. */
  private next(group: Group, index: number): number {
    const child = group.children.get(index);
    return child ? child.close + 1 : index + 1;
  }

  /** The part of the group, between set operators, that the token belongs to. */
  private segment(group: Group, token: number): [number, number] {
    let low = group.open + 1;
    for (let i = low; i < group.close; i = this.next(group, i)) {
      if (!setOperators.has(this.word(i))) continue;
      if (i < token) low = i + 1;
      else return [low, i];
    }
    return [low, group.close];
  }

  private tablesOf(group: Group, low: number, high: number): VisibleTable[] {
    const tables: VisibleTable[] = [];
    let i = low;
    while (i < high && this.word(i) !== 'FROM') i = this.next(group, i);
    const standsAlone = group.parent !== null && i >= high && this.looksLikeTables(group, low);
    if (i >= high && !standsAlone) return [];
    let expectsTable = true;
    i = standsAlone ? low : i + 1;
    while (i < high && !afterFrom.has(this.word(i))) {
      if (expectsTable && this.word(i) !== 'LATERAL') {
        i = this.readTable(group, i, high, tables);
        expectsTable = false;
        continue;
      }
      if (this.word(i) === ',' || this.word(i) === 'JOIN') expectsTable = true;
      i = expectsTable && this.word(i) === 'LATERAL' ? i + 1 : this.next(group, i);
    }
    return tables;
  }

  /** `(a JOIN b ON ..)`: tables in parentheses without a SELECT. */
  private looksLikeTables(group: Group, low: number): boolean {
    for (let i = low; i < group.close; i = this.next(group, i)) {
      if (this.word(i) === 'JOIN') return true;
      if (this.word(i) === 'SELECT') return false;
    }
    return false;
  }

  /** Reads one table reference at `start`; returns the index behind it. */
  private readTable(group: Group, start: number, high: number, tables: VisibleTable[]): number {
    let i = start;
    const table: VisibleTable = { name: null, path: [], call: [], source: 'table', columns: null };
    const inner = group.children.get(i);
    if (inner) {
      const nested = this.tablesOf(inner, inner.open + 1, inner.close);
      if (!this.contains(inner, 'SELECT') && !this.contains(inner, 'VALUES') && nested.length > 0) {
        tables.push(...nested);
        return inner.close + 1;
      }
      table.source = 'query';
      table.columns = this.selectedColumns(inner);
      i = inner.close + 1;
    } else if (this.word(i) === 'TABLE' || this.word(i) === 'UNNEST') {
      table.source = 'function';
      i++;
      const call = group.children.get(i);
      if (call) {
        table.call = this.pathAt(call.open + 1)[0];
        table.path = this.tableArgument(call);
        i = call.close + 1;
      }
    } else {
      const [path, end] = this.pathAt(i);
      if (path.length === 0) return this.next(group, i);
      table.path = path;
      table.name = path[path.length - 1]!;
      i = end;
      const call = group.children.get(i);
      if (call) {
        table.source = 'function';
        table.name = null;
        table.call = path;
        table.path = this.tableArgument(call);
        i = call.close + 1;
      }
    }
    i = this.skipTableClauses(group, i, high);
    if (this.word(i) === 'AS') i++;
    const alias = this.nameAt(i);
    if (alias !== null && i < high) {
      table.name = alias;
      i++;
      const columns = group.children.get(i);
      if (columns) {
        table.columns = this.namesIn(columns);
        i = columns.close + 1;
      }
    }
    tables.push(table);
    return i;
  }

  /** Hints, FOR SYSTEM_TIME AS OF .., WITH ORDINALITY, MATCH_RECOGNIZE (..). */
  private skipTableClauses(group: Group, start: number, high: number): number {
    let i = start;
    if (this.tokens[i]?.kind === TokenKind.HintStart) {
      while (i < high && this.tokens[i]!.kind !== TokenKind.HintEnd) i++;
      i++;
    }
    if (this.word(i) === 'WITH' && this.word(i + 1) === 'ORDINALITY') i += 2;
    if (this.word(i) === 'FOR' && this.word(i + 1) === 'SYSTEM_TIME') {
      i += 4;
      const [, end] = this.pathAt(i);
      i = end > i ? end : this.next(group, i);
      if (group.children.has(i)) i = this.next(group, i);
    }
    if (this.word(i) === 'MATCH_RECOGNIZE') i = this.next(group, i + 1);
    return i;
  }

  private contains(group: Group, word: string): boolean {
    for (let i = group.open + 1; i < group.close; i = this.next(group, i)) if (this.word(i) === word) return true;
    return false;
  }

  /** The table of `TABLE t` among the arguments of a call. */
  private tableArgument(call: Group): string[] {
    for (let i = call.open + 1; i < call.close; i++) if (this.word(i) === 'TABLE') return this.pathAt(i + 1)[0];
    return [];
  }

  private nameAt(index: number): string | null {
    const token = this.tokens[index];
    if (!token) return null;
    const source = this.list.text.slice(token.start, token.end);
    if (token.kind === TokenKind.QuotedIdentifier) return unquoteName(source);
    return token.kind === TokenKind.Word && !RESERVED_WORDS.has(token.word) ? source : null;
  }

  private pathAt(start: number): [string[], number] {
    const path: string[] = [];
    let i = start;
    for (;;) {
      const name = this.nameAt(i);
      if (name === null) return [path, i];
      path.push(name);
      i++;
      if (this.word(i) !== '.') return [path, i];
      i++;
    }
  }

  private namesIn(group: Group): string[] {
    const names: string[] = [];
    for (let i = group.open + 1; i < group.close; i = this.next(group, i)) {
      const name = this.nameAt(i);
      if (name !== null) names.push(name);
    }
    return names;
  }

  /** The column names a select list gives; null as soon as a star hides some. */
  private selectedColumns(group: Group): string[] | null {
    let i = group.open + 1;
    while (i < group.close && this.word(i) !== 'SELECT') i = this.next(group, i);
    if (i >= group.close) return null;
    const columns: string[] = [];
    let last: string | null = null;
    const flush = (): void => {
      if (last !== null) columns.push(last);
      last = null;
    };
    for (i++; i < group.close; i = this.next(group, i)) {
      const word = this.word(i);
      if (word === 'FROM' || setOperators.has(word)) break;
      if (word === '*' && (last === null || this.word(i - 1) === '.')) return null;
      if (word === ',') flush();
      else last = this.nameAt(i);
    }
    flush();
    return columns;
  }

  /** `WITH a AS (..), b (x) AS (..)` among the own tokens of the group. */
  private commonTablesOf(group: Group): CommonTableName[] {
    const found: CommonTableName[] = [];
    let i = group.open + 1;
    while (i < group.close && this.word(i) !== 'WITH') i = this.next(group, i);
    for (i++; i < group.close;) {
      if (this.word(i) === 'RECURSIVE') i++;
      const name = this.nameAt(i);
      if (name === null) break;
      i++;
      let columns: string[] | null = null;
      const list = group.children.get(i);
      if (list) {
        columns = this.namesIn(list);
        i = list.close + 1;
      }
      const body = group.children.get(i + 1);
      if (this.word(i) !== 'AS' || !body) break;
      found.push({ name, columns: columns ?? this.selectedColumns(body) });
      i = body.close + 1;
      if (this.word(i) !== ',') break;
      i++;
    }
    return found;
  }

  /** The table that INSERT, UPDATE, DELETE or ALTER TABLE works on, and the one that CREATE TABLE is defining. */
  private targetOf(root: Group): VisibleTable[] {
    const start = root.open + 1;
    const first = this.word(start);
    let at = -1;
    if (first === 'UPDATE') at = start + 1;
    else if (['INSERT', 'UPSERT', 'ALTER'].includes(first)) at = start + 2;
    else if (first === 'CREATE') return this.definedTable(root);
    if (at < 0) return [];
    const [path, end] = this.pathAt(at);
    if (path.length === 0) return [];
    const alias = first === 'UPDATE' ? this.nameAt(this.word(end) === 'AS' ? end + 1 : end) : null;
    return [{ name: alias ?? path[path.length - 1]!, path, call: [], source: 'table', columns: null }];
  }

  /** The columns before and behind the cursor in CREATE TABLE t (..). */
  private definedTable(root: Group): VisibleTable[] {
    let i = root.open + 1;
    while (i < root.close && this.word(i) !== 'TABLE') i++;
    let [path, end] = this.pathAt(i + 1);
    if (path[0]?.toUpperCase() === 'IF') [path, end] = this.pathAt(i + 4);
    const schema = root.children.get(end);
    if (!schema || path.length === 0) return [];
    const columns: string[] = [];
    let first = true;
    for (let at = schema.open + 1; at < schema.close; at = this.next(schema, at)) {
      const name = first ? this.nameAt(at) : null;
      if (name !== null) columns.push(name);
      first = this.word(at) === ',';
    }
    return [{ name: path[path.length - 1]!, path: [], call: [], source: 'table', columns }];
  }
}
