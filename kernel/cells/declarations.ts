import type ts from 'typescript';
import { compiler } from './compiler.js';

/** How a later cell sees a name: as a variable that it may assign, as a constant, or as whatever it is (class, function, type, import). */
export type DeclaredAs = 'variable' | 'constant' | 'alias';

export interface Declared {
  readonly as: DeclaredAs;
  /** Whether the cell exports it itself. */
  readonly exported: boolean;
}

/** Top-level names of a cell. */
export function declarations(file: ts.SourceFile): Map<string, Declared> {
  const names = new Map<string, Declared>();
  const add = (name: string, as: DeclaredAs, exported: boolean): void => {
    const before = names.get(name);
    // A name that is both a type and a value is only whole as an alias.
    names.set(name, before === undefined ? { as, exported } : { as: 'alias', exported: before.exported || exported });
  };
  for (const statement of file.statements) collect(statement, add);
  return names;
}

type Add = (name: string, as: DeclaredAs, exported: boolean) => void;

function collect(statement: ts.Statement, add: Add): void {
  const exported =
    compiler.canHaveModifiers(statement) &&
    (compiler.getModifiers(statement) ?? []).some((modifier) => modifier.kind === compiler.SyntaxKind.ExportKeyword);
  if (compiler.isVariableStatement(statement)) {
    const constant = (statement.declarationList.flags & compiler.NodeFlags.Const) !== 0;
    for (const { name } of statement.declarationList.declarations)
      for (const bound of boundNames(name)) add(bound, constant ? 'constant' : 'variable', exported);
  } else if (
    compiler.isFunctionDeclaration(statement) ||
    compiler.isClassDeclaration(statement) ||
    compiler.isEnumDeclaration(statement) ||
    compiler.isInterfaceDeclaration(statement) ||
    compiler.isTypeAliasDeclaration(statement)
  ) {
    if (statement.name !== undefined) add(statement.name.text, 'alias', exported);
  } else if (compiler.isModuleDeclaration(statement)) {
    if (compiler.isIdentifier(statement.name) && statement.name.text !== 'global')
      add(statement.name.text, 'alias', exported);
  } else if (compiler.isImportEqualsDeclaration(statement)) add(statement.name.text, 'alias', exported);
  else if (compiler.isImportDeclaration(statement)) {
    const clause = statement.importClause;
    if (clause?.name !== undefined) add(clause.name.text, 'alias', false);
    const bindings = clause?.namedBindings;
    if (bindings !== undefined && compiler.isNamespaceImport(bindings)) add(bindings.name.text, 'alias', false);
    else for (const specifier of bindings?.elements ?? []) add(specifier.name.text, 'alias', false);
  }
}

function boundNames(name: ts.BindingName): string[] {
  if (compiler.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) => (compiler.isOmittedExpression(element) ? [] : boundNames(element.name)));
}
