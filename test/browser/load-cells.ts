/** Cells of a result with so many rows that takes so many changes a second: `id`, how often it was seen, and the newest number of its class. */
export function loadCells(keys: number, perSecond: number): [string, string] {
  return [
    `%%flinksql\nSET 'sql-client.execution.max-table-result.rows' = '${keys}';
CREATE TABLE ticks (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '${perSecond}',
  'fields.n.kind' = 'sequence', 'fields.n.start' = '0', 'fields.n.end' = '1000000000000')`,
    `%%flinksql\nSELECT MOD(n, ${keys}) AS id, COUNT(*) AS seen, MAX(n) AS latest FROM ticks GROUP BY MOD(n, ${keys})`,
  ];
}
