import ts from 'typescript';

/*
 * REPL mode lets a `let` be declared again by the `let` of a later cell, and little else: a `const` only by a `const`, a function or a `var`
 * by no `let`. So every top-level name of a cell becomes a `let`. Function declarations come first, so that they are still hoisted. A `var`
 * within a block or a loop is declared before it, and assigned in place.
 */

const { factory } = ts;

/** Keeps the source position of what was replaced, for error traces. */
export function at<T extends ts.Node>(node: T, original: ts.Node): T {
  return ts.setTextRange(node, original);
}

export function declared(name: ts.BindingName, value: ts.Expression): ts.Statement {
  const declaration = factory.createVariableDeclaration(name, undefined, undefined, value);
  return factory.createVariableStatement(
    undefined,
    factory.createVariableDeclarationList([declaration], ts.NodeFlags.Let),
  );
}

export const redeclarable: ts.TransformerFactory<ts.SourceFile> = (context) => (file) => {
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
    else rest.push(...lowered(statement, taken, context));
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

/** A statement whose `var`s are declared before it. Those of a pattern stay as they are. */
function lowered(statement: ts.Statement, taken: Set<string>, context: ts.TransformationContext): ts.Statement[] {
  const names = new Set<string>();
  const visit = (node: ts.Node): ts.Node => {
    if (ts.isFunctionLike(node) || ts.isClassLike(node)) return node;
    if (ts.isVariableStatement(node) && isPlainVar(node.declarationList))
      return at(factory.createExpressionStatement(assignments(node.declarationList, names)), node);
    if (ts.isForStatement(node) && node.initializer !== undefined && isPlainVar(node.initializer)) {
      const { initializer, condition, incrementor, statement: body } = node;
      const assigned = assignments(initializer, names);
      return ts.visitEachChild(
        factory.updateForStatement(node, assigned, condition, incrementor, body),
        visit,
        context,
      );
    }
    if (ts.isForOfStatement(node) && isPlainVar(node.initializer)) {
      const { awaitModifier, initializer, expression, statement: body } = node;
      const target = onlyName(initializer, names);
      const made = factory.updateForOfStatement(node, awaitModifier, target, expression, body);
      return ts.visitEachChild(made, visit, context);
    }
    if (ts.isForInStatement(node) && isPlainVar(node.initializer)) {
      const { initializer, expression, statement: body } = node;
      const made = factory.updateForInStatement(node, onlyName(initializer, names), expression, body);
      return ts.visitEachChild(made, visit, context);
    }
    return ts.visitEachChild(node, visit, context);
  };
  const changed = visit(statement) as ts.Statement;
  const fresh = [...names].filter((name) => !taken.has(name));
  for (const name of fresh) taken.add(name);
  return [...fresh.map((name) => declared(factory.createIdentifier(name), factory.createVoidZero())), changed];
}

function isPlainVar(list: ts.Node): list is ts.VariableDeclarationList {
  return (
    ts.isVariableDeclarationList(list) &&
    (list.flags & ts.NodeFlags.BlockScoped) === 0 &&
    list.declarations.every(({ name }) => ts.isIdentifier(name))
  );
}

function assignments(list: ts.VariableDeclarationList, names: Set<string>): ts.Expression {
  const made: ts.Expression[] = [];
  for (const { name, initializer } of list.declarations) {
    if (!ts.isIdentifier(name)) continue;
    names.add(name.text);
    if (initializer !== undefined) made.push(factory.createAssignment(name, initializer));
  }
  return made.length === 0 ? factory.createVoidZero() : made.reduce((all, one) => factory.createComma(all, one));
}

function onlyName(list: ts.VariableDeclarationList, names: Set<string>): ts.Identifier {
  const name = list.declarations[0]?.name;
  if (name === undefined || !ts.isIdentifier(name)) throw new Error('a loop declares one name');
  names.add(name.text);
  return name;
}
