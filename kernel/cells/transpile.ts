import type ts from 'typescript';
import { compiler } from './compiler.js';
import type { Script } from './messages.js';
import { INTERNALS } from './names.js';
import { at, declared, redeclarable } from './redeclarable.js';

/**
 * Turns a cell into JavaScript for V8's REPL mode. Top-level names become redeclarable. Imports become awaited calls
 * that resolve from the notebook's folder; `export` is dropped. The value of a last expression is handed over explicitly, because a
 * script's completion value would also be that of a loop or an `if`.
 */
export function transpile(code: string, fileName: string): Script {
  const { outputText, sourceMapText } = compiler.transpileModule(code, {
    fileName,
    compilerOptions: {
      target: compiler.ScriptTarget.ES2022,
      module: compiler.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      sourceMap: true,
      experimentalDecorators: false,
    },
    transformers: { before: [importsAndResult], after: [redeclarable] },
  });
  const js = outputText.replace(/^\/\/# sourceMappingURL=.*$/m, '').replace(/^export \{\s*\};$/m, '');
  return { js, map: sourceMapText ?? '' };
}

const { factory } = compiler;

const importsAndResult: ts.TransformerFactory<ts.SourceFile> = () => (file) => {
  const statements = file.statements.flatMap((statement) => withoutModules(statement));
  const lastExpression = statements.at(-1);
  if (lastExpression !== undefined && compiler.isExpressionStatement(lastExpression))
    statements[statements.length - 1] = at(
      factory.createExpressionStatement(
        internalCall('result', [factory.createStringLiteral(file.fileName), lastExpression.expression]),
      ),
      lastExpression,
    );
  return factory.updateSourceFile(file, statements);
};

function internalCall(method: string, values: readonly ts.Expression[]): ts.Expression {
  const callee = factory.createPropertyAccessExpression(factory.createIdentifier(INTERNALS), method);
  return factory.createCallExpression(callee, undefined, values);
}

function withoutModules(statement: ts.Statement): ts.Statement[] {
  if (compiler.isImportDeclaration(statement)) return importedNames(statement).map((made) => at(made, statement));
  if (compiler.isImportEqualsDeclaration(statement)) return [at(requiredName(statement), statement)];
  if (compiler.isExportAssignment(statement))
    return [at(factory.createExpressionStatement(statement.expression), statement)];
  if (compiler.isExportDeclaration(statement)) {
    if (statement.isTypeOnly || statement.moduleSpecifier === undefined) return [];
    return [at(factory.createExpressionStatement(imported(statement.moduleSpecifier)), statement)];
  }
  return [withoutExport(statement)];
}

function imported(specifier: ts.Expression): ts.Expression {
  return factory.createAwaitExpression(internalCall('import', [specifier]));
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
  if (bindings !== undefined && compiler.isNamespaceImport(bindings))
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
  if (!compiler.isExternalModuleReference(reference)) return declared(statement.name, nameExpression(reference));
  const call = factory.createCallExpression(factory.createIdentifier('require'), undefined, [reference.expression]);
  return declared(statement.name, call);
}

function nameExpression(name: ts.EntityName): ts.Expression {
  if (compiler.isIdentifier(name)) return name;
  return factory.createPropertyAccessExpression(nameExpression(name.left), name.right);
}

function withoutExport(statement: ts.Statement): ts.Statement {
  const modifiers = compiler.canHaveModifiers(statement) ? compiler.getModifiers(statement) : undefined;
  if (!modifiers?.some((modifier) => modifier.kind === compiler.SyntaxKind.ExportKeyword)) return statement;
  const kept = modifiers.filter(
    (modifier) =>
      modifier.kind !== compiler.SyntaxKind.ExportKeyword && modifier.kind !== compiler.SyntaxKind.DefaultKeyword,
  );
  if (compiler.isVariableStatement(statement))
    return factory.updateVariableStatement(statement, kept, statement.declarationList);
  if (compiler.isEnumDeclaration(statement))
    return factory.updateEnumDeclaration(statement, kept, statement.name, statement.members);
  if (compiler.isModuleDeclaration(statement))
    return factory.updateModuleDeclaration(statement, kept, statement.name, statement.body);
  if (compiler.isFunctionDeclaration(statement)) {
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
  if (compiler.isClassDeclaration(statement)) {
    const { name, typeParameters, heritageClauses, members } = statement;
    const all = [...(compiler.getDecorators(statement) ?? []), ...kept];
    const className = name ?? factory.createUniqueName('exported');
    return factory.updateClassDeclaration(statement, all, className, typeParameters, heritageClauses, members);
  }
  return statement;
}
