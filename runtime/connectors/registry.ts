import { nearest } from '../formats/options.js';
import {
  StreamcellError,
  type ConnectorCatalog,
  type SinkInfo,
  type SourceInfo,
  type TableDescriptor,
} from '../types/index.js';
import { blackholeConnector } from './blackhole.js';
import type { Connector } from './connector.js';
import { datagenConnector } from './datagen.js';
import { filesystemConnector } from './filesystem.js';
import { kafkaConnector } from './kafka.js';
import { nexmarkConnector } from './nexmark.js';
import { printConnector } from './print.js';
import { valuesConnector } from './values.js';

const CONNECTORS: readonly Connector[] = [
  datagenConnector,
  filesystemConnector,
  kafkaConnector,
  nexmarkConnector,
  valuesConnector,
  printConnector,
  blackholeConnector,
];

/** Connectors of Flink that this engine lacks: told apart from names that are mistyped. */
const FLINK_CONNECTORS = new Set([
  'upsert-kafka',
  'faker',
  'jdbc',
  'iceberg',
  'http',
  'websocket',
  'elasticsearch-7',
  'hbase-2.2',
  'mongodb',
]);

/** @throws StreamcellError CONNECTOR_UNSUPPORTED. */
export function connector(name: string): Connector {
  const found = CONNECTORS.find((c) => c.name === name);
  if (found !== undefined) return found;
  const names = CONNECTORS.map((c) => c.name).sort();
  const near = nearest(name, names);
  throw new StreamcellError(
    'CONNECTOR_UNSUPPORTED',
    FLINK_CONNECTORS.has(name)
      ? `The connector '${name}' is not available here. Available connectors: ${names.join(', ')}.`
      : `Could not find a connector '${name}'. Available connectors: ${names.join(', ')}.`,
    near === undefined ? {} : { hint: `Did you mean '${near}'?` },
  );
}

function named(table: TableDescriptor): Connector {
  if (table.connector === '') {
    throw new StreamcellError('OPTION_MISSING', `Table '${table.name}' does not contain the option 'connector'.`);
  }
  return connector(table.connector);
}

export const connectorCatalog: ConnectorCatalog = {
  names: () => CONNECTORS.map((c) => c.name).sort(),

  source(table: TableDescriptor): SourceInfo {
    const found = named(table);
    if (found.sourceInfo === undefined) {
      throw new StreamcellError(
        'CONNECTOR_UNSUPPORTED',
        `Connector '${found.name}' can only be used as a sink. It cannot be used as a source.`,
      );
    }
    return found.sourceInfo(table);
  },

  sink(table: TableDescriptor): SinkInfo {
    const found = named(table);
    if (found.sinkInfo === undefined) {
      throw new StreamcellError(
        'CONNECTOR_UNSUPPORTED',
        `Connector '${found.name}' can only be used as a source. It cannot be used as a sink.`,
      );
    }
    return found.sinkInfo(table);
  },

  optionKeys: (name) => CONNECTORS.find((c) => c.name === name)?.optionKeys ?? [],
};
