import type { Trigger } from '../../../shared/api/runs.ts';
import { MusterError } from '../../../shared/errors.ts';
import type { IdGenerator } from '../../../shared/ids.ts';
import type { ReasonCode } from '../../../shared/reasons.ts';
import { type Host, ineligibility } from './assignment.ts';
import type { Canceller, StopOrder } from './cancel.service.ts';
import { findExecution, openOfRun } from './executions.store.ts';
import { type FrozenTargets, freeze, type RetryOf } from './firing.ts';
import type { LedgerUnit } from './ledger.ts';
import { readPolicy } from './policy-text.ts';
import type { RunRow, TaskRow } from './rows.ts';
import { waitingRun } from './run-line.ts';
import type { RunSpecs } from './run-specs.ts';
import { activeRunOf, activeRunsOf } from './runs.store.ts';

export type FireOrder = {
  readonly trigger: Trigger;
  /** the time for which it was due */
  readonly firedAt: number;
  readonly by: string;
  /** a firing that is not to run, and why: it still leaves its row */
  readonly skipped?: { readonly reason: ReasonCode; readonly text: string };
  /** Only these agents, which another run had, whomever the owner reaches now. */
  readonly hosts?: RetryOf & { readonly agents: readonly string[] };
};

/** Turns a task into a run inside a unit of work: targets resolved and frozen now, policy copied. */
export type Firer = {
  /** @param stops takes what is to be sent after the commit, where the firing replaces the run before it */
  fireIn(unit: LedgerUnit, task: TaskRow, order: FireOrder, stops?: StopOrder[]): Promise<RunRow>;
};

/** How much may be under way; past it the answer is a refusal, or a row that says so. */
export type FireLimits = {
  readonly maxExecutionsPerRun: number;
  readonly maxQueuedPerAgent: number;
  readonly maxQueuedForAnyone: number;
};

export const defaultFireLimits: FireLimits = {
  maxExecutionsPerRun: 100_000,
  maxQueuedPerAgent: 10_000,
  maxQueuedForAnyone: 100_000,
};

export type FireResources = {
  readonly limits: FireLimits;
  /**
   * Executions that wait for an agent, or with `null` for anyone, as of the last commit: firings that share one commit do not see each
   * other, so that a queue may go over its limit by as many as share one.
   */
  readonly queuedFor: (agentId: string | null) => number;
  readonly cancelIn: Canceller['cancelIn'];
  readonly newId: IdGenerator;
  readonly specs: RunSpecs;
  readonly resolveOwner: (owner: string) => { readonly agents: readonly Host[] };
  /** the agent of this id, if work may be meant for it; else nothing */
  readonly targetable: (agentId: string) => readonly Host[];
  readonly plugins: {
    current(name: string): Plugin | undefined;
    byHash(sha256: string): Plugin | undefined;
  };
};

type Plugin = { readonly sha256: string; readonly manifest: { readonly platforms?: readonly string[] | undefined } };

export function createFirer({
  cancelIn,
  newId,
  specs,
  resolveOwner,
  targetable,
  plugins,
  limits,
  queuedFor,
}: FireResources): Firer {
  return {
    async fireIn(unit, task, order, stops = []) {
      const { policy, text: policyText } = readPolicy(task.policy);
      // one that was deleted runs for nobody, whatever a task is pinned to
      const current = plugins.current(task.plugin);
      const pinned = task.plugin_sha256 ?? null;
      const plugin = current === undefined || pinned === null ? current : plugins.byHash(pinned);
      const base = {
        task,
        policy,
        policyText,
        trigger: order.trigger,
        firedAt: order.firedAt,
        now: unit.now,
        by: order.by,
        pluginSha256: plugin?.sha256 ?? null,
        retryOf: order.hosts,
      };
      const bySchedule = order.trigger === 'schedule' || order.trigger === 'interval';
      const unrunnable = order.skipped ?? (await whyNotRunnable());
      const targets =
        unrunnable === undefined ? targetsOf(task.owner, order.hosts?.agents, plugin?.manifest.platforms) : undefined;
      const tooLarge = targets === undefined ? undefined : whyTooLarge(targets);
      // somebody waits for the answer, and can be told; a schedule leaves its row
      if (tooLarge !== undefined && !bySchedule) throw new MusterError('field_invalid', tooLarge.text, { field: 'owner' });
      const skipped = unrunnable ?? tooLarge;
      const { run, executions } = freeze(
        skipped === undefined && targets !== undefined
          ? { ...base, targets, after: (await whatGoesFirst())?.id }
          : { ...base, skipped: skipped ?? nothingToRun },
        newId,
      );
      if (!bySchedule && run.open === 0 && executions.some(({ reason }) => reason === 'queue_full')) throw queueFull(task.owner);
      await unit.insert(run, executions);
      specs.remember(run);
      return run;

      async function whyNotRunnable(): Promise<FireOrder['skipped']> {
        if (plugin === undefined) return { reason: 'plugin_unknown', text: gone(task, current !== undefined) };
        if (!bySchedule) return undefined;
        if (policy.overlap === 'skip') {
          const active = await activeRunOf(unit.writer, task.id);
          if (active !== undefined) return { reason: 'overlap', text: `The run before it, ${active.id}, was still active.` };
        }
        if (policy.overlap === 'queue') {
          const waiting = await waitingRun(unit, task.id);
          if (waiting !== undefined)
            return { reason: 'overlap', text: `The run before it, ${waiting.id}, was still waiting for the one before that.` };
        }
        return undefined;
      }

      /** The run that is to end before this one begins. */
      async function whatGoesFirst(): Promise<{ id: string } | undefined> {
        if (!bySchedule || (policy.overlap !== 'queue' && policy.overlap !== 'replace')) return undefined;
        if (policy.overlap === 'replace')
          for (const { id } of await activeRunsOf(unit.writer, task.id, replacedAtMost))
            for (const row of await openOfRun(unit.writer, id)) {
              // what a run in front of it lets go in this unit is read as it is by now
              const current = await findExecution(unit.writer, row.id);
              const stop = current === undefined ? undefined : await cancelIn(unit, current, 'the firing that replaces it');
              if (stop !== undefined) stops.push(stop);
            }
        return activeRunOf(unit.writer, task.id);
      }
    },
  };

  function targetsOf(
    owner: string,
    given: readonly string[] | undefined,
    platforms: readonly string[] | undefined,
  ): FrozenTargets {
    if (given === undefined && owner === 'Anyone')
      return {
        kind: 'anyone',
        // a full host is a matter of waiting its turn; only hosts that cannot take work at all count as not there
        someEligible: () => resolveNow(owner).some((agent) => ineligibility({ ...agent, held: 0 }, platforms) === undefined),
        full: queuedFor(null) >= limits.maxQueuedForAnyone,
      };
    const agents = given === undefined ? resolveNow(owner) : given.flatMap(targetable);
    return {
      kind: 'hosts',
      hosts: agents.map((agent) => ({
        id: agent.id,
        name: agent.name,
        online: agent.connected && agent.status === 'Online',
        full: queuedFor(agent.id) >= limits.maxQueuedPerAgent,
      })),
    };
  }

  function whyTooLarge(targets: FrozenTargets): FireOrder['skipped'] {
    if (targets.kind === 'anyone' || targets.hosts.length <= limits.maxExecutionsPerRun) return undefined;
    const text = `The owner reaches ${targets.hosts.length} hosts, and one run may have ${limits.maxExecutionsPerRun}: split it, or raise MUSTER_MAX_EXECUTIONS_PER_RUN.`;
    return { reason: 'run_too_large', text };
  }

  /** An agent that was removed or renamed since the task was made matches nothing; the row will say so. */
  function resolveNow(owner: string): readonly Host[] {
    try {
      return resolveOwner(owner).agents;
    } catch (error) {
      if (error instanceof MusterError && (error.code === 'owner_unknown' || error.code === 'owner_syntax')) return [];
      throw error;
    }
  }
}

/** Runs of one task that a firing with `overlap: replace` cancels; more than one or two are there only after an edit. */
const replacedAtMost = 20;

const nothingToRun = { reason: 'no_host_matched', text: 'There was nothing to run.' } as const;

const gone = ({ plugin, plugin_sha256 }: TaskRow, isThere: boolean): string =>
  isThere
    ? `The version ${plugin_sha256?.slice(0, 12)} of the plugin ${plugin}, to which the task is pinned, is not on the server any more.`
    : `The plugin ${plugin} is not on the server any more.`;

const queueFull = (owner: string): MusterError =>
  new MusterError(
    'queue_full',
    `As many executions as may wait for ${owner} are waiting already, and nothing was accepted. Send it again when some of them have gone.`,
    { retryAfterSeconds: 30 },
  );
