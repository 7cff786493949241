import {
  aggregateNames,
  functionNames,
  simpleEnvironment,
  unsupportedFunctionNames,
  type EvalEnvironment,
} from '../expressions/index.js';
import type { Catalog } from '../catalog/index.js';
import type { FunctionCall, Identifier } from '../parser/ast.js';
import type { ConnectorCatalog } from '../types/index.js';

/** What binding needs of the session, apart from the text. */
export interface BindOptions {
  readonly catalog: Catalog;
  readonly connectors: ConnectorCatalog;
  readonly timeZone: string;
  /** Options that were SET. */
  readonly options: Readonly<Record<string, string>>;
  /** The script, so that texts of expressions and views can be kept. */
  readonly text: string;
}

/** Functions that Flink lets stand without parentheses. */
const NILADIC: ReadonlySet<string> = new Set([
  'CURRENT_DATE',
  'CURRENT_TIME',
  'CURRENT_TIMESTAMP',
  'LOCALTIME',
  'LOCALTIMESTAMP',
]);

/** The binder's surroundings: options of one statement, and views being expanded (to find one that contains itself). */
export class BindSession {
  readonly catalog: Catalog;
  readonly connectors: ConnectorCatalog;
  readonly timeZone: string;
  readonly options: Readonly<Record<string, string>>;
  readonly text: string;
  readonly environment: EvalEnvironment;

  constructor(
    readonly given: BindOptions,
    readonly expanding: readonly string[] = [],
  ) {
    this.catalog = given.catalog;
    this.connectors = given.connectors;
    this.timeZone = given.timeZone;
    this.options = given.options;
    this.text = given.text;
    this.environment = simpleEnvironment(given.timeZone);
  }

  isNiladic(name: string): boolean {
    return NILADIC.has(name.toUpperCase());
  }

  /**
   * A reserved niladic name that no function here has (USER) is a column's name, as Flink takes it. The name is read from the script: the tree
   * has it in upper case.
   */
  niladicColumn(call: FunctionCall): Identifier | null {
    if (!call.niladic || call.over || this.isKnownFunction(call.name.parts[0].name)) return null;
    const name = this.text.slice(call.span.start, call.span.end);
    return { kind: 'Identifier', parts: [{ name, quoted: false, span: call.span }], span: call.span };
  }

  isAggregate(name: string): boolean {
    return aggregateNames().has(name.toUpperCase());
  }

  isKnownFunction(name: string): boolean {
    const upper = name.toUpperCase();
    return functionNames().includes(upper) || unsupportedFunctionNames().includes(upper);
  }

  /** The session inside a view: its own text and namespace. */
  within(view: string, text: string, namespace: { readonly catalog: string; readonly database: string }): BindSession {
    const catalog = this.catalog.inNamespace(namespace.catalog, namespace.database);
    return new BindSession({ ...this.given, catalog, text }, [...this.expanding, view]);
  }
}
