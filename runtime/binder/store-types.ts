import type { DataType } from '../types/index.js';

const NUMERIC_ORDER = ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'DECIMAL', 'FLOAT', 'DOUBLE'];

/** Whether INSERT converts by itself: Flink's implicit casts (to a wider number, between lengths and precisions, dates to times). */
export function implicitlyStorable(from: DataType, to: DataType): boolean {
  if (from.root === 'NULL') return true;
  const numeric = NUMERIC_ORDER.indexOf(from.root);
  if (numeric >= 0) {
    if (from.root === 'DECIMAL' && to.root === 'DECIMAL') return true;
    if (from.root === 'DECIMAL') return to.root === 'FLOAT' || to.root === 'DOUBLE';
    return NUMERIC_ORDER.indexOf(to.root) >= numeric;
  }
  switch (from.root) {
    case 'CHAR':
    case 'VARCHAR':
      return to.root === 'CHAR' || to.root === 'VARCHAR';
    case 'BINARY':
    case 'VARBINARY':
      return to.root === 'BINARY' || to.root === 'VARBINARY';
    case 'DATE':
      return to.root === 'DATE' || to.root === 'TIMESTAMP';
    case 'TIME':
      return to.root === 'TIME' || to.root === 'TIMESTAMP';
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return to.root === 'TIMESTAMP' || to.root === 'TIMESTAMP_LTZ';
    case 'ARRAY':
    case 'MULTISET':
      return to.root === from.root && implicitlyStorable(from.element, to.element);
    case 'MAP':
      return to.root === 'MAP' && implicitlyStorable(from.key, to.key) && implicitlyStorable(from.value, to.value);
    case 'ROW':
      return (
        to.root === 'ROW' &&
        to.fields.length === from.fields.length &&
        from.fields.every((f, i) => implicitlyStorable(f.type, to.fields[i].type))
      );
    case 'INTERVAL_DAY_TIME':
    case 'INTERVAL_YEAR_MONTH':
      return to.root === from.root;
    default:
      return to.root === from.root;
  }
}
