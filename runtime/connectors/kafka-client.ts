import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Kafka, logLevel, type Admin, type ISocketFactoryArgs, type KafkaConfig, type SASLOptions } from 'kafkajs';
import type { Options } from '../formats/options.js';
import { StreamcellError } from '../types/index.js';
import { patiently } from './kafka-offsets.js';

/**
 * What we use of kafkajs beyond its public face: its cluster with connected, authenticated brokers, to which we send our own Fetch and
 * Produce requests. kafkajs makes an object of each record, which costs more than decoding the record itself (measured: 0.4 M records/s
 * through it, several millions from the raw record batches).
 */
interface RawBroker {
  readonly versions: Readonly<Record<number, { readonly minVersion: number; readonly maxVersion: number }>>;
  readonly connectionPool: {
    send(exchange: {
      readonly request: {
        readonly apiKey: number;
        readonly apiVersion: number;
        readonly apiName: string;
        encode(): Promise<{ readonly buf: Buffer; readonly buffer: Buffer }>;
      };
      readonly response: { decode(raw: Buffer): Promise<Buffer>; parse(data: Buffer): Promise<Buffer> };
      readonly requestTimeout?: number;
    }): Promise<Buffer>;
  };
  isConnected(): boolean;
  disconnect(): Promise<void>;
  offsetCommit(request: {
    readonly groupId: string;
    readonly groupGenerationId: number;
    readonly memberId: string;
    readonly topics: readonly {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number; readonly offset: string }[];
    }[];
  }): Promise<unknown>;
  initProducerId(request: { readonly transactionalId?: string; readonly transactionTimeout: number }): Promise<{
    readonly producerId: string;
    readonly producerEpoch: number;
  }>;
}

interface RawCluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>;
  refreshMetadata(): Promise<void>;
  findTopicPartitionMetadata(topic: string): readonly { readonly partitionId: number; readonly leader: number }[];
  findBroker(which: { readonly nodeId: number | string }): Promise<RawBroker>;
  findGroupCoordinator(which: { readonly groupId: string }): Promise<RawBroker>;
}

export const FETCH = 1;
export const PRODUCE = 0;
const API_NAMES = ['Produce', 'Fetch'];
const CONNECT_TIMEOUT = 3000;
/** Between probes of a silent connection, as kafkajs has it, ms. */
const KEEP_ALIVE = 60_000;

/** Client properties (`properties.*`) that mean something here; others are accepted, since each broker client has hundreds. */
function kafkaConfig(options: Options): KafkaConfig {
  const p = options.scoped('properties.');
  const brokers = options
    .required('properties.bootstrap.servers')
    .split(/[,;]/)
    .map((b) => b.trim())
    .filter((b) => b !== '');
  for (const broker of brokers) {
    const port = Number(/:(\d+)$/.exec(broker)?.[1] ?? NaN);
    if (!(port > 0 && port < 65536)) throw p.invalid('bootstrap.servers', `'${broker}' is no host:port.`);
  }
  const protocol = (p.string('security.protocol') ?? 'PLAINTEXT').toUpperCase();
  if (!['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'].includes(protocol))
    throw p.invalid('security.protocol', `'${protocol}' is unknown.`);
  return {
    brokers,
    clientId: p.string('client.id') ?? 'streamcell',
    ssl: protocol.endsWith('SSL'),
    sasl: protocol.startsWith('SASL') ? saslOf(p) : undefined,
    socketFactory: openSocket,
    connectionTimeout: CONNECT_TIMEOUT,
    requestTimeout: p.integer('request.timeout.ms', 30_000),
    logLevel: logLevel.NOTHING,
    retry: { retries: 2, initialRetryTime: 100, maxRetryTime: 1000 },
  };
}

/**
 * As kafkajs opens one itself, but for the limit of listeners: while a broker is away it takes leave of its dead socket time and again, each
 * time with a listener for a connection that never comes, and Node would warn of that.
 */
function openSocket({ host, port, ssl, onConnect }: ISocketFactoryArgs): Socket {
  const socket = ssl
    ? connectTls({ host, port, ...(isIP(host) ? {} : { servername: host }), ...ssl }, onConnect)
    : connectPlain({ host, port }, onConnect);
  socket.setMaxListeners(0);
  return socket.setKeepAlive(true, KEEP_ALIVE);
}

function saslOf(p: Options): SASLOptions {
  const mechanism = (p.string('sasl.mechanism') ?? 'PLAIN').toLowerCase();
  const jaas = p.required('sasl.jaas.config');
  const field = (name: string): string => {
    const value = new RegExp(`${name}\\s*=\\s*"([^"]*)"`).exec(jaas)?.[1];
    if (value === undefined) throw p.invalid('sasl.jaas.config', `${name} is missing.`);
    return value;
  };
  const login = { username: field('username'), password: field('password') };
  switch (mechanism) {
    case 'plain':
      return { mechanism, ...login };
    case 'scram-sha-256':
    case 'scram-sha-512':
      return { mechanism, ...login };
    default:
      throw new StreamcellError(
        'OPTION_UNSUPPORTED',
        `The SASL mechanism '${mechanism}' is not available: PLAIN and SCRAM are.`,
      );
  }
}

export class KafkaClient {
  private readonly kafka: Kafka;
  private readonly cluster: RawCluster;
  private adminClient: Admin | null = null;
  readonly servers: string;

  constructor(options: Options) {
    const config = kafkaConfig(options);
    this.servers = (config.brokers as string[]).join(', ');
    this.kafka = new Kafka(config);
    const createCluster = Object.getOwnPropertySymbols(this.kafka).find(
      (s) => s.description === 'private:Kafka:createCluster',
    );
    if (createCluster === undefined) throw new Error('this kafkajs has no cluster of the kind expected');
    const make = Reflect.get(this.kafka, createCluster) as (settings: object) => RawCluster;
    this.cluster = make({ metadataMaxAge: 300_000, allowAutoTopicCreation: true, isolationLevel: 0 });
  }

  /** @throws StreamcellError KAFKA_UNREACHABLE. */
  async connect(): Promise<void> {
    try {
      await this.cluster.connect();
    } catch (error) {
      throw new StreamcellError(
        'KAFKA_UNREACHABLE',
        `No Kafka broker can be reached at ${this.servers}: ${(error as Error).message}`,
        {
          cause: error,
        },
      );
    }
  }

  async admin(): Promise<Admin> {
    if (this.adminClient === null) {
      const admin = this.kafka.admin();
      await admin.connect();
      this.adminClient = admin;
    }
    return this.adminClient;
  }

  /** Keeps metadata of these topics. @param patience for a topic that the broker creates on the first question, ms. */
  async watch(topics: readonly string[], patience = 0): Promise<void> {
    const until = Date.now() + patience;
    for (;;) {
      try {
        await this.cluster.addMultipleTargetTopics(topics);
        if (topics.every((t) => this.leaders(t).size > 0)) return;
      } catch (error) {
        if (Date.now() >= until) throw error;
      }
      if (Date.now() >= until) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async refresh(): Promise<void> {
    await this.cluster.refreshMetadata();
  }

  /** Node id of each partition's leader, by partition; those without a leader are -1. */
  leaders(topic: string): Map<number, number> {
    return new Map(this.cluster.findTopicPartitionMetadata(topic).map((p) => [p.partitionId, p.leader]));
  }

  /**
   * Sends a request whose body we encode ourselves.
   * @param body is given the version of the protocol: the highest that both sides know, up to `most`.
   */
  async send(
    node: number,
    api: typeof FETCH | typeof PRODUCE,
    most: number,
    body: (version: number) => Buffer,
  ): Promise<{ version: number; data: Buffer }> {
    const broker = await this.cluster.findBroker({ nodeId: String(node) });
    const range = broker.versions[api];
    const version = Math.min(most, range.maxVersion);
    const bytes = body(version);
    const data = await broker.connectionPool.send({
      request: {
        apiKey: api,
        apiVersion: version,
        apiName: API_NAMES[api],
        encode: () => Promise.resolve({ buf: bytes, buffer: bytes }),
      },
      response: { decode: (raw) => Promise.resolve(raw), parse: (raw) => Promise.resolve(raw) },
    });
    return { version, data };
  }

  /** Commits offsets of a group that has no members, as a job that assigns partitions itself does. */
  async commitOffsets(
    groupId: string,
    offsets: readonly { readonly topic: string; readonly partition: number; readonly offset: number }[],
  ): Promise<void> {
    const topics = [...new Set(offsets.map((o) => o.topic))].map((topic) => ({
      topic,
      partitions: offsets
        .filter((o) => o.topic === topic)
        .map((o) => ({ partition: o.partition, offset: String(o.offset) })),
    }));
    await patiently(async () => {
      const coordinator = await this.cluster.findGroupCoordinator({ groupId });
      await coordinator.offsetCommit({ groupId, groupGenerationId: -1, memberId: '', topics });
    });
  }

  /** Identity of an idempotent producer. */
  async producerId(): Promise<{ readonly id: bigint; readonly epoch: number }> {
    const metadata = await (await this.admin()).describeCluster();
    const broker = await this.cluster.findBroker({ nodeId: String(metadata.brokers[0].nodeId) });
    // The broker has to fetch a block of ids first, and says so.
    const { producerId, producerEpoch } = await patiently(() => broker.initProducerId({ transactionTimeout: 60_000 }));
    return { id: BigInt(producerId), epoch: producerEpoch };
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.adminClient?.disconnect(), this.cluster.disconnect()]);
  }
}

/** Names of the broker's error codes that a user may meet. */
export const ERROR_NAMES: Readonly<Record<number, string>> = {
  1: 'OFFSET_OUT_OF_RANGE',
  2: 'CORRUPT_MESSAGE',
  3: 'UNKNOWN_TOPIC_OR_PARTITION',
  5: 'LEADER_NOT_AVAILABLE',
  6: 'NOT_LEADER_FOR_PARTITION',
  7: 'REQUEST_TIMED_OUT',
  9: 'REPLICA_NOT_AVAILABLE',
  10: 'MESSAGE_TOO_LARGE',
  14: 'COORDINATOR_LOAD_IN_PROGRESS',
  17: 'INVALID_TOPIC_EXCEPTION',
  19: 'NOT_ENOUGH_REPLICAS',
  20: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  29: 'TOPIC_AUTHORIZATION_FAILED',
  45: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
  46: 'DUPLICATE_SEQUENCE_NUMBER',
  56: 'KAFKA_STORAGE_ERROR',
  74: 'FENCED_LEADER_EPOCH',
  75: 'UNKNOWN_LEADER_EPOCH',
  76: 'UNSUPPORTED_COMPRESSION_TYPE',
};

/** Codes that pass when one waits and looks for the leader anew. */
export const TRANSIENT = new Set([3, 5, 6, 7, 9, 14, 19, 20, 56, 74, 75]);
