import { capacityOf, gather, resetColumn, stringTarget } from '../../state/gather.js';
import { hashColumns, subtaskOfHash } from '../../state/hash.js';
import { Batch, createColumn, type Column } from '../../types/index.js';
import type { Output } from '../../operators/operator.js';
import { FrameSpace, PreparedFrame } from './frame-codec.js';
import type { ExchangeReceiver } from './receiver.js';
import { BARRIER, END, IDLE, WATERMARK, type RingWriter } from './ring.js';

/** What waits for room in a ring: a control message, or an encoded frame of which [sent, end) is still to go. */
type Waiting = { readonly kind: number; readonly value: number } | { readonly bytes: Uint8Array; sent: number };

/** The way to one other subtask: a ring, and what did not fit into it yet, in order. */
class RemoteChannel {
  private readonly waiting: Waiting[] = [];

  constructor(
    private readonly writer: RingWriter,
    private readonly ring: () => void,
  ) {}

  get blocked(): boolean {
    return this.waiting.length > 0;
  }

  batch(batch: Batch, indices: Int32Array | null, count: number): void {
    const frame = new PreparedFrame(batch, indices, count);
    if (this.waiting.length === 0 && frame.bound <= this.writer.longest && this.writer.tryBatch(frame)) {
      this.ring();
      return;
    }
    const space = FrameSpace.ofSize(frame.bound);
    const end = frame.write(space, 0);
    this.waiting.push({ bytes: space.bytes.subarray(0, end), sent: 0 });
    this.flush();
  }

  control(kind: number, value: number): void {
    if (this.waiting.length === 0 && this.writer.tryControl(kind, value)) this.ring();
    else {
      this.waiting.push({ kind, value });
      this.flush();
    }
  }

  /** @returns whether anything went. */
  flush(): boolean {
    let sent = 0;
    while (this.waiting.length > 0 && this.sendFirst(this.waiting[0])) sent++;
    if (sent > 0) this.ring();
    return sent > 0;
  }

  private sendFirst(first: Waiting): boolean {
    if ('kind' in first) {
      if (!this.writer.tryControl(first.kind, first.value)) return false;
    } else {
      const { bytes } = first;
      const piece = this.writer.longest - 16;
      while (first.sent < bytes.length) {
        const to = Math.min(bytes.length, first.sent + piece);
        if (!this.writer.tryPart(bytes, first.sent, to)) return false;
        first.sent = to;
        this.ring();
      }
    }
    this.waiting.shift();
    return true;
  }
}

/**
 * The sending end of an exchange in one subtask: deals rows to subtasks by the hash of their keys (or all to subtask 0), control events
 * to every one.
 *
 * Never blocks: what a full ring does not take waits here, and the subtask stops its sources meanwhile, so that at most what one batch
 * becomes on its way lies here.
 */
export class ExchangeSender implements Output {
  private readonly remotes: (RemoteChannel | null)[];
  private hashes = new Int32Array(4096);
  private readonly indices: Int32Array[];
  private readonly gathered: Column[] = [];

  constructor(
    private readonly keys: readonly number[] | null,
    private readonly parallelism: number,
    private readonly subtask: number,
    /** By target subtask; null where this subtask itself is the target, or nothing is sent. */
    writers: readonly (RingWriter | null)[],
    /** This subtask's own receiver; null when it has none (everything goes to subtask 0). */
    private readonly local: ExchangeReceiver | null,
    notify: (subtask: number) => void,
  ) {
    this.remotes = writers.map((writer, to) => (writer === null ? null : new RemoteChannel(writer, () => notify(to))));
    this.indices = Array.from({ length: parallelism }, () => new Int32Array(4096));
  }

  get blocked(): boolean {
    return this.remotes.some((r) => r !== null && r.blocked);
  }

  flush(): boolean {
    let progressed = false;
    for (const remote of this.remotes) if (remote !== null && remote.blocked) progressed = remote.flush() || progressed;
    return progressed;
  }

  batch(batch: Batch): void {
    if (this.keys === null) this.send(0, batch, null, batch.length);
    else this.partition(batch, this.keys);
  }

  private partition(batch: Batch, keys: readonly number[]): void {
    const n = batch.length;
    if (this.hashes.length < n) {
      this.hashes = new Int32Array(n);
      this.indices.forEach((_, t) => (this.indices[t] = new Int32Array(n)));
    }
    hashColumns(
      keys.map((k) => batch.columns[k]),
      n,
      this.hashes,
    );
    const counts = new Array<number>(this.parallelism).fill(0);
    for (let i = 0; i < n; i++) {
      const target = subtaskOfHash(this.hashes[i], this.parallelism);
      this.indices[target][counts[target]++] = i;
    }
    // Other subtasks first: they can begin while this one works on its own share.
    for (let t = 0; t < this.parallelism; t++) {
      if (t !== this.subtask && counts[t] > 0) this.send(t, batch, counts[t] === n ? null : this.indices[t], counts[t]);
    }
    const own = counts[this.subtask];
    if (own > 0) this.send(this.subtask, batch, own === n ? null : this.indices[this.subtask], own);
  }

  private send(target: number, batch: Batch, indices: Int32Array | null, count: number): void {
    const remote = this.remotes[target];
    if (remote !== null) {
      remote.batch(batch, indices, count);
      return;
    }
    const local = this.local as ExchangeReceiver;
    if (indices === null) {
      local.batch(this.subtask, batch);
      return;
    }
    local.batch(this.subtask, this.own(batch, indices, count));
  }

  /** This subtask's share of a batch, in columns used again for the next one. Strings stay where they lie: only their places are gathered. */
  private own(batch: Batch, indices: Int32Array, count: number): Batch {
    const kinds = batch.kinds === null ? null : new Uint8Array(count);
    if (kinds !== null) for (let k = 0; k < count; k++) kinds[k] = (batch.kinds as Uint8Array)[indices[k]];
    const columns = batch.columns.map((source, c) => {
      let target = this.gathered[c];
      if (target === undefined || target.physical !== source.physical || capacityOf(target) < count) {
        const capacity = Math.max(4096, count);
        target = source.physical === 'str' ? stringTarget(capacity) : createColumn(source.physical, capacity);
        this.gathered[c] = target;
      }
      resetColumn(target);
      gather(source, indices, count, target);
      return target;
    });
    return new Batch(count, columns, kinds);
  }

  watermark(time: number): void {
    this.control(WATERMARK, time);
    this.local?.watermark(this.subtask, time);
  }

  idle(idle: boolean): void {
    this.control(IDLE, idle ? 1 : 0);
    this.local?.idle(this.subtask, idle);
  }

  end(): void {
    this.control(END, 0);
    this.local?.end(this.subtask);
  }

  barrier(id: number): void {
    this.control(BARRIER, id);
    this.local?.barrier(this.subtask);
  }

  private control(kind: number, value: number): void {
    for (const remote of this.remotes) remote?.control(kind, value);
  }
}
