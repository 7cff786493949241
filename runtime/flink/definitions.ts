import { unwrap, type ScriptPiece } from '../session/index.js';
import { fillsTable } from './statement-kind.js';

type Ast = NonNullable<ScriptPiece['statement']>;
type Name = Extract<Ast, { readonly kind: 'Drop' }>['name'];

/** A statement that made something which lives and dies with the gateway's session. */
export interface Definition {
  readonly text: string;
  /** Whether it may be run again without any effect outside the session. */
  readonly replay: boolean;
}

interface Kept extends Definition {
  /** The object it is about; null for those about none, like USE. */
  readonly subject: string | null;
  /** The object's last name, by which other definitions may refer to it. */
  readonly name: string;
  readonly makes: boolean;
}

const IN_MEMORY = 'generic_in_memory';
const DEFAULT_CATALOG = 'default_catalog';
/** Definitions kept; a session that has more has most of them for the second time. */
const MOST = 1000;

/**
 * What has to be made again in a session that follows one the gateway lost: what lived in that session alone. What was changed outside it
 * (a persistent catalog, rows, other jobs) is still changed, and must not be changed twice.
 *
 * State: the definitions in their order, less what was dropped again; the current namespace, and the catalogs that are the session's own.
 */
export class Definitions {
  private kept: Kept[] = [];
  private readonly inMemory = new Set([DEFAULT_CATALOG]);
  private catalog = DEFAULT_CATALOG;
  private database = 'default_database';
  private forgotten = 0;

  /** In the order in which they have to be made. */
  get all(): readonly Definition[] {
    return this.kept;
  }

  /** Definitions that were too many to be kept, since the last call. */
  takeForgotten(): number {
    const { forgotten } = this;
    this.forgotten = 0;
    return forgotten;
  }

  /** A statement that took effect. */
  add(piece: ScriptPiece): void {
    const { text } = piece;
    if (piece.statement === null) {
      // What it does is not known, except that temporary objects are the session's own.
      const temporary = /^CREATE\s+(?:OR\s+REPLACE\s+)?TEMPORARY\b/i.test(text);
      if (temporary || /^(?:CREATE|ALTER|DROP|USE|LOAD|UNLOAD)\b/i.test(text))
        this.keep({ text, replay: temporary, subject: null, name: '', makes: false });
      return;
    }
    const ast = unwrap(piece.statement);
    const replay = !fillsTable(piece);
    switch (ast.kind) {
      case 'Use':
        this.keepPlain(text);
        this.use(ast);
        return;
      case 'UseModules':
      case 'LoadModule':
      case 'UnloadModule':
      case 'Jar':
        this.keepPlain(text);
        return;
      case 'CreateCatalog':
        if (ast.options.some((o) => o.key.value === 'type' && o.value.value === IN_MEMORY))
          this.inMemory.add(ast.name.name);
        this.make({ text, replay, subject: `CATALOG ${ast.name.name}`, name: ast.name.name }, ast.ifNotExists, false);
        return;
      case 'AlterCatalog':
        this.change(text, `CATALOG ${ast.name.name}`, ast.name.name, this.made(`CATALOG ${ast.name.name}`));
        return;
      case 'CreateDatabase':
        if (this.inMemory.has(this.catalogOf(ast.name, 2)))
          this.make({ text, replay, ...this.subject('DATABASE', ast.name, false) }, ast.ifNotExists, false);
        return;
      case 'AlterDatabase': {
        const { subject, name } = this.subject('DATABASE', ast.name, false);
        this.change(text, subject, name, this.inMemory.has(this.catalogOf(ast.name, 2)));
        return;
      }
      case 'CreateTable':
      case 'ReplaceTable':
      case 'CreateView':
      case 'CreateFunction':
      case 'CreateModel':
      case 'CreateConnection':
        if (ast.temporary || this.inMemory.has(this.catalogOf(ast.name, 3))) {
          const replaces = ast.kind === 'ReplaceTable' || ('orReplace' in ast && ast.orReplace);
          this.make(
            { text, replay, ...this.subject(OBJECTS[ast.kind], ast.name, ast.temporary) },
            ifNotExists(ast),
            replaces,
          );
        }
        return;
      case 'AlterTable':
      case 'AlterView':
      case 'AlterFunction':
      case 'AlterObject': {
        const object = ast.kind === 'AlterObject' ? ast.object : OBJECTS[ast.kind];
        const temporary = this.subject(object, ast.name, true);
        const { subject, name } = this.made(temporary.subject) ? temporary : this.subject(object, ast.name, false);
        this.change(text, subject, name, this.made(subject) || this.inMemory.has(this.catalogOf(ast.name, 3)));
        return;
      }
      case 'Drop':
        this.drop(text, ast);
        return;
    }
  }

  /** What was not made again is told once, and not tried again. */
  forgetLost(): void {
    this.kept = this.kept.filter((k) => k.replay);
  }

  private keepPlain(text: string): void {
    if (this.kept.at(-1)?.text !== text) this.keep({ text, replay: true, subject: null, name: '', makes: false });
  }

  private make(made: Omit<Kept, 'makes'>, ifNotExists: boolean, replaces: boolean): void {
    if (ifNotExists && made.subject !== null && this.made(made.subject)) return;
    if (replaces) this.forget(made.subject, made.name);
    this.keep({ ...made, makes: true });
  }

  private change(text: string, subject: string, name: string, isOwn: boolean): void {
    if (isOwn) this.keep({ text, replay: true, subject, name, makes: false });
  }

  private drop(text: string, ast: Extract<Ast, { readonly kind: 'Drop' }>): void {
    if (ast.object === 'MATERIALIZED TABLE') return;
    const object = ast.object === 'VIEW' ? 'TABLE' : ast.object;
    const { subject, name } = this.subject(object, ast.name, ast.temporary);
    if (this.forget(subject, name)) return;
    const depth = object === 'DATABASE' ? 2 : 3;
    const isOwn =
      object === 'CATALOG' ? this.made(subject) : ast.temporary || this.inMemory.has(this.catalogOf(ast.name, depth));
    this.change(text, subject, name, isOwn);
  }

  /** Takes an object's definition out, with the changes of it, unless something that was defined since may refer to it. */
  private forget(subject: string | null, name: string): boolean {
    const from = this.kept.findLastIndex((k) => k.makes && k.subject === subject);
    if (from < 0) return false;
    const word = name.toLowerCase();
    const isUsed = this.kept.slice(from + 1).some((k) => k.subject !== subject && k.text.toLowerCase().includes(word));
    if (isUsed || this.kept.some((k, i) => i > from && k.subject === subject && /\bRENAME\b/i.test(k.text)))
      return false;
    this.kept = this.kept.filter((k, i) => i < from || k.subject !== subject);
    return true;
  }

  private made(subject: string): boolean {
    return this.kept.some((k) => k.makes && k.subject === subject);
  }

  private keep(kept: Kept): void {
    this.kept.push(kept);
    if (this.kept.length <= MOST) return;
    this.kept.shift();
    this.forgotten++;
  }

  private use({ object, name }: Extract<Ast, { readonly kind: 'Use' }>): void {
    const parts = name.parts.map((p) => p.name);
    if (object === 'CATALOG') {
      this.catalog = parts[0];
      this.database = '';
      return;
    }
    if (parts.length > 1) this.catalog = parts[0];
    this.database = parts[parts.length - 1];
  }

  /** `depth`: parts of the complete name. */
  private catalogOf(name: Name, depth: number): string {
    return name.parts.length >= depth ? name.parts[0].name : this.catalog;
  }

  private subject(object: string, name: Name, temporary: boolean): { readonly subject: string; readonly name: string } {
    const parts = name.parts.map((p) => p.name);
    const last = parts[parts.length - 1];
    const depth = object === 'CATALOG' ? 1 : object === 'DATABASE' ? 2 : 3;
    const namespace = object === 'DATABASE' ? [this.catalog] : [this.catalog, this.database];
    const path = [...namespace.slice(0, Math.max(0, depth - parts.length)), ...parts];
    const which = temporary ? 'TEMPORARY ' : '';
    return { subject: `${which}${object} ${depth === 1 ? last : JSON.stringify(path)}`, name: last };
  }
}

/** Views and tables share their names. */
const OBJECTS = {
  CreateTable: 'TABLE',
  ReplaceTable: 'TABLE',
  CreateView: 'TABLE',
  CreateFunction: 'FUNCTION',
  CreateModel: 'MODEL',
  CreateConnection: 'CONNECTION',
  AlterTable: 'TABLE',
  AlterView: 'TABLE',
  AlterFunction: 'FUNCTION',
} as const;

function ifNotExists(ast: { readonly ifNotExists?: boolean }): boolean {
  return ast.ifNotExists === true;
}
