import { physicalType, StreamcellError, type DataType, type Span, type Value } from '../../types/index.js';
import type { BoundExpr, CallExpr } from '../bound.js';
import type { EvalEnvironment } from '../environment.js';
import { toNarrow } from '../library/exact.js';
import { box, unboxNanos } from '../library/boxing.js';
import { StringCache } from '../library/intern.js';
import { Interner } from './expression-tree.js';

/**
 * One emitted value: JavaScript expressions free of side effects (a name, a literal, or a column element).
 * Invariant: the value under a null is readable, and FALSE for BOOLEAN, so that a condition is simply `v`.
 */
export interface Val {
  readonly v: string;
  /** Whether it is null; the text `false` when it never is. */
  readonly n: string;
  /** Nanoseconds of a timestamp, the text `0` for anything else. */
  readonly nanos: string;
}

/**
 * What is known of an input column when the code is made. `nulls`: null bytes present; `wide`: 64-bit values as bigint; `nanos` present;
 * `bytes`: strings in bytes form. `undefined` where one code must serve any form.
 */
export interface ColumnForm {
  readonly nulls: boolean;
  readonly wide: boolean;
  readonly nanos: boolean;
  readonly bytes: boolean;
}

/** Where the inputs of the generated code come from. */
export interface InputAccess {
  /** JavaScript expression of column `index`. */
  column(index: number): string;
  /** Name of its row variable. */
  row(index: number): string;
  /** undefined: any form, decided per row. */
  form(index: number): ColumnForm | undefined;
}

/** Thrown while code of the narrow form is made for an expression that only the wide form can hold. */
export class NarrowImpossible extends Error {}

export type CallEmitter = (e: Emitter, call: CallExpr) => Val;
export type CastEmitter = (e: Emitter, arg: Val, from: DataType, to: DataType, safe: boolean) => Val;

interface Scope {
  readonly values: Map<number, Val>;
  readonly parent: Scope | null;
}

export const TOO_WIDE = 9007199254740991;

/**
 * Writes the body of a row loop. Statements go to the current block; `inBlock` opens one, and what is computed inside it is forgotten
 * at its end, so that a common subexpression is reused exactly where it is certain to have been computed.
 */
export class Emitter {
  /** Once per call of the generated function, before the loop. */
  readonly prelude: string[] = [];
  /** The current block. */
  lines: string[] = [];
  readonly constants: unknown[] = [];
  /** Constants made anew for every kernel: (env) => object. */
  readonly states: ((env: EvalEnvironment) => unknown)[] = [];
  readonly spans: (Span | undefined)[] = [];
  private readonly interner = new Interner();
  private scope: Scope = { values: new Map(), parent: null };
  private readonly inputs = new Map<number, Val | null>();
  private readonly constantIds = new Map<unknown, string>();
  private names = 0;
  private stringCache: string | undefined;

  constructor(
    readonly access: InputAccess,
    readonly wide: boolean,
    readonly env: EvalEnvironment,
    private readonly emitCall: CallEmitter,
    private readonly emitCast: CastEmitter,
    private readonly isDeterministic: (e: BoundExpr) => boolean,
    /** Statement that leaves the function for the wide form. */
    private readonly bailStatement: string,
  ) {}

  line(text: string): void {
    this.lines.push(text);
  }

  name(prefix = 'v'): string {
    return `${prefix}${this.names++}`;
  }

  /** A hoisted constant: an object or function known when the code is made. */
  constant(value: unknown): string {
    let name = this.constantIds.get(value);
    if (name === undefined) {
      name = `K${this.constants.length}`;
      this.constants.push(value);
      this.constantIds.set(value, name);
    }
    return name;
  }

  /** An object that every kernel has for itself. */
  state(make: (env: EvalEnvironment) => unknown): string {
    this.states.push(make);
    return `S${this.states.length - 1}`;
  }

  declare(expression: string, prefix = 'v'): string {
    const name = this.name(prefix);
    this.line(`const ${name} = ${expression};`);
    return name;
  }

  inBlock(body: () => void): string[] {
    const outer = this.lines;
    const scope = this.scope;
    this.lines = [];
    this.scope = { values: new Map(), parent: scope };
    try {
      body();
      return this.lines;
    } finally {
      this.lines = outer;
      this.scope = scope;
    }
  }

  /** Writes `head { body }`. */
  block(head: string, body: () => void): void {
    const lines = this.inBlock(body);
    this.line(`${head} {`);
    for (const l of lines) this.line('  ' + l);
    this.line('}');
  }

  emit(e: BoundExpr): Val {
    if (e.kind === 'input') return this.emitInput(e.index, e.type);
    if (!this.isDeterministic(e)) return this.emitNew(e);
    const id = this.interner.id(e);
    for (let s: Scope | null = this.scope; s !== null; s = s.parent) {
      const known = s.values.get(id);
      if (known) return known;
    }
    const val = this.emitNew(e);
    this.scope.values.set(id, val);
    return val;
  }

  private emitNew(e: BoundExpr): Val {
    switch (e.kind) {
      case 'literal':
        return this.literal(e.type, e.value);
      case 'input':
        return this.emitInput(e.index, e.type);
      case 'call':
        return this.emitCall(this, e);
      case 'cast': {
        const arg = this.emit(e.arg);
        this.site(e.span);
        return this.emitCast(this, arg, e.arg.type, e.type, e.safe);
      }
      case 'case':
        return this.emitCase(e);
      case 'field':
        return this.emitField(e);
    }
  }

  /** Notes where in the script a failing row of the following code is to be reported. */
  site(span: Span | undefined): void {
    if (!span) return;
    this.spans.push(span);
    this.line(`site = ${this.spans.length - 1};`);
  }

  literal(type: DataType, value: Value): Val {
    if (value === null) return { v: this.zero(type), n: 'true', nanos: '0' };
    switch (physicalType(type)) {
      case 'i32':
        return plain(signed(String(value)));
      case 'f64':
        return plain(Object.is(value, -0) ? '(-0)' : signed(String(value)));
      case 'i64': {
        const exact = BigInt(value as bigint | number);
        if (this.wide) return plain(signed(`${exact}n`));
        if (exact > 9007199254740991n || exact < -9007199254740991n) throw new NarrowImpossible();
        return plain(signed(String(exact)));
      }
      case 'str':
        return plain(JSON.stringify(value));
      case 'ts': {
        const t = value as { millis: number; nanos: number };
        return { v: signed(String(t.millis)), n: 'false', nanos: String(t.nanos) };
      }
      case 'bytes':
      case 'obj':
        return plain(this.constant(value));
    }
  }

  /** What a variable of the type holds while it is null. */
  zero(type: DataType): string {
    switch (physicalType(type)) {
      case 'i32':
        return type.root === 'BOOLEAN' ? 'false' : '0';
      case 'f64':
      case 'ts':
        return '0';
      case 'i64':
        return this.wide ? '0n' : '0';
      case 'str':
        return "''";
      case 'bytes':
        return this.constant(EMPTY_BYTES);
      case 'obj':
        return 'null';
    }
  }

  /** Name of the column object, with its parts prepared before the loop. */
  columnName(index: number): string {
    const name = `c${index}`;
    if (!this.inputs.has(index)) {
      this.inputs.set(index, null);
      this.prelude.push(`const ${name} = ${this.access.column(index)};`);
    }
    return name;
  }

  private prepared = new Set<string>();
  part(index: number, field: string): string {
    const column = this.columnName(index);
    const name = `${column}_${field}`;
    if (!this.prepared.has(name)) {
      this.prepared.add(name);
      this.prelude.push(`const ${name} = ${column}.${field};`);
    }
    return name;
  }

  /** The null bytes of an input of a known form; a column that has none lends zeros, where one code serves both. */
  private nullBytes(index: number): string {
    const name = `c${index}_nulls`;
    if (!this.prepared.has(name)) {
      this.prepared.add(name);
      this.prelude.push(`const ${name} = ${this.columnName(index)}.nulls ?? ${this.constant(noNulls)}(length);`);
    }
    return name;
  }

  /** Null test of an input, without loading its value. */
  inputNull(index: number, type: DataType): string {
    const form = this.access.form(index);
    const i = this.access.row(index);
    if (form ? !form.nulls : !type.nullable) return 'false';
    const nulls = form ? this.nullBytes(index) : this.part(index, 'nulls');
    return form ? `(${nulls}[${i}] !== 0)` : `(${nulls} !== null && ${nulls}[${i}] !== 0)`;
  }

  private emitInput(index: number, type: DataType): Val {
    // Loads are keyed below zero in the scope's table, beside the interned expressions.
    const key = -1 - index;
    for (let s: Scope | null = this.scope; s !== null; s = s.parent) {
      const known = s.values.get(key);
      if (known) return known;
    }
    const val = this.loadInput(index, type);
    this.scope.values.set(key, val);
    return val;
  }

  private loadInput(index: number, type: DataType): Val {
    const form = this.access.form(index);
    const i = this.access.row(index);
    const nullTest = this.inputNull(index, type);
    const n = nullTest === 'false' ? 'false' : this.declare(nullTest, 'n');
    switch (physicalType(type)) {
      case 'i32': {
        const x = `${this.part(index, 'values')}[${i}]`;
        if (type.root === 'BOOLEAN')
          return { v: this.declare(n === 'false' ? `${x} !== 0` : `!${n} && ${x} !== 0`), n, nanos: '0' };
        return { v: this.declare(x), n, nanos: '0' };
      }
      case 'f64':
      case 'obj':
      case 'bytes':
        return { v: this.declare(`${this.part(index, 'values')}[${i}]`), n, nanos: '0' };
      case 'i64': {
        const values = this.part(index, 'values');
        if (form && !form.wide) {
          const x = `${values}[${i}]`;
          if (!this.wide) return { v: this.declare(x), n, nanos: '0' };
          // The value under a null may be anything, NaN included.
          return { v: this.declare(n === 'false' ? `BigInt(${x})` : `${n} ? 0n : BigInt(${x})`), n, nanos: '0' };
        }
        const wide = this.part(index, 'wide');
        if (form) {
          if (!this.wide) throw new NarrowImpossible();
          return { v: this.declare(`${wide}[${i}]`), n, nanos: '0' };
        }
        if (!this.wide) {
          this.line(`if (${wide} !== null) ${this.bailStatement}`);
          return { v: this.declare(`${values}[${i}]`), n, nanos: '0' };
        }
        return {
          v: this.declare(
            `${n === 'false' ? '' : `${n} ? 0n : `}${wide} === null ? BigInt(${values}[${i}]) : ${wide}[${i}]`,
          ),
          n,
          nanos: '0',
        };
      }
      case 'ts': {
        const v = this.declare(`${this.part(index, 'millis')}[${i}]`);
        const precise = 'precision' in type && type.precision > 3;
        if (!precise || (form && !form.nanos)) return { v, n, nanos: '0' };
        const nanos = this.part(index, 'nanos');
        return { v, n, nanos: this.declare(form ? `${nanos}[${i}]` : `${nanos} === null ? 0 : ${nanos}[${i}]`) };
      }
      case 'str': {
        const column = this.columnName(index);
        if (form && !form.bytes) return { v: this.declare(`${this.part(index, 'strings')}[${i}]`), n, nanos: '0' };
        const cache = (this.stringCache ??= this.state(() => new StringCache()));
        const text = `${cache}.at(${column}, ${i})`;
        return { v: this.declare(n === 'false' ? text : `${n} ? '' : ${text}`), n, nanos: '0' };
      }
    }
  }

  /** `a || b || ...` of null tests. */
  anyNull(vals: readonly Val[]): string {
    const tests = [...new Set(vals.map((x) => x.n))].filter((n) => n !== 'false');
    if (tests.includes('true')) return 'true';
    if (tests.length === 0) return 'false';
    return tests.length === 1 ? tests[0] : this.declare(tests.join(' || '), 'n');
  }

  /**
   * A value computed from others, null where one of them is. `code` must be safe to run on the values under nulls; what may fail or is
   * dear goes through `guarded`.
   */
  pure(type: DataType, args: readonly Val[], code: string): Val {
    const n = this.anyNull(args);
    if (n === 'true') return this.literal(type, null);
    const masked = type.root === 'BOOLEAN' && n !== 'false' ? `!${n} && (${code})` : code;
    return { v: this.declare(masked), n, nanos: '0' };
  }

  /**
   * A value computed only where no argument is null. `body` writes statements and assigns through the target given to it:
   * `set(v, nanos?)` text of an assignment, `setNull` text that makes it null.
   */
  guarded(type: DataType, args: readonly Val[], mayBeNull: boolean, body: (target: Target) => void): Val {
    const given = this.anyNull(args);
    if (given === 'true') return this.literal(type, null);
    const v = this.name();
    const precise = needsNanos(type);
    const nanos = precise ? this.name('m') : '0';
    this.line(`let ${v} = ${this.zero(type)};`);
    if (precise) this.line(`let ${nanos} = 0;`);
    let n = given;
    if (mayBeNull) {
      n = this.name('n');
      this.line(`let ${n} = ${given};`);
    }
    const target: Target = {
      v,
      n,
      set: (value, ns = '0') => `${v} = ${value};${precise ? ` ${nanos} = ${ns};` : ''}`,
      setNull: mayBeNull ? `${n} = true;` : '',
    };
    this.block(given === 'false' ? '' : `if (!${given})`, () => body(target));
    return { v, n, nanos };
  }

  /**
   * Calls a library function on scalars. i64 goes in as number or bigint, timestamps as boxed Timestamp; a result comes back in the same
   * forms, null for NULL.
   */
  callLibrary(
    fn: (...args: never[]) => unknown,
    type: DataType,
    args: readonly { val: Val; type: DataType }[],
    mayBeNull: boolean,
    extra: readonly string[] = [],
    strict = true,
  ): Val {
    const name = this.constant(fn);
    const scalars = args.map((a) => (strict ? this.scalar(a.val, a.type) : this.nullableScalar(a.val, a.type)));
    const call = `${name}(${[...scalars, ...extra].join(', ')})`;
    return this.guarded(type, strict ? args.map((a) => a.val) : [], mayBeNull, (t) => {
      const r = this.declare(call, 'r');
      const assign = (): void => this.assignScalar(t, type, r);
      if (mayBeNull) {
        this.line(`if (${r} === null) { ${t.setNull} } else {`);
        assign();
        this.line('}');
      } else assign();
    });
  }

  /** Assigns a library result (see callLibrary) that is not null. */
  assignScalar(t: Target, type: DataType, r: string): void {
    const physical = physicalType(type);
    if (physical === 'ts') this.line(t.set(`${r}.millis`, `${r}.nanos`));
    else if (physical === 'i64') {
      if (this.wide) this.line(t.set(`${this.constant(BigInt)}(${r})`));
      else {
        this.line(t.set(`${this.constant(toNarrow)}(${r})`));
        this.line(`if (${t.v} !== ${t.v}) ${this.bailStatement}`);
      }
    } else this.line(t.set(r));
  }

  /** A value as a library function takes it. */
  scalar(val: Val, type: DataType): string {
    return physicalType(type) === 'ts' ? `${this.constant(box.timestamp)}(${val.v}, ${val.nanos})` : val.v;
  }

  nullableScalar(val: Val, type: DataType): string {
    const s = this.scalar(val, type);
    if (val.n === 'false') return s;
    return val.n === 'true' ? 'null' : `${val.n} ? null : ${s}`;
  }

  /** A value in boxed form (value.ts), null for NULL. */
  boxed(val: Val, type: DataType): string {
    if (val.n === 'true' || type.root === 'NULL') return 'null';
    let s: string;
    switch (physicalType(type)) {
      case 'i64':
        s = this.wide ? val.v : `BigInt(${val.v})`;
        break;
      case 'ts':
        s = `${this.constant(box.timestamp)}(${val.v}, ${val.nanos})`;
        break;
      default:
        s = val.v;
    }
    return val.n === 'false' ? s : `(${val.n} ? null : ${s})`;
  }

  /** A boxed value, in the variable `r`, as an emitted one. */
  unboxed(r: string, type: DataType): Val {
    const n = type.root === 'NULL' ? 'true' : this.declare(`${r} === null || ${r} === undefined`, 'n');
    if (n === 'true') return this.literal(type, null);
    const zero = this.zero(type);
    switch (physicalType(type)) {
      case 'i64': {
        if (this.wide) return { v: this.declare(`${n} ? 0n : BigInt(${r})`), n, nanos: '0' };
        const v = this.declare(`${n} ? 0 : ${this.constant(toNarrow)}(${r})`);
        this.line(`if (${v} !== ${v}) ${this.bailStatement}`);
        return { v, n, nanos: '0' };
      }
      case 'ts':
        return {
          v: this.declare(`${n} ? 0 : ${r}.millis`),
          n,
          nanos: needsNanos(type) ? this.declare(`${n} ? 0 : ${this.constant(unboxNanos)}(${r})`) : '0',
        };
      default:
        return { v: this.declare(`${n} ? ${zero} : ${r}`), n, nanos: '0' };
    }
  }

  /** Leaves for the wide form when a narrow result lies outside the safe integers. `n` spares values under nulls. */
  guardNarrow(v: string, n: string): void {
    if (this.wide) return;
    this.line(
      `if (${n === 'false' ? '' : `!${n} && `}(${v} > ${TOO_WIDE} || ${v} < -${TOO_WIDE})) ${this.bailStatement}`,
    );
  }

  bail(): string {
    return this.bailStatement;
  }

  /** Makes a decimal NULL where it has more digits than its type. */
  decimalOverflow(val: Val, precision: number): Val {
    if (!this.wide && precision >= 16) return val;
    const limit = this.wide ? `${10n ** BigInt(precision)}n` : String(10 ** precision);
    const over = `${val.v} >= ${limit} || ${val.v} <= -${limit}`;
    const n = this.declare(val.n === 'false' ? over : `${val.n} || ${over}`, 'n');
    return { v: val.v, n, nanos: '0' };
  }

  private emitCase(e: Extract<BoundExpr, { kind: 'case' }>): Val {
    const v = this.name();
    const precise = needsNanos(e.type);
    const nanos = precise ? this.name('m') : '0';
    const nullable = e.type.nullable;
    const n = nullable ? this.name('n') : 'false';
    this.line(`let ${v} = ${this.zero(e.type)}${nullable ? `, ${n} = false` : ''}${precise ? `, ${nanos} = 0` : ''};`);
    const assign = (result: BoundExpr): void => {
      const r = this.emit(result);
      if (nullable && r.n !== 'false') this.line(`${n} = ${r.n};`);
      if (r.n !== 'true') this.line(`${v} = ${r.v};${precise ? ` ${nanos} = ${r.nanos};` : ''}`);
    };
    const label = this.name('L');
    this.block(`${label}:`, () => {
      for (const when of e.whens) {
        const c = this.emit(when.condition);
        this.block(`if (${c.v})`, () => {
          assign(when.result);
          this.line(`break ${label};`);
        });
      }
      assign(e.otherwise);
    });
    return { v, n, nanos };
  }

  private emitField(e: Extract<BoundExpr, { kind: 'field' }>): Val {
    const row = this.emit(e.arg);
    if (row.n === 'true') return this.literal(e.type, null);
    const r = this.declare(
      `${row.v} === null${row.n === 'false' ? '' : ` || ${row.n}`} ? null : ${row.v}[${e.index}]`,
      'r',
    );
    return this.unboxed(r, e.type);
  }
}

export interface Target {
  readonly v: string;
  readonly n: string;
  set(value: string, nanos?: string): string;
  readonly setNull: string;
}

export function plain(v: string): Val {
  return { v, n: 'false', nanos: '0' };
}

/** A number as an operand: a sign may not meet another one. */
function signed(text: string): string {
  return text.startsWith('-') ? `(${text})` : text;
}

export function needsNanos(type: DataType): boolean {
  return (type.root === 'TIMESTAMP' || type.root === 'TIMESTAMP_LTZ') && type.precision > 3;
}

const EMPTY_BYTES = new Uint8Array(0);

let zeros = new Uint8Array(4096);

function noNulls(length: number): Uint8Array {
  if (zeros.length < length) zeros = new Uint8Array(length * 2);
  return zeros;
}

export function rowError(thrown: unknown, span: Span | undefined): StreamcellError {
  const error = StreamcellError.from(thrown, 'EXPRESSION_FAILED');
  return span ? error.at(span) : error;
}
