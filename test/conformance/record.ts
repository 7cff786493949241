import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FlinkCluster } from '../cluster/flink.js';
import { type GatewayResult, GatewayError, SqlGatewayClient } from '../cluster/sql-gateway-client.js';
import { splitStatements } from '../cluster/sql-script.js';
import { type Case, goldenPath, layOut, readCases } from './case-file.js';
import { CASE_OPTIONS } from './case-options.js';
import { type Golden, settle, writeGolden } from './golden.js';

async function runOnFlink(client: SqlGatewayClient, of: Case, directory: string): Promise<Golden> {
  const session = await client.openSession(CASE_OPTIONS);
  try {
    const statements = splitStatements(await layOut(of, directory));
    let last: GatewayResult | undefined;
    for (const [i, statement] of statements.entries()) {
      try {
        last = await session.execute(statement);
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error;
        if (i < statements.length - 1)
          throw new Error(`${of.name}: Flink refused statement ${i + 1}: ${error.message}`);
        return { error: error.phase, message: error.message.split('\n')[0] ?? '' };
      }
    }
    if (!last?.complete) throw new Error(`${of.name} did not end; inputs of cases are bounded`);
    return { columns: last.columns, rows: settle(of, last.columns, last.rows) };
  } finally {
    await session.close();
  }
}

/** Records goldens from real Flink: `record [--all] [NAME...]`; without names those that have none yet. */
async function main(names: readonly string[]): Promise<void> {
  const all = names.includes('--all');
  const wanted = names.filter((name) => !name.startsWith('--'));
  const cases = (await readCases()).filter((c) =>
    wanted.length > 0 ? wanted.some((w) => c.name.startsWith(w)) : all || !existsSync(goldenPath(c)),
  );
  if (cases.length === 0) {
    console.log('every case has its golden; --all records them again');
    return;
  }
  const directory = await mkdtemp(join(tmpdir(), 'streamcell-record-'));
  const flink = await new FlinkCluster().start();
  let failed = 0;
  try {
    const client = new SqlGatewayClient(flink.gatewayUrl);
    for (const one of cases) {
      try {
        const golden = await runOnFlink(client, one, directory);
        await writeFile(goldenPath(one), writeGolden(golden));
        console.log(
          `${one.name}: ${'error' in golden ? `${golden.error} error: ${golden.message}` : `${golden.rows.length} rows`}`,
        );
      } catch (error) {
        failed++;
        console.error(`${one.name}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  } finally {
    await flink.stop();
    await rm(directory, { recursive: true, force: true });
  }
  console.log(`${cases.length - failed} recorded, ${failed} not`);
  process.exitCode = failed > 0 ? 1 : 0;
}

await main(process.argv.slice(2));
