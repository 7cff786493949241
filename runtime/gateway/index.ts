export { Gateway, type GatewayOptions } from './gateway.js';
export { jsonLog, type Log } from './log.js';
export * from './settings.js';
export { newToken, secretFile, tokenFromFile } from './token.js';
