import type { Trigger } from '../../../shared/api/runs.ts';
import { MusterError } from '../../../shared/errors.ts';
import type { IdGenerator } from '../../../shared/ids.ts';
import type { ReasonCode } from '../../../shared/reasons.ts';
import { type Host, ineligibility } from './assignment.ts';
import { type FrozenTargets, freeze } from './firing.ts';
import type { LedgerUnit } from './ledger.ts';
import type { RunRow, TaskRow } from './rows.ts';
import { parsePolicy, type RunSpecs } from './run-specs.ts';
import { activeRunOf } from './runs.store.ts';

export type FireOrder = {
  readonly trigger: Trigger;
  /** the time for which it was due */
  readonly firedAt: number;
  readonly by: string;
  /** a firing that is not to run, and why: it still leaves its row */
  readonly skipped?: { readonly reason: ReasonCode; readonly text: string };
};

/** Turns a task into a run inside a unit of work: targets resolved and frozen now, policy copied. */
export type Firer = { fireIn(unit: LedgerUnit, task: TaskRow, order: FireOrder): Promise<RunRow> };

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
  readonly newId: IdGenerator;
  readonly specs: RunSpecs;
  readonly resolveOwner: (owner: string) => { readonly kind: string; readonly agents: readonly Host[] };
  readonly plugins: {
    current(
      name: string,
    ): { readonly sha256: string; readonly manifest: { readonly platforms?: readonly string[] | undefined } } | undefined;
  };
};

export function createFirer({ newId, specs, resolveOwner, plugins, limits, queuedFor }: FireResources): Firer {
  return {
    async fireIn(unit, task, order) {
      const policy = parsePolicy(task.policy);
      const plugin = plugins.current(task.plugin);
      const base = {
        task,
        policy,
        trigger: order.trigger,
        firedAt: order.firedAt,
        now: unit.now,
        by: order.by,
        pluginSha256: plugin?.sha256 ?? null,
      };
      const bySchedule = order.trigger === 'schedule' || order.trigger === 'interval';
      const unrunnable = order.skipped ?? (await whyNotRunnable());
      const targets = unrunnable === undefined ? targetsOf(task.owner, plugin?.manifest.platforms) : undefined;
      const tooLarge = targets === undefined ? undefined : whyTooLarge(targets);
      // somebody waits for the answer, and can be told; a schedule leaves its row
      if (tooLarge !== undefined && !bySchedule) throw new MusterError('field_invalid', tooLarge.text, { field: 'owner' });
      const skipped = unrunnable ?? tooLarge;
      const { run, executions } = freeze(
        skipped === undefined && targets !== undefined ? { ...base, targets } : { ...base, skipped: skipped ?? nothingToRun },
        newId,
      );
      if (!bySchedule && run.open === 0 && executions.some(({ reason }) => reason === 'queue_full')) throw queueFull(task.owner);
      await unit.insert(run, executions);
      specs.remember(run);
      return run;

      async function whyNotRunnable(): Promise<FireOrder['skipped']> {
        if (plugin === undefined)
          return { reason: 'plugin_unknown', text: `The plugin ${task.plugin} is not on the server any more.` };
        if (bySchedule && policy.overlap === 'skip') {
          const active = await activeRunOf(unit.writer, task.id);
          if (active !== undefined) return { reason: 'overlap', text: `The run before it, ${active.id}, was still active.` };
        }
        return undefined;
      }
    },
  };

  function targetsOf(owner: string, platforms: readonly string[] | undefined): FrozenTargets {
    const { kind, agents } = resolveNow(owner);
    // a full host is a matter of waiting its turn; only hosts that cannot take work at all count as not there
    if (kind === 'anyone')
      return {
        kind: 'anyone',
        someEligible: () => agents.some((agent) => ineligibility({ ...agent, held: 0 }, platforms) === undefined),
        full: queuedFor(null) >= limits.maxQueuedForAnyone,
      };
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
  function resolveNow(owner: string): { readonly kind: string; readonly agents: readonly Host[] } {
    try {
      return resolveOwner(owner);
    } catch (error) {
      if (error instanceof MusterError && (error.code === 'owner_unknown' || error.code === 'owner_syntax'))
        return { kind: 'agent', agents: [] };
      throw error;
    }
  }
}

const nothingToRun = { reason: 'no_host_matched', text: 'There was nothing to run.' } as const;

const queueFull = (owner: string): MusterError =>
  new MusterError(
    'queue_full',
    `As many executions as may wait for ${owner} are waiting already, and nothing was accepted. Send it again when some of them have gone.`,
    { retryAfterSeconds: 30 },
  );
