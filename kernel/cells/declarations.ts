import ts from 'typescript';

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
    ts.canHaveModifiers(statement) &&
    (ts.getModifiers(statement) ?? []).some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword);
  if (ts.isVariableStatement(statement)) {
    const constant = (statement.declarationList.flags & ts.NodeFlags.Const) !== 0;
    for (const { name } of statement.declarationList.declarations)
      for (const bound of boundNames(name)) add(bound, constant ? 'constant' : 'variable', exported);
  } else if (
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isEnumDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement)
  ) {
    if (statement.name !== undefined) add(statement.name.text, 'alias', exported);
  } else if (ts.isModuleDeclaration(statement)) {
    if (ts.isIdentifier(statement.name) && statement.name.text !== 'global')
      add(statement.name.text, 'alias', exported);
  } else if (ts.isImportEqualsDeclaration(statement)) add(statement.name.text, 'alias', exported);
  else if (ts.isImportDeclaration(statement)) {
    const clause = statement.importClause;
    if (clause?.name !== undefined) add(clause.name.text, 'alias', false);
    const bindings = clause?.namedBindings;
    if (bindings !== undefined && ts.isNamespaceImport(bindings)) add(bindings.name.text, 'alias', false);
    else for (const specifier of bindings?.elements ?? []) add(specifier.name.text, 'alias', false);
  }
}

function boundNames(name: ts.BindingName): string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) => (ts.isOmittedExpression(element) ? [] : boundNames(element.name)));
}
