/** What decides a result beside the text: Flink and the engine are given the same. */
export const CASE_OPTIONS: Readonly<Record<string, string>> = {
  'parallelism.default': '1',
  'table.local-time-zone': 'UTC',
};
