import { expect, test } from '@jest/globals';
import type { JobSummary } from '@streamcell/runtime/protocol/view-channel';
import { statusText } from './status-text.js';

const job = (state: JobSummary['state']): JobSummary => ({ id: state, name: state, state, startedAt: 0 });

test('where statements run, and how many', () => {
  expect(statusText(null)).toBeNull();
  expect(statusText({ cluster: 'embedded', connected: true, jobs: [] })).toBe('embedded · no jobs');
  expect(statusText({ cluster: 'embedded', connected: true, jobs: [job('running'), job('failed')] })).toBe(
    'embedded · 1 job running',
  );
  expect(statusText({ cluster: 'embedded at host:8080', connected: true, jobs: [] })).toBe(
    'embedded at host:8080 · no jobs',
  );
  expect(statusText({ cluster: 'prod-eu', connected: false, jobs: [] })).toBe(
    'flink: prod-eu (not connected) · no jobs',
  );
});
