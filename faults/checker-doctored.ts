import type {
  AttemptsTable,
  ExecutionsTable,
  LogChunksTable,
  RunsTable,
  TasksTable,
} from '../server/schema/tables/tasks.tables.ts';
import { parseEvidence } from './evidence.ts';
import type { Facts } from './facts.ts';

/** What is changed of one execution that went well: two lines, one attempt. */
export type Doctored = {
  readonly row?: Partial<ExecutionsTable>;
  readonly run?: Partial<RunsTable>;
  readonly policy?: { readonly retries: number };
  readonly attempts?: readonly { readonly attempt: number; readonly outcome: string }[];
  /** by attempt */
  readonly files?: Readonly<Record<number, string>>;
  readonly chunks?: readonly { readonly start: number; readonly text: string }[];
  readonly cancelled?: true;
  readonly acknowledged?: { readonly taskId: string; readonly runId: string };
  readonly tasks?: number;
  readonly strange?: true;
  readonly leftovers?: readonly string[];
  readonly integrity?: string;
  readonly crashes?: readonly string[];
};

const text = 'B1 åß→𝄞 .\nB2 åß→𝄞 åß→𝄞 .\n';

/** Facts for the checker: of work that went well, but for what is changed. */
export function doctoredFacts(change: Doctored): Facts {
  const state = change.row?.state ?? 'succeeded';
  const counts = state === 'running' ? { open: 1 } : { [state]: 1 };
  const policy = { timeoutSeconds: 60, idempotent: false, retries: { count: change.policy?.retries ?? 0 } };
  const run = {
    id: 'run_1', task_id: 'tsk_1', task_name: 'work-1', trigger: 'adhoc', state: runStateFor(state), plugin: 'node-work', policy: JSON.stringify(policy),
    total: 1, open: 0, succeeded: 0, failed: 0, timed_out: 0, cancelled: 0, expired: 0, skipped: 0, rejected: 0, lost: 0, fired_at: 0, ...counts, ...change.run,
  } as unknown as RunsTable; // biome-ignore format: a row
  const attempt = change.row?.attempt ?? 1;
  const row = {
    id: 'exe_1', run_id: 'run_1', task_id: 'tsk_1', state: 'succeeded', open: 0, reason: 'finished', attempt, started_at: 90, finished_at: 140,
    deadline_at: null, data: `{"attempt":${attempt}}`, log_bytes: 0, exit_code: null, duration_ms: 30, ...change.row,
  } as unknown as ExecutionsTable; // biome-ignore format: a row
  const files = change.files ?? { [attempt]: 'start 1 100\nline 1 110\nline 2 120\nend success 130\n' };
  const evidence = new Map(
    Object.entries(files).map(([number, file]) => [Number(number), parseEvidence('exe_1', Number(number), file)]),
  );
  const all = new Map([['exe_1', evidence]]);
  if (change.strange) all.set('exe_strange', new Map([[1, parseEvidence('exe_strange', 1, 'start 1 1\n')]]));
  const task = { id: 'tsk_1', name: 'work-1', type: 'Adhoc' } as unknown as TasksTable;
  const printed = attempt === 1 ? text : text.replaceAll('B', String.fromCharCode(65 + attempt));
  const acknowledged = change.acknowledged ?? { taskId: 'tsk_1', runId: 'run_1' };
  return {
    ledger: {
      tasks: Array.from({ length: change.tasks ?? 1 }, (_, index) => (index === 0 ? task : { ...task, id: `tsk_${index + 1}` })),
      runs: [run],
      executions: [row],
      attempts: (change.attempts ?? []).map(
        (each) => ({ execution_id: 'exe_1', started_at: 5, ...each }) as unknown as AttemptsTable,
      ),
      chunksOf: () =>
        (change.chunks ?? [{ start: 0, text: printed }]).map(
          (chunk) => ({ ...chunk, bytes: Buffer.byteLength(chunk.text), stream: 'out' }) as unknown as LogChunksTable,
        ),
      integrity: change.integrity ?? 'ok',
    },
    evidence: all,
    posted: [
      {
        ...acknowledged,
        item: { at: 0, name: 'work-1', mode: 'ok', task: { owner: 'ALL', plugin: 'node-work' } },
        postedAt: 0,
        tries: 1,
      },
    ],
    refused: [],
    cancelled: new Set(change.cancelled ? ['run_1'] : []),
    serverClockWasSet: false,
    leftovers: change.leftovers ?? [],
    crashes: change.crashes ?? [],
  };
}

/** The state of a run whose one execution is in this state. */
const runStateFor = (state: ExecutionsTable['state']): string =>
  state === 'running' ? 'active' : ['succeeded', 'cancelled', 'skipped'].includes(state) ? state : 'failed';
