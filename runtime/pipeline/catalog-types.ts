import type { Session } from '../session/session.js';
import type { Value } from '../types/index.js';
import { quotePath, quoteIdentifier } from './sql-text.js';
import { propertyName, typescriptType } from './type-text.js';

/** How the declarations name the two classes of this package; a program that imports them under other names says so. */
export interface DeclarationNames {
  readonly decimal: string;
  readonly interval: string;
}

const FROM_PACKAGE: DeclarationNames = {
  decimal: "import('@streamcell/runtime/pipeline/index').Decimal",
  interval: "import('@streamcell/runtime/pipeline/index').Interval",
};

/**
 * TypeScript declarations of the tables and views of the current database, by which `from('bids')` knows its columns. The text is a
 * global declaration and merges with the package's: keep it in a `.d.ts`, or hand it to a language service.
 */
export async function catalogTypes(session: Session, names: DeclarationNames = FROM_PACKAGE): Promise<string> {
  // SHOW TABLES lists views too, as Flink does.
  const tables = (await rows(session, 'SHOW TABLES')).map(([name]) => name as string);
  const lines: string[] = [];
  for (const table of [...new Set(tables)].sort()) {
    const columns = await rows(session, `DESCRIBE ${quoteIdentifier(table)}`).catch(() => null);
    // Dropped in between, or a view whose table is gone: such a table has no columns to speak of.
    if (columns === null) continue;
    lines.push(`  readonly ${propertyName(pathOf(table))}: {`);
    for (const [name, type, nullable] of columns) {
      const text = typescriptType(type as string, names.decimal, names.interval, nullable !== false);
      lines.push(`    readonly ${propertyName(name as string)}: ${text};`);
    }
    lines.push('  };');
  }
  return `interface StreamcellCatalog {\n${lines.join('\n')}\n}\n`;
}

/** The name as `from` takes it. */
function pathOf(table: string): string {
  return quotePathSafe(table) ? table : quoteIdentifier(table);
}

function quotePathSafe(table: string): boolean {
  return !/[.`]/.test(table) && quotePath(table) === quoteIdentifier(table);
}

async function rows(session: Session, sql: string): Promise<readonly (readonly Value[])[]> {
  for await (const statement of session.execute(sql)) {
    if (statement.view === null) continue;
    await statement.done;
    return (await statement.view.snapshot()).map(({ fields }) => fields);
  }
  return [];
}
