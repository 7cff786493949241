import {
  Batch,
  BytesColumn,
  F64Column,
  I32Column,
  I64Column,
  ObjColumn,
  StrColumn,
  TsColumn,
  type Column,
} from '../types/index.js';

/** Rows [start, end) of a batch, as views on its buffers wherever the layout allows. Valid as long as the batch. */
export function sliceBatch(batch: Batch, start: number, end: number): Batch {
  if (start === 0 && end === batch.length) return batch;
  return new Batch(
    end - start,
    batch.columns.map((c) => sliceColumn(c, start, end)),
    batch.kinds === null ? null : batch.kinds.subarray(start, end),
  );
}

function sliceColumn(column: Column, start: number, end: number): Column {
  const slice = sliceValues(column, start, end);
  if (column.nulls !== null) slice.nulls = column.nulls.subarray(start, end);
  return slice;
}

function sliceValues(column: Column, start: number, end: number): Column {
  switch (column.physical) {
    case 'i32':
      return new I32Column(column.values.subarray(start, end));
    case 'f64':
      return new F64Column(column.values.subarray(start, end));
    case 'i64': {
      const slice = new I64Column(column.values.subarray(start, end));
      const wide = column.wide;
      if (wide !== null)
        slice.wide = wide instanceof BigInt64Array ? wide.subarray(start, end) : wide.slice(start, end);
      return slice;
    }
    case 'ts': {
      const slice = new TsColumn(column.millis.subarray(start, end));
      if (column.nanos !== null) slice.nanos = column.nanos.subarray(start, end);
      return slice;
    }
    case 'str': {
      const slice = new StrColumn();
      slice.data = column.data;
      if (column.data !== null) {
        slice.starts = column.starts.subarray(start, end);
        slice.lengths = column.lengths.subarray(start, end);
      }
      if (column.strings !== null) slice.strings = column.strings.slice(start, end);
      return slice;
    }
    case 'bytes':
      return new BytesColumn(column.values.slice(start, end));
    case 'obj':
      return new ObjColumn(column.values.slice(start, end));
  }
}
