import type { ExactJson } from '../cluster/exact-json.js';
import { EngineRunner } from './engine.js';
import { suiteLines } from './suite-data.js';
import { type Verdict, refused, right, wrong } from './verdict.js';

type Line = { readonly [name: string]: ExactJson };

/** The SQL texts of Flink's planner tests: what Flink's parser takes, ours takes, and what it refuses, ours refuses. */
export async function* judgePlanner(directory: string, wanted: (name: string) => boolean): AsyncGenerator<Verdict> {
  const runner = EngineRunner.open();
  try {
    for await (const item of suiteLines(directory, 'planner')) {
      const line = item as Line;
      const name = String(line['name']);
      if (!wanted(name)) continue;
      const sql = String(line['sql']);
      const outcome = await runner.parse(sql);
      if (outcome.state === 'done') {
        yield line['parses'] === true ? right(name) : wrong(name, `parses, but not for Flink: ${sql}`);
      } else if (outcome.error.kind === 'unsupported') {
        yield refused(name, outcome.error.message);
      } else {
        yield line['parses'] === true
          ? wrong(name, `${outcome.error.code} ${outcome.error.message}: ${sql}`)
          : right(name);
      }
    }
  } finally {
    await runner.close();
  }
}
