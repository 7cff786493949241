import { displayText, encodeRows } from '../protocol/index.js';

/** How views are encoded, wherever they live. */
export const VIEW_ENCODING = { encode: encodeRows, text: displayText } as const;
