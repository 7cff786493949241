import {
  compileKernel,
  compilePredicate,
  type BoundExpr,
  type EvalEnvironment,
  type Kernel,
  type Predicate,
} from '../expressions/index.js';
import {
  INSERT,
  INT,
  MapValue,
  StreamcellError,
  boxedValue,
  columnFromValues,
  type Batch,
  type DataType,
  type Value,
} from '../types/index.js';
import { Operator } from './operator.js';
import { NULLS, OutputBuilder, passing } from './output-builder.js';

export interface UnnestSpec {
  /** A collection, or a BIGINT: then the row comes that many times, with no further columns. */
  readonly collection: BoundExpr;
  readonly withOrdinality: boolean;
  /** LEFT JOIN: a row without elements comes with NULLs. */
  readonly outer: boolean;
  /** Over input columns, then element columns. */
  readonly condition: BoundExpr | null;
  readonly inputTypes: readonly (readonly DataType[])[];
  readonly env: EvalEnvironment;
}

/**
 * Joins each row with the elements of a collection of its own: ARRAY and MULTISET one column, or one per field when they hold rows, MAP key
 * and value; WITH ORDINALITY the element's number from 1 behind them. A number stands for as many elements without columns.
 *
 * No state. Rows keep their kind; equal rows have equal collections, so a retraction takes back exactly what the row brought.
 */
export class Unnest extends Operator {
  private readonly kernel: Kernel;
  private readonly elementTypes: readonly DataType[];
  private readonly matches: Predicate | null;
  private readonly builder: OutputBuilder;
  private readonly fields: (value: Value, add: (element: readonly Value[] | null) => void) => void;

  constructor(private readonly spec: UnnestSpec) {
    super(1);
    const input = spec.inputTypes[0];
    this.kernel = compileKernel({ inputTypes: input, condition: null, projections: [spec.collection] }, spec.env);
    const { type } = spec.collection;
    this.elementTypes = spec.withOrdinality ? [...elementTypes(type), INT(false)] : elementTypes(type);
    this.fields = elementsOf(type);
    this.matches =
      spec.condition === null ? null : compilePredicate(input, this.elementTypes, spec.condition, spec.env);
    this.builder = new OutputBuilder([input, this.elementTypes], [], () => this.output);
  }

  override processBatch(batch: Batch): void {
    const collections = this.kernel.run(batch).columns[0];
    const { type } = this.spec.collection;
    const rows: number[] = [];
    const values: Value[][] = this.elementTypes.map(() => []);
    for (let i = 0; i < batch.length; i++) {
      if (collections.nulls !== null && collections.nulls[i] !== 0) continue;
      let ordinal = 0;
      this.fields(boxedValue(collections, type, i), (element) => {
        ordinal++;
        if (element === null) return;
        rows.push(i);
        element.forEach((value, c) => values[c].push(value));
        if (this.spec.withOrdinality) values[element.length].push(ordinal);
      });
    }
    const elements = this.elementTypes.map((type, c) => columnFromValues(type, values[c]));
    this.builder.bind(0, null, batch.columns);
    this.builder.bind(1, null, elements);
    let k = 0;
    for (let i = 0; i < batch.length; i++) {
      const kind = batch.kinds === null ? INSERT : batch.kinds[i];
      let any = false;
      for (; k < rows.length && rows[k] === i; k++) {
        if (this.matches !== null && !this.matches(batch.columns, i, elements, k)) continue;
        any = true;
        this.builder.addPair(kind, passing(i), passing(k));
      }
      if (!any && this.spec.outer) this.builder.addPair(kind, passing(i), NULLS);
    }
    this.builder.flush();
  }
}

function elementTypes(type: DataType): readonly DataType[] {
  switch (type.root) {
    case 'ARRAY':
    case 'MULTISET':
      return type.element.root === 'ROW' ? type.element.fields.map((f) => f.type) : [type.element];
    case 'MAP':
      return [type.key, type.value];
    case 'BIGINT':
      return [];
    default:
      throw new StreamcellError('TYPE_MISMATCH', `UNNEST takes an ARRAY, MAP or MULTISET, not ${type.root}.`);
  }
}

function elementsOf(type: DataType): (value: Value, add: (element: readonly Value[] | null) => void) => void {
  if (type.root === 'MAP') return (value, add) => (value as MapValue).entries.forEach((entry) => add(entry));
  if (type.root === 'BIGINT')
    return (value, add) => {
      for (let k = 0n; k < (value as bigint); k++) add([]);
    };
  const element = (type as Extract<DataType, { root: 'ARRAY' | 'MULTISET' }>).element;
  // A NULL row is no row, as in Flink; a NULL of any other type is an element.
  const fields = (value: Value): readonly Value[] | null =>
    element.root === 'ROW' ? (value as readonly Value[] | null) : [value];
  if (type.root === 'ARRAY') return (value, add) => (value as readonly Value[]).forEach((v) => add(fields(v)));
  return (value, add) => {
    for (const [v, count] of (value as MapValue).entries) for (let k = 0; k < Number(count); k++) add(fields(v));
  };
}
