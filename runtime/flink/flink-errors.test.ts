import { describe, expect, test } from '@jest/globals';
import { flinkError, readFailure } from './flink-errors.js';

/** As the SQL Gateway sends them: the frames between are cut to two. */
function trace(...causes: readonly string[]): string {
  const frames = '\n\tat org.apache.flink.Some.thing(Some.java:1)\n\t... 3 more';
  return [
    'Internal server error.',
    '<Exception on server side:',
    `org.apache.flink.table.gateway.api.utils.SqlGatewayException: Failed to fetchResults.${frames}`,
    ...causes.map((cause) => `Caused by: ${cause}${frames}`),
    '',
    'End of exception on server side>',
  ].join('\n');
}

describe('a Java stack trace becomes', () => {
  test('its root cause, with its place in the statement', () => {
    const text = 'SELECT 1,\n  nope FROM t';
    const failure = readFailure(
      trace(
        "org.apache.flink.table.api.ValidationException: SQL validation failed. From line 2, column 3 to line 2, column 6: Column 'nope' not found in any table",
        "org.apache.calcite.sql.validate.SqlValidatorException: Column 'nope' not found in any table",
      ),
    );
    const error = flinkError(failure, text, 100);
    expect([error.code, error.message]).toEqual(['COLUMN_NOT_FOUND', "Column 'nope' not found in any table"]);
    expect(text.slice((error.span?.start ?? 0) - 100, (error.span?.end ?? 0) - 100)).toBe('nope');
  });

  test('a syntax error without the list of all that would have been right', () => {
    const failure = readFailure(
      trace(
        'org.apache.flink.sql.parser.impl.ParseException: Encountered "FORM" at line 1, column 10.\nWas expecting one of:\n    <EOF> \n    "FROM" ...\n',
      ),
    );
    expect(failure).toMatchObject({ code: 'SQL_SYNTAX', message: 'Encountered "FORM" at line 1, column 10.' });
    expect(failure.place).toEqual({ line: 1, column: 10, endLine: 1, endColumn: 13 });
  });

  test('a failed job’s reason, not that it failed', () => {
    const failure = readFailure(
      trace(
        'org.apache.flink.runtime.client.JobExecutionException: Job execution failed.',
        'org.apache.flink.runtime.JobException: Recovery is suppressed by NoRestartBackoffTimeStrategy',
        'java.lang.ArithmeticException: / by zero',
      ),
    );
    expect(failure).toMatchObject({ code: 'DIVISION_BY_ZERO', message: '/ by zero', ofJob: true });
  });

  test('the last cause that says anything', () => {
    const failure = readFailure(
      trace('java.lang.IllegalStateException: the disk is on fire', 'java.lang.NullPointerException: null'),
    );
    expect(failure.message).toBe('the disk is on fire');
    expect(flinkError(failure, '', 0).code).toBe('CLUSTER_STATEMENT_FAILED');
    expect(readFailure(trace('java.lang.NullPointerException')).message).not.toContain('\tat ');
  });

  test('a missing connector, by name, with what could be done', () => {
    const missing = (name: string): ReturnType<typeof readFailure> =>
      readFailure(
        trace(
          `org.apache.flink.table.api.ValidationException: Could not find any factory for identifier '${name}' that implements 'org.apache.flink.table.factories.DynamicTableFactory' in the classpath.\n\nAvailable factory identifiers that implement 'x' are:\n\nblackhole\ndatagen`,
        ),
      );
    expect(missing('nexmark')).toMatchObject({ code: 'CONNECTOR_UNSUPPORTED' });
    expect(missing('nexmark').hint).toContain('embedded engine');
    expect(missing('jdbc').hint).toContain('jar');
    expect(missing('jdbc').message).not.toContain('org.apache');
  });

  test('itself when it is no stack trace', () => {
    expect(readFailure('Not found: /nowhere').message).toBe('Not found: /nowhere');
  });
});
