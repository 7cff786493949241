import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { openFlinkSession } from '@streamcell/runtime/flink/index';
import { startGateway, type GatewayProcess } from '@streamcell/runtime/gateway/test-gateway';
import { sessionContract, type ContractSetup } from '@streamcell/runtime/session/contract-suite';
import { GatewaySession } from '@streamcell/runtime/session/gateway-session';
import { FlinkCluster } from './flink.js';

const flink = new FlinkCluster({ slots: 8 });
const files = mkdtempSync(join(tmpdir(), 'streamcell-flink-contract-'));
let gateway: GatewayProcess;
let written = 0;

beforeAll(async () => {
  await flink.start();
  gateway = await startGateway('--cluster', `flink=${flink.gatewayUrl},${flink.restUrl}`);
}, 600_000);
afterAll(async () => {
  await gateway.end();
  await flink.stop();
  rmSync(files, { recursive: true, force: true });
});

function csvCell(value: unknown): string {
  return value === null ? '' : `"${String(value).replaceAll('"', '""')}"`;
}

const tables: Omit<ContractSetup, 'make'> = {
  bounded: (rows) => {
    const path = join(files, `rows-${++written}.csv`);
    writeFileSync(path, rows.map((row) => `${row.map(csvCell).join(',')}\n`).join(''));
    return `'connector' = 'filesystem', 'path' = 'file://${path}', 'format' = 'csv', 'csv.null-literal' = ''`;
  },
  // Random values: a sequence of Flink's datagen is held in memory as a whole.
  unbounded: (perSecond) => `'connector' = 'datagen', 'rows-per-second' = '${perSecond}', 'fields.id.min' = '1'`,
  blackhole: "'connector' = 'blackhole'",
};

sessionContract('Flink', {
  ...tables,
  make: () =>
    openFlinkSession({
      gateway: flink.gatewayUrl,
      jobManager: flink.restUrl,
      options: { 'table.local-time-zone': 'UTC' },
    }),
});

sessionContract('Flink through a gateway', {
  ...tables,
  make: () =>
    GatewaySession.connect(gateway.url, {
      token: gateway.token,
      cluster: 'flink',
      options: { 'table.local-time-zone': 'UTC' },
    }),
});
