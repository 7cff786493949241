import type ts from 'typescript';
import { compiler } from './compiler.js';

/*
 * REPL mode lets a `let` be declared again by the `let` of a later cell, and little else: a `const` only by a `const`, a function or a `var`
 * by no `let`. So every top-level name of a cell becomes a `let`. Function declarations come first, so that they are still hoisted. A `var`
 * within a block or a loop is declared before it, and assigned in place.
 */

const { factory } = compiler;

/** Keeps the source position of what was replaced, for error traces. */
export function at<T extends ts.Node>(node: T, original: ts.Node): T {
  return compiler.setTextRange(node, original);
}

export function declared(name: ts.BindingName, value: ts.Expression): ts.Statement {
  const declaration = factory.createVariableDeclaration(name, undefined, undefined, value);
  return factory.createVariableStatement(
    undefined,
    factory.createVariableDeclarationList([declaration], compiler.NodeFlags.Let),
  );
}

export const redeclarable: ts.TransformerFactory<ts.SourceFile> = (context) => (file) => {
  const hoisted: ts.Statement[] = [];
  const rest: ts.Statement[] = [];
  const taken = new Set<string>();
  for (const statement of file.statements) {
    if (compiler.isFunctionDeclaration(statement) && statement.name !== undefined) {
      const { asteriskToken, name, parameters, body, modifiers } = statement;
      const kept = modifiers?.filter((modifier) => compiler.isModifier(modifier));
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
    } else if (compiler.isClassDeclaration(statement) && statement.name !== undefined) {
      const { name, heritageClauses, members } = statement;
      const value = factory.createClassExpression(undefined, name, undefined, heritageClauses, members);
      rest.push(at(redeclaration(name, at(value, statement), taken), statement));
    } else if (compiler.isVariableStatement(statement)) rest.push(...variables(statement, taken));
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
  if ((flags & compiler.NodeFlags.Using) === compiler.NodeFlags.Using) return [statement];
  const again = (declaration: ts.VariableDeclaration): boolean =>
    compiler.isIdentifier(declaration.name) && taken.has(declaration.name.text);
  if (!declarations.some(again)) {
    for (const { name } of declarations) if (compiler.isIdentifier(name)) taken.add(name.text);
    const list = factory.createVariableDeclarationList(declarations, compiler.NodeFlags.Let);
    return [at(factory.createVariableStatement(undefined, at(list, statement.declarationList)), statement)];
  }
  return declarations.flatMap((declaration) => {
    const { name, initializer } = declaration;
    if (!compiler.isIdentifier(name)) return [declared(name, initializer ?? factory.createVoidZero())];
    if (initializer === undefined && taken.has(name.text)) return [];
    return [at(redeclaration(name, initializer ?? factory.createVoidZero(), taken), declaration)];
  });
}

/** A statement whose `var`s are declared before it. Those of a pattern stay as they are. */
function lowered(statement: ts.Statement, taken: Set<string>, context: ts.TransformationContext): ts.Statement[] {
  const names = new Set<string>();
  const visit = (node: ts.Node): ts.Node => {
    if (compiler.isFunctionLike(node) || compiler.isClassLike(node)) return node;
    if (compiler.isVariableStatement(node) && isPlainVar(node.declarationList))
      return at(factory.createExpressionStatement(assignments(node.declarationList, names)), node);
    if (compiler.isForStatement(node) && node.initializer !== undefined && isPlainVar(node.initializer)) {
      const { initializer, condition, incrementor, statement: body } = node;
      const assigned = assignments(initializer, names);
      return compiler.visitEachChild(
        factory.updateForStatement(node, assigned, condition, incrementor, body),
        visit,
        context,
      );
    }
    if (compiler.isForOfStatement(node) && isPlainVar(node.initializer)) {
      const { awaitModifier, initializer, expression, statement: body } = node;
      const target = onlyName(initializer, names);
      const made = factory.updateForOfStatement(node, awaitModifier, target, expression, body);
      return compiler.visitEachChild(made, visit, context);
    }
    if (compiler.isForInStatement(node) && isPlainVar(node.initializer)) {
      const { initializer, expression, statement: body } = node;
      const made = factory.updateForInStatement(node, onlyName(initializer, names), expression, body);
      return compiler.visitEachChild(made, visit, context);
    }
    return compiler.visitEachChild(node, visit, context);
  };
  const changed = visit(statement) as ts.Statement;
  const fresh = [...names].filter((name) => !taken.has(name));
  for (const name of fresh) taken.add(name);
  return [...fresh.map((name) => declared(factory.createIdentifier(name), factory.createVoidZero())), changed];
}

function isPlainVar(list: ts.Node): list is ts.VariableDeclarationList {
  return (
    compiler.isVariableDeclarationList(list) &&
    (list.flags & compiler.NodeFlags.BlockScoped) === 0 &&
    list.declarations.every(({ name }) => compiler.isIdentifier(name))
  );
}

function assignments(list: ts.VariableDeclarationList, names: Set<string>): ts.Expression {
  const made: ts.Expression[] = [];
  for (const { name, initializer } of list.declarations) {
    if (!compiler.isIdentifier(name)) continue;
    names.add(name.text);
    if (initializer !== undefined) made.push(factory.createAssignment(name, initializer));
  }
  return made.length === 0 ? factory.createVoidZero() : made.reduce((all, one) => factory.createComma(all, one));
}

function onlyName(list: ts.VariableDeclarationList, names: Set<string>): ts.Identifier {
  const name = list.declarations[0]?.name;
  if (name === undefined || !compiler.isIdentifier(name)) throw new Error('a loop declares one name');
  names.add(name.text);
  return name;
}
