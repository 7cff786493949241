export * from './arrow-frame.js';
export * from './arrow-types.js';
export * from './value-text.js';
export * from './view-channel.js';
