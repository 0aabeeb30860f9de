import type { ExecutionDetail, LateResult } from '../../../shared/api/executions.ts';
import { isFinal } from '../../../shared/states.ts';

/** One thing that happened to an execution. */
export type Moment = {
  readonly at: string;
  /** ms since the one before; null for the first */
  readonly after: number | null;
  /** a word of badges.ts, or null where nothing changed its state */
  readonly state: string | null;
  readonly text: string;
  readonly attempt: number | null;
  readonly host: string | null;
  readonly late: LateResult | null;
};

type Told = Omit<Moment, 'after'>;

/** Its life from row to end, attempt by attempt, in the order of time. */
export function timelineOf(execution: ExecutionDetail): Moment[] {
  const told: Told[] = [{ ...plain, at: execution.createdAt, state: 'queued', text: 'Accepted: the row is in the ledger.' }];
  for (const { attempt, agentName: host, offeredAt, startedAt, endedAt, outcome, ...end } of execution.attempts) {
    told.push(...beginning({ attempt, host, offeredAt, startedAt }));
    const text = endText(end.message || end.reason?.replaceAll('_', ' '), end.exitCode);
    told.push({ ...plain, at: endedAt, state: outcome, text, attempt, host, late: end.lateResult });
  }
  const { attempt, agentName: host, offeredAt, startedAt, finishedAt, state } = execution;
  // the present attempt, or the last one, has no record of its own
  if (!execution.attempts.some((past) => past.attempt === attempt))
    told.push(...beginning({ attempt, host, offeredAt, startedAt }));
  if (finishedAt !== null && isFinal(state)) {
    const text = endText(execution.message || execution.reasonText, execution.exitCode);
    told.push({ ...plain, at: finishedAt, state, text, attempt: attempt || null, host, late: execution.lateResult });
  }
  const inOrder = told.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
  return inOrder.map((moment, index) => {
    const before = inOrder[index - 1];
    return { ...moment, after: before === undefined ? null : Date.parse(moment.at) - Date.parse(before.at) };
  });
}

type Beginning = {
  readonly attempt: number;
  readonly host: string | null;
  readonly offeredAt: string | null;
  readonly startedAt: string | null;
};

function beginning({ attempt, host, offeredAt, startedAt }: Beginning): Told[] {
  const moments: Told[] = [];
  if (offeredAt !== null)
    moments.push({ ...plain, at: offeredAt, state: 'offered', text: `Offered to ${host ?? 'a host'}.`, attempt, host });
  if (startedAt !== null)
    moments.push({ ...plain, at: startedAt, state: 'running', text: 'Taken: the host may start.', attempt, host });
  return moments;
}

const plain = { attempt: null, host: null, late: null, state: null } as const;

/** What was said, and the exit code unless it says nothing or was said already. */
function endText(said: string | null | undefined, exitCode: number | null): string {
  const code = exitCode === null || exitCode === 0 ? '' : `exit code ${exitCode}`;
  if (!said) return code;
  return code === '' || said.toLowerCase().includes(code) ? said : `${said} (${code})`;
}
