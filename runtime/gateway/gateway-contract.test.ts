import { afterAll, beforeAll } from '@jest/globals';
import { sessionContract } from '../session/contract-suite.js';
import { GatewaySession } from '../session/gateway-session.js';
import { startGateway, type GatewayProcess } from './test-gateway.js';

let gateway: GatewayProcess;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(async () => {
  await gateway.end();
});

sessionContract('over a WebSocket to a gateway process', {
  make: () =>
    GatewaySession.connect(gateway.url, { token: gateway.token, options: { 'table.local-time-zone': 'UTC' } }),
  bounded: (rows) =>
    `'connector' = 'values', 'rows' = '${JSON.stringify(rows.map((r) => ['+I', ...r])).replaceAll("'", "''")}'`,
  unbounded: (perSecond) =>
    `'connector' = 'datagen', 'rows-per-second' = '${perSecond}', 'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '1000000000'`,
  blackhole: "'connector' = 'blackhole'",
});
