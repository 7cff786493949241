import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type ts from 'typescript';
import { compiler } from './compiler.js';
import { readDeclarations } from './declaration-docs.js';
import { declarations, type DeclaredAs } from './declarations.js';
import { GLOBALS } from './globals.js';
import { cellFile } from './names.js';

interface CellText {
  readonly text: string;
  readonly version: number;
}

interface Visible {
  /** `cell-3.js`, or null for a name whose type is given as text. */
  readonly module: string | null;
  readonly as: DeclaredAs;
  readonly valueType: string;
}

/** A file of the program with the cell's own text somewhere in it. */
export interface Placed {
  readonly fileName: string;
  /** Where the cell's text begins. */
  readonly start: number;
  readonly names: readonly string[];
}

const HERE = dirname(fileURLToPath(import.meta.url));

/**
 * The notebook as one TypeScript program that grows with every cell.
 *
 * Algorithm: each cell is a module that exports all its top-level names. A cell begins with one generated line that brings in the names of
 * earlier cells that it uses: variables as `declare let x: typeof import('./cell-3.js').x`, so that they can be assigned, all others by
 * import, which carries types and values. A cell that declares a name itself gets no such line for it, so redeclaring is no conflict, and
 * cells that came in between keep the type that they saw.
 * State: the texts, and for each name the newest cell that ran and declared it.
 * Maintains the invariant that a cell's names are visible only once it ran.
 */
export class CellProgram {
  readonly service: ts.LanguageService;
  private readonly texts = new Map<string, CellText>();
  private readonly visible = new Map<string, Visible>();
  private readonly pending = new Map<string, ReturnType<typeof declarations>>();
  private readonly ambient = new Set<string>();
  private current: string | null = null;
  private version = 0;
  private readonly options: ts.CompilerOptions;

  constructor(private readonly folder: string) {
    const types = nodeTypes();
    this.options = {
      target: compiler.ScriptTarget.ES2022,
      lib: ['lib.es2023.d.ts'],
      module: compiler.ModuleKind.ESNext,
      moduleResolution: compiler.ModuleResolutionKind.Bundler,
      moduleDetection: compiler.ModuleDetectionKind.Force,
      strict: true,
      // A notebook may use what has no types: packages without declarations, quick functions.
      noImplicitAny: false,
      esModuleInterop: true,
      resolveJsonModule: true,
      skipLibCheck: true,
      noEmit: true,
      types: types === null ? [] : ['node'],
      typeRoots: types === null ? [] : [types],
    };
    this.put(this.path('globals.d.ts'), GLOBALS);
    this.put(this.path('catalog.d.ts'), '');
    this.service = compiler.createLanguageService(this.host(), compiler.createDocumentRegistry(true, folder));
  }

  /** Puts a cell's text into the program, as it would be if it ran now. */
  place(cell: string, code: string, asExpression = false): Placed {
    const fileName = this.path(cellFile(cell));
    const own = declarations(
      compiler.createSourceFile(fileName, code, compiler.ScriptTarget.ES2022, false, compiler.ScriptKind.TS),
    );
    const used = identifiers(code);
    const header = this.header((name) => !own.has(name) && used.has(name));
    const [before, after] = asExpression ? ['(', '\n)'] : ['', ''];
    this.put(fileName, `${header}${before}${code}${after}${footer(own)}`);
    this.pending.set(cell, own);
    this.current = fileName;
    if (/\bdeclare\s+global\b/.test(code)) this.ambient.add(fileName);
    return { fileName, start: header.length + before.length, names: [...own.keys()] };
  }

  /** Puts in a text that is still being written, with every earlier name in scope. */
  draft(code: string): Placed {
    const fileName = this.path(cellFile('draft'));
    const own = declarations(
      compiler.createSourceFile(fileName, code, compiler.ScriptTarget.ES2022, false, compiler.ScriptKind.TS),
    );
    const header = this.header((name) => !own.has(name));
    this.put(fileName, `${header}${code}\nexport {};`);
    this.current = fileName;
    return { fileName, start: header.length, names: [...own.keys()] };
  }

  commit(cell: string): void {
    for (const [name, { as }] of this.pending.get(cell) ?? [])
      this.visible.set(name, { module: `./${cellFile(cell).replace(/\.ts$/, '.js')}`, as, valueType: '' });
    this.pending.delete(cell);
  }

  /** The cell did not run. */
  forget(cell: string): void {
    this.pending.delete(cell);
    this.ambient.delete(this.path(cellFile(cell)));
  }

  /** A name that no cell declared: a result kept in a variable. */
  declare(name: string, valueType: string): void {
    this.visible.set(name, { module: null, as: 'variable', valueType });
  }

  /** The tables of the catalog have changed. */
  catalog(declarations: string): void {
    const path = this.path('catalog.d.ts');
    if (this.texts.get(path)?.text !== declarations) this.put(path, declarations);
  }

  isVisible(name: string): boolean {
    return this.visible.has(name);
  }

  private header(wanted: (name: string) => boolean): string {
    const parts: string[] = [];
    for (const [name, { module, as, valueType }] of this.visible) {
      if (!wanted(name)) continue;
      if (module === null) parts.push(`declare let ${name}: ${valueType};`);
      else if (as === 'alias') parts.push(`import { ${name} } from ${JSON.stringify(module)};`);
      else
        parts.push(
          `declare ${as === 'variable' ? 'let' : 'const'} ${name}: typeof import(${JSON.stringify(module)}).${name};`,
        );
    }
    return `${parts.join(' ')}\n`;
  }

  private put(fileName: string, text: string): void {
    this.texts.set(fileName, { text, version: ++this.version });
  }

  private path(name: string): string {
    return join(this.folder, `.streamcell-notebook.${name}`).replaceAll('\\', '/');
  }

  private host(): ts.LanguageServiceHost {
    const cache = compiler.createModuleResolutionCache(this.folder, (name) => name, this.options);
    const system = {
      fileExists: (path: string) => this.texts.has(path) || compiler.sys.fileExists(path),
      readFile: (path: string) => this.texts.get(path)?.text ?? compiler.sys.readFile(path),
      directoryExists: (path: string) => compiler.sys.directoryExists(path),
      realpath: (path: string) => compiler.sys.realpath?.(path) ?? path,
      getDirectories: (path: string) => compiler.sys.getDirectories(path),
    };
    const own = join(HERE, 'kernel.js');
    return {
      ...system,
      getCompilationSettings: () => this.options,
      getCurrentDirectory: () => this.folder,
      getDefaultLibFileName: (options) => compiler.getDefaultLibFilePath(options),
      getScriptFileNames: () => [
        this.path('globals.d.ts'),
        this.path('catalog.d.ts'),
        ...this.ambient,
        ...(this.current === null || this.ambient.has(this.current) ? [] : [this.current]),
      ],
      getScriptVersion: (path) => String(this.texts.get(path)?.version ?? 0),
      getScriptSnapshot: (path) => {
        const text = this.texts.get(path)?.text ?? (existsSync(path) ? readDeclarations(path) : undefined);
        return text === undefined ? undefined : compiler.ScriptSnapshot.fromString(text);
      },
      resolveModuleNameLiterals: (literals, containing, _redirect, options) =>
        literals.map(({ text }) => {
          const cell = /^\.\/(cell-.+)\.js$/.exec(text)?.[1];
          const virtual = cell === undefined ? undefined : this.path(`${cell}.ts`);
          if (virtual !== undefined && this.texts.has(virtual))
            return { resolvedModule: { resolvedFileName: virtual, extension: compiler.Extension.Ts } };
          const found = compiler.resolveModuleName(text, containing, options, system, cache);
          // What comes with Streamcell need not be installed beside the notebook.
          return found.resolvedModule === undefined
            ? compiler.resolveModuleName(text, own, options, system, cache)
            : found;
        }),
    };
  }
}

function footer(own: ReturnType<typeof declarations>): string {
  const names = [...own].filter(([, declared]) => !declared.exported).map(([name]) => name);
  return `\nexport { ${names.join(', ')} };`;
}

/** Every word of a text: more than its identifiers, which only costs an unused import. */
function identifiers(code: string): Set<string> {
  return new Set(code.match(/[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/gu) ?? []);
}

/** The folder that holds the types of Node, which come with the kernel. */
function nodeTypes(): string | null {
  for (let folder = HERE; ; folder = dirname(folder)) {
    const types = join(folder, 'node_modules', '@types');
    if (existsSync(join(types, 'node', 'package.json'))) return types;
    if (dirname(folder) === folder) return null;
  }
}
