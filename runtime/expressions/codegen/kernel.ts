import {
  Batch,
  I64Column,
  emptyColumn,
  isNarrow,
  physicalType,
  type Column,
  type DataType,
  type Span,
  type Value,
} from '../../types/index.js';
import type { BoundExpr } from '../bound.js';
import type { EvalEnvironment } from '../environment.js';
import { emitCall, isDeterministic } from '../functions/registry.js';
import { emitCast } from './casts.js';
import { Emitter, NarrowImpossible, needsNanos, rowError, type ColumnForm, type Val } from './emitter.js';
import { specKey, walk } from './expression-tree.js';

export interface KernelSpec {
  readonly inputTypes: readonly DataType[];
  /** Rows where it is not TRUE are dropped; null keeps all. */
  readonly condition: BoundExpr | null;
  readonly projections: readonly BoundExpr[];
}

/**
 * Fused filter and projection over columns, one generated function for each form that its input takes.
 *
 * Ownership: the batch that `run` returns, and its columns, are valid until the next `run`; a column of the input that is passed on as it
 * is stays the input's.
 */
export interface Kernel {
  run(batch: Batch): Batch;
  /** Text of the generated function for the narrow form without nulls, for EXPLAIN and tests. */
  source(): string;
}

/** Generated code: returns the number of rows written, or -1 when the wide form is needed. */
type Run = (length: number, columns: readonly Column[], kinds: Uint8Array | null, out: Output) => number;

interface Compiled {
  readonly source: string;
  readonly spanCount: number;
  readonly states: readonly ((env: EvalEnvironment) => unknown)[];
  readonly make: (
    states: readonly unknown[],
    fail: (thrown: unknown, site: number) => never,
    env: EvalEnvironment,
  ) => Run;
  /** Per site: index of the expression node (in walk order) whose span it reports. */
  readonly sites: readonly number[];
}

/** Output buffers of a kernel: one column per computed projection. Kept at the capacity of the largest batch seen. */
interface Output {
  columns: Column[];
  /** Null bytes of each column, attached to it only when a row is null. */
  nulls: Uint8Array[];
  nanos: (Int32Array | null)[];
  wide: (BigInt64Array | bigint[] | null)[];
  /** Buffers of the strings, starts and lengths of gathered strings. */
  strings: string[][];
  starts: Int32Array[];
  lengths: Int32Array[];
  kinds: Uint8Array;
  capacity: number;
}

const compiledKernels = new Map<string, Compiled | null>();
const KERNEL_CACHE = 2000;

/** Variants that a kernel compiles for the nulls it meets, before it settles for a general one. */
const MAX_VARIANTS = 12;

/** After this many batches in a row needed the wide form, the narrow one rests for a while. */
const WIDE_STREAK = 3;
const WIDE_REST = 64;

class CompiledKernel implements Kernel {
  private readonly variants = new Map<string, Run | null>();
  private readonly used: readonly number[];
  private readonly spans: readonly (Span | undefined)[];
  private readonly out: Output;
  private readonly shared: readonly (number | null)[];
  private capacity = 0;
  private wideStreak = 0;
  private rest = 0;
  private lastKey = '';
  private lastRun: Run | null | undefined = undefined;

  constructor(
    private readonly spec: KernelSpec,
    private readonly key: string,
    private readonly env: EvalEnvironment,
  ) {
    const used = new Set<number>();
    const spans: (Span | undefined)[] = [];
    for (const e of expressions(spec))
      walk(e, (x) => {
        spans.push(x.span);
        if (x.kind === 'input') used.add(x.index);
      });
    this.used = [...used].sort((a, b) => a - b);
    this.spans = spans;
    // Without a filter, a projected input column is passed on itself.
    this.shared = spec.projections.map((p) => (spec.condition === null && p.kind === 'input' ? p.index : null));
    const n = spec.projections.length;
    this.out = {
      columns: spec.projections.map((p) => emptyColumn(p.type)),
      nulls: new Array<Uint8Array>(n).fill(NO_BYTES),
      nanos: new Array<Int32Array | null>(n).fill(null),
      wide: new Array<BigInt64Array | bigint[] | null>(n).fill(null),
      strings: spec.projections.map(() => []),
      starts: new Array<Int32Array>(n).fill(NO_INTS),
      lengths: new Array<Int32Array>(n).fill(NO_INTS),
      kinds: NO_BYTES,
      capacity: 0,
    };
  }

  run(batch: Batch): Batch {
    if (batch.length > this.capacity) this.grow(batch.length);
    let wide = this.rest > 0;
    if (wide) this.rest--;
    let rows = -1;
    if (!wide) {
      const run = this.variant(batch.columns, false);
      if (run !== null) rows = run(batch.length, batch.columns, batch.kinds, this.out);
      if (rows >= 0) this.wideStreak = 0;
      else if (++this.wideStreak >= WIDE_STREAK) this.rest = WIDE_REST;
    }
    if (rows < 0) {
      wide = true;
      const run = this.variant(batch.columns, true) as Run;
      rows = run(batch.length, batch.columns, batch.kinds, this.out);
    }
    const { projections } = this.spec;
    const columns = new Array<Column>(projections.length);
    for (let p = 0; p < projections.length; p++) {
      const shared = this.shared[p];
      const column = shared === null ? this.out.columns[p] : batch.columns[shared];
      if (wide && shared === null && column.physical === 'i64') narrowIfPossible(column, rows);
      columns[p] = column;
    }
    const kinds = batch.kinds === null ? null : this.spec.condition === null ? batch.kinds : this.out.kinds;
    return new Batch(rows, columns, kinds);
  }

  source(): string {
    const forms = this.used.map(() => 'n').join('');
    return compile(this.spec, this.key, forms, this.used, false, this.env)?.source ?? '';
  }

  private variant(columns: readonly Column[], wide: boolean): Run | null {
    let key = wide ? 'w' : 'n';
    for (const index of this.used) key += formOf(columns[index]);
    if (key === this.lastKey && this.lastRun !== undefined) return this.lastRun;
    let run = this.variants.get(key);
    if (run === undefined && this.variants.size >= MAX_VARIANTS) {
      // Too many mixtures of columns with and without nulls: from here on one code takes every column for nullable.
      key = key.replace(/[nb]/g, (c, at: number) => (at === 0 ? c : c.toUpperCase()));
      run = this.variants.get(key);
    }
    if (run === undefined) {
      const compiled = compile(this.spec, this.key, key.slice(1), this.used, wide, this.env);
      run = compiled === null ? null : this.instantiate(compiled);
      this.variants.set(key, run);
    }
    this.lastKey = key;
    this.lastRun = run;
    return run;
  }

  private instantiate(compiled: Compiled): Run {
    const states = compiled.states.map((make) => make(this.env));
    const fail = (thrown: unknown, site: number): never => {
      throw rowError(thrown, this.spans[compiled.sites[site]]);
    };
    return compiled.make(states, fail, this.env);
  }

  private grow(rows: number): void {
    this.capacity = Math.max(rows, Math.min(this.capacity * 2, 65536));
    const n = this.capacity;
    const { out } = this;
    out.capacity = n;
    out.kinds = new Uint8Array(this.spec.condition === null ? 0 : n);
    this.spec.projections.forEach((p, i) => {
      if (this.shared[i] !== null) return;
      const column = out.columns[i];
      out.nulls[i] = new Uint8Array(p.type.nullable ? n : 0);
      column.nulls = null;
      switch (column.physical) {
        case 'i32':
          column.values = new Int32Array(n);
          break;
        case 'f64':
          column.values = new Float64Array(n);
          break;
        case 'i64':
          column.values = new Float64Array(n);
          out.wide[i] = null;
          break;
        case 'ts':
          column.millis = new Float64Array(n);
          out.nanos[i] = needsNanos(p.type) ? new Int32Array(n) : null;
          break;
        case 'str':
          out.strings[i] = new Array<string>(n).fill('');
          if (p.kind === 'input') {
            out.starts[i] = new Int32Array(n);
            out.lengths[i] = new Int32Array(n);
          }
          break;
        case 'bytes':
          column.values = new Array<Uint8Array>(n).fill(NO_BYTES);
          break;
        case 'obj':
          column.values = new Array<Value>(n).fill(null);
          break;
      }
    });
  }
}

const NO_BYTES = new Uint8Array(0);
const NO_INTS = new Int32Array(0);

/** The wide form wrote `wide`; where every value fits it goes back to the narrow one, as producers owe. */
function narrowIfPossible(column: I64Column, rows: number): void {
  const { wide, nulls, values } = column;
  if (wide === null) return;
  for (let i = 0; i < rows; i++) {
    if (nulls !== null && nulls[i] !== 0) continue;
    if (!isNarrow(wide[i])) return;
    values[i] = Number(wide[i]);
  }
  column.wide = null;
}

function expressions(spec: KernelSpec): readonly BoundExpr[] {
  return spec.condition === null ? spec.projections : [spec.condition, ...spec.projections];
}

/** One character for the form of a column: bit 0 nulls, bit 1 wide / nanos / bytes. */
function formOf(column: Column): string {
  const nulls = column.nulls !== null;
  let other = false;
  if (column.physical === 'i64') other = column.wide !== null;
  else if (column.physical === 'ts') other = column.nanos !== null;
  else if (column.physical === 'str') other = column.data !== null;
  return other ? (nulls ? 'B' : 'b') : nulls ? 'N' : 'n';
}

function formFrom(character: string): ColumnForm {
  const other = character === 'b' || character === 'B';
  return { nulls: character === 'N' || character === 'B', wide: other, nanos: other, bytes: other };
}

function compile(
  spec: KernelSpec,
  key: string,
  forms: string,
  used: readonly number[],
  wide: boolean,
  env: EvalEnvironment,
): Compiled | null {
  const fullKey = `${wide ? 'w' : 'n'}${forms}|${key}`;
  const known = compiledKernels.get(fullKey);
  if (known !== undefined) return known;
  let compiled: Compiled | null;
  try {
    compiled = generate(spec, forms, used, wide, env);
  } catch (e) {
    if (!(e instanceof NarrowImpossible)) throw e;
    compiled = null;
  }
  if (compiledKernels.size >= KERNEL_CACHE) compiledKernels.clear();
  compiledKernels.set(fullKey, compiled);
  return compiled;
}

function generate(
  spec: KernelSpec,
  forms: string,
  used: readonly number[],
  wide: boolean,
  env: EvalEnvironment,
): Compiled {
  const formByIndex = new Map(used.map((index, i) => [index, formFrom(forms[i])]));
  const emitter = new Emitter(
    { column: (index) => `C[${index}]`, row: () => 'i', form: (index) => formByIndex.get(index) },
    wide,
    env,
    emitCall,
    emitCast,
    isDeterministic,
    'return -1;',
  );
  const filtered = spec.condition !== null;
  const row = filtered ? 'k' : 'i';
  if (spec.condition !== null) {
    for (const conjunct of conjuncts(spec.condition)) {
      const c = emitter.emit(conjunct);
      emitter.line(`if (!${group(c.v)}) continue;`);
    }
    emitter.line('if (kinds !== null) outKinds[k] = kinds[i];');
  }
  const prelude: string[] = filtered ? ['const outKinds = out.kinds;'] : [];
  const epilogue: string[] = [];
  const seen = new Map<string, number>();
  spec.projections.forEach((p, index) => {
    if (!filtered && p.kind === 'input') return;
    emitOutput(emitter, p, index, row, prelude, epilogue);
    seen.set(specKey(p), index);
  });
  if (filtered) emitter.line('k++;');
  const lines = [
    'return function run(length, C, kinds, out) {',
    ...emitter.prelude.map((l) => '  ' + l),
    ...prelude.map((l) => '  ' + l),
    '  let k = 0, i = 0, site = -1;',
    '  try {',
    '    for (; i < length; i++) {',
    ...emitter.lines.map((l) => '      ' + l),
    '    }',
    '  } catch (e) { fail(e, site); }',
    ...epilogue.map((l) => '  ' + l),
    filtered ? '  return k;' : '  return length;',
    '};',
  ];
  // A site is noted by its span object; what is kept is the place of the node, so that equal plans share the code.
  const nodes: (Span | undefined)[] = [];
  for (const e of expressions(spec)) walk(e, (x) => nodes.push(x.span));
  const place = new Map<Span, number>();
  nodes.forEach((s, i) => s && !place.has(s) && place.set(s, i));
  const constants = emitter.constants.map((_, i) => `K${i} = K[${i}]`);
  const states = emitter.states.map((_, i) => `S${i} = S[${i}]`);
  const declarations = [...constants, ...states];
  const source = [`"use strict";`, declarations.length > 0 ? `const ${declarations.join(', ')};` : '', ...lines].join(
    '\n',
  );
  const factory = new Function('K', 'S', 'fail', 'env', source) as (
    k: unknown[],
    s: readonly unknown[],
    fail: unknown,
    env: EvalEnvironment,
  ) => Run;
  return {
    source,
    spanCount: emitter.spans.length,
    states: emitter.states,
    make: (s, fail, e) => factory(emitter.constants, s, fail, e),
    sites: emitter.spans.map((s) => (s ? (place.get(s) ?? -1) : -1)),
  };
}

/** Parts of a conjunction: a filter drops NULL and FALSE alike, so each part may be tested on its own. */
function conjuncts(e: BoundExpr): readonly BoundExpr[] {
  return e.kind === 'call' && e.fn === 'AND' ? e.args.flatMap(conjuncts) : [e];
}

function group(v: string): string {
  return /^\w+$/.test(v) ? v : `(${v})`;
}

/** Writes one projection's value of the row to output `index`. */
function emitOutput(e: Emitter, p: BoundExpr, index: number, row: string, prelude: string[], epilogue: string[]): void {
  const o = `o${index}`;
  prelude.push(`const ${o} = out.columns[${index}];`);
  if (p.kind === 'input' && physicalType(p.type) === 'str') {
    const form = e.access.form(p.index);
    if (form?.bytes) {
      gatherString(e, p, index, row, prelude, epilogue);
      return;
    }
  }
  const val = e.emit(p);
  emitNulls(e, val, index, row, prelude, epilogue);
  if (val.n === 'true') {
    if (physicalType(p.type) === 'str') prelude.push(`${o}.data = null; ${o}.strings = out.strings[${index}];`);
    if (physicalType(p.type) === 'i64') prelude.push(`${o}.wide = null;`);
    if (physicalType(p.type) === 'ts') prelude.push(`${o}.nanos = null;`);
    return;
  }
  switch (physicalType(p.type)) {
    case 'i32':
      prelude.push(`const ${o}v = ${o}.values;`);
      e.line(`${o}v[${row}] = ${p.type.root === 'BOOLEAN' ? `${group(val.v)} ? 1 : 0` : val.v};`);
      break;
    case 'f64':
    case 'bytes':
    case 'obj':
      prelude.push(`const ${o}v = ${o}.values;`);
      e.line(`${o}v[${row}] = ${val.v};`);
      break;
    case 'i64':
      if (!e.wide) {
        prelude.push(`const ${o}v = ${o}.values; ${o}.wide = null;`);
        e.line(`${o}v[${row}] = ${val.v};`);
        break;
      }
      prelude.push(
        `const ${o}v = ${e.constant(wideBuffer)}(out.wide, ${index}, ${o}.values.length, ${String(p.type.root === 'DECIMAL' && p.type.precision > 18)}); ${o}.wide = ${o}v;`,
      );
      e.line(`${o}v[${row}] = ${val.v};`);
      break;
    case 'ts':
      prelude.push(`const ${o}v = ${o}.millis;`);
      e.line(`${o}v[${row}] = ${val.v};`);
      if (val.nanos === '0') prelude.push(`${o}.nanos = null;`);
      else {
        prelude.push(`const ${o}m = out.nanos[${index}]; let ${o}f = 0;`);
        e.line(`${o}m[${row}] = ${val.nanos}; ${o}f |= ${o}m[${row}];`);
        epilogue.push(`${o}.nanos = ${o}f !== 0 ? ${o}m : null;`);
      }
      break;
    case 'str':
      prelude.push(`const ${o}v = out.strings[${index}]; ${o}.data = null; ${o}.strings = ${o}v;`);
      e.line(`${o}v[${row}] = ${val.v};`);
      break;
  }
}

function emitNulls(e: Emitter, val: Val, index: number, row: string, prelude: string[], epilogue: string[]): void {
  const o = `o${index}`;
  if (val.n === 'false') {
    prelude.push(`${o}.nulls = null;`);
    return;
  }
  prelude.push(`const ${o}n = ${e.constant(nullBytes)}(out, ${index}); let ${o}any = 0;`);
  if (val.n === 'true') e.line(`${o}n[${row}] = 1; ${o}any = 1;`);
  else e.line(`if (${val.n}) { ${o}n[${row}] = 1; ${o}any = 1; } else ${o}n[${row}] = 0;`);
  epilogue.push(`${o}.nulls = ${o}any !== 0 ? ${o}n : null;`);
}

/** A string column that only survives a filter stays where its bytes are: its slices are gathered, nothing is decoded. */
function gatherString(
  e: Emitter,
  p: Extract<BoundExpr, { kind: 'input' }>,
  index: number,
  row: string,
  prelude: string[],
  epilogue: string[],
): void {
  const o = `o${index}`;
  const starts = e.part(p.index, 'starts');
  const lengths = e.part(p.index, 'lengths');
  const c = e.columnName(p.index);
  prelude.push(
    `${o}.data = ${c}.data; ${o}.strings = null; const ${o}s = out.starts[${index}], ${o}l = out.lengths[${index}]; ${o}.starts = ${o}s; ${o}.lengths = ${o}l;`,
  );
  emitNulls(e, { v: '', n: e.inputNull(p.index, p.type), nanos: '0' }, index, row, prelude, epilogue);
  e.line(`${o}s[${row}] = ${starts}[i]; ${o}l[${row}] = ${lengths}[i];`);
}

/** The null bytes of an output; a NOT NULL one gets them only when its code can write a null all the same. */
function nullBytes(out: Output, index: number): Uint8Array {
  let bytes = out.nulls[index];
  if (bytes.length < out.capacity) {
    bytes = new Uint8Array(out.capacity);
    out.nulls[index] = bytes;
  }
  return bytes;
}

function wideBuffer(
  buffers: (BigInt64Array | bigint[] | null)[],
  index: number,
  capacity: number,
  precise: boolean,
): BigInt64Array | bigint[] {
  let buffer = buffers[index];
  if (buffer === null) {
    buffer = precise ? new Array<bigint>(capacity).fill(0n) : new BigInt64Array(capacity);
    buffers[index] = buffer;
  }
  return buffer;
}

/** A kernel of the expressions as they are; see compile.ts for the one that evaluates constants first. */
export function plainKernel(spec: KernelSpec, env: EvalEnvironment): Kernel {
  return new CompiledKernel(spec, `${env.timeZone}|${env.database ?? ''}|${specKey(spec)}`, env);
}
