import type { Policy } from '../../../shared/api/tasks.ts';
import { MusterError } from '../../../shared/errors.ts';
import type { Json } from '../../../shared/json.ts';
import { secretReferences } from '../../../shared/secret-references.ts';
import type { Database } from '../../schema/schema.ts';
import { type Gate, gatesOf } from './gates.ts';
import { parsePolicy } from './policy-text.ts';
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
  readonly gates: readonly Gate[];
  /** names of the secrets that args and env refer to */
  readonly secrets: readonly string[];
};

export type RunSpecs = { of(runId: string): Promise<RunSpec>; remember(run: RunRow): void };

const keptChars = 32 * 1024 * 1024;

/** A run that was made or read lately is found in memory. Arguments may be large: `capacity` bounds the text that is kept parsed. */
export function createRunSpecs(db: Database, capacity = keptChars): RunSpecs {
  const kept = new Map<string, { readonly spec: RunSpec; readonly chars: number }>();
  let chars = 0;

  function forget(runId: string): void {
    chars -= kept.get(runId)?.chars ?? 0;
    kept.delete(runId);
  }

  function keep(run: RunRow): RunSpec {
    const spec = specOf(run);
    forget(run.id);
    const entry = { spec, chars: charsOf(run) };
    kept.set(run.id, entry);
    chars += entry.chars;
    for (const oldest of kept.keys()) {
      if (chars <= capacity || oldest === run.id) break;
      forget(oldest);
    }
    return spec;
  }

  return {
    remember: (run) => void keep(run),
    async of(runId) {
      const known = kept.get(runId);
      if (known !== undefined) return known.spec;
      const run = await findRun(db.read, runId);
      if (run === undefined)
        throw new MusterError('internal', `The ledger holds executions of a run that is not there (${runId}).`);
      return keep(run);
    },
  };
}

/** The rest of a spec weighs about this much. */
const fixedChars = 2000;
const charsOf = ({ args, env }: RunRow): number => args.length + env.length + fixedChars;

function specOf(run: RunRow): RunSpec {
  const args = JSON.parse(run.args) as Json;
  const policy = parsePolicy(run.policy);
  const env = JSON.parse(run.env) as Record<string, string>;
  return {
    plugin: run.plugin,
    sha256: run.plugin_sha256,
    action: run.action,
    args,
    env,
    policy,
    gates: gatesOf(run.task_id, policy),
    secrets: namesASecret(run) ? [...new Set(secretReferences(args, env).found.map(({ name }) => name))] : [],
  };
}

/** Most texts name none, and need not be walked through. They were written by `JSON.stringify`, which leaves these characters as they are. */
const namesASecret = ({ args, env }: RunRow): boolean => args.includes('"$secret"') || env.includes('${secret:');
