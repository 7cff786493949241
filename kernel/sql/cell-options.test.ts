import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { StreamcellError } from '@streamcell/runtime/types/index';
import { parseCellOptions, type CellOptions } from './cell-options.js';

/** What a line says, without what it does not; or the part of it that is wrong. The Python package is tested by the same. */
interface Vector {
  readonly line: string;
  readonly options?: object;
  readonly wrong?: string;
  readonly hint?: string;
}

const VECTORS = JSON.parse(
  readFileSync(new URL('../../sql/cell-options.vectors.json', import.meta.url), 'utf8'),
) as readonly Vector[];
const MAGIC = '%%flinksql ';

function said(options: CellOptions): object {
  const { cluster, chart, wait, parameters, help, ...plain } = options;
  const values = Object.entries(parameters).map(([name, value]) => [
    name,
    typeof value === 'bigint' ? { bigint: String(value) } : value,
  ]);
  const all = {
    ...plain,
    cluster: cluster?.name ?? null,
    chart: chart?.text ?? null,
    wait: wait === Infinity ? 'end' : wait,
    parameters: values.length === 0 ? null : Object.fromEntries(values),
    help: help ? true : null,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
}

test.each(VECTORS)('$line', ({ line, options, wrong, hint }) => {
  const cell = `${MAGIC}${line}\nSELECT 1`;
  const parse = (): CellOptions => parseCellOptions(cell, { start: MAGIC.length, end: MAGIC.length + line.length });
  if (options !== undefined) {
    expect(said(parse())).toEqual(options);
    return;
  }
  let error: unknown;
  try {
    parse();
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(StreamcellError);
  const { code, span, hint: given } = error as StreamcellError;
  expect([code, cell.slice(span?.start, span?.end)]).toEqual(['MAGIC_INVALID', wrong]);
  if (hint !== undefined) expect(given).toBe(hint);
});
