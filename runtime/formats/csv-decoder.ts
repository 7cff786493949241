import { StreamcellError, type DataType, type Schema, type Value } from '../types/index.js';
import { BatchBuilder } from './batch-builder.js';
import { CsvConverters, tooShort, type CsvConverter, type CsvConvertOptions } from './csv-converters.js';
import { CsvRecords, CsvSyntaxError, CsvUnclosedQuote, type CsvDialect } from './csv-records.js';
import type { Decoded, DecodeMetrics, Decoder } from './format.js';

export interface CsvDecodeOptions extends CsvConvertOptions {
  readonly dialect: CsvDialect;
  readonly allowTrailingDelimiter: boolean;
  readonly ignoreExtraFields: boolean;
  readonly failOnMissing: boolean;
}

/**
 * Decodes CSV. In a file a record may span lines, and is used only when it is whole; a message is one record.
 *
 * A record with fewer fields than columns are wanted is malformed; under ignore-parse-errors the missing ones are NULL.
 */
export class CsvDecoder implements Decoder {
  readonly metrics: DecodeMetrics = { records: 0, bytes: 0, malformed: 0 };
  private readonly records: CsvRecords;
  private readonly indexes: readonly number[];
  private readonly converters: readonly CsvConverter[];
  private readonly builder: BatchBuilder;
  private buffer = new Uint8Array(0);
  private recordOf: number[] = [];
  failedAt = 0;

  constructor(
    private readonly schema: Schema,
    columns: readonly { readonly path: readonly string[]; readonly type: DataType }[],
    private readonly options: CsvDecodeOptions,
  ) {
    this.records = new CsvRecords(options.dialect);
    const converters = new CsvConverters(options, () => this.metrics.malformed++);
    this.indexes = columns.map((c) => schema.findIndex((f) => f.name === c.path[0]));
    this.converters = columns.map((c) => converters.nullable(c.type));
    this.builder = new BatchBuilder(columns.map((c) => c.type));
  }

  reserve(size: number): Uint8Array {
    if (this.buffer.length < size) {
      const larger = new Uint8Array(size);
      larger.set(this.buffer);
      this.buffer = larger;
    }
    return this.buffer;
  }

  decodeLines(data: Uint8Array, start: number, end: number, maxRows: number, last = false): Decoded {
    const { builder, records, metrics } = this;
    builder.clear();
    let at = start;
    while (at < end && builder.length < maxRows) {
      records.next = at;
      let whole: boolean;
      try {
        whole = records.read(data, at, end, last);
      } catch (error) {
        const newline = error instanceof CsvUnclosedQuote ? -1 : data.indexOf(10, at);
        at = newline < 0 || newline >= end ? end : newline + 1;
        this.fail(error, data, at);
        metrics.records++;
        continue;
      }
      at = records.next;
      if (!whole) break;
      metrics.records++;
      this.row(data, at);
    }
    metrics.bytes += at - start;
    return { batch: builder.finish(), bytes: at - start, recordOf: null };
  }

  decodeRecords(data: Uint8Array, starts: Int32Array, lengths: Int32Array, from: number, to: number): Decoded {
    const { builder, records, metrics } = this;
    builder.clear();
    this.recordOf = [];
    for (let i = from; i < to; i++) {
      metrics.records++;
      if (lengths[i] <= 0) continue;
      metrics.bytes += lengths[i];
      const end = starts[i] + lengths[i];
      try {
        if (!records.read(data, starts[i], end, true)) continue;
      } catch (error) {
        this.fail(error, data, end);
        continue;
      }
      if (this.row(data, end)) this.recordOf.push(i);
    }
    const straight = from === 0 && builder.length === to;
    return { batch: builder.finish(), bytes: to - from, recordOf: straight ? null : Int32Array.from(this.recordOf) };
  }

  private row(data: Uint8Array, end: number): boolean {
    const { malformed } = this.metrics;
    try {
      this.builder.add(this.convert(this.records.fields));
      // Records are counted, however many of their fields do not parse.
      this.metrics.malformed = Math.min(this.metrics.malformed, malformed + 1);
      return true;
    } catch (error) {
      this.fail(error, data, end);
      return false;
    }
  }

  private convert(fields: string[]): Value[] {
    const { schema, options, indexes, converters } = this;
    if (fields.length > schema.length) {
      const trailing =
        fields.length === schema.length + 1 && fields[schema.length] === '' && options.allowTrailingDelimiter;
      if (!trailing && !options.ignoreExtraFields)
        throw new CsvSyntaxError(`too many entries: expected at most ${schema.length}`);
    }
    if (fields.length < schema.length && options.failOnMissing) throw tooShort(schema.length, fields.length);
    if (fields.length < indexes.length && !options.ignoreParseErrors) throw tooShort(indexes.length, fields.length);
    return indexes.map((index, c) => {
      if (index >= fields.length) return null;
      try {
        return converters[c](fields[index]);
      } catch (error) {
        if (!(error instanceof CsvSyntaxError)) throw error;
        throw new CsvSyntaxError(`field '${schema[index].name}': ${error.message}`);
      }
    });
  }

  private fail(error: unknown, data: Uint8Array, end: number): void {
    if (!(error instanceof CsvSyntaxError)) throw error;
    if (this.options.ignoreParseErrors) {
      this.metrics.malformed++;
      return;
    }
    const { start } = this.records;
    this.failedAt = start;
    const text = Buffer.from(data.buffer, data.byteOffset + start, Math.min(end - start, 400))
      .toString('utf8')
      .replace(/\r?\n$/, '');
    throw new StreamcellError('RECORD_MALFORMED', `Failed to deserialize CSV row '${text}': ${error.message}.`, {
      cause: error,
    });
  }
}
