import { StreamcellError, physicalType } from '../../types/index.js';
import type { AggregateCall } from '../../expressions/bound.js';
import type { Accumulator } from './accumulator.js';
import { DoubleAverage, ExactAverage } from './average.js';
import { CountAccumulator } from './count.js';
import { ExtremeAccumulator, RetractableExtreme } from './extreme.js';
import { DoubleSum, ExactSum, IntSum } from './sum.js';

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
    default:
      throw new StreamcellError('FUNCTION_UNSUPPORTED', `the aggregate function ${call.fn} is not supported`);
  }
}
