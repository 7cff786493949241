import { validateKeys, type OptionSpec } from '../formats/options.js';
import { DELETE, INSERT, UPDATE_AFTER, type SinkInfo, type TableDescriptor } from '../types/index.js';
import type { Connector, SinkWriter } from './connector.js';

const OPTIONS: readonly OptionSpec[] = [
  { key: 'property-version', type: 'int', description: 'Accepted, without effect.' },
];
const done = Promise.resolve();

/** Takes every row and keeps none. */
export const blackholeConnector: Connector = {
  name: 'blackhole',
  optionKeys: OPTIONS.map((o) => o.key),
  sinkInfo(table: TableDescriptor): SinkInfo {
    validateKeys('blackhole', table.options, OPTIONS);
    // As Flink's: updates come without their -U.
    return { accepts: [INSERT, UPDATE_AFTER, DELETE], metadata: [], upsert: true };
  },
  createWriter: (): SinkWriter => ({
    open: () => done,
    write: () => undefined,
    ready: () => null,
    flush: () => done,
    commit: () => done,
    close: () => done,
  }),
};
