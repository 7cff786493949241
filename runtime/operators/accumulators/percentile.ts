import { StreamcellError, type Value } from '../../types/index.js';
import type { AggregateCall } from '../../expressions/bound.js';
import { decodeValue, encodeValue, type EncodedValue } from '../../state/value-codec.js';
import { BoxedAccumulator } from './boxed.js';

interface Sample {
  /** Ascending, without equal ones. */
  values: number[];
  counts: number[];
}

/** PERCENTILE(value, fraction or fractions [, frequency]): interpolated between the two nearest ranks. */
export class Percentile extends BoxedAccumulator<Sample> {
  readonly shape = 'percentile';
  private readonly fractions: readonly number[];
  private readonly many: boolean;
  private readonly scale: number;

  constructor(call: AggregateCall, retracts: boolean) {
    super(call, retracts);
    const constant = call.constants?.[1];
    this.many = Array.isArray(constant);
    this.fractions = (this.many ? (constant as Value[]) : [constant as Value]).map(toFraction);
    const type = call.argTypes[0];
    this.scale = type.root === 'DECIMAL' ? 10 ** type.scale : 1;
  }

  add(slot: number, row: number): void {
    this.change(slot, row, 1);
  }

  retract(slot: number, row: number): void {
    this.change(slot, row, -1);
  }

  private change(slot: number, row: number, sign: number): void {
    const value = this.argument(0, row);
    if (value === null) return;
    let frequency = 1;
    if (this.call.args.length > 1) {
      const given = this.argument(1, row);
      if (given === null || Number(given) <= 0) return;
      frequency = Number(given);
    }
    insert(this.state(slot), Number(value) / this.scale, sign * frequency);
  }

  protected create(): Sample {
    return { values: [], counts: [] };
  }

  protected result(state: Sample): Value {
    const total = state.counts.reduce((sum, c) => sum + c, 0);
    if (total <= 0 || this.fractions.length === 0) return null;
    const results = this.fractions.map((f) => interpolate(state, f * (total - 1) + 1));
    return this.many ? results : results[0];
  }

  protected encode(state: Sample): EncodedValue {
    return [state.values.map(encodeValue), state.counts];
  }

  protected decode(encoded: EncodedValue): Sample {
    const [values, counts] = encoded as [EncodedValue[], number[]];
    return { values: values.map((v) => decodeValue(v) as number), counts };
  }

  protected combine(into: Sample, from: Sample): void {
    from.values.forEach((v, k) => insert(into, v, from.counts[k]));
  }
}

function insert(state: Sample, value: number, count: number): void {
  const { values, counts } = state;
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < value) low = middle + 1;
    else high = middle;
  }
  if (values[low] === value) {
    counts[low] += count;
    if (counts[low] === 0) {
      values.splice(low, 1);
      counts.splice(low, 1);
    }
  } else {
    values.splice(low, 0, value);
    counts.splice(low, 0, count);
  }
}

/** `position` counts from 1, as in Flink: where the fraction is taken from decides its last digit. */
function interpolate(state: Sample, position: number): number {
  const lower = Math.floor(position);
  const upper = Math.ceil(position);
  const low = atRank(state, lower - 1);
  const high = atRank(state, upper - 1);
  return low === high ? low : (upper - position) * low + (position - lower) * high;
}

function atRank(state: Sample, rank: number): number {
  let seen = 0;
  for (let k = 0; k < state.values.length; k++) {
    seen += state.counts[k];
    if (rank < seen) return state.values[k];
  }
  return state.values[state.values.length - 1];
}

function toFraction(value: Value): number {
  if (typeof value !== 'number' || value < 0 || value > 1)
    throw new StreamcellError(
      'FUNCTION_ARGUMENTS',
      `Percentage of PERCENTILE should be between [0.0, 1.0], but was '${String(value)}'.`,
    );
  return value;
}
