import ts from 'typescript';
import type { Script } from './messages.js';
import { INTERNALS } from './names.js';

/**
 * Turns a cell into JavaScript for V8's REPL mode.
 *
 * Every top-level name becomes a `let`, since REPL mode lets a `let` be declared again by a later cell, and nothing else: a `const` only by a
 * `const`, a function or a `var` by no `let`. Function declarations come first, so that they are still hoisted. Imports become awaited calls
 * that resolve from the notebook's folder; `export` is dropped. The value of a last expression is handed over explicitly, because a
 * script's completion value would also be that of a loop or an `if`.
 */
export function transpile(code: string, fileName: string): Script {
  const { outputText, sourceMapText } = ts.transpileModule(code, {
    fileName,
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      sourceMap: true,
      experimentalDecorators: false,
    },
    transformers: { before: [importsAndResult], after: [redeclarable] },
  });
  const js = outputText.replace(/^\/\/# sourceMappingURL=.*$/m, '').replace(/^export \{\s*\};$/m, '');
  return { js, map: sourceMapText ?? '' };
}

const { factory } = ts;

const importsAndResult: ts.TransformerFactory<ts.SourceFile> = () => (file) => {
  const statements = file.statements.flatMap((statement) => withoutModules(statement));
  const lastExpression = statements.at(-1);
  if (lastExpression !== undefined && ts.isExpressionStatement(lastExpression))
    statements[statements.length - 1] = at(
      factory.createExpressionStatement(internalCall('result', [lastExpression.expression])),
      lastExpression,
    );
  return factory.updateSourceFile(file, statements);
};

/** Keeps the source position of what was replaced, for error traces. */
function at<T extends ts.Node>(node: T, original: ts.Node): T {
  return ts.setTextRange(node, original);
}

function internalCall(method: string, values: readonly ts.Expression[]): ts.Expression {
  const callee = factory.createPropertyAccessExpression(factory.createIdentifier(INTERNALS), method);
  return factory.createCallExpression(callee, undefined, values);
}

function withoutModules(statement: ts.Statement): ts.Statement[] {
  if (ts.isImportDeclaration(statement)) return importedNames(statement).map((made) => at(made, statement));
  if (ts.isImportEqualsDeclaration(statement)) return [at(requiredName(statement), statement)];
  if (ts.isExportAssignment(statement)) return [at(factory.createExpressionStatement(statement.expression), statement)];
  if (ts.isExportDeclaration(statement)) {
    if (statement.isTypeOnly || statement.moduleSpecifier === undefined) return [];
    return [at(factory.createExpressionStatement(imported(statement.moduleSpecifier)), statement)];
  }
  return [withoutExport(statement)];
}

function imported(specifier: ts.Expression): ts.Expression {
  return factory.createAwaitExpression(internalCall('import', [specifier]));
}

function declared(name: ts.BindingName, value: ts.Expression): ts.Statement {
  const declaration = factory.createVariableDeclaration(name, undefined, undefined, value);
  return factory.createVariableStatement(
    undefined,
    factory.createVariableDeclarationList([declaration], ts.NodeFlags.Let),
  );
}

function importedNames(statement: ts.ImportDeclaration): ts.Statement[] {
  const clause = statement.importClause;
  if (clause === undefined) return [factory.createExpressionStatement(imported(statement.moduleSpecifier))];
  if (clause.isTypeOnly) return [];
  const elements: ts.BindingElement[] = [];
  const element = (from: string, name: ts.Identifier): void => {
    elements.push(factory.createBindingElement(undefined, factory.createStringLiteral(from), name));
  };
  if (clause.name !== undefined) element('default', clause.name);
  const bindings = clause.namedBindings;
  const made: ts.Statement[] = [];
  if (bindings !== undefined && ts.isNamespaceImport(bindings))
    made.push(declared(bindings.name, imported(statement.moduleSpecifier)));
  else
    for (const specifier of bindings?.elements ?? [])
      if (!specifier.isTypeOnly) element((specifier.propertyName ?? specifier.name).text, specifier.name);
  if (elements.length > 0)
    made.push(declared(factory.createObjectBindingPattern(elements), imported(statement.moduleSpecifier)));
  return made;
}

function requiredName(statement: ts.ImportEqualsDeclaration): ts.Statement {
  const reference = statement.moduleReference;
  if (!ts.isExternalModuleReference(reference)) return declared(statement.name, nameExpression(reference));
  const call = factory.createCallExpression(factory.createIdentifier('require'), undefined, [reference.expression]);
  return declared(statement.name, call);
}

function nameExpression(name: ts.EntityName): ts.Expression {
  if (ts.isIdentifier(name)) return name;
  return factory.createPropertyAccessExpression(nameExpression(name.left), name.right);
}

function withoutExport(statement: ts.Statement): ts.Statement {
  const modifiers = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) : undefined;
  if (!modifiers?.some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword)) return statement;
  const kept = modifiers.filter(
    (modifier) => modifier.kind !== ts.SyntaxKind.ExportKeyword && modifier.kind !== ts.SyntaxKind.DefaultKeyword,
  );
  if (ts.isVariableStatement(statement))
    return factory.updateVariableStatement(statement, kept, statement.declarationList);
  if (ts.isEnumDeclaration(statement))
    return factory.updateEnumDeclaration(statement, kept, statement.name, statement.members);
  if (ts.isModuleDeclaration(statement))
    return factory.updateModuleDeclaration(statement, kept, statement.name, statement.body);
  if (ts.isFunctionDeclaration(statement)) {
    const { asteriskToken, name, typeParameters, parameters, type, body } = statement;
    return factory.updateFunctionDeclaration(
      statement,
      kept,
      asteriskToken,
      name ?? factory.createUniqueName('exported'),
      typeParameters,
      parameters,
      type,
      body,
    );
  }
  if (ts.isClassDeclaration(statement)) {
    const { name, typeParameters, heritageClauses, members } = statement;
    const all = [...(ts.getDecorators(statement) ?? []), ...kept];
    const className = name ?? factory.createUniqueName('exported');
    return factory.updateClassDeclaration(statement, all, className, typeParameters, heritageClauses, members);
  }
  return statement;
}

const redeclarable: ts.TransformerFactory<ts.SourceFile> = () => (file) => {
  const hoisted: ts.Statement[] = [];
  const rest: ts.Statement[] = [];
  const taken = new Set<string>();
  for (const statement of file.statements) {
    if (ts.isFunctionDeclaration(statement) && statement.name !== undefined) {
      const { asteriskToken, name, parameters, body, modifiers } = statement;
      const kept = modifiers?.filter((modifier) => ts.isModifier(modifier));
      const value = factory.createFunctionExpression(
        kept,
        asteriskToken,
        undefined,
        undefined,
        parameters,
        undefined,
        body ?? factory.createBlock([]),
      );
      hoisted.push(at(redeclaration(name, at(value, statement), taken), statement));
    } else if (ts.isClassDeclaration(statement) && statement.name !== undefined) {
      const { name, heritageClauses, members } = statement;
      const value = factory.createClassExpression(undefined, name, undefined, heritageClauses, members);
      rest.push(at(redeclaration(name, at(value, statement), taken), statement));
    } else if (ts.isVariableStatement(statement)) rest.push(...variables(statement, taken));
    else rest.push(statement);
  }
  return factory.updateSourceFile(file, [...hoisted, ...rest]);
};

/** `let name = value`, or an assignment when the cell has declared the name before, as `var` and functions may. */
function redeclaration(name: ts.Identifier, value: ts.Expression, taken: Set<string>): ts.Statement {
  if (taken.has(name.text)) return factory.createExpressionStatement(factory.createAssignment(name, value));
  taken.add(name.text);
  return declared(name, value);
}

function variables(statement: ts.VariableStatement, taken: Set<string>): ts.Statement[] {
  const { declarations, flags } = statement.declarationList;
  if ((flags & ts.NodeFlags.Using) === ts.NodeFlags.Using) return [statement];
  const again = (declaration: ts.VariableDeclaration): boolean =>
    ts.isIdentifier(declaration.name) && taken.has(declaration.name.text);
  if (!declarations.some(again)) {
    for (const { name } of declarations) if (ts.isIdentifier(name)) taken.add(name.text);
    const list = factory.createVariableDeclarationList(declarations, ts.NodeFlags.Let);
    return [at(factory.createVariableStatement(undefined, at(list, statement.declarationList)), statement)];
  }
  return declarations.flatMap((declaration) => {
    const { name, initializer } = declaration;
    if (!ts.isIdentifier(name)) return [declared(name, initializer ?? factory.createVoidZero())];
    if (initializer === undefined && taken.has(name.text)) return [];
    return [at(redeclaration(name, initializer ?? factory.createVoidZero(), taken), declaration)];
  });
}
