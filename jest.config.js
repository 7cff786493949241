// Tests run as compiled ESM out of dist/, so that worker entry points resolve exactly as they do in production.
export default {
  testEnvironment: 'node',
  transform: {},
  roots: ['<rootDir>/runtime/dist', '<rootDir>/kernel/dist', '<rootDir>/extension/lab/dist', '<rootDir>/test/dist'],
  testMatch: ['**/*.test.js'],
  modulePathIgnorePatterns: ['<rootDir>/.cache'],
  testPathIgnorePatterns: ['/node_modules/', '\\.(cluster|browser)\\.test\\.js$'],
  testTimeout: 30000,
};
