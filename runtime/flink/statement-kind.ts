import { unwrap, type ScriptPiece, type StatementKind } from '../session/index.js';

const FIRST_WORDS: Readonly<Record<string, StatementKind>> = {
  SELECT: 'query',
  WITH: 'query',
  VALUES: 'query',
  TABLE: 'query',
  INSERT: 'insert',
  UPSERT: 'insert',
  UPDATE: 'insert',
  DELETE: 'insert',
  EXPLAIN: 'explain',
  SET: 'set',
  RESET: 'set',
  CREATE: 'ddl',
  REPLACE: 'ddl',
  ALTER: 'ddl',
  DROP: 'ddl',
};

/** What a statement is, whether our parser can read it or only Flink's can. What it turned out to be the cluster says. */
export function kindOf({ statement, text }: ScriptPiece): StatementKind {
  if (statement !== null) {
    const ast = unwrap(statement);
    switch (ast.kind) {
      case 'QueryStatement':
        return 'query';
      case 'Insert':
      case 'StatementSet':
        return 'insert';
      case 'Explain':
        return 'explain';
      case 'SetOption':
      case 'ResetOption':
        return 'set';
      case 'Use':
      case 'AnalyzeTable':
      case 'Show':
      case 'ShowCreate':
      case 'Describe':
        return 'utility';
    }
  }
  const words = bare(text).toUpperCase().split(/\s+/, 2);
  const word = words[0] === 'EXECUTE' && words[1] !== 'STATEMENT' && words[1] !== 'PLAN' ? words[1] : words[0];
  if (word === 'EXECUTE') return 'insert';
  return FIRST_WORDS[word] ?? (word.startsWith('(') ? 'query' : 'utility');
}

function bare(text: string): string {
  return text.replace(/^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)+/, '');
}

export interface SentText {
  readonly text: string;
  /** Characters that the text is longer at its beginning than what the user wrote. */
  readonly shift: number;
}

/** The text as the gateway takes it: it knows one form of statement sets only. */
export function sentText({ statement, text }: ScriptPiece): SentText {
  if (statement?.kind !== 'StatementSet' || statement.form !== 'BEGIN') return { text, shift: 0 };
  const sent = text.replace(/^BEGIN\s+STATEMENT\s+SET\s*;/i, 'EXECUTE STATEMENT SET BEGIN');
  return { text: sent, shift: sent.length - text.length };
}

/** The definition that makes a table and runs a job to fill it: replaying it would run the job again. */
export function fillsTable({ statement }: ScriptPiece): boolean {
  if (statement === null) return false;
  const ast = unwrap(statement);
  return (ast.kind === 'CreateTable' || ast.kind === 'ReplaceTable') && ast.as !== null;
}

/** Whether a statement that took effect has one on our own catalog, which is kept beside Flink's. */
export function changesCatalog(piece: ScriptPiece): boolean {
  if (piece.statement === null) return false;
  const ast = unwrap(piece.statement);
  switch (ast.kind) {
    case 'Use':
    case 'UseModules':
      return true;
    case 'AlterMaterializedTable':
      return !['Suspend', 'Resume', 'Refresh'].includes(ast.action.kind);
    default:
      return kindOf(piece) === 'ddl';
  }
}

/** Whether what a statement did is something that our own catalog has no idea of. */
export function isBeyondContext({ statement, text }: ScriptPiece): boolean {
  if (statement === null)
    return !/^(?:SHOW|DESC|DESCRIBE|EXPLAIN|CALL|TRUNCATE|ANALYZE|STOP|COMPILE|ADD|REMOVE)\b/i.test(bare(text));
  const { kind } = unwrap(statement);
  return kind === 'LoadModule' || kind === 'UnloadModule';
}

/** The option that SET gives a value, also in the form without quotes, which only Flink's gateway reads. */
export function optionSet({ statement, text }: ScriptPiece): { readonly key: string; readonly value: string } | null {
  if (statement !== null) {
    const ast = unwrap(statement);
    if (ast.kind !== 'SetOption' || ast.key === null || ast.value === null) return null;
    return { key: ast.key.value.trim(), value: ast.value.value.trim() };
  }
  const [, key, quoted, plain] = /^SET\s+([^'\s=]+)\s*=\s*(?:'([^']*)'|(\S+))\s*$/i.exec(bare(text)) ?? [];
  return key === undefined ? null : { key, value: (quoted ?? plain).trim() };
}

/** The option that RESET takes back; null for all of them, undefined for any other statement. */
export function optionReset({ statement, text }: ScriptPiece): string | null | undefined {
  if (statement === null) return /^RESET\s+([^'\s]+)\s*$/i.exec(bare(text))?.[1];
  const ast = unwrap(statement);
  return ast.kind === 'ResetOption' ? (ast.key?.value ?? null) : undefined;
}
