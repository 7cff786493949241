import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { applyDdl, bind, bindInserts, type BindOptions, type BoundStatement } from '../binder/index.js';
import { Catalog } from '../catalog/index.js';
import { connectorCatalog } from '../connectors/registry.js';
import { parseScript } from '../parser/parser.js';
import { explainPlan, planStatement, type PlannerContext, type PlanStage } from './index.js';

/**
 * Plans as text. A file of `goldens/` has tables (`-- tables`), then cases: a statement (`-- case: name`) and the plan at the stages that the
 * case names (`-- optimized`, `-- physical`, `-- changelog`). UPDATE_GOLDENS=1 writes the plans anew; read the difference before keeping it.
 */
const folder = fileURLToPath(new URL('../../planner/goldens/', import.meta.url));
const update = process.env['UPDATE_GOLDENS'] === '1';
const STAGES: readonly PlanStage[] = ['logical', 'optimized', 'physical', 'changelog'];

interface Case {
  readonly name: string;
  readonly sql: string;
  readonly mode: PlannerContext['mode'];
  readonly plans: { readonly stage: PlanStage; readonly text: string }[];
}

interface Golden {
  readonly tables: string;
  readonly cases: Case[];
}

function read(text: string): Golden {
  const cases: Case[] = [];
  let tables = '';
  for (const section of text.split(/^-- /m).slice(1)) {
    const end = section.indexOf('\n');
    const header = section.slice(0, end).trim();
    const body = section.slice(end + 1).trim();
    if (header === 'tables') tables = body;
    else if (header.startsWith('case')) {
      const colon = header.indexOf(': ');
      const [kind, name] = [header.slice(0, colon), header.slice(colon + 2)];
      cases.push({ name, sql: body, mode: kind === 'case as table' ? 'table' : 'changelog', plans: [] });
    } else {
      const stage = STAGES.find((s) => s === header);
      if (!stage) throw new Error(`unknown section '${header}'`);
      cases[cases.length - 1].plans.push({ stage, text: body });
    }
  }
  return { tables, cases };
}

function write(golden: Golden): string {
  const parts = [`-- tables\n${golden.tables}\n`];
  for (const c of golden.cases) {
    parts.push(`-- case${c.mode === 'table' ? ' as table' : ''}: ${c.name}\n${c.sql}\n`);
    for (const p of c.plans) parts.push(`-- ${p.stage}\n${p.text}\n`);
  }
  return parts.join('\n');
}

function plan(tables: string, c: Case): { stage: PlanStage; text: string }[] {
  const catalog = new Catalog();
  const options = (text: string): BindOptions => ({
    catalog,
    connectors: connectorCatalog,
    timeZone: 'UTC',
    options: {},
    text,
  });
  const setup = parseScript(tables);
  if (setup.errors[0]) throw setup.errors[0];
  for (const { statement } of setup.statements) applyDdl(statement, options(tables));
  const script = parseScript(c.sql);
  if (script.errors[0]) throw script.errors[0];
  const { statement } = script.statements[0];
  let bound: BoundStatement;
  if (statement.kind === 'QueryStatement') bound = { kind: 'query', root: bind(statement.query, options(c.sql)) };
  else if (statement.kind === 'Insert') bound = bindInserts([statement], options(c.sql));
  else if (statement.kind === 'StatementSet') bound = bindInserts(statement.statements, options(c.sql));
  else throw new Error(`a golden is a query or an INSERT, not ${statement.kind}`);
  const context: PlannerContext = {
    connectors: connectorCatalog,
    options: {},
    timeZone: 'UTC',
    parallelism: 1,
    mode: c.mode,
  };
  const planned = planStatement(bound, context);
  const stages: readonly PlanStage[] = c.plans.length > 0 ? c.plans.map((p) => p.stage) : ['changelog'];
  return stages.map((stage) => ({ stage, text: explainPlan(planned, stage) }));
}

describe.each(readdirSync(folder).filter((f) => f.endsWith('.txt')))('%s', (file) => {
  const golden = read(readFileSync(folder + file, 'utf8'));
  const made: Case[] = [];

  test.each(golden.cases)('$name', (c) => {
    const plans = plan(golden.tables, c);
    made.push({ ...c, plans });
    if (!update) expect(plans).toEqual(c.plans);
  });

  test('is written as it is read', () => {
    expect(made).toHaveLength(golden.cases.length);
    if (update) writeFileSync(folder + file, write({ ...golden, cases: made }));
    expect(write(read(readFileSync(folder + file, 'utf8')))).toBe(readFileSync(folder + file, 'utf8'));
  });
});
