import base from './jest.config.js';

// Tests against real servers, which they start and stop themselves; one at a time.
export default {
  ...base,
  testMatch: ['**/*.cluster.test.js'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 600000,
};
