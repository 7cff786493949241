import { sessionContract } from './contract-suite.js';
import { EmbeddedSession } from './embedded-session.js';

sessionContract('embedded', {
  make: async () => new EmbeddedSession({ options: { 'table.local-time-zone': 'UTC' } }),
  bounded: (rows) =>
    `'connector' = 'values', 'rows' = '${JSON.stringify(rows.map((r) => ['+I', ...r])).replaceAll("'", "''")}'`,
  unbounded: (perSecond) =>
    `'connector' = 'datagen', 'rows-per-second' = '${perSecond}', 'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '1000000000'`,
  blackhole: "'connector' = 'blackhole'",
});
