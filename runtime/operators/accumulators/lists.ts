import { MapValue, StreamcellError, type Value } from '../../types/index.js';
import { jsonText, toJson } from '../../expressions/library/json.js';
import { equalValues } from '../../state/value-order.js';
import { decodeValue, encodeValue, type EncodedValue } from '../../state/value-codec.js';
import { BoxedAccumulator, ListAccumulator } from './boxed.js';

function removeFirst(list: Value[], value: Value): void {
  const at = list.findIndex((other) => equalValues(other, value));
  if (at >= 0) list.splice(at, 1);
}

/** FIRST_VALUE and LAST_VALUE of rows that may be taken back: the values in order of arrival, NULL left out. */
export class RetractableEnd extends ListAccumulator {
  readonly shape = 'retractable-end';
  private readonly last = this.call.fn === 'LAST_VALUE';

  add(slot: number, row: number): void {
    const value = this.argument(0, row);
    if (value !== null) this.state(slot).push(value);
  }

  retract(slot: number, row: number): void {
    const value = this.argument(0, row);
    if (value !== null) removeFirst(this.state(slot), value);
  }

  protected result(list: Value[]): Value {
    return list.length === 0 ? null : list[this.last ? list.length - 1 : 0];
  }
}

/** LISTAGG: the non-null strings, joined. */
export class ListAgg extends ListAccumulator {
  readonly shape = 'listagg';
  private readonly separator = typeof this.call.constants?.[1] === 'string' ? this.call.constants[1] : ',';

  add(slot: number, row: number): void {
    const value = this.argument(0, row);
    if (value !== null) this.state(slot).push(value);
  }

  retract(slot: number, row: number): void {
    const value = this.argument(0, row);
    if (value !== null) removeFirst(this.state(slot), value);
  }

  protected result(list: Value[]): Value {
    return list.length === 0 ? null : list.join(this.separator);
  }
}

/** ARRAY_AGG: values as they came, NULL among them unless told otherwise; NULL over no values. */
export class ArrayAgg extends ListAccumulator {
  readonly shape = 'array-agg';
  private readonly ignoreNulls = this.call.options?.['ignoreNulls'] === true;

  add(slot: number, row: number): void {
    const value = this.argument(0, row);
    if (value !== null || !this.ignoreNulls) this.state(slot).push(value);
  }

  retract(slot: number, row: number): void {
    const value = this.argument(0, row);
    if (value !== null || !this.ignoreNulls) removeFirst(this.state(slot), value);
  }

  protected result(list: Value[]): Value {
    // A copy: what was sent must not change with the state.
    return list.length === 0 ? null : list.slice();
  }
}

/** JSON_ARRAYAGG: a JSON array, NULL left out unless NULL ON NULL. */
export class JsonArrayAgg extends ListAccumulator {
  readonly shape = 'json-arrayagg';
  private readonly nulls = this.call.options?.['onNull'] === 'NULL';

  add(slot: number, row: number): void {
    const value = this.argument(0, row);
    if (value !== null || this.nulls) this.state(slot).push(value);
  }

  retract(slot: number, row: number): void {
    const value = this.argument(0, row);
    if (value !== null || this.nulls) removeFirst(this.state(slot), value);
  }

  protected result(list: Value[]): Value {
    return `[${list.map((v) => (v === null ? 'null' : jsonText(toJson(v, this.type(0), 'UTC')))).join(',')}]`;
  }

  protected override empty(): Value {
    return '[]';
  }
}

/** JSON_OBJECTAGG: a JSON object; of equal keys the last value counts, and a row taken back takes its key along. */
export class JsonObjectAgg extends BoxedAccumulator<Map<string, Value>> {
  readonly shape = 'json-objectagg';
  private readonly nulls = this.call.options?.['onNull'] !== 'ABSENT';

  add(slot: number, row: number): void {
    const key = this.argument(0, row) as string | null;
    if (key === null) throw new StreamcellError('EXPRESSION_FAILED', 'the key of JSON_OBJECTAGG must not be NULL');
    const value = this.argument(1, row);
    if (value !== null || this.nulls) this.state(slot).set(key, value);
  }

  retract(slot: number, row: number): void {
    this.state(slot).delete(this.argument(0, row) as string);
  }

  protected create(): Map<string, Value> {
    return new Map();
  }

  protected result(state: Map<string, Value>): Value {
    const text = (v: Value): string => (v === null ? 'null' : jsonText(toJson(v, this.type(1), 'UTC')));
    return `{${[...state].map(([k, v]) => `${JSON.stringify(k)}:${text(v)}`).join(',')}}`;
  }

  protected override empty(): Value {
    return '{}';
  }

  protected encode(state: Map<string, Value>): EncodedValue {
    return [...state].map(([k, v]) => [k, encodeValue(v)]);
  }

  protected decode(encoded: EncodedValue): Map<string, Value> {
    return new Map((encoded as [string, EncodedValue][]).map(([k, v]) => [k, decodeValue(v)]));
  }

  protected combine(into: Map<string, Value>, from: Map<string, Value>): void {
    for (const [k, v] of from) into.set(k, v);
  }
}

interface Counted {
  value: Value;
  count: number;
}

/** COLLECT: the multiset of the non-null values. */
export class Collect extends BoxedAccumulator<Counted[]> {
  readonly shape = 'collect';

  add(slot: number, row: number): void {
    const value = this.argument(0, row);
    if (value !== null) this.change(this.state(slot), value, 1);
  }

  retract(slot: number, row: number): void {
    const value = this.argument(0, row);
    if (value !== null) this.change(this.state(slot), value, -1);
  }

  private change(state: Counted[], value: Value, by: number): void {
    const at = state.findIndex((e) => equalValues(e.value, value));
    if (at < 0) state.push({ value, count: by });
    else if ((state[at].count += by) === 0) state.splice(at, 1);
  }

  protected create(): Counted[] {
    return [];
  }

  protected result(state: Counted[]): Value {
    return new MapValue(state.map((e) => [e.value, e.count] as const));
  }

  protected override empty(): Value {
    return new MapValue([]);
  }

  protected encode(state: Counted[]): EncodedValue {
    return state.map((e) => [encodeValue(e.value), e.count]);
  }

  protected decode(encoded: EncodedValue): Counted[] {
    return (encoded as [EncodedValue, number][]).map(([value, count]) => ({ value: decodeValue(value), count }));
  }

  protected combine(into: Counted[], from: Counted[]): void {
    for (const e of from) this.change(into, e.value, e.count);
  }
}

/** SINGLE_VALUE: the value of the only row; a second one ends the query. */
export class SingleValue extends ListAccumulator {
  readonly shape = 'single-value';

  add(slot: number, row: number): void {
    const list = this.state(slot);
    if (list.length > 0)
      throw new StreamcellError('EXPRESSION_FAILED', 'SingleValueAggFunction received more than one element.', {
        hint: 'A scalar subquery must not return more than one row.',
      });
    list.push(this.argument(0, row));
  }

  retract(slot: number): void {
    this.state(slot).pop();
  }

  protected result(list: Value[]): Value {
    return list.length === 0 ? null : list[0];
  }
}

/** LAG over an unbounded frame. State: as many of the latest values as the offset reaches back, and the latest default. */
export class Lag extends BoxedAccumulator<{ values: Value[]; fallback: Value }> {
  readonly shape = 'lag';
  private readonly offset = Number(this.call.constants?.[1] ?? 1);

  add(slot: number, row: number): void {
    const state = this.state(slot);
    state.values.push(this.argument(0, row));
    if (this.call.args.length > 1) state.fallback = this.argument(1, row);
    if (!this.retracts) while (state.values.length > this.offset + 1) state.values.shift();
  }

  retract(slot: number, row: number): void {
    removeFirst(this.state(slot).values, this.argument(0, row));
  }

  protected create(): { values: Value[]; fallback: Value } {
    return { values: [], fallback: null };
  }

  protected result(state: { values: Value[]; fallback: Value }): Value {
    const at = state.values.length - 1 - this.offset;
    return at < 0 ? state.fallback : state.values[at];
  }

  protected encode(state: { values: Value[]; fallback: Value }): EncodedValue {
    return [encodeValue(state.values), encodeValue(state.fallback)];
  }

  protected decode(encoded: EncodedValue): { values: Value[]; fallback: Value } {
    const [values, fallback] = encoded as [EncodedValue, EncodedValue];
    return { values: decodeValue(values) as Value[], fallback: decodeValue(fallback) };
  }

  protected combine(into: { values: Value[]; fallback: Value }, from: { values: Value[]; fallback: Value }): void {
    for (const value of from.values) into.values.push(value);
    into.fallback = from.fallback;
  }
}
