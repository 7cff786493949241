import type { ViewEncoding } from '../dataflow/index.js';
import { readableText } from '../protocol/readable-text.js';

/** How views are encoded, wherever they live. */
export const VIEW_ENCODING: ViewEncoding = {
  encoder: async () => (await import('../protocol/arrow-frame.js')).encodeRows,
  text: readableText,
};
