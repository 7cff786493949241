import type { LiveView } from '../view/live-view.js';
import { count, duration, rate } from '../values/numbers.js';

export type Dot = 'ok' | 'warn' | 'error' | 'off';

/** What the header needs of a view. */
export type HeaderFacts = Pick<LiveView, 'link' | 'paused' | 'status' | 'bundle'> & { rate(now: number): number };

/** State dot and word. */
export function stateWord({ link, paused, status }: HeaderFacts): { readonly dot: Dot; readonly word: string } {
  const ended = status.state !== 'running';
  if (!ended) {
    if (link === 'connecting') return { dot: 'warn', word: 'connecting' };
    if (link === 'reconnecting' || (link === 'live' && status.away === true))
      return { dot: 'warn', word: 'reconnecting' };
    if (link !== 'live') return { dot: 'off', word: 'saved' };
    if (paused) return { dot: 'warn', word: 'paused' };
    return { dot: status.why === undefined ? 'ok' : 'warn', word: 'running' };
  }
  if (status.state === 'failed') return { dot: 'error', word: 'failed' };
  return { dot: status.state === 'finished' ? 'ok' : 'off', word: status.state };
}

/** A number in bold with what it counts: `[before, number, after]`. */
export type Figure = readonly [string, string, string];

const DAY = 86_400_000;

export function figures(facts: HeaderFacts, now: number, wallClock: number): readonly Figure[] {
  const { status, bundle, link } = facts;
  const { rowsIn } = status;
  const shown: Figure[] = [
    ['', count(status.rows), status.rows === 1 ? ' row' : ' rows'],
    // Where nothing comes out it counts what goes in.
    rowsIn !== undefined && status.changes === 0 && status.state === 'running'
      ? ['in ', count(rowsIn), rowsIn === 1 ? ' row' : ' rows']
      : ['', count(status.changes), status.changes === 1 ? ' change' : ' changes'],
  ];
  if (link !== 'live' || status.state !== 'running') return shown;
  shown.push(['', rate(facts.rate(now)), '/s']);
  const { watermark } = status;
  if (!bundle.bounded && watermark !== null) {
    const lag = wallClock - watermark;
    // Old data read at full speed lags by years, which says nothing; where it stands does.
    if (lag < DAY) shown.push(['lag ', duration(lag), '']);
    else shown.push(['at ', new Date(watermark).toISOString().slice(0, 19).replace('T', ' '), '']);
  }
  return shown;
}

export interface FooterFacts {
  readonly shownFrom: number;
  readonly shownTo: number;
  readonly total: number;
  readonly changelog: boolean;
  readonly truncated: boolean;
  readonly rows: number;
  readonly filtered: boolean;
  readonly lateRows: number;
  readonly malformed: number;
  /** Rows may still come. */
  readonly running: boolean;
  /** The column whose highest values a chart shows, where it cannot show all; `isTime`: these are the newest. */
  readonly chart?: { readonly column: string; readonly isTime: boolean } | null;
}

const exact = (n: number): string => n.toLocaleString('en-US');

/** Which rows of how many. */
function extent({ shownFrom, shownTo, total, chart }: FooterFacts): string {
  const shown = exact(shownTo - shownFrom);
  if (chart != null && shownTo - shownFrom < total)
    return chart.isTime
      ? `showing the newest ${shown} of ${exact(total)}`
      : `showing ${shown} of ${exact(total)}, those with the highest ${chart.column}`;
  return `showing ${exact(shownFrom + 1)}-${exact(shownTo)} of ${exact(total)}`;
}

/** What stands left and right below the rows. */
export function footnotes(facts: FooterFacts): { readonly left: readonly string[]; readonly right: readonly string[] } {
  const { total, changelog } = facts;
  const left: string[] = [];
  if (total > 0 && facts.shownTo > facts.shownFrom) left.push(extent(facts));
  else if (facts.rows === 0) left.push(facts.running ? 'no rows yet' : 'no rows');
  if (changelog) left.push(`${exact(total)} latest changes kept`);
  else if (facts.filtered) left.push(`filtered from ${exact(facts.rows)}`);
  if (facts.truncated && !changelog) left.push(`result truncated to ${exact(facts.rows)} rows`);
  const right: string[] = [];
  if (facts.lateRows > 0) right.push(`${exact(facts.lateRows)} late ${facts.lateRows === 1 ? 'row' : 'rows'} dropped`);
  if (facts.malformed > 0)
    right.push(`${exact(facts.malformed)} malformed ${facts.malformed === 1 ? 'record' : 'records'}`);
  return { left, right };
}

/** Where a result runs, as `[before, name]`: the engine, here or at a gateway, is no Flink. */
export function placeText(cluster: string): readonly [string, string] {
  return /^embedded\b/.test(cluster) ? ['', cluster] : ['flink: ', cluster.replace(/^flink:\s*/, '')];
}
