import type { WriteStream } from 'node:tty';
import { EmbeddedSession, sessionTimeZone } from '../session/index.js';
import { LiveTablePrinter } from './live-table.js';
import { Output } from './output.js';
import { TablePrinter } from './printers.js';

/** What `npm start` shows: sales made up by datagen, summed per second and region as the seconds pass. */
const SCRIPT = `
CREATE TABLE sales (
  region_id INT,
  amount_cents INT,
  sold_at AS CURRENT_TIMESTAMP,
  WATERMARK FOR sold_at AS sold_at - INTERVAL '0.2' SECOND
) WITH (
  'connector' = 'datagen',
  'rows-per-second' = '20000',
  'fields.region_id.min' = '1', 'fields.region_id.max' = '4',
  'fields.amount_cents.min' = '100', 'fields.amount_cents.max' = '99999'
);
SELECT
  window_end AS \`second\`,
  CASE region_id WHEN 1 THEN 'north' WHEN 2 THEN 'east' WHEN 3 THEN 'south' ELSE 'west' END AS region,
  COUNT(*) AS sales,
  CAST(SUM(amount_cents) / 100.0 AS DECIMAL(12, 2)) AS revenue,
  CAST(MAX(amount_cents) / 100.0 AS DECIMAL(12, 2)) AS largest
FROM TABLE(TUMBLE(TABLE sales, DESCRIPTOR(sold_at), INTERVAL '1' SECOND))
GROUP BY window_start, window_end, region_id`;

const TITLE =
  'Streamcell: 20,000 generated sales a second, summed per second and region. Your own SQL: npx streamcell run FILE.sql';

/** Runs the demonstration until Ctrl-C, or for some seconds. @returns the exit code. */
export async function demo(seconds: number | null, stdout: WriteStream): Promise<number> {
  const out = new Output(stdout);
  const session = new EmbeddedSession();
  const stop = new AbortController();
  const end = (): void => stop.abort();
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  const timer = seconds === null ? null : setTimeout(end, seconds * 1000);
  void out.closed.then(end);
  try {
    const zone = sessionTimeZone(await session.options());
    const printer = stdout.isTTY ? new LiveTablePrinter(out, stdout, zone, TITLE) : new TablePrinter(out, zone);
    for await (const statement of session.execute(SCRIPT, { signal: stop.signal })) {
      if (statement.kind === 'query') await printer.print(statement, 1);
    }
    await out.flush();
    return 0;
  } finally {
    if (timer !== null) clearTimeout(timer);
    await session.close();
  }
}
