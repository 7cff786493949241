import { describe, expect, jest, test } from '@jest/globals';
import {
  ARRAY,
  BIGINT,
  BOOLEAN,
  CHAR,
  DECIMAL,
  INT,
  MAP,
  ROW,
  STRING,
  TIMESTAMP,
  type DataType,
} from '../types/index.js';
import { batchFromRows, DELETE, INSERT, UPDATE_AFTER, UPDATE_BEFORE } from '../types/index.js';
import { connectorCatalog } from './registry.js';
import { readAll, readerOf, tableOf, writerOf } from './test-harness.js';
import { generateNexmark, NexmarkGenerator, eventNumber, eventType } from './nexmark-generator.js';
import { valuesSinkRows } from './values.js';

const A: readonly (readonly [string, DataType])[] = [['a', INT()]];

function refusal(
  connector: string,
  options: Record<string, string>,
  columns = A,
  sink = false,
): { code: string; message: string; hint?: string } {
  const table = tableOf(connector, options, columns);
  try {
    if (sink) connectorCatalog.sink(table);
    else connectorCatalog.source(table);
  } catch (error) {
    return error as { code: string; message: string; hint?: string };
  }
  throw new Error('it was accepted');
}

const KAFKA = {
  topic: 't',
  'properties.bootstrap.servers': 'h:1',
  format: 'json',
  'scan.startup.mode': 'earliest-offset',
};

describe('options', () => {
  test.each([
    ['nothing', {}, 'CONNECTOR_UNSUPPORTED'],
    ['datagen', { 'rows-per-secnd': '1' }, 'OPTION_UNKNOWN'],
    ['datagen', { 'rows-per-second': 'many' }, 'OPTION_INVALID'],
    ['datagen', { 'fields.a.kind': 'serial' }, 'OPTION_INVALID'],
    ['datagen', { 'fields.a.kind': 'sequence', 'fields.a.start': '1' }, 'OPTION_MISSING'],
    ['datagen', { 'fields.b.min': '1' }, 'OPTION_UNKNOWN'],
    ['datagen', { 'fields.a.min': '5', 'fields.a.max': '1' }, 'OPTION_INVALID'],
    ['datagen', { 'fields.a.length': '5' }, 'OPTION_UNKNOWN'],
    ['filesystem', { path: '/x' }, 'OPTION_MISSING'],
    ['filesystem', { format: 'json' }, 'OPTION_MISSING'],
    ['filesystem', { path: '/x', format: 'jsn' }, 'OPTION_INVALID'],
    ['filesystem', { path: '/x', format: 'avro' }, 'OPTION_UNSUPPORTED'],
    ['filesystem', { path: 's3://b/x', format: 'json' }, 'OPTION_UNSUPPORTED'],
    ['filesystem', { path: '/x', format: 'json', 'json.ignore-parse-error': 'true' }, 'OPTION_UNKNOWN'],
    ['filesystem', { path: '/x', format: 'json', 'json.ignore-parse-errors': 'yes' }, 'OPTION_INVALID'],
    ['filesystem', { path: '/x', format: 'json', 'json.timestamp-format.standard': 'sql' }, 'OPTION_INVALID'],
    [
      'filesystem',
      { path: '/x', format: 'json', 'json.fail-on-missing-field': 'true', 'json.ignore-parse-errors': 'true' },
      'OPTION_INVALID',
    ],
    ['filesystem', { path: '/x', format: 'csv', 'csv.field-delimiter': ';;' }, 'OPTION_INVALID'],
    [
      'filesystem',
      { path: '/x', format: 'csv', 'csv.quote-character': "'", 'csv.disable-quote-character': 'true' },
      'OPTION_INVALID',
    ],
    ['filesystem', { path: '/x', format: 'json', 'source.monitor-interval': 'soon' }, 'OPTION_INVALID'],
    ['kafka', {}, 'OPTION_MISSING'],
    ['kafka', { ...KAFKA, 'topic-pattern': 'x' }, 'OPTION_INVALID'],
    ['kafka', { ...KAFKA, 'scan.startup.mode': 'begin' }, 'OPTION_INVALID'],
    ['kafka', { ...KAFKA, 'scan.startup.mode': 'timestamp' }, 'OPTION_MISSING'],
    ['kafka', { ...KAFKA, 'scan.startup.mode': 'group-offsets' }, 'OPTION_MISSING'],
    [
      'kafka',
      { ...KAFKA, 'scan.startup.mode': 'specific-offsets', 'scan.startup.specific-offsets': '0:1' },
      'OPTION_INVALID',
    ],
    ['kafka', { ...KAFKA, 'key.format': 'json' }, 'OPTION_INVALID'],
    ['kafka', { ...KAFKA, 'key.format': 'json', 'key.fields': 'z' }, 'OPTION_INVALID'],
    ['kafka', { ...KAFKA, 'key.format': 'json', 'key.fields': 'a', 'key.fields-prefix': 'k_' }, 'OPTION_INVALID'],
    ['kafka', { ...KAFKA, 'sink.delivery-guarantee': 'exactly-once' }, 'OPTION_UNSUPPORTED'],
    ['nexmark', { 'nexmark.table-type': 'bids' }, 'OPTION_INVALID'],
    ['nexmark', { 'nexmark.table-type': 'bid' }, 'OPTION_INVALID'],
    ['values', { 'changelog-mode': 'X' }, 'OPTION_INVALID'],
    ['print', {}, 'CONNECTOR_UNSUPPORTED'],
  ])('%s %j is %s', (name, options, code) => {
    expect(refusal(name, options).code).toBe(code);
  });

  test('an unknown key comes with the keys there are, and the nearest', () => {
    const { message, hint } = refusal('datagen', { 'rows-per-secnd': '1' });
    expect(message).toContain('Supported options: fields.a.kind');
    expect(hint).toBe("Did you mean 'rows-per-second'?");
    expect(refusal('kafak', {}).hint).toBe("Did you mean 'kafka'?");
  });

  test('sinks and sources are told apart', () => {
    expect(refusal('datagen', {}, A, true).message).toContain('only be used as a source');
    expect(refusal('blackhole', {}).message).toContain('only be used as a sink');
    expect(connectorCatalog.sink(tableOf('blackhole', {}, A)).upsert).toBe(true);
    expect(connectorCatalog.names()).toEqual([
      'blackhole',
      'datagen',
      'filesystem',
      'kafka',
      'nexmark',
      'print',
      'values',
    ]);
    expect(connectorCatalog.optionKeys('kafka')).toContain('scan.startup.mode');
  });

  test('kafka accepts all its options together', () => {
    const table = tableOf(
      'kafka',
      {
        topic: 'a',
        'properties.bootstrap.servers': 'h:1,h:2',
        'properties.group.id': 'g',
        'properties.some.client.setting': 'x',
        'key.format': 'csv',
        'key.fields': 'k_a',
        'key.fields-prefix': 'k_',
        'value.format': 'json',
        'value.json.ignore-parse-errors': 'true',
        'value.fields-include': 'EXCEPT_KEY',
        'scan.bounded.mode': 'latest-offset',
      },
      [
        ['k_a', INT()],
        ['v', STRING()],
      ],
    );
    const info = connectorCatalog.source(table);
    expect(info).toMatchObject({ bounded: true, changelog: 'append', watermarkPushDown: true });
    expect(info.metadata.map((m) => m.key)).toEqual([
      'topic',
      'partition',
      'headers',
      'leader-epoch',
      'offset',
      'timestamp',
      'timestamp-type',
    ]);
    expect(connectorCatalog.sink(table).metadata.map((m) => m.key)).toEqual(['headers', 'timestamp']);
  });
});

describe('values', () => {
  test('rows of every kind and type, dealt to splits', async () => {
    const table = tableOf(
      'values',
      {
        rows: '[["+I",1,"9007199254740993",["x"],{"k":"1.5"},[1,null]],["-U",1,null,null,[["k",2]],{"a":7}],["+U",null,5,[],{},[2,"y"]]]',
        'changelog-mode': 'I,UB,UA,D',
        splits: '2',
        'batch-size': '1',
      },
      [
        ['a', INT()],
        ['b', BIGINT()],
        ['c', ARRAY(STRING())],
        ['d', MAP(STRING(), DECIMAL(10, 2))],
        [
          'e',
          ROW([
            { name: 'a', type: INT() },
            { name: 'b', type: STRING() },
          ]),
        ],
      ],
    );
    expect(connectorCatalog.source(table).changelog).toBe('retract');
    expect(await readAll(readerOf(table))).toEqual([
      '+I 1 9007199254740993 [x] {k=1.50} +I[1, null]',
      '-U 1 null null {k=2.00} +I[7, null]',
      '+U null 5 [] {} +I[2, y]',
    ]);
    expect(await readAll(readerOf(table, { subtask: 1, parallelism: 2, columns: [['e', 'a']] }))).toEqual(['-U 7']);
  });

  test('offsets resume exactly', async () => {
    const rows = JSON.stringify(Array.from({ length: 10 }, (_, i) => ['+I', i]));
    const table = tableOf('values', { rows, splits: '3', 'batch-size': '2' }, A);
    const whole = await readAll(readerOf(table));
    for (let n = 0; n <= 10; n++) {
      const first = readerOf(table);
      const before = await readAll(first, null, n);
      const after = await readAll(readerOf(table), first.reader.snapshotOffsets());
      expect([...before, ...after].sort()).toEqual([...whole].sort());
    }
  });

  test('the sink keeps what it took', async () => {
    const table = tableOf('values', {}, A);
    const writer = writerOf(table);
    await writer.open();
    writer.write(batchFromRows([INT()], [{ kind: DELETE, fields: [1] }]));
    expect(valuesSinkRows('t', true)).toEqual([{ kind: DELETE, fields: [1] }]);
    expect(valuesSinkRows('t')).toEqual([]);
  });

  test('malformed rows are refused by number', () => {
    const table = (rows: string): Promise<string[]> => readAll(readerOf(tableOf('values', { rows }, A)));
    return Promise.all(
      ['[', '[["+I"]]', '[["-D",1]]', '[["+I","x"]]', '{}'].map((rows) =>
        expect(Promise.resolve().then(() => table(rows))).rejects.toMatchObject({ code: 'OPTION_INVALID' }),
      ),
    );
  });
});

describe('datagen', () => {
  test('sequences end the source and are shared by subtasks', async () => {
    const table = tableOf(
      'datagen',
      { 'rows-per-second': '1000000', 'fields.a.kind': 'sequence', 'fields.a.start': '3', 'fields.a.end': '12' },
      [...A, ['b', BOOLEAN()]],
    );
    const read = (subtask: number, parallelism: number): Promise<string[]> =>
      readAll(readerOf(table, { subtask, parallelism, columns: [['a']] }));
    expect(await read(0, 1)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((n) => `+I ${n}`));
    expect(await read(1, 3)).toEqual([4, 7, 10].map((n) => `+I ${n}`));
  });

  test('random values obey their options', async () => {
    const columns: [string, DataType][] = [
      ['a', INT()],
      ['b', BIGINT()],
      ['s', STRING()],
      ['c', CHAR(4)],
      ['d', DECIMAL(5, 2)],
      ['t', TIMESTAMP(3)],
      ['r', ROW([{ name: 'x', type: ARRAY(INT()) }])],
      ['n', INT()],
    ];
    const options = {
      'number-of-rows': '500',
      'rows-per-second': '1000000',
      'fields.a.min': '-3',
      'fields.a.max': '3',
      'fields.b.min': '9007199254740993',
      'fields.b.max': '9007199254740995',
      'fields.s.length': '7',
      'fields.d.min': '-1',
      'fields.d.max': '1',
      'fields.t.max-past': '1 h',
      'fields.r.x.element.min': '1',
      'fields.r.x.element.max': '2',
      'fields.n.null-rate': '0.5',
    };
    const rows = await readAll(readerOf(tableOf('datagen', options, columns)));
    expect(rows.length).toBe(500);
    for (const row of rows) {
      expect(row).toMatch(
        /^\+I -?[0-3] 900719925474099[345] [0-9a-f]{7} [0-9a-f]{4} -?[01]\.\d\d \S+ \+I\[\[[12], [12], [12]\]\] (null|-?\d+)$/,
      );
    }
    const nulls = rows.filter((r) => r.endsWith('null')).length;
    expect(nulls).toBeGreaterThan(150);
    expect(nulls).toBeLessThan(350);
  });

  test('keeps to its rate, and gives the first row at once', async () => {
    const { reader } = readerOf(tableOf('datagen', { 'rows-per-second': '200' }, A));
    await reader.open(null);
    const first = reader.poll();
    expect(first.kind).toBe('batch');
    const begin = performance.now();
    let rows = 0;
    while (rows < 40) {
      const poll = reader.poll();
      if (poll.kind === 'batch') rows += poll.batch.length;
      else await reader.ready();
    }
    expect(performance.now() - begin).toBeGreaterThan(150);
    await reader.close();
  });
});

describe('print', () => {
  test('writes rows as Flink does', async () => {
    const lines: string[] = [];
    const table = tableOf('print', { 'print-identifier': 'id' }, [...A, ['t', TIMESTAMP(3)]]);
    const writer = writerOf(table, { log: (line) => lines.push(line) });
    await writer.open();
    writer.write(
      batchFromRows(
        [INT(), TIMESTAMP(3)],
        [
          { kind: INSERT, fields: [1, null] },
          { kind: UPDATE_BEFORE, fields: [1, null] },
          { kind: UPDATE_AFTER, fields: [null, null] },
        ],
      ),
    );
    expect(lines).toEqual(['id> +I[1, null]', 'id> -U[1, null]', 'id> +U[null, null]']);
  });
});

describe('print to an output that is full', () => {
  test('asks for a pause, until the output has taken what was written', async () => {
    const { stdout } = process;
    const write = jest.spyOn(stdout, 'write').mockImplementation(() => false);
    try {
      const writer = writerOf(tableOf('print', {}, A));
      await writer.open();
      expect(writer.ready()).toBeNull();
      for (let k = 0; k < 3; k++) writer.write(batchFromRows([INT()], [{ kind: INSERT, fields: [k] }]));
      expect(write.mock.calls.map(([text]) => text)).toEqual(['+I[0]\n', '+I[1]\n', '+I[2]\n']);
      const pause = writer.ready();
      expect(pause).not.toBeNull();
      const before = stdout.listenerCount('drain');
      stdout.emit('drain');
      await pause;
      expect(writer.ready()).toBeNull();
      expect(before - stdout.listenerCount('drain')).toBe(1);
      await writer.close();
    } finally {
      write.mockRestore();
    }
  });
});

describe('nexmark', () => {
  test('proportions, order and reproducibility', () => {
    const events = [...generateNexmark(7, 0, 5000)];
    expect([0, 1, 2].map((t) => events.filter((e) => e.type === t).length)).toEqual([100, 300, 4600]);
    expect([...generateNexmark(7, 1234, 10)]).toEqual(events.slice(1234, 1244));
    expect([...generateNexmark(8, 1234, 10)]).not.toEqual(events.slice(1234, 1244));
    const generator = new NexmarkGenerator(7);
    for (let n = 1; n < 5000; n++) expect(generator.time(n)).toBeGreaterThanOrEqual(generator.time(n - 1));
  });

  test('ids refer to what has been created, or is about to be', () => {
    const events = [...generateNexmark(1, 0, 20_000)];
    let auctions = 0;
    let people = 0;
    for (const event of events) {
      if (event.type === 0) people = Math.max(people, event.person.id);
      else if (event.type === 1) {
        auctions = Math.max(auctions, event.auction.id);
        expect(event.auction.category).toBeGreaterThanOrEqual(10);
        expect(event.auction.category).toBeLessThan(15);
        expect(event.auction.expires).toBeGreaterThan(event.auction.dateTime);
        expect(event.auction.seller).toBeLessThanOrEqual(people + 11);
      } else {
        expect(event.bid.auction).toBeLessThanOrEqual(auctions + 11);
        expect(event.bid.price).toBeGreaterThanOrEqual(100);
        expect(event.bid.price).toBeLessThanOrEqual(100_000_000);
      }
    }
    const hot = events.filter((e) => e.type === 2 && e.bid.auction % 100 === 0).length;
    expect(hot / events.length).toBeGreaterThan(0.4);
  });

  test('the j-th event of a type', () => {
    for (const type of [0, 1, 2] as const) {
      const numbers = Array.from({ length: 300 }, (_, j) => eventNumber(type, j));
      expect(numbers.every((n) => eventType(n) === type)).toBe(true);
      expect([...new Set(numbers)].length).toBe(300);
    }
  });

  test('one table of all events, and one of bids, see the same bids', async () => {
    const bid: DataType = ROW([
      { name: 'auction', type: BIGINT() },
      { name: 'price', type: BIGINT() },
      { name: 'channel', type: STRING() },
    ]);
    const options = { 'events.num': '500', seed: '3' };
    const all = tableOf('nexmark', options, [
      ['event_type', INT()],
      ['bid', bid],
    ]);
    const bids = tableOf('nexmark', { ...options, 'nexmark.table-type': 'bid' }, [
      ['auction', BIGINT()],
      ['price', BIGINT()],
      ['channel', STRING()],
    ]);
    const rows = await readAll(
      readerOf(all, { columns: [['event_type'], ['bid', 'auction'], ['bid', 'price'], ['bid', 'channel']] }),
    );
    expect(rows.length).toBe(500);
    expect(rows[0]).toBe('+I 0 null null null');
    expect(rows.filter((r) => r.startsWith('+I 2')).map((r) => `+I${r.slice(4)}`)).toEqual(
      await readAll(readerOf(bids)),
    );
    expect(await readAll(readerOf(all, { columns: [['bid']], limit: 1 }))).toContain('+I null');
  });
});
