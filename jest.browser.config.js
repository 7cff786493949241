import base from './jest.config.js';

// Tests in real JupyterLab in real Chromium, one at a time.
export default {
  ...base,
  testMatch: ['**/*.browser.test.js'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 300000,
};
