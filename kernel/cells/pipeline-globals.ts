import type { Session } from '@streamcell/runtime/session/session';

/** What of the Table API stands in every cell; `session` is the session there, so the window of that name has another. */
export const PIPELINE_NAMES = [
  '$',
  'Decimal',
  'avg',
  'call',
  'count',
  'countDistinct',
  'cumulate',
  'days',
  'denseRank',
  'exists',
  'hop',
  'hours',
  'instant',
  'lit',
  'max',
  'milliseconds',
  'min',
  'minutes',
  'rank',
  'rowNumber',
  'seconds',
  'sum',
  'tumble',
] as const;

export async function pipelineGlobals(session: Session): Promise<Readonly<Record<string, unknown>>> {
  const api = await import('@streamcell/runtime/pipeline/index');
  const { from, sql } = api.pipeline(session);
  return {
    ...Object.fromEntries(PIPELINE_NAMES.map((name) => [name, api[name]])),
    from,
    sql,
    sessionWindow: api.session,
    session,
  };
}
