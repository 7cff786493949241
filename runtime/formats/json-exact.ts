import { StreamcellError, type DataType, type Value } from '../types/index.js';
import { isDataError, JsonConverters, JsonValueError, type JsonDecodeOptions } from './json-converters.js';
import { END_ARRAY, JsonTokens, NO_TOKEN, NULL, START_ARRAY, START_OBJECT } from './json-tokens.js';
import { readTree } from './json-tree.js';
import { JsonTreeConverters } from './json-tree-converters.js';
import type { DecodeMetrics } from './format.js';

export type EmitRow = (row: readonly Value[]) => void;

/**
 * Decodes single JSON records exactly as Flink does, to boxed rows: an object is one row, an array at the root one row per element,
 * an empty record none. It is the measure of the fast scanner, and takes over each record that the scanner does not know.
 */
export class JsonExact {
  private readonly tokens = new JsonTokens();
  private readonly decode: (data: Uint8Array, start: number, end: number, emit: EmitRow) => void;

  constructor(
    paths: readonly (readonly string[])[],
    types: readonly DataType[],
    private readonly options: JsonDecodeOptions & { readonly pullParser: boolean },
    private readonly metrics: DecodeMetrics,
  ) {
    const onFieldError = (): void => {
      metrics.malformed++;
    };
    this.decode = options.pullParser
      ? this.pulling(paths, types, onFieldError)
      : this.walkingTree(paths, types, onFieldError);
  }

  /** @throws StreamcellError RECORD_MALFORMED, unless parse errors are ignored: then the record is counted and gives no row. */
  record(data: Uint8Array, start: number, end: number, emit: EmitRow): void {
    try {
      this.decode(data, start, end, emit);
    } catch (error) {
      if (!isDataError(error)) throw error;
      if (this.options.ignoreParseErrors) {
        this.metrics.malformed++;
        return;
      }
      const text = Buffer.from(data.buffer, data.byteOffset + start, Math.min(end - start, 400)).toString('utf8');
      throw new StreamcellError(
        'RECORD_MALFORMED',
        `Failed to deserialize JSON '${text}${end - start > 400 ? '...' : ''}': ${(error as Error).message}.`,
        { cause: error },
      );
    }
  }

  private pulling(
    paths: readonly (readonly string[])[],
    types: readonly DataType[],
    onFieldError: () => void,
  ): JsonExact['decode'] {
    const convert = new JsonConverters(this.options, onFieldError).projection(paths, types);
    const ignore = this.options.ignoreParseErrors && paths.every((p) => p.length === 1);
    const { tokens, metrics } = this;
    const row = (emit: EmitRow): void => {
      if (tokens.token === NULL) return;
      if (!ignore) {
        emit(convert(tokens));
        return;
      }
      let values: readonly Value[];
      try {
        values = convert(tokens);
      } catch (error) {
        if (!isDataError(error)) throw error;
        metrics.malformed++;
        return;
      }
      emit(values);
    };
    return (data, start, end, emit) => {
      if (start === end) return;
      tokens.reset(data, start, end);
      const first = tokens.next();
      if (first === START_ARRAY) {
        while (tokens.next() !== END_ARRAY) row(emit);
      } else if (first === START_OBJECT) {
        row(emit);
      } else {
        throw new JsonValueError('no JSON object or array found');
      }
    };
  }

  private walkingTree(
    paths: readonly (readonly string[])[],
    types: readonly DataType[],
    onFieldError: () => void,
  ): JsonExact['decode'] {
    const convert = new JsonTreeConverters(this.options, onFieldError).row(
      paths.map((p) => p[0]),
      types,
    );
    const { tokens, metrics } = this;
    const { decimals, ignoreParseErrors } = this.options;
    return (data, start, end, emit) => {
      tokens.reset(data, start, end);
      if (tokens.next() === NO_TOKEN) return;
      const root = readTree(tokens, decimals);
      if (root.kind === 'null') return;
      for (const node of root.kind === 'array' ? root.items : [root]) {
        if (node.kind === 'null') continue;
        try {
          emit(convert(node));
        } catch (error) {
          if (!ignoreParseErrors || !isDataError(error)) throw error;
          metrics.malformed++;
        }
      }
    };
  }
}
