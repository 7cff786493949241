import { BIGINT, DATE, STRING, TIME, TIMESTAMP, TIMESTAMP_LTZ } from '../../types/index.js';
import { simple, type BuiltIn } from './define.js';

const now = (
  names: readonly string[],
  precision: number,
  code: (ms: string) => string,
  type: 'ltz' | 'local' | 'date' | 'time',
): BuiltIn =>
  simple({
    names,
    params: [],
    type:
      type === 'ltz'
        ? TIMESTAMP_LTZ(precision)
        : type === 'local'
          ? TIMESTAMP(precision)
          : type === 'date'
            ? DATE()
            : TIME(0),
    nullable: 'never',
    deterministic: false,
    emit: (e) => ({ v: e.declare(code('env.now()')), n: 'false', nanos: '0' }),
  });
void now;
void STRING;
void BIGINT;
export const timeFunctions: readonly BuiltIn[] = [];
