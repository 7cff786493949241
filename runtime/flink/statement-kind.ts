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
