import { getHeapStatistics } from 'node:v8';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { fileError } from '../connectors/file-listing.js';
import { StreamcellError } from '../types/index.js';
import { FileSnapshotReader, readManifest, SnapshotCollector, writeSections } from './checkpoint-store.js';
import { Graph, type NodeInstance } from './graph.js';
import type {
  FromSubtask,
  SnapshotSection,
  SourceCheckpoint,
  SubtaskCheckpoint,
  SubtaskConfig,
  ToSubtask,
} from './job-protocol.js';
import { traceTap, type Tap } from './link.js';
import { MetricsTable } from './metrics.js';
import { planFingerprint } from './plan-fingerprint.js';
import type { ResultConsumer } from './result-consumer.js';

/** Work between two turns of the event loop, ms: short enough that control messages and first rows feel immediate. */
const SLICE = 5;
/** Between two looks at memory and counters, ms. */
const METRICS_INTERVAL = 100;
/** Messages taken from one ring before others get their turn. */
const RING_TURN = 8;
/** Of the machine's memory, for a job that was given no limit. */
const DEFAULT_MEMORY_SHARE = 0.6;

interface CheckpointRequest {
  readonly id: number;
  readonly directory: string;
  readonly pause: boolean;
}

interface RunningCheckpoint {
  readonly id: number;
  readonly directory: string;
  readonly waiting: Set<number>;
  readonly collected: Map<number, SnapshotCollector>;
  readonly sources: Record<string, SourceCheckpoint>;
}

/** What a subtask runs in: a worker thread, or a test. */
export interface SubtaskHost {
  post(message: FromSubtask): void;
  readonly result: ResultConsumer | null;
  /** Wall clock, epoch ms. */
  now(): number;
  /** For tests and the notebook: taps by position of the node in the plan. */
  readonly taps?: ReadonlyMap<number, Tap>;
  print(line: string): void;
}

/**
 * Runs one subtask of a job: drives sources and rings in slices, timers, checkpoints, memory limit, the end.
 *
 * Everything happens on one thread: between two calls of `step` no batch is under way in this subtask, so its state is consistent there.
 * That is why, within a fragment, no barrier is needed: a fragment whose entries all stand at the barrier is snapshotted as it lies.
 */
export class Subtask {
  private readonly graph: Graph;
  private readonly bells: Int32Array;
  private readonly metrics: MetricsTable;
  private readonly timers = new Map<number, number>();
  private readonly restored: SubtaskRestore | null;
  private checkpoint: RunningCheckpoint | null = null;
  private requested: CheckpointRequest | null = null;
  /** Offsets of checkpoints that are not complete yet. */
  private readonly offsets = new Map<number, Record<string, SourceCheckpoint>>();
  private stopping: 'cancel' | null = null;
  private draining = false;
  /** A savepoint was the last thing to be taken in. */
  private paused = false;
  private stopped = false;
  private committing = false;
  private wakeUp: (() => void) | null = null;
  private woken = false;
  private listening = false;
  private nextMetrics = 0;
  private readonly waitingWriters = new Set<number>();

  constructor(
    private readonly config: SubtaskConfig,
    private readonly host: SubtaskHost,
  ) {
    this.bells = new Int32Array(config.doorbells);
    this.metrics = new MetricsTable(config.metrics, config.plan.nodes.length, config.parallelism);
    this.restored =
      config.restoreFrom === null ? null : new SubtaskRestore(config.restoreFrom, planFingerprint(config.plan));
    this.graph = new Graph(
      {
        plan: config.plan,
        subtask: config.subtask,
        parallelism: config.parallelism,
        rings: config.rings,
        result: host.result,
      },
      {
        processingTime: () => host.now(),
        requestProcessingTime: (instance, time) => this.requestTimer(instance, time),
        notify: (subtask) => this.notify(subtask),
        aligned: (fragment) => this.aligned(fragment),
      },
    );
    for (const instance of this.graph.instances) {
      const tap = host.taps?.get(instance.index);
      if (tap !== undefined) instance.output.taps.push(tap);
      if (config.trace)
        instance.output.taps.push(traceTap(`[${config.subtask}] ${instance.name}`, (line) => host.print(line)));
    }
  }

  /** Messages of the job's side. */
  receive(message: ToSubtask): void {
    switch (message.type) {
      case 'cancel':
        this.stopping = 'cancel';
        break;
      case 'drain':
        this.draining = true;
        this.paused = false;
        break;
      case 'resume':
        this.paused = false;
        break;
      case 'stop':
        this.stopped = true;
        break;
      case 'checkpoint':
        this.requested = message;
        break;
      case 'checkpointComplete':
        this.completeCheckpoint(message.id);
        break;
      case 'commit':
        this.committing = true;
        break;
      case 'view':
        this.host.result?.command(message.command);
        break;
      case 'start':
        throw new Error('a subtask is started once');
    }
    this.wake();
  }

  /** Runs to the end, and reports it. Never rejects. */
  async run(): Promise<void> {
    try {
      await this.open();
      this.host.post({ type: 'started' });
      await this.loop();
      if (this.stopping === null) {
        for (const { writer, name } of this.graph.writers) await named(name, () => writer.flush());
        this.publishMetrics();
        this.host.post({ type: 'flushed' });
        await this.awaitCommit();
      }
      if (this.stopping === null)
        for (const { writer, name } of this.graph.writers) await named(name, () => writer.commit());
      await this.close();
      const state = this.stopping === null ? 'finished' : 'cancelled';
      this.host.result?.finish(state);
      this.host.post({ type: 'done', state });
    } catch (thrown) {
      const error = StreamcellError.from(thrown);
      if (error.code === 'INTERNAL') this.host.print(internalTrace(thrown));
      await this.close().catch(() => undefined);
      this.publishMetrics();
      this.host.result?.finish('failed', error.toData());
      this.host.post({ type: 'failed', error: error.toData() });
    }
  }

  private async open(): Promise<void> {
    this.graph.open();
    for (const { writer, name } of this.graph.writers) await named(name, () => writer.open());
    for (const instance of this.graph.instances) {
      if (this.restored === null || instance.operator === null) continue;
      const readers = this.restored.readers(instance.index);
      if (readers.length === 0) continue;
      try {
        instance.operator.restore(readers);
      } catch (thrown) {
        throw StreamcellError.from(thrown).inOperator(instance.name);
      }
    }
    await Promise.all(
      this.graph.sources.map((source, i) => {
        const checkpoints = this.restored?.source(this.graph.sourceInstances[i].index) ?? null;
        return named(source.name, () => source.open(checkpoints));
      }),
    );
    this.graph.endAbsent();
    for (const values of this.graph.values) values.send(this.restored !== null);
    for (const source of this.graph.sources) source.resume();
  }

  private async loop(): Promise<void> {
    for (;;) {
      if (this.stopping !== null || this.stopped) return;
      if (this.failure !== null) throw this.failure;
      const bell = Atomics.load(this.bells, this.config.subtask);
      const progressed = this.slice();
      if (this.requested !== null) this.beginCheckpoint(this.requested);
      if (this.checkpoint !== null && this.checkpoint.waiting.size === 0) await this.writeCheckpoint(this.checkpoint);
      if (this.finished()) return;
      if (progressed) await turn();
      else await this.wait(bell);
    }
  }

  private finished(): boolean {
    return (
      this.graph.sources.every((s) => s.ended) &&
      this.graph.receivers.every((r) => r.receiver.ended) &&
      this.graph.senders.every((s) => !s.sender.blocked) &&
      this.checkpoint === null
    );
  }

  /** Some milliseconds of work. @returns whether there may be more at once. */
  private slice(): boolean {
    const began = performance.now();
    let any = false;
    for (;;) {
      if (!this.step()) break;
      any = true;
      if (performance.now() - began >= SLICE) break;
    }
    const now = this.host.now();
    this.fireTimers(now);
    for (const source of this.graph.sources) source.tick(now);
    if (now >= this.nextMetrics) {
      this.nextMetrics = now + METRICS_INTERVAL;
      this.publishMetrics();
      this.checkMemory();
    }
    return any;
  }

  private step(): boolean {
    let progressed = false;
    let blocked = false;
    for (const { sender } of this.graph.senders) {
      if (!sender.blocked) continue;
      progressed = sender.flush() || progressed;
      blocked ||= sender.blocked;
    }
    if (this.heldBack()) return progressed;
    for (const { receiver } of this.graph.receivers) {
      if (receiver.step(RING_TURN)) progressed = true;
    }
    // What a ring does not take is bounded only while nothing new comes in.
    if (blocked || this.paused || this.checkpoint !== null) return progressed;
    for (const source of this.graph.sources) {
      if (source.ended) continue;
      if (this.draining) source.end();
      else if (!source.step()) continue;
      progressed = true;
      if (this.heldBack()) break;
    }
    return progressed;
  }

  /** Whether a sink or the reader of the result wants a pause. */
  private heldBack(): boolean {
    if (this.waitingWriters.size > 0) return true;
    this.graph.writers.forEach(({ writer, name }, i) => {
      try {
        this.awaitReady(i, name, writer.ready());
      } catch (thrown) {
        throw StreamcellError.from(thrown).inOperator(name);
      }
    });
    if (this.host.result !== null) this.awaitReady(-1, 'result', this.host.result.ready());
    return this.waitingWriters.size > 0;
  }

  private awaitReady(key: number, name: string, ready: Promise<void> | null): void {
    if (ready === null) return;
    this.waitingWriters.add(key);
    const answered = (): void => {
      this.waitingWriters.delete(key);
      this.wake();
    };
    ready.then(answered, (thrown: unknown) => {
      this.failure ??= StreamcellError.from(thrown).inOperator(name);
      answered();
    });
  }

  private failure: StreamcellError | null = null;

  private wake(): void {
    this.woken = true;
    this.wakeUp?.();
  }

  /** Until something may have changed: a message, a ready source, room in a ring, a timer. */
  private async wait(bell: number): Promise<void> {
    if (this.woken) {
      this.woken = false;
      return turn();
    }
    const now = this.host.now();
    let due = this.nextMetrics;
    for (const time of this.timers.values()) due = Math.min(due, time);
    for (const source of this.graph.sources) {
      if (source.ended) continue;
      due = Math.min(due, source.tick(now));
      if (this.waitingWriters.size === 0 && this.checkpoint === null && !this.paused)
        source.whenReady(() => this.wake());
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => this.wake(), Math.max(0, due - now));
      this.wakeUp = () => {
        this.wakeUp = null;
        clearTimeout(timer);
        resolve();
      };
      if (this.config.parallelism > 1) this.listen(bell);
      if (this.woken) this.wakeUp?.();
    });
    this.woken = false;
  }

  /** Wakes when the doorbell rings, or has rung since it read `bell`. One listener serves many waits: an idle job waits for ever, bell or no bell. */
  private listen(bell: number): void {
    if (Atomics.load(this.bells, this.config.subtask) !== bell) {
      this.wake();
      return;
    }
    if (this.listening) return;
    const waiting = waitAsync(this.bells, this.config.subtask, bell);
    if (waiting === null) {
      this.wake();
      return;
    }
    this.listening = true;
    void waiting.then(() => {
      this.listening = false;
      this.wake();
    });
  }

  private notify(subtask: number): void {
    Atomics.add(this.bells, subtask, 1);
    Atomics.notify(this.bells, subtask);
  }

  // ---- timers -------------------------------------------------------------------------------------------------------

  private requestTimer(instance: number, time: number): void {
    const pending = this.timers.get(instance);
    if (pending === undefined || time < pending) this.timers.set(instance, time);
  }

  private fireTimers(now: number): void {
    for (const [index, time] of this.timers) {
      if (time > now) continue;
      this.timers.delete(index);
      const instance = this.graph.instances[index];
      try {
        instance.operator?.onProcessingTime(now);
      } catch (thrown) {
        throw StreamcellError.from(thrown).inOperator(instance.name);
      }
    }
  }

  // ---- checkpoints --------------------------------------------------------------------------------------------------

  private beginCheckpoint({ id, directory, pause }: CheckpointRequest): void {
    if (this.checkpoint !== null || this.stopping !== null) return;
    this.requested = null;
    this.paused ||= pause;
    const fragments = new Set(this.graph.instances.map((i) => this.graph.fragment(i)));
    const sources: Record<string, SourceCheckpoint> = {};
    this.checkpoint = { id, directory, waiting: fragments, collected: new Map(), sources };
    this.graph.sources.forEach((source, i) => (sources[this.graph.sourceInstances[i].index] = source.snapshot()));
    this.offsets.set(id, sources);
    // Fragments in plan order: what an upstream one lets through reaches its receivers here before they are asked.
    for (const fragment of [...fragments].sort((a, b) => a - b)) this.aligned(fragment);
  }

  /** Every subtask's share is on disk: sources and sinks may tell the outside world how far they came then, not how far they are now. */
  private completeCheckpoint(id: number): void {
    const taken = this.offsets.get(id);
    for (const known of [...this.offsets.keys()]) if (known <= id) this.offsets.delete(known);
    if (taken === undefined) return;
    this.graph.sources.forEach((source, i) => {
      source.reader.checkpointComplete?.(taken[this.graph.sourceInstances[i].index].offsets);
    });
    for (const { writer, name } of this.graph.writers) {
      try {
        writer.checkpointComplete?.();
      } catch (thrown) {
        this.failure ??= StreamcellError.from(thrown).inOperator(name);
      }
    }
  }

  /** An entry of the fragment stands at the barrier; when all do, the fragment is snapshotted and the barrier passed on. */
  private aligned(fragment: number): void {
    const { checkpoint } = this;
    if (checkpoint === null || !checkpoint.waiting.has(fragment)) return;
    const entries = this.graph.receivers.filter((r) => r.fragment === fragment);
    if (entries.some((r) => !r.receiver.aligned)) return;
    checkpoint.waiting.delete(fragment);
    for (const instance of this.graph.instances) {
      if (instance.operator === null || this.graph.fragment(instance) !== fragment) continue;
      const collector = new SnapshotCollector();
      instance.operator.snapshot(collector);
      checkpoint.collected.set(instance.index, collector);
    }
    for (const { fragment: from, sender } of this.graph.senders) if (from === fragment) sender.barrier(checkpoint.id);
  }

  private async writeCheckpoint(checkpoint: RunningCheckpoint): Promise<void> {
    for (const { writer, name } of this.graph.writers) await named(name, () => writer.flush());
    for (const { receiver } of this.graph.receivers) receiver.unblock();
    this.checkpoint = null;
    // In the background: the snapshot was copied, the stream goes on.
    void this.store(checkpoint).then(
      (part) => this.host.post({ type: 'checkpointed', id: checkpoint.id, part }),
      (thrown: unknown) => {
        const error = fileError(thrown, checkpoint.directory).toData();
        this.host.post({ type: 'checkpointFailed', id: checkpoint.id, error });
      },
    );
  }

  private async store(checkpoint: RunningCheckpoint): Promise<SubtaskCheckpoint> {
    const operators: Record<string, SnapshotSection[]> = {};
    let bytes = 0;
    for (const [index, collector] of checkpoint.collected) {
      const sections = await writeSections(checkpoint.directory, collector.sections);
      bytes += sections.reduce((sum, s) => sum + s.bytes, 0);
      operators[index] = sections;
    }
    return { subtask: this.config.subtask, operators, sources: checkpoint.sources, bytes };
  }

  // ---- the end ------------------------------------------------------------------------------------------------------

  /** Input is over here; others may still need this subtask's share of a checkpoint. */
  private async awaitCommit(): Promise<void> {
    while (!this.committing && this.stopping === null) {
      if (this.failure !== null) throw this.failure;
      if (this.requested !== null) this.beginCheckpoint(this.requested);
      if (this.checkpoint !== null && this.checkpoint.waiting.size === 0) await this.writeCheckpoint(this.checkpoint);
      await this.wait(Atomics.load(this.bells, this.config.subtask));
    }
  }

  private async close(): Promise<void> {
    for (const instance of this.graph.instances) instance.operator?.close();
    await Promise.allSettled([
      ...this.graph.sources.map((s) => s.reader.close()),
      ...this.graph.writers.map(({ writer }) => writer.close()),
    ]);
    this.publishMetrics();
  }

  private publishMetrics(): void {
    for (const instance of this.graph.instances) {
      const source = this.graph.sourceInstances.indexOf(instance);
      const malformed = source < 0 ? 0 : this.graph.sources[source].reader.metrics.malformed;
      this.metrics.publish(instance.index, this.config.subtask, instance.metrics, malformed);
    }
  }

  private checkMemory(): void {
    const limit = this.config.plan.options.memoryLimit || totalmem() * DEFAULT_MEMORY_SHARE;
    let bytes = 0;
    let largest: NodeInstance | null = null;
    for (const instance of this.graph.instances) {
      const own = instance.metrics.stateBytes;
      bytes += own;
      if (own > (largest?.metrics.stateBytes ?? 0)) largest = instance;
    }
    // Each subtask watches its share, since none sees the others' state.
    const share = limit / this.config.parallelism;
    const heap = getHeapStatistics();
    if (bytes <= share && heap.used_heap_size < heap.heap_size_limit * 0.92) return;
    const who = this.config.parallelism === 1 ? 'The job' : `Subtask ${this.config.subtask} of the job`;
    const held =
      bytes > share
        ? `holds ${megabytes(bytes)} MB of state, its limit is ${megabytes(share)} MB`
        : `has ${megabytes(heap.used_heap_size)} MB on a heap of ${megabytes(heap.heap_size_limit)} MB`;
    throw new StreamcellError(
      'MEMORY_LIMIT',
      `${who} ${held}${largest === null ? '' : `; ${megabytes(largest.metrics.stateBytes)} MB are in one operator`}.`,
      { operator: largest?.name },
    );
  }
}

/** The checkpoint a subtask starts from. */
class SubtaskRestore {
  private readonly parts: readonly SubtaskCheckpoint[];
  private readonly chunks: string;

  constructor(path: string, fingerprint: readonly string[]) {
    const manifest = readManifest(path);
    const differing = fingerprint.findIndex((line, i) => line !== manifest.plan[i]);
    if (differing >= 0 || fingerprint.length !== manifest.plan.length) {
      throw new StreamcellError(
        'SNAPSHOT_INVALID',
        `The checkpoint in ${path} was taken from another plan: ${manifest.plan[Math.max(0, differing)] ?? 'it has fewer operators'}.`,
      );
    }
    this.parts = manifest.parts;
    this.chunks = join(path, '..', 'chunks');
  }

  readers(index: number): FileSnapshotReader[] {
    return this.parts.flatMap((p) =>
      p.operators[index] === undefined ? [] : [new FileSnapshotReader(this.chunks, p.operators[index])],
    );
  }

  source(index: number): SourceCheckpoint[] {
    return this.parts.flatMap((p) => (p.sources[index] === undefined ? [] : [p.sources[index]]));
  }
}

/** Where our own mistake happened: the innermost error's stack. */
export function internalTrace(thrown: unknown): string {
  let innermost = thrown;
  while (innermost instanceof Error && innermost.cause instanceof Error) innermost = innermost.cause;
  return innermost instanceof Error ? (innermost.stack ?? innermost.message) : String(innermost);
}

/** One turn of the event loop: messages, timers, file and socket events get theirs. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function named<T>(name: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (thrown) {
    throw StreamcellError.from(thrown).inOperator(name);
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1048576).toFixed(bytes < 10485760 ? 1 : 0);
}

interface AtomicsWithWaitAsync {
  waitAsync(
    array: Int32Array,
    index: number,
    value: number,
  ): { readonly async: false } | { readonly async: true; readonly value: Promise<string> };
}

/** @returns null when the value has changed already. */
function waitAsync(array: Int32Array, index: number, value: number): Promise<string> | null {
  const result = (Atomics as unknown as AtomicsWithWaitAsync).waitAsync(array, index, value);
  return result.async ? result.value : null;
}
