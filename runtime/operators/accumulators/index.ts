import { StreamcellError, physicalType } from '../../types/index.js';
import type { AggregateCall } from '../../expressions/bound.js';
import type { Accumulator } from './accumulator.js';
import { DoubleAverage, ExactAverage } from './average.js';
import { CountAccumulator } from './count.js';
import { ExtremeAccumulator, RetractableExtreme } from './extreme.js';
import { FirstLast } from './first-last.js';
import { ArrayAgg, Collect, JsonArrayAgg, JsonObjectAgg, Lag, ListAgg, RetractableEnd, SingleValue } from './lists.js';
import { Percentile } from './percentile.js';
import { DoubleSum, ExactSum, IntSum } from './sum.js';
import { Variance } from './variance.js';

export { Accumulator, loopsFor, type Loops } from './accumulator.js';

/**
 * The accumulator of a call. `retracts` says whether its input takes rows back.
 * @throws StreamcellError FUNCTION_UNSUPPORTED for a function without one.
 */
export function createAccumulator(call: AggregateCall, retracts: boolean): Accumulator {
  switch (call.fn) {
    case 'COUNT':
      return new CountAccumulator(call, retracts);
    case 'SUM':
    case '$SUM0':
      switch (physicalType(call.type)) {
        case 'f64':
          return new DoubleSum(call, retracts);
        case 'i32':
          return new IntSum(call, retracts);
        default:
          return new ExactSum(call, retracts);
      }
    case 'AVG':
      return physicalType(call.argTypes[0]) === 'f64'
        ? new DoubleAverage(call, retracts)
        : new ExactAverage(call, retracts);
    case 'MIN':
    case 'MAX':
      return retracts ? new RetractableExtreme(call) : new ExtremeAccumulator(call);
    case 'FIRST_VALUE':
    case 'LAST_VALUE':
      return retracts ? new RetractableEnd(call, true) : new FirstLast(call);
    case 'STDDEV_POP':
    case 'STDDEV_SAMP':
    case 'VAR_POP':
    case 'VAR_SAMP':
      return new Variance(call, retracts);
    case 'LISTAGG':
      return new ListAgg(call, retracts);
    case 'ARRAY_AGG':
      return new ArrayAgg(call, retracts);
    case 'COLLECT':
      return new Collect(call, retracts);
    case 'JSON_ARRAYAGG':
      return new JsonArrayAgg(call, retracts);
    case 'JSON_OBJECTAGG':
      return new JsonObjectAgg(call, retracts);
    case 'PERCENTILE':
      return new Percentile(call, retracts);
    case 'SINGLE_VALUE':
      return new SingleValue(call, retracts);
    case 'LAG':
      return new Lag(call, retracts);
    case 'ROW_NUMBER':
      // Along an OVER window: how many rows came so far.
      return new CountAccumulator({ ...call, args: [], argTypes: [] }, retracts);
    default:
      throw new StreamcellError('FUNCTION_UNSUPPORTED', `the aggregate function ${call.fn} is not supported`);
  }
}
