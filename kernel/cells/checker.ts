import type ts from 'typescript';
import { compiler } from './compiler.js';
import type { Completeness, CompletionReply, MimeBundle } from '../host.js';
import { CellProgram, type Placed } from './cell-program.js';
import { blankedDocumentation } from './declaration-docs.js';
import type { Prepared, TypeErrorText } from './messages.js';
import { cellFile } from './names.js';
import { transpile } from './transpile.js';

/** Completions of one reply: the front end filters further while the user types. */
const COMPLETIONS = 500;

/** Messages that are wrong in a notebook: unused labels of the language service, and what the cell's module wrapping causes. */
const IGNORED: ReadonlySet<number> = new Set([
  // Cannot redeclare exported variable, individual declarations in merged declaration must be all exported or all local.
  2323,
  2395,
]);

/**
 * Checks cells, completes and explains.
 *
 * State: the program of all cells that ran.
 */
export class Checker {
  private readonly program: CellProgram;

  constructor(folder: string) {
    this.program = new CellProgram(folder);
  }

  /** Types are checked before anything runs; a cell with errors does not run. */
  prepare(cell: string, code: string): Prepared {
    const wrapped = isObjectLiteral(code);
    const placed = this.program.place(cell, code, wrapped);
    const { service } = this.program;
    const syntactic = service.getSyntacticDiagnostics(placed.fileName);
    const diagnostics = syntactic.length > 0 ? syntactic : service.getSemanticDiagnostics(placed.fileName);
    const errors = diagnostics.filter(
      (one) =>
        one.category === compiler.DiagnosticCategory.Error &&
        !IGNORED.has(one.code) &&
        (one.start ?? 0) >= placed.start,
    );
    if (errors.length > 0) {
      this.program.forget(cell);
      return { ok: false, errors: errors.map((one) => errorText(one, code, placed.start)) };
    }
    return { ok: true, script: transpile(wrapped ? `(${code}\n)` : code, cellFile(cell)) };
  }

  commit(cell: string): null {
    this.program.commit(cell);
    return null;
  }

  declare(name: string, valueType: string): null {
    this.program.declare(name, valueType);
    return null;
  }

  catalog(declarations: string): null {
    this.program.catalog(declarations);
    return null;
  }

  complete(code: string, offset: number): CompletionReply | null {
    const placed = this.program.draft(code);
    const position = placed.start + offset;
    const found = this.program.service.getCompletionsAtPosition(placed.fileName, position, {
      includeCompletionsForModuleExports: false,
      includeCompletionsWithInsertText: false,
    });
    if (found === undefined) return null;
    const span = found.optionalReplacementSpan;
    const from = span === undefined ? wordStart(code, offset) : span.start - placed.start;
    const to = span === undefined ? offset : span.start + span.length - placed.start;
    const prefix = code.slice(from, offset).toLowerCase();
    const entries = found.entries
      .filter((entry) => entry.name.toLowerCase().startsWith(prefix) && !entry.name.startsWith('__streamcell'))
      .sort(
        (a, b) =>
          this.rank(placed, a) - this.rank(placed, b) ||
          (a.sortText < b.sortText ? -1 : a.sortText > b.sortText ? 1 : 0),
      )
      .slice(0, COMPLETIONS);
    if (entries.length === 0) return null;
    return { matches: entries.map((entry) => entry.name), kinds: entries.map((entry) => entry.kind), from, to };
  }

  inspect(code: string, offset: number, detail: 0 | 1): MimeBundle | null {
    const placed = this.program.draft(code);
    const { service } = this.program;
    // The cursor may stand behind the word, or behind the bracket of its call.
    const places = [offset, offset - 1, code.lastIndexOf('(', offset - 1) - 1].filter(
      (at) => at >= 0 && at <= code.length,
    );
    for (const at of places) {
      const info = service.getQuickInfoAtPosition(placed.fileName, placed.start + at);
      if (info === undefined) continue;
      const signature = compiler.displayPartsToString(info.displayParts);
      const documentation =
        compiler.displayPartsToString(info.documentation) || this.blanked(placed.fileName, placed.start + at);
      const tags =
        detail === 0 ? [] : (info.tags ?? []).map((tag) => `@${tag.name} ${compiler.displayPartsToString(tag.text)}`);
      const text = [documentation, ...tags].filter((part) => part !== '');
      return {
        'text/plain': [signature, ...text].join('\n\n'),
        'text/markdown': [`\`\`\`typescript\n${signature}\n\`\`\``, ...text].join('\n\n'),
      };
    }
    return null;
  }

  private blanked(fileName: string, position: number): string {
    const [definition] = this.program.service.getDefinitionAtPosition(fileName, position) ?? [];
    if (definition === undefined) return '';
    return blankedDocumentation(definition.fileName, (definition.contextSpan ?? definition.textSpan).start);
  }

  isComplete(code: string): Completeness {
    const { diagnostics = [] } = compiler.transpileModule(code, {
      reportDiagnostics: true,
      compilerOptions: { target: compiler.ScriptTarget.ES2022, module: compiler.ModuleKind.ESNext },
    });
    const errors = diagnostics.filter((one) => one.category === compiler.DiagnosticCategory.Error);
    if (errors.length === 0) return 'complete';
    const end = code.trimEnd().length;
    return errors.some((one) => (one.start ?? 0) >= end || UNTERMINATED.has(one.code)) ? 'incomplete' : 'invalid';
  }

  /** The user's own names before the thousand globals. */
  private rank(placed: Placed, entry: ts.CompletionEntry): number {
    return placed.names.includes(entry.name) || this.program.isVisible(entry.name) ? 0 : 1;
  }
}

/** Unterminated template, comment, and so on: the parser reports them where they begin or at the end. */
const UNTERMINATED: ReadonlySet<number> = new Set([1010, 1160, 1126]);

function errorText(diagnostic: ts.Diagnostic, code: string, start: number): TypeErrorText {
  // What is missing behind the last line is reported in the generated lines there.
  const at = Math.min((diagnostic.start ?? start) - start, code.length);
  const before = code.slice(0, at).split('\n');
  const rest = code.slice(at).split('\n')[0] ?? '';
  return {
    line: before.length,
    column: (before.at(-1)?.length ?? 0) + 1,
    code: `TS${diagnostic.code}`,
    message: compiler.flattenDiagnosticMessageText(diagnostic.messageText, '\n'),
    length: Math.max(1, Math.min(diagnostic.length ?? 1, rest.length)),
  };
}

function wordStart(code: string, offset: number): number {
  return offset - (/[\p{ID_Continue}$]*$/u.exec(code.slice(0, offset))?.[0].length ?? 0);
}

/** `{ a: 1 }` alone is meant as an object, not as a block. */
function isObjectLiteral(code: string): boolean {
  const trimmed = code.trim();
  if (!trimmed.startsWith('{') || !trimmed.endsWith('}')) return false;
  return compiler.transpileModule(`(${trimmed})`, { reportDiagnostics: true }).diagnostics?.length === 0;
}
