export * from './session.js';
export { EmbeddedSession, type EmbeddedSessionOptions } from './embedded-session.js';
export { hasEffect, sessionTimeZone } from './session-options.js';
// For sessions whose statements run elsewhere: what they share with the embedded one.
export { CompleteStatement, JOB_ID_COLUMNS, type StatementPlace } from './job-statement.js';
export { LimitedStatement } from './limited-statement.js';
export { LocalView, type LocalViewShape } from './local-view.js';
export { bindParameters } from './parameters.js';
export { jobsTable } from './show-statements.js';
export { OK, strings, texts, type SmallResult } from './small-result.js';
export { SqlContext, unwrap, withoutTimeAttributes } from './sql-context.js';
export { scriptPieces, type ScriptPiece } from './script-pieces.js';
