import type { CompletionHandler, ICompletionContext, ICompletionProvider } from '@jupyterlab/completer';
import { KIND_ICONS } from './icons.js';
import { SQL_MIME } from './magic.js';

interface TypedMatch {
  readonly text: string;
  readonly type?: string;
}

/** Completion in Flink SQL cells: what the kernel's session knows, with an icon for its kind. */
export class SqlCompletionProvider implements ICompletionProvider {
  readonly identifier = 'streamcell:sql';
  /** Before the providers that know nothing of SQL. */
  readonly rank = 1100;

  async isApplicable({ editor, session }: ICompletionContext): Promise<boolean> {
    return editor?.model.mimeType === SQL_MIME && session?.kernel != null;
  }

  async fetch(
    request: CompletionHandler.IRequest,
    { session }: ICompletionContext,
  ): Promise<CompletionHandler.ICompletionItemsReply> {
    const reply = await session?.kernel?.requestComplete({ code: request.text, cursor_pos: request.offset });
    const content = reply?.content;
    if (content?.status !== 'ok') return { start: request.offset, end: request.offset, items: [] };
    const typed = (content.metadata as { readonly _jupyter_types_experimental?: readonly TypedMatch[] })
      ._jupyter_types_experimental;
    return {
      start: content.cursor_start,
      end: content.cursor_end,
      items: content.matches.map((label, i) => {
        const type = typed?.[i]?.type ?? '';
        return { label, insertText: typed?.[i]?.text ?? label, type, icon: KIND_ICONS[type] };
      }),
    };
  }
}
