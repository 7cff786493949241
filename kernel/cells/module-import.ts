import { createRequire } from 'node:module';
import { join } from 'node:path';
import { constants, Script } from 'node:vm';

export interface Importer {
  import(specifier: string): Promise<unknown>;
  readonly require: NodeJS.Require;
}

/**
 * Imports modules as a file in the notebook's folder would. What is not found from there, but comes with Streamcell (apache-arrow), is taken
 * from Streamcell.
 */
export function createImporter(folder: string): Importer {
  const fileName = join(folder, 'notebook.js');
  const require = createRequire(fileName);
  // Native import() resolves from the script's file name.
  const fromFolder = new Script('(specifier) => import(specifier)', {
    filename: fileName,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  }).runInThisContext() as (specifier: string) => Promise<unknown>;
  // The warning comes with the first import.
  void withoutWarning(() => fromFolder('node:fs'));
  return {
    require,
    async import(specifier) {
      try {
        return await fromFolder(specifier);
      } catch (thrown) {
        if (!isBare(specifier) || !isNotFound(thrown, specifier)) throw thrown;
        try {
          return await import(specifier);
        } catch (second) {
          throw isNotFound(second, specifier) ? thrown : second;
        }
      }
    },
  };
}

function isBare(specifier: string): boolean {
  return !/^(\.|\/|[a-z]+:)/i.test(specifier);
}

function isNotFound(thrown: unknown, specifier: string): boolean {
  const code = thrown instanceof Error ? (thrown as NodeJS.ErrnoException).code : undefined;
  return (
    code === 'ERR_MODULE_NOT_FOUND' && thrown instanceof Error && thrown.message.includes(specifier.split('/')[0] ?? '')
  );
}

/** Node 20 warns that the loader constant is experimental, which is nothing to the writer of a cell. */
function withoutWarning<T>(make: () => T): T {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return make();
  } finally {
    process.emitWarning = emitWarning;
  }
}
