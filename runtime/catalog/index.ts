export * from './catalog.js';
export * from './names.js';
export * from './objects.js';
