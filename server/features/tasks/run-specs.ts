import { type Policy, policy as policySchema } from '../../../shared/api/tasks.ts';
import { MusterError } from '../../../shared/errors.ts';
import type { Json } from '../../../shared/json.ts';
import type { Database } from '../../schema/schema.ts';
import type { RunRow } from './rows.ts';
import { findRun } from './runs.store.ts';

/** What every execution of a run shares: frozen when the run is made, so it can be parsed once and kept. */
export type RunSpec = {
  readonly plugin: string;
  readonly sha256: string | null;
  readonly action: string;
  readonly args: Json;
  readonly env: Readonly<Record<string, string>>;
  readonly policy: Policy;
};

export type RunSpecs = { of(runId: string): Promise<RunSpec>; remember(run: RunRow): void };

/** A run that was used lately is found in memory; `capacity` bounds how many are. */
export function createRunSpecs(db: Database, capacity = 2000): RunSpecs {
  const specs = new Map<string, RunSpec>();
  const keep = (run: RunRow): RunSpec => {
    const spec = specOf(run);
    specs.delete(run.id);
    specs.set(run.id, spec);
    if (specs.size > capacity) specs.delete(specs.keys().next().value ?? '');
    return spec;
  };
  return {
    remember: (run) => void keep(run),
    async of(runId) {
      const known = specs.get(runId);
      if (known !== undefined) return known;
      const run = await findRun(db.read, runId);
      if (run === undefined)
        throw new MusterError('internal', `The ledger holds executions of a run that is not there (${runId}).`);
      return keep(run);
    },
  };
}

const specOf = (run: RunRow): RunSpec => ({
  plugin: run.plugin,
  sha256: run.plugin_sha256,
  action: run.action,
  args: JSON.parse(run.args) as Json,
  env: JSON.parse(run.env) as Record<string, string>,
  policy: parsePolicy(run.policy),
});

export const parsePolicy = (text: string): Policy => policySchema.parse(JSON.parse(text));
