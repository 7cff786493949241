import { boxedValue, columnFromValues, Batch, type DataType, type Value } from '../../types/index.js';
import type { EvalEnvironment } from '../environment.js';
import { simpleEnvironment } from '../environment.js';
import { provideScalarCast } from '../library/nested.js';
import { compileKernel } from './compile.js';

/** Elements of nested values are converted by the same generated code as columns, a batch of one at a time. */
export function installNestedCasts(): void {
  const known = new Map<string, (v: Value) => Value>();
  provideScalarCast((from: DataType, to: DataType, safe: boolean, zone: string) => {
    const key = JSON.stringify([from, to, safe, zone]);
    let convert = known.get(key);
    if (!convert) {
      const env: EvalEnvironment = simpleEnvironment(zone);
      const kernel = compileKernel(
        {
          inputTypes: [from],
          condition: null,
          projections: [{ kind: 'cast', arg: { kind: 'input', index: 0, type: from }, type: to, safe }],
        },
        env,
      );
      convert = (v) => boxedValue(kernel.run(new Batch(1, [columnFromValues(from, [v])])).columns[0], to, 0);
      known.set(key, convert);
    }
    return convert;
  });
}
