import { connector } from '../connectors/registry.js';
import type { SinkWriter, SourceReader } from '../connectors/connector.js';
import { evaluateConstant, type EvalEnvironment } from '../expressions/index.js';
import {
  MAX_WATERMARK,
  type Operator,
  type OperatorContext,
  type OperatorMetrics,
  type Output,
} from '../operators/operator.js';
import type { PhysicalNode, PhysicalPlan, SinkNode, SourceNode } from '../planner/physical.js';
import { batchFromRows, INSERT, StreamcellError, type DataType, type TableDescriptor } from '../types/index.js';
import { createOperator, createSinkOperator } from './create-operator.js';
import { ExchangeReceiver } from './exchange/receiver.js';
import { RingReader, RingWriter } from './exchange/ring.js';
import { ExchangeSender } from './exchange/sender.js';
import { layoutOf, type Exchange, type Layout } from './layout.js';
import { Fanout, Link } from './link.js';
import { newOperatorMetrics } from './metrics.js';
import type { ResultConsumer } from './result-consumer.js';
import { ResultSink, SinkOperator } from './sink-operator.js';
import { SourceDriver } from './source-driver.js';

/** One node of the plan as it runs in one subtask. */
export interface NodeInstance {
  readonly node: PhysicalNode;
  /** Position in the plan: the node's name in snapshots and metrics. */
  readonly index: number;
  readonly name: string;
  readonly metrics: OperatorMetrics;
  readonly output: Fanout;
  /** Null for sources. */
  readonly operator: Operator | null;
}

/** A node of constant rows: sent once, at the start. */
export interface ValuesInstance {
  readonly instance: NodeInstance;
  /** @param restored the rows went out before the checkpoint; only event time and the end follow. */
  send(restored: boolean): void;
}

/** What an operator of this subtask may ask of its host. */
export interface GraphHost {
  processingTime(): number;
  requestProcessingTime(instance: number, time: number): void;
  notify(subtask: number): void;
  /** Every channel of a receiver has its barrier. */
  aligned(fragment: number): void;
}

export interface GraphConfig {
  readonly plan: PhysicalPlan;
  readonly subtask: number;
  readonly parallelism: number;
  readonly rings: readonly (readonly (readonly (SharedArrayBuffer | null)[])[])[];
  readonly result: ResultConsumer | null;
}

/** The running form of one subtask's share of a plan. */
export class Graph {
  readonly layout: Layout;
  readonly instances: NodeInstance[] = [];
  readonly sources: SourceDriver[] = [];
  readonly sourceInstances: NodeInstance[] = [];
  readonly values: ValuesInstance[] = [];
  readonly writers: { readonly writer: SinkWriter; readonly name: string }[] = [];
  readonly senders: { readonly fragment: number; readonly sender: ExchangeSender }[] = [];
  readonly receivers: { readonly fragment: number; readonly receiver: ExchangeReceiver }[] = [];
  private readonly byNode = new Map<number, NodeInstance>();
  /** Event time as expressions see it: the watermark of the first source. */
  private readonly env: EvalEnvironment;

  constructor(
    private readonly config: GraphConfig,
    private readonly host: GraphHost,
  ) {
    const { plan, parallelism } = config;
    this.layout = layoutOf(plan, parallelism);
    this.env = {
      timeZone: plan.options.timeZone,
      now: () => host.processingTime(),
      currentWatermark: () => Math.min(...this.sourceInstances.map((s) => s.metrics.watermark)),
    };
    plan.nodes.forEach((node, index) => this.instantiate(node, index));
    this.connect();
  }

  private instantiate(node: PhysicalNode, index: number): void {
    const { subtask } = this.config;
    if (subtask >= (this.layout.nodeParallelism.get(node.id) as number)) return;
    const metrics = newOperatorMetrics();
    const name = node.label;
    const output = new Fanout(metrics);
    let operator: Operator | null = null;
    if (node.op === 'source') {
      const reader = createReader(node, this.config, subtask);
      const driver = new SourceDriver(
        node,
        name,
        reader,
        output,
        metrics,
        node.schema.map((c) => c.type),
        this.env,
        {
          watermarkInterval: this.config.plan.options.watermarkInterval,
          idleTimeout: this.config.plan.options.idleTimeout,
        },
        () => this.host.processingTime(),
      );
      this.sources.push(driver);
    } else if (node.op === 'sink') {
      operator = this.createSink(node);
    } else if (node.op !== 'values') {
      operator = createOperator(node, this.inputTypes(node), this.config.plan.options, this.env);
    }
    if (operator !== null) operator.output = output;
    const instance: NodeInstance = { node, index, name, metrics, output, operator };
    if (node.op === 'source') this.sourceInstances.push(instance);
    if (node.op === 'values')
      this.values.push({ instance, send: (restored) => this.sendValues(instance, restored ? [] : node.rows) });
    this.instances.push(instance);
    this.byNode.set(node.id, instance);
  }

  private inputTypes(node: PhysicalNode): DataType[][] {
    return node.inputs.map((id) =>
      (this.config.plan.nodes.find((n) => n.id === id) as PhysicalNode).schema.map((c) => c.type),
    );
  }

  private createSink(node: PhysicalNode & SinkNode): Operator {
    if (node.table === null) {
      if (this.config.result === null) throw new Error('a result sink without a consumer');
      return new ResultSink(this.config.result);
    }
    const parallelism = this.layout.nodeParallelism.get(node.id) as number;
    const found = connector(node.connector);
    if (found.createWriter === undefined)
      throw new StreamcellError('CONNECTOR_UNSUPPORTED', `Connector '${node.connector}' cannot be written to.`);
    const writer = found.createWriter({
      table: describe(node, node.table),
      schema: node.schema,
      metadata: node.metadata,
      primaryKey: node.primaryKey,
      subtask: this.config.subtask,
      parallelism,
      overwrite: node.overwrite,
      timeZone: this.config.plan.options.timeZone,
    });
    this.writers.push({ writer, name: node.label });
    const upstream = this.config.plan.nodes.find((n) => n.id === node.inputs[0]) as PhysicalNode;
    return createSinkOperator(
      node,
      this.inputTypes(node),
      upstream.upsertKeys[0] ?? null,
      this.config.plan.options,
      new SinkOperator(writer),
    );
  }

  private sendValues(
    instance: NodeInstance,
    rows: readonly (readonly Parameters<typeof evaluateConstant>[0][])[],
  ): void {
    const types = instance.node.schema.map((c) => c.type);
    const boxed = rows.map(
      (row) => ({ kind: INSERT, fields: row.map((cell) => evaluateConstant(cell, this.env)) }) as const,
    );
    if (boxed.length > 0) instance.output.batch(batchFromRows(types, boxed));
    instance.output.watermark(MAX_WATERMARK);
    instance.output.end();
  }

  private connect(): void {
    const { subtask } = this.config;
    for (const edge of this.layout.edges) {
      const from = this.byNode.get(edge.from);
      const to = this.byNode.get(edge.to);
      const link = to === undefined ? null : this.link(to, edge.input);
      if (edge.exchange === null) {
        if (from !== undefined && link !== null) from.output.targets.push(link);
        // The upstream node runs in subtask 0 alone: here this input is over before it begins.
        else if (link !== null) this.absent.push(link);
        continue;
      }
      const receiver = link === null ? null : this.receive(edge.exchange, link, edge.to);
      if (from !== undefined) this.send(edge.exchange, from, receiver, edge.from);
    }
    for (const instance of this.instances) {
      // A sink has no consumers, and emits nothing.
      if (instance.node.op === 'sink') continue;
      if (instance.output.targets.length === 0 && subtask === 0) throw new Error(`${instance.name} has no consumer`);
    }
  }

  /** Inputs that no upstream subtask feeds. */
  private readonly absent: Output[] = [];

  private link(to: NodeInstance, input: number): Link {
    return new Link(to.operator as Operator, input, to.name, to.metrics);
  }

  private receive(exchange: Exchange, link: Link, node: number): ExchangeReceiver {
    const { subtask, rings } = this.config;
    const readers = Array.from({ length: exchange.senders }, (_, from) => {
      const ring = from === subtask ? null : rings[exchange.id][from][subtask];
      return ring === null ? null : new RingReader(ring);
    });
    const fragment = this.layout.fragmentOf.get(node) as number;
    const receiver = new ExchangeReceiver(
      exchange.senders,
      link,
      readers,
      (s) => this.host.notify(s),
      () => this.host.aligned(fragment),
    );
    this.receivers.push({ fragment, receiver });
    return receiver;
  }

  private send(exchange: Exchange, from: NodeInstance, receiver: ExchangeReceiver | null, node: number): void {
    const { subtask, parallelism, rings } = this.config;
    const writers = Array.from({ length: parallelism }, (_, to) => {
      const ring = to === subtask ? null : rings[exchange.id][subtask][to];
      return ring === null ? null : new RingWriter(ring);
    });
    const sender = new ExchangeSender(exchange.keys, parallelism, subtask, writers, receiver, (s) =>
      this.host.notify(s),
    );
    this.senders.push({ fragment: this.layout.fragmentOf.get(node) as number, sender });
    from.output.targets.push(sender);
  }

  /** Opens operators, from the sinks up, so that whoever emits on opening finds its consumers open. */
  open(): void {
    for (const instance of [...this.instances].reverse()) {
      if (instance.operator === null) continue;
      const context: OperatorContext = {
        name: instance.name,
        subtask: this.config.subtask,
        parallelism: this.layout.nodeParallelism.get(instance.node.id) as number,
        metrics: instance.metrics,
        processingTime: () => this.host.processingTime(),
        requestProcessingTime: (time) => this.host.requestProcessingTime(this.instances.indexOf(instance), time),
      };
      try {
        instance.operator.open(context);
      } catch (thrown) {
        throw StreamcellError.from(thrown).inOperator(instance.name);
      }
    }
  }

  endAbsent(): void {
    for (const output of this.absent) output.end();
  }

  fragment(instance: NodeInstance): number {
    return this.layout.fragmentOf.get(instance.node.id) as number;
  }
}

function createReader(
  node: SourceNode & { readonly schema: PhysicalNode['schema'] },
  config: GraphConfig,
  subtask: number,
): SourceReader {
  const found = connector(node.connector);
  if (found.createReader === undefined)
    throw new StreamcellError('CONNECTOR_UNSUPPORTED', `Connector '${node.connector}' cannot be read from.`);
  return found.createReader({
    table: describe(node, node.table),
    schema: node.schema,
    columns: node.columns,
    subtask,
    parallelism: config.parallelism,
    limit: node.limit,
    timeZone: config.plan.options.timeZone,
    options: config.plan.options.all,
  });
}

function describe(
  node: Pick<SourceNode, 'connector' | 'tableOptions' | 'physicalSchema' | 'partitionKeys'> & {
    readonly schema: PhysicalNode['schema'];
    readonly primaryKey: readonly (string | number)[];
  },
  name: string,
): TableDescriptor {
  return {
    name,
    connector: node.connector,
    options: node.tableOptions,
    physicalSchema: node.physicalSchema,
    primaryKey: node.primaryKey.map((key) => (typeof key === 'number' ? node.schema[key].name : key)),
    partitionKeys: node.partitionKeys,
  };
}
