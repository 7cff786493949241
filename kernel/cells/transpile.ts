import ts from 'typescript';
import type { Script } from './messages.js';
import { INTERNALS } from './names.js';
import { at, declared, redeclarable } from './redeclarable.js';

/**
 * Turns a cell into JavaScript for V8's REPL mode. Top-level names become redeclarable. Imports become awaited calls
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
