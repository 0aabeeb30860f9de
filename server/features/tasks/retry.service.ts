import type { RetryInput, RetryOnly } from '../../../shared/api/runs.ts';
import { MusterError } from '../../../shared/errors.ts';
import type { Actor } from '../../platform/http/actor.ts';
import type { Database, Writer } from '../../schema/schema.ts';
import { findExecution } from './executions.store.ts';
import type { FireOrder, Firer } from './fire.service.ts';
import { type FoldResources, foldRun, groupWith } from './fold.service.ts';
import type { FoldGroup } from './fold.ts';
import type { Ledger } from './ledger.ts';
import { chosenGroups } from './retry-choice.ts';
import type { RunRow } from './rows.ts';
import { findTask, updateTask } from './tasks.store.ts';

/** Runs the task of a run again, as it is defined now: as a whole, or on some hosts of that run. */
export type Retry = (run: RunRow, choice: RetryInput, actor: Actor) => Promise<RunRow>;

export type RetryResources = {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly firer: Firer;
  readonly targetable: (agentId: string) => readonly unknown[];
  readonly outputOf: FoldResources['outputOf'];
  readonly audit: {
    recordIn(
      writer: Writer,
      entry: { actor: string; action: string; subject: string; detail?: Record<string, unknown> },
    ): Promise<void>;
  };
};

/** Executions of a run that share a fate, and their hosts. */
type Part = { readonly first: Pick<FoldGroup['first'], 'target'>; readonly agents: readonly (string | null)[] };

export function createRetry({ db, ledger, firer, targetable, outputOf, audit }: RetryResources): Retry {
  return async (run, choice, actor) => {
    const only = choice.execution !== undefined ? 'execution' : choice.group !== undefined ? 'group' : choice.only;
    // read before the unit: what ends meanwhile is not missed by much, and nothing else waits for the reading
    const hosts = only === undefined ? undefined : hostsOf(run, only, await partsOf(run, choice));
    return ledger.write(async (unit) => {
      const task = await findTask(unit.writer, run.task_id);
      if (task === undefined)
        throw new MusterError('not_found', `The task of this run, ${run.task_id}, was deleted; post a new one.`);
      const order: FireOrder = { trigger: 'retry', firedAt: unit.now, by: actor.name };
      const again = await firer.fireIn(unit, task, hosts === undefined ? order : { ...order, hosts });
      await updateTask(unit.writer, task.id, { last_run_id: again.id });
      const detail = { run: again.id, ...(only === undefined ? {} : { only, hosts: again.total }) };
      await audit.recordIn(unit.writer, { actor: actor.name, action: 'run.retried', subject: run.id, detail });
      return again;
    });
  };

  async function partsOf(run: RunRow, { only, group, execution }: RetryInput): Promise<readonly Part[]> {
    const resources = { db, outputOf };
    if (execution !== undefined) {
      const row = await findExecution(db.read, execution);
      if (row?.run_id !== run.id)
        throw new MusterError('not_found', `The run has no execution ${execution}.`, { field: 'execution' });
      return [{ first: row, agents: [row.agent_id] }];
    }
    if (only !== undefined) return chosenGroups(await foldRun(run.id, resources), only);
    const found = await groupWith(group ?? '', run.id, resources);
    if (found === undefined) throw new MusterError('not_found', `The run has no execution ${group}.`, { field: 'group' });
    return [found];
  }

  /** @returns undefined where the choice is whoever may take it, as with the run before */
  function hostsOf(run: RunRow, only: RetryOnly, groups: readonly Part[]): FireOrder['hosts'] {
    const field = only === 'group' || only === 'execution' ? only : 'only';
    if (groups.length === 0)
      throw new MusterError('state_conflict', `There is nothing to run again: ${nothing[only]} in this run.`, { field });
    if (groups.some(({ first }) => first.target === 'anyone')) return undefined;
    const given = groups.flatMap(({ agents }) => agents).filter((agent) => agent !== null);
    const agents = given.filter((agent) => targetable(agent).length > 0);
    if (agents.length === 0)
      throw new MusterError('state_conflict', 'There is nothing to run again: its hosts were removed or revoked since.', {
        field,
      });
    return { runId: run.id, only, agents };
  }
}

const nothing: Readonly<Record<RetryOnly, string>> = {
  failed: 'no execution failed, timed out or was rejected',
  missing: 'every host was reached, and every end is known',
  different: 'no execution ended otherwise than most',
  group: 'no execution ended so',
  execution: 'it has no such execution',
};
