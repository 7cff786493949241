import { expect, test } from '@jest/globals';
import { INT, type Schema } from '../types/index.js';
import { explainedKey } from './explained-key.js';

const columns = (...names: string[]): Schema => names.map((name) => ({ name, type: INT() }));
const explained = (...plan: string[]): string =>
  [
    '== Abstract Syntax Tree ==',
    'LogicalProject',
    '',
    '== Optimized Physical Plan ==',
    ...plan,
    '',
    '== Optimized Execution Plan ==',
    'x',
  ].join('\n');

test('a Top-1 per key, though Flink calls it insertions only', () => {
  const plan = explained(
    'Calc(select=[price, auction AS a], changelogMode=[I])',
    '+- Rank(strategy=[AppendFastStrategy], rankType=[ROW_NUMBER], rankRange=[rankStart=1, rankEnd=1], partitionBy=[auction], orderBy=[price DESC, id ASC], select=[id, auction, price], changelogMode=[I])',
    '   +- Exchange(distribution=[hash[auction]], changelogMode=[I])',
  );
  expect(explainedKey(plan, columns('price', 'a'))).toEqual({ changelog: 'upsert', upsertKey: [1] });
});

test('the keys of an aggregate, when they all come through', () => {
  const aggregate = '+- GroupAggregate(groupBy=[a, b], select=[a, b, COUNT(*) AS n], changelogMode=[I,UB,UA])';
  expect(explainedKey(explained(aggregate.slice(3)), columns('x', 'y', 'n')).upsertKey).toEqual([0, 1]);
  const some = explained('Calc(select=[a, +(n, 1) AS m], changelogMode=[I,UB,UA])', aggregate);
  expect(explainedKey(some, columns('a', 'm'))).toEqual({ changelog: 'retract', upsertKey: null });
  const global = explained("GroupAggregate(select=[COUNT_RETRACT('a, b') AS n], changelogMode=[I,UA])");
  expect(explainedKey(global, columns('n')).upsertKey).toEqual([]);
});

test('insertions only, when nothing below makes anything else', () => {
  const plan = explained(
    'Calc(select=[a], changelogMode=[I])',
    '+- TableSourceScan(table=[[t]], fields=[a], changelogMode=[I])',
  );
  expect(explainedKey(plan, columns('a'))).toEqual({ changelog: 'append', upsertKey: null });
});

test('nothing, of a join or a text that it cannot read', () => {
  const join = explained('Join(joinType=[LeftOuterJoin], where=[=(a, b)], select=[a, b], changelogMode=[I,UA,D])');
  expect(explainedKey(join, columns('a', 'b'))).toEqual({ changelog: 'retract', upsertKey: null });
  expect(explainedKey('no plan', columns('a'))).toEqual({ changelog: 'retract', upsertKey: null });
});
