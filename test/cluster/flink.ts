import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { cacheDirectory } from './cache.js';
import { ServerProcess, freePorts, sleep } from './child-process.js';
import { FLINK_VERSION, flinkDistribution } from './packages.js';

export interface FlinkClusterOptions {
  /** Task slots of the one TaskManager. */
  readonly slots?: number;
  /** Heap for the tasks themselves (default 1024). */
  readonly taskHeapMegabytes?: number;
  /** How long to wait for all three servers to answer. */
  readonly startMillis?: number;
  /** For tests that kill servers: never the running one that the environment names. */
  readonly own?: boolean;
}

export type FlinkServer = 'jobmanager' | 'taskmanager' | 'gateway';

const OPENED = [
  'lang',
  'net',
  'io',
  'nio',
  'lang.reflect',
  'text',
  'time',
  'util',
  'util.concurrent',
  'util.concurrent.atomic',
  'util.concurrent.locks',
];
const JAVA_OPTIONS = [
  '--add-exports=java.rmi/sun.rmi.registry=ALL-UNNAMED',
  '--add-exports=java.security.jgss/sun.security.krb5=ALL-UNNAMED',
  ...OPENED.map((name) => `--add-opens=java.base/java.${name}=ALL-UNNAMED`),
  '--add-opens=java.base/sun.nio.ch=ALL-UNNAMED',
];

// Flink adds up its memory from parts; every part is given, so that it asks neither the machine nor for more than this.
const TASK_MANAGER_MEMORY: Readonly<Record<string, string>> = {
  'taskmanager.cpu.cores': '2',
  'taskmanager.memory.network.min': '128mb',
  'taskmanager.memory.network.max': '128mb',
  'taskmanager.memory.managed.size': '512mb',
  'taskmanager.memory.task.off-heap.size': '0b',
  'taskmanager.memory.framework.heap.size': '128mb',
  'taskmanager.memory.framework.off-heap.size': '128mb',
  'taskmanager.memory.jvm-metaspace.size': '256mb',
  'taskmanager.memory.jvm-overhead.min': '256mb',
  'taskmanager.memory.jvm-overhead.max': '256mb',
};

const LOGGING = `rootLogger.level = INFO
rootLogger.appenderRef.c.ref = C
appender.c.name = C
appender.c.type = CONSOLE
appender.c.layout.type = PatternLayout
appender.c.layout.pattern = %d %-5p %c{1} - %m%n
`;

let started = 0;

async function answers(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
    return response.ok ? await response.text() : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A real Apache Flink session cluster with its SQL Gateway, on loopback and free ports.
 * `STREAMCELL_FLINK_GATEWAY` and `STREAMCELL_FLINK_REST` name a running one to use instead; that one is left running.
 */
export class FlinkCluster {
  gatewayUrl = '';
  restUrl = '';
  logDirectory = '';
  private servers = new Map<FlinkServer, ServerProcess>();
  private launch: (server: FlinkServer) => void = () => undefined;

  constructor(private readonly options: FlinkClusterOptions = {}) {}

  async start(): Promise<this> {
    const { STREAMCELL_FLINK_GATEWAY: gateway, STREAMCELL_FLINK_REST: rest } = process.env;
    if (gateway && rest && this.options.own !== true) {
      this.gatewayUrl = gateway;
      this.restUrl = rest;
      return this;
    }
    const distribution = await flinkDistribution();
    for (let attempt = 1; ; attempt++) {
      try {
        await this.tryStart(distribution);
        return this;
      } catch (cause) {
        // A port may have been taken between asking for it and binding it.
        const taken = [...this.servers.values()].some((server) =>
          /Address already in use|BindException|Could not start rest endpoint/.test(server.logTail()),
        );
        await this.stop();
        if (!taken || attempt === 3) throw cause;
      }
    }
  }

  async stop(): Promise<void> {
    const servers = [...this.servers.values()].reverse();
    this.servers = new Map();
    await Promise.all(servers.map((server) => server.stop()));
  }

  /** As a power cut would. */
  async kill(...names: readonly FlinkServer[]): Promise<void> {
    await Promise.all(names.map((name) => this.servers.get(name)?.kill()));
  }

  /** Starts the servers that were killed, where they were. */
  async revive(): Promise<void> {
    for (const [name, server] of [...this.servers]) if (!server.alive) this.launch(name);
    await this.answering();
  }

  private async tryStart(distribution: string): Promise<void> {
    const slots = this.options.slots ?? 8;
    const [rest, gateway, rpc, data] = (await freePorts(4)) as [number, number, number, number];
    const home = cacheDirectory('flink-runs', `${Date.now()}-${process.pid}-${++started}`);
    this.logDirectory = home;
    await mkdir(home, { recursive: true });
    await writeFile(
      join(home, 'config.yaml'),
      `jobmanager: {bind-host: 127.0.0.1, rpc: {address: 127.0.0.1, port: ${rpc}}, memory: {process: {size: 1600m}}}
taskmanager: {bind-host: 127.0.0.1, host: 127.0.0.1, numberOfTaskSlots: ${slots}, data: {port: ${data}}}
rest: {address: 127.0.0.1, bind-address: 127.0.0.1, port: ${rest}}
sql-gateway: {endpoint: {rest: {address: 127.0.0.1, port: ${gateway}}}}
`,
    );
    await writeFile(join(home, 'log4j.properties'), LOGGING);
    const flink = join(distribution, 'pyflink');
    const environment = {
      FLINK_CONF_DIR: home,
      FLINK_HOME: flink,
      FLINK_LIB_DIR: join(flink, 'lib'),
      FLINK_OPT_DIR: join(flink, 'opt'),
      FLINK_PLUGINS_DIR: join(flink, 'plugins'),
    };
    const lib = join(flink, 'lib', '*');
    const opt = ['sql-gateway', 'python'].map((name) => join(flink, 'opt', `flink-${name}-${FLINK_VERSION}.jar`));
    const heap = this.options.taskHeapMegabytes ?? 1024;
    const parts = { ...TASK_MANAGER_MEMORY, 'taskmanager.memory.task.heap.size': `${heap}mb` };
    const programs: Readonly<Record<FlinkServer, readonly string[]>> = {
      jobmanager: [
        '-Xmx1g',
        '-cp',
        lib,
        'org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint',
        '--configDir',
        home,
      ],
      taskmanager: [
        `-Xmx${heap + 476}m`,
        '-XX:MaxDirectMemorySize=700m',
        '-cp',
        lib,
        'org.apache.flink.runtime.taskexecutor.TaskManagerRunner',
        '--configDir',
        home,
        ...Object.entries(parts).flatMap(([key, value]) => ['-D', `${key}=${value}`]),
      ],
      gateway: [
        '-Xmx1g',
        '-cp',
        [lib, ...opt].join(delimiter),
        'org.apache.flink.table.gateway.SqlGateway',
        '-Dsql-gateway.endpoint.rest.address=127.0.0.1',
      ],
    };
    const logging = `-Dlog4j.configurationFile=file:${join(home, 'log4j.properties')}`;
    this.launch = (name): void => {
      const args = [...JAVA_OPTIONS, logging, ...programs[name]];
      this.servers.set(name, new ServerProcess('java', args, join(home, `${name}.log`), { cwd: home, environment }));
    };
    for (const name of ['jobmanager', 'taskmanager', 'gateway'] as const) this.launch(name);

    this.restUrl = `http://127.0.0.1:${rest}`;
    this.gatewayUrl = `http://127.0.0.1:${gateway}`;
    await this.answering();
  }

  private async answering(): Promise<void> {
    const slots = this.options.slots ?? 8;
    const deadline = Date.now() + (this.options.startMillis ?? 120_000);
    for (;;) {
      const overview = await answers(`${this.restUrl}/overview`);
      if (overview?.includes(`"slots-total":${slots}`) && (await answers(`${this.gatewayUrl}/info`)) !== undefined)
        return;
      const dead = [...this.servers.values()].find((server) => !server.alive);
      if (dead || Date.now() > deadline) {
        const tail = (dead ?? this.servers.get('jobmanager'))?.logTail() ?? '';
        throw new Error(`Flink ${FLINK_VERSION} did not come up; logs are in ${this.logDirectory}\n${tail}`);
      }
      await sleep(200);
    }
  }
}
