export * from './session.js';
export { EmbeddedSession, type EmbeddedSessionOptions } from './embedded-session.js';
export { sessionTimeZone } from './session-options.js';
