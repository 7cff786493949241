import { SQLDialect } from '@codemirror/lang-sql';
import { LanguageSupport } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import { Decoration, EditorView, ViewPlugin, type DecorationSet, type ViewUpdate } from '@codemirror/view';
import type { IEditorLanguage } from '@jupyterlab/codemirror';
import { CONTEXTUAL, RESERVED, TABLE_FUNCTIONS, TYPES } from './keywords.js';
import { magicOf, SQL_MIME } from './magic.js';

/** Naming words replaces the dialect's own, so all are named. */
function dialect(): SQLDialect {
  const types = new Set(TYPES);
  const keywords = [...RESERVED, ...CONTEXTUAL, ...TABLE_FUNCTIONS].filter((word) => !types.has(word));
  return SQLDialect.define({
    keywords: lower(keywords),
    types: lower(TYPES),
    backslashEscapes: false,
    hashComments: false,
    slashComments: false,
    doubleQuotedStrings: true,
    identifierQuotes: '`',
    operatorChars: '*+-%<>!=~/|',
    specialVar: '',
  });
}

function lower(words: readonly string[]): string {
  return words.join(' ').toLowerCase();
}

const NAME = Decoration.mark({ class: 'sc-Magic' });
const OPTIONS = Decoration.mark({ class: 'sc-MagicOption' });

/** Colours the line that makes a cell SQL, which is none itself. */
function magicLine(): Extension {
  const build = (view: EditorView): DecorationSet => {
    const magic = magicOf(view.state.doc.sliceString(0, 2000));
    if (magic === null) return Decoration.none;
    const { name, options } = magic;
    const marks = [NAME.range(name.start, name.end)];
    if (options.end > options.start) marks.push(OPTIONS.range(options.start, options.end));
    return Decoration.set(marks);
  };
  return ViewPlugin.fromClass(
    class {
      decorations: DecorationSet;

      constructor(view: EditorView) {
        this.decorations = build(view);
      }

      update(update: ViewUpdate): void {
        if (update.docChanged) this.decorations = build(update.view);
      }
    },
    { decorations: (plugin) => plugin.decorations },
  );
}

/** Flink SQL as JupyterLab's editors load it. */
export function flinkSql(): IEditorLanguage {
  return {
    name: 'flinksql',
    displayName: 'Flink SQL',
    mime: SQL_MIME,
    load: async () => new LanguageSupport(dialect().language, [magicLine()]),
  };
}
