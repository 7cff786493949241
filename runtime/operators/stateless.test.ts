import { expect, test } from '@jest/globals';
import { bindCall, simpleEnvironment, type BoundExpr } from '../expressions/index.js';
import { INT, STRING, type DataType } from '../types/index.js';
import { Calc } from './calc.js';
import { DropUpdateBefore } from './drop-update-before.js';
import { Expand } from './expand.js';
import { OperatorHarness } from './harness.js';
import { Union } from './union.js';

const types: DataType[] = [STRING(), INT()];
const column = (index: number): BoundExpr => ({ kind: 'input', index, type: types[index] });
const literal = (value: number | null): BoundExpr => ({ kind: 'literal', type: INT(value === null), value });
const env = simpleEnvironment();

test('calc: rows that pass keep order and kind; UNKNOWN does not pass', () => {
  const condition = bindCall('>', [column(1), literal(1)]);
  const calc = new Calc({ condition, projections: [column(1), column(0)], inputTypes: [types], env });
  const h = new OperatorHarness(calc, [types], [INT(), STRING()]);
  h.elements(['+I a 1', '+I b 2', '-U b 2', '+U b 3', '+I c null', '-D b 3']);
  expect(h.take()).toEqual(['+I 2 b', '-U 2 b', '+U 3 b', '-D 3 b']);
  h.element('+I a 0');
  expect(h.take()).toEqual([]);
});

test('expand: every row once per grouping set', () => {
  const projections = [
    [column(0), column(1), literal(0)],
    [column(0), literal(null), literal(1)],
  ];
  const h = new OperatorHarness(
    new Expand({ projections, inputTypes: [types], env }),
    [types],
    [STRING(), INT(), INT()],
  );
  h.elements(['+I a 1', '-D b 2']);
  expect(h.take()).toEqual(['+I a 1 0', '+I a null 1', '-D b 2 0', '-D b null 1']);
});

test('union: the watermark is the least of the active inputs', () => {
  const h = new OperatorHarness(new Union(2), [types, types], types);
  h.element('+I a 1', 0);
  h.watermarkIn(10, 0);
  h.element('-D a 1', 1);
  h.watermarkIn(5, 1);
  h.operator.receiveIdle(true, 1);
  h.endInput(0);
  h.endInput(1);
  expect(h.take()).toEqual(['+I a 1', '-D a 1', 'watermark 5', 'watermark 10', 'end']);
});

test('drop update-before: nothing else is lost', () => {
  const h = new OperatorHarness(new DropUpdateBefore({ inputTypes: [types] }), [types], types);
  h.elements(['+I a 1', '-U a 1', '+U a 2', '-D a 2']);
  h.elements(['+I b 1']);
  expect(h.take()).toEqual(['+I a 1', '+U a 2', '-D a 2', '+I b 1']);
});
