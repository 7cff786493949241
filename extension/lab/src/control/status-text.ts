import { placeText } from '../output/header-text.js';
import type { SessionFacts } from './control-channel.js';

/** `embedded · 2 jobs running`; the text of the status bar, null when there is no session. */
export function statusText(facts: SessionFacts | null): string | null {
  if (facts === null) return null;
  const running = facts.jobs.filter((job) => job.state === 'running').length;
  const where = placeText(facts.cluster).join('');
  const link = facts.connected ? '' : ' (not connected)';
  return `${where}${link} · ${running === 0 ? 'no jobs' : `${running} ${running === 1 ? 'job' : 'jobs'} running`}`;
}
