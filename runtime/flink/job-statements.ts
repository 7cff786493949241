import { jobsTable, OK, texts, type JobInfo, type ScriptPiece, type SmallResult } from '../session/index.js';
import { StreamcellError, type Span } from '../types/index.js';
import type { ClusterJob } from './cluster-job.js';

type Ast = NonNullable<ScriptPiece['statement']>;

/**
 * Statements about jobs speak of this session's jobs, as they do in the embedded engine; Flink's own would list and stop everybody's.
 * @returns null for any other statement, and for STOP JOB with a savepoint, which is Flink's to take.
 */
export async function jobStatement(
  ast: Ast,
  jobs: () => Promise<readonly JobInfo[]>,
  find: (id: string, span: Span) => ClusterJob,
): Promise<SmallResult | null> {
  if (ast.kind === 'Show' && ast.subject === 'JOBS') return jobsTable(await jobs());
  if (ast.kind === 'Describe' && ast.object === 'JOB' && ast.name.kind === 'StringLiteral') {
    const { value, span } = ast.name;
    const job = (await jobs()).find((j) => j.id === value);
    if (job === undefined) throw new StreamcellError('JOB_NOT_FOUND', `This session has no job '${value}'.`, { span });
    return jobsTable([job]);
  }
  if (ast.kind !== 'StopJob') return null;
  const job = find(ast.jobId.value, ast.jobId.span);
  if (ast.savepoint || ast.drain) return null;
  await job.cancel();
  return job.state === 'failed' ? texts('result', ['FAILED']) : OK;
}
