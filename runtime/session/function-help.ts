import { aggregateNames, functionNames, functionSignature } from '../expressions/index.js';

/** How aggregate, ranking and navigation functions are called. */
const AGGREGATES: Readonly<Record<string, string>> = {
  APPROX_COUNT_DISTINCT: 'APPROX_COUNT_DISTINCT(value)',
  ARRAY_AGG: 'ARRAY_AGG([ DISTINCT ] value)',
  AVG: 'AVG([ DISTINCT ] number)',
  COLLECT: 'COLLECT([ DISTINCT ] value)',
  COUNT: 'COUNT(*), COUNT([ DISTINCT ] value)',
  CUME_DIST: 'CUME_DIST() OVER (...)',
  DENSE_RANK: 'DENSE_RANK() OVER (...)',
  FIRST_VALUE: 'FIRST_VALUE(value)',
  JSON_ARRAYAGG: 'JSON_ARRAYAGG(value [ { NULL | ABSENT } ON NULL ])',
  JSON_OBJECTAGG: 'JSON_OBJECTAGG([ KEY ] key VALUE value [ { NULL | ABSENT } ON NULL ])',
  LAG: 'LAG(value [, offset [, default ]]) OVER (...)',
  LAST_VALUE: 'LAST_VALUE(value)',
  LEAD: 'LEAD(value [, offset [, default ]]) OVER (...)',
  LISTAGG: 'LISTAGG([ DISTINCT ] text [, separator ])',
  MAX: 'MAX(value)',
  MIN: 'MIN(value)',
  NTILE: 'NTILE(n) OVER (...)',
  PERCENTILE: 'PERCENTILE(number, percentage [, frequency ])',
  PERCENT_RANK: 'PERCENT_RANK() OVER (...)',
  RANK: 'RANK() OVER (...)',
  ROW_NUMBER: 'ROW_NUMBER() OVER (...)',
  STDDEV: 'STDDEV(number)',
  STDDEV_POP: 'STDDEV_POP(number)',
  STDDEV_SAMP: 'STDDEV_SAMP(number)',
  SUM: 'SUM([ DISTINCT ] number)',
  VARIANCE: 'VARIANCE(number)',
  VAR_POP: 'VAR_POP(number)',
  VAR_SAMP: 'VAR_SAMP(number)',
};

/** Functions that make windows of a table, in FROM TABLE(...). */
const WINDOWS: Readonly<Record<string, string>> = {
  CUMULATE: 'CUMULATE(TABLE t, DESCRIPTOR(time), step, size [, offset ])',
  HOP: 'HOP(TABLE t, DESCRIPTOR(time), slide, size [, offset ])',
  SESSION: 'SESSION(TABLE t [ PARTITION BY key ], DESCRIPTOR(time), gap)',
  TUMBLE: 'TUMBLE(TABLE t, DESCRIPTOR(time), size [, offset ])',
};

/** Functions of expressions, aggregates included. */
export function expressionFunctions(): readonly string[] {
  const known = aggregateNames();
  return [...functionNames(), ...Object.keys(AGGREGATES).filter((name) => known.has(name))].sort();
}

export function windowFunctions(): readonly string[] {
  return Object.keys(WINDOWS);
}

/** How a built-in function is called; undefined for a name that is none. */
export function signatureOf(name: string): string | undefined {
  for (const table of [AGGREGATES, WINDOWS]) if (Object.hasOwn(table, name)) return table[name];
  return functionSignature(name);
}
