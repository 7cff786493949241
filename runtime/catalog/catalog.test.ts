import { describe, expect, test } from '@jest/globals';
import { INT, StreamcellError } from '../types/index.js';
import { Catalog, nearestNames, suggestion, type CatalogTable } from './index.js';

function table(name: string, temporary = false): CatalogTable {
  return {
    kind: 'table',
    path: { catalog: 'default_catalog', database: 'default_database', name },
    temporary,
    columns: [{ kind: 'physical', name: temporary ? 't' : 'p', type: INT(), comment: null }],
    watermark: null,
    primaryKey: null,
    distribution: null,
    partitionKeys: [],
    options: {},
    comment: null,
  };
}

function code(action: () => void): string {
  try {
    action();
  } catch (error) {
    if (error instanceof StreamcellError) return error.code;
    throw error;
  }
  return 'none';
}

describe('nearest names', () => {
  test.each([
    ['auctio', ['auction', 'bidder'], ['auction']],
    ['BID', ['bid', 'bad'], ['bid', 'bad']],
    ['pirce', ['price', 'prize', 'pie'], ['price']],
    ['zebra', ['auction'], []],
  ])('%s', (name, candidates, expected) => {
    expect(nearestNames(name, candidates)).toEqual(expected);
  });

  test('a name near to none lists what there is', () => {
    expect(suggestion('zebra', ['a', 'b'], 'Tables')).toBe('Tables: a, b.');
    expect(suggestion('zebra', [], 'Tables')).toBeUndefined();
  });
});

describe('relations', () => {
  test('a temporary table hides a permanent one of its name until it is dropped', () => {
    const catalog = new Catalog();
    catalog.createRelation(table('x'), 'fail');
    catalog.createRelation(table('x', true), 'fail');
    const columns = (): string | undefined => {
      const found = catalog.relation({ parts: ['x'] });
      return found.kind === 'table' ? found.columns[0].name : undefined;
    };
    expect(columns()).toBe('t');
    expect(catalog.relationNames()).toEqual(['x']);
    expect(code(() => catalog.dropRelation({ parts: ['x'] }, 'table', false, false))).toBe('DDL_INVALID');
    catalog.dropRelation({ parts: ['x'] }, 'table', true, false);
    expect(columns()).toBe('p');
  });

  test('names resolve from the current namespace, or in full', () => {
    const catalog = new Catalog();
    catalog.createDatabase({ parts: ['db'] }, { comment: null, options: {} }, false);
    catalog.createRelation(table('x'), 'fail');
    catalog.useDatabase({ parts: ['db'] });
    expect(code(() => catalog.relation({ parts: ['x'] }))).toBe('TABLE_NOT_FOUND');
    expect(catalog.relation({ parts: ['default_database', 'x'] }).path.name).toBe('x');
    expect(catalog.inNamespace('default_catalog', 'default_database').relation({ parts: ['x'] }).path.name).toBe('x');
    expect(catalog.currentDatabase).toBe('db');
  });

  test('a fork changes without effect on the original', () => {
    const catalog = new Catalog();
    const fork = catalog.fork();
    fork.createRelation(table('x'), 'fail');
    fork.createDatabase({ parts: ['db'] }, { comment: null, options: {} }, false);
    expect(catalog.relationNames()).toEqual([]);
    expect(catalog.databaseNames()).toEqual(['default_database']);
    expect(fork.relationNames()).toEqual(['x']);
  });

  test('what is in use or not empty is not dropped', () => {
    const catalog = new Catalog();
    catalog.createDatabase({ parts: ['db'] }, { comment: null, options: {} }, false);
    catalog.createRelation({ ...table('x'), path: { catalog: 'default_catalog', database: 'db', name: 'x' } }, 'fail');
    expect(code(() => catalog.dropDatabase({ parts: ['db'] }, false, false))).toBe('DDL_INVALID');
    catalog.dropDatabase({ parts: ['db'] }, false, true);
    expect(code(() => catalog.dropDatabase({ parts: ['default_database'] }, false, true))).toBe('DDL_INVALID');
    expect(code(() => catalog.dropCatalog('default_catalog', false))).toBe('DDL_INVALID');
    expect(code(() => catalog.dropDatabase({ parts: ['db'] }, false, false))).toBe('DATABASE_NOT_FOUND');
    expect(code(() => catalog.dropDatabase({ parts: ['db'] }, true, false))).toBe('none');
  });
});
