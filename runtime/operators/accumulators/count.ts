import { BIGINT, I64Column, type Column } from '../../types/index.js';
import { readRows, writeRows } from '../../state/row-snapshot.js';
import type { SnapshotReader, SnapshotWriter } from '../../state/snapshot.js';
import { Accumulator, growF64 } from './accumulator.js';

/** COUNT: rows whose arguments are all not null. State: one number per slot (exact up to 2^53). */
export class CountAccumulator extends Accumulator {
  readonly shape: string = `count${this.call.args.length === 0 ? '*' : ''}`;
  private counts: Float64Array = new Float64Array(16);
  private nulls: Uint8Array | null = null;

  ensure(capacity: number): void {
    this.counts = growF64(this.counts, capacity);
  }

  reset(slot: number): void {
    this.counts[slot] = 0;
  }

  bind(columns: readonly Column[], length: number): void {
    const { args } = this.call;
    this.nulls = args.length === 0 ? null : columns[args[0]].nulls;
    if (args.length < 2) return;
    const any = new Uint8Array(length);
    for (const a of args) {
      const nulls = columns[a].nulls;
      if (nulls !== null) for (let i = 0; i < length; i++) any[i] |= nulls[i];
    }
    this.nulls = any;
  }

  add(slot: number, row: number): void {
    if (this.nulls === null || this.nulls[row] === 0) this.counts[slot]++;
  }

  retract(slot: number, row: number): void {
    if (this.nulls === null || this.nulls[row] === 0) this.counts[slot]--;
  }

  emit(slot: number, out: Column, at: number): void {
    (out as I64Column).values[at] = this.counts[slot];
  }

  merge(slot: number, other: Accumulator, from: number): void {
    this.counts[slot] += (other as CountAccumulator).counts[from];
  }

  save(writer: SnapshotWriter, name: string, slots: Int32Array, n: number): void {
    writeRows(writer, name, [BIGINT()], [new I64Column(this.counts)], slots, n);
  }

  load(reader: SnapshotReader, name: string, targets: Int32Array): void {
    const counts = (readRows(reader, name, [BIGINT()]).columns[0] as I64Column).values;
    for (let k = 0; k < targets.length; k++) if (targets[k] >= 0) this.counts[targets[k]] = counts[k];
  }

  bytes(): number {
    return this.counts.byteLength;
  }
}
