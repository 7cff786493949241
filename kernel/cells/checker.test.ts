import { tmpdir } from 'node:os';
import { Script, createContext, type Context } from 'node:vm';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Checker } from './checker.js';
import { INTERNALS } from './names.js';
import { transpile } from './transpile.js';

let checker: Checker;
let cells = 0;

beforeAll(() => {
  checker = new Checker(tmpdir());
});

/** Errors of a cell, which counts as run when it has none. */
function errors(code: string): string[] {
  const cell = String(++cells);
  const prepared = checker.prepare(cell, code);
  if (!prepared.ok) return prepared.errors.map((e) => `${e.line}:${e.column}+${e.length} ${e.code}`);
  checker.commit(cell);
  return [];
}

describe('Checker', () => {
  test('types flow from cell to cell', () => {
    expect(errors("interface P { x: number }\nlet p: P = { x: 1 }\nconst c = 'text' as const")).toEqual([]);
    expect(errors('p = { x: 2 }; p.x.toFixed(1)')).toEqual([]);
    expect(errors("p = { x: 'no' }")).toEqual(['1:7+1 TS2322']);
    expect(errors("\nc = 'other'")).toEqual(['2:1+1 TS2588']);
    expect(errors('class Box<T extends P> { constructor(readonly value: T) {} }')).toEqual([]);
    expect(errors('const box: Box<P> = new Box(p); box.value.x')).toEqual([]);
    expect(errors('box.value.y')).toEqual(['1:11+1 TS2339']);
  });

  test('names are declared anew, and what was declared in between keeps what it saw', () => {
    expect(errors('let n = 1; function twice() { return n * 2 }')).toEqual([]);
    expect(errors("let n = 'now a text'; n.toUpperCase()")).toEqual([]);
    expect(errors('twice().toFixed() + n.length')).toEqual([]);
    expect(errors('enum n { A }; const a: n = n.A')).toEqual([]);
  });

  test('a cell that did not run leaves nothing', () => {
    expect(checker.prepare('never', 'const neverRan = 1').ok).toBe(true);
    expect(errors('neverRan')).toEqual(['1:1+8 TS2304']);
  });

  test('syntax errors stand where they are, also behind the last line', () => {
    expect(errors('let a =')).toEqual(['1:8+1 TS1109']);
    expect(errors('function f() {\n  return 1\n')).toEqual(['3:1+1 TS1005']);
  });

  test('an object at the top is an object', () => {
    expect(errors('{ a: 1, b: [2] }')).toEqual([]);
    expect(errors('{ a: 1, b: unknownName }')).toEqual(['1:12+11 TS2304']);
  });

  test('imports and modules of Node', () => {
    expect(errors("import { join } from 'node:path'\nimport * as os from 'node:os'")).toEqual([]);
    expect(errors("join('a', 'b').length + os.cpus().length")).toEqual([]);
    expect(errors('join(5)')).toEqual(['1:6+1 TS2345']);
  });

  test('tables of the catalog have types in from()', () => {
    checker.catalog('interface StreamcellCatalog { readonly bids: { readonly price: bigint } }');
    expect(errors("from('bids').filter((b) => b.price.gt(1n))")).toEqual([]);
    expect(errors("from('bids').filter((b) => b.prize)")).toEqual(['1:30+5 TS2551']);
  });

  test('completes members, names of earlier cells and their modules', () => {
    errors("const someObject = { alpha: 1, beta: 'b' }");
    const complete = (code: string): readonly string[] => checker.complete(code, code.length)?.matches ?? [];
    expect(complete('someObject.')).toEqual(['alpha', 'beta']);
    expect(complete('someObject.be')).toEqual(['beta']);
    expect(complete('someOb')[0]).toBe('someObject');
    const reply = checker.complete('1 + someObject.al + 2', 17);
    expect([reply?.from, reply?.to]).toEqual([15, 17]);
  });

  test('inspects with signature and documentation, also Node’s', () => {
    const code = 'Math.max(1';
    expect(checker.inspect(code, code.length, 0)?.['text/plain']).toContain('Math.max(...values: number[]): number');
    const inNode = "import { basename } from 'node:path'\nbasename";
    expect(checker.inspect(inNode, inNode.length, 0)?.['text/plain']).toContain('last portion of a path');
    expect(checker.inspect('   ', 1, 0)).toBeNull();
  });

  test.each([
    ['1 + 1', 'complete'],
    ['await x', 'complete'],
    ['const a = [1,', 'incomplete'],
    ['`a ${b', 'incomplete'],
    ['/* a', 'incomplete'],
    ['let a b', 'invalid'],
  ])('%s is %s', (code, status) => {
    expect(checker.isComplete(code)).toBe(status);
  });
});

/** Runs a cell's JavaScript as a script, which refuses a name declared twice: so each gets a context. */
function run(code: string): unknown {
  let result: unknown;
  const internals = { result: (_file: string, value: unknown) => (result = value) };
  const context: Context = createContext({ [INTERNALS]: internals });
  new Script(transpile(code, 'cell-1.ts').js).runInContext(context);
  return result;
}

describe('transpile', () => {
  test.each<[string, unknown]>([
    ['1 + 1', 2],
    ['let a = 1', undefined],
    ['for (let i = 0; i < 3; i++) i', undefined],
    ['f(); function f() { return 3 }', undefined],
    ['const five = f(); function f() { return 5 }\nfive', 5],
    ['var v = 1; var v = 2; v', 2],
    ['for (var i = 0, j = 5; i < 3; i++) { var last = i }\ni + j + last', 10],
    ['for (var k of [1, 2]) {}\nfor (var p in { q: 1 }) {}\nk + p', '2q'],
    ['enum E { A = 4 }\nE.A', 4],
    ['namespace N { export const n = 6 }\nN.n', 6],
    ['class A { #p = 7; get p() { return this.#p } }\nnew A().p', 7],
    ['export default class { static n = 8 }\n8', 8],
    ['export const { a, ...rest } = { a: 1, b: 2 }; rest.b', 2],
    ["'use strict'", 'use strict'],
  ])('%s', (code, value) => {
    expect(run(code)).toEqual(value);
  });

  test('declares nothing but let', () => {
    const code =
      'const a = 1; var b; function c() {}\nclass D {}\nenum E { A }\nimport f, { g as h } from "x"; import * as i from "y"';
    const { js } = transpile(code, 'cell-1.ts');
    expect(js).not.toMatch(/^(const|var|function|class|import|export)\b/m);
    for (const name of ['a', 'b', 'c', 'D', 'E', 'i']) expect(js).toMatch(new RegExp(`^let ${name}\\b`, 'm'));
    expect(js).toContain('let { default: f, "g": h } = await'.replace('default', '"default"'));
  });
});
