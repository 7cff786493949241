import { doubleToString } from '../types/index.js';
import { decimalOf, decimalText, stripZeros, type BigDecimal } from './java-values.js';
import {
  END_ARRAY,
  END_OBJECT,
  FALSE,
  FLOAT,
  INTEGER,
  JsonSyntaxError,
  JsonTokens,
  START_ARRAY,
  START_OBJECT,
  STRING,
  TRUE,
} from './json-tokens.js';

/** A JSON value in memory, as precise as the referee's tree: integers of any size; other numbers as doubles, or decimals when asked for. */
export type JsonNode =
  | { readonly kind: 'null' }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'integer'; readonly value: bigint }
  | { readonly kind: 'double'; readonly value: number }
  | { readonly kind: 'decimal'; readonly value: BigDecimal }
  | { readonly kind: 'array'; readonly items: readonly JsonNode[] }
  | { readonly kind: 'object'; readonly fields: ReadonlyMap<string, JsonNode> };

/** Reads the value at the current token; leaves the reader at the value's last token. A repeated key keeps its first place and last value. */
export function readTree(tokens: JsonTokens, decimals: boolean): JsonNode {
  switch (tokens.token) {
    case START_OBJECT: {
      const fields = new Map<string, JsonNode>();
      while (tokens.next() !== END_OBJECT) {
        const name = tokens.text();
        tokens.next();
        fields.set(name, readTree(tokens, decimals));
      }
      return { kind: 'object', fields };
    }
    case START_ARRAY: {
      const items: JsonNode[] = [];
      while (tokens.next() !== END_ARRAY) items.push(readTree(tokens, decimals));
      return { kind: 'array', items };
    }
    case STRING:
      return { kind: 'string', value: tokens.text() };
    case INTEGER:
      return { kind: 'integer', value: BigInt(tokens.text()) };
    case FLOAT: {
      const text = tokens.text();
      if (!decimals) return { kind: 'double', value: Number(text) };
      const value = decimalOf(text);
      if (value === undefined) throw new JsonSyntaxError('a number is out of range');
      return { kind: 'decimal', value: stripZeros(value) };
    }
    case TRUE:
    case FALSE:
      return { kind: 'boolean', value: tokens.token === TRUE };
    default:
      return { kind: 'null' };
  }
}

/** The node's scalar text; empty for containers. */
export function nodeText(node: JsonNode): string {
  switch (node.kind) {
    case 'null':
      return 'null';
    case 'boolean':
    case 'integer':
      return String(node.value);
    case 'string':
      return node.value;
    case 'double':
      return doubleToString(node.value);
    case 'decimal':
      return decimalText(node.value);
    default:
      return '';
  }
}

/** The node as compact JSON. */
export function nodeJson(node: JsonNode): string {
  switch (node.kind) {
    case 'array':
      return `[${node.items.map(nodeJson).join(',')}]`;
    case 'object':
      return `{${[...node.fields].map(([k, v]) => `${quoteJson(k)}:${nodeJson(v)}`).join(',')}}`;
    case 'string':
      return quoteJson(node.value);
    case 'double':
      return Number.isFinite(node.value) ? doubleToString(node.value) : `"${doubleToString(node.value)}"`;
    default:
      return nodeText(node);
  }
}

const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/** A JSON string literal as the referee writes it: only what must be escaped is. */
export function quoteJson(text: string): string {
  let inner = '';
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 32 && code !== 34 && code !== 92) continue;
    inner += text.slice(from, i) + (SHORT[text[i]] ?? `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`);
    from = i + 1;
  }
  return `"${from === 0 ? text : inner + text.slice(from)}"`;
}
