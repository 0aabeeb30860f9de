import type { TaskInput } from '../../../shared/api/tasks.ts';
import { MusterError } from '../../../shared/errors.ts';
import { allows } from '../../../shared/permissions.ts';
import type { PluginManifest } from '../../../shared/plugin-manifest.ts';
import type { Actor } from '../../platform/http/actor.ts';
import { checkType, definitionColumns } from './definition.ts';

/** Everything that can be wrong with a definition is told before a row is written. */
export type DefinitionCheck = {
  /** The columns of a definition that may be stored. @throws MusterError with the field at fault */
  columnsOf(input: TaskInput, actor: Actor): Promise<DefinitionColumns>;
};

export type DefinitionColumns = ReturnType<typeof definitionColumns>;

export type DefinitionCheckResources = {
  readonly resolveOwner: (owner: string) => unknown;
  /** @param version the one to which the call is pinned; without it, the current one */
  readonly checkCall: (
    plugin: string,
    action: string,
    args: unknown,
    version?: string,
  ) => { readonly sha256: string; readonly manifest: PluginManifest };
  /** agents may run this bundle from now on, and it stays stored; before a task is pinned to it */
  readonly holdVersion: (sha256: string) => Promise<void>;
  readonly schedule: {
    /** throws `schedule_invalid` with the field */
    check(input: Pick<TaskInput, 'cron' | 'timeZone' | 'startsAt' | 'endsAt' | 'excludeDates' | 'blackout'>): void;
  };
};

export const createDefinitionCheck = ({
  resolveOwner,
  checkCall,
  holdVersion,
  schedule,
}: DefinitionCheckResources): DefinitionCheck => ({
  async columnsOf(input, actor) {
    if (input.type !== 'Adhoc' && !allows(actor.role, 'tasks.write')) {
      throw new MusterError(
        'forbidden',
        `The role ${actor.role} may post Adhoc tasks only; Scheduled and Interval ones need author or admin.`,
        { field: 'type' },
      );
    }
    checkType(input);
    // the two that are there with any fleet: finding their hosts for each task would cost as much as the fleet is large
    if (input.owner !== 'ALL' && input.owner !== 'Anyone') resolveOwner(input.owner);
    const plugin = checkCall(input.plugin, input.action, input.args, input.pluginVersion);
    schedule.check(input);
    const pinned = input.pluginVersion === undefined ? null : plugin.sha256;
    if (pinned !== null) await holdVersion(pinned);
    return definitionColumns(input, plugin.manifest.limits, pinned);
  },
});
