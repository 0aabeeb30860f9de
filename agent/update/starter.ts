/**
 * The program that started the agent and starts it again: the script `start-agent` of the installer, or on Windows the service. Only under it may
 * an agent replace itself, because it is what takes a bad update back.
 */
export type Starter = { readonly pid: number };

/** Set by the starter for the agent alone; work does not inherit it. */
const variable = 'MUSTER_AGENT_STARTER_PID';

type ThisProcess = { readonly env: NodeJS.ProcessEnv; readonly pid: number; readonly ppid: number };

/** Undefined where the agent was started by something else, or where its starter is gone. */
export function starterOf({ env, pid, ppid }: ThisProcess): Starter | undefined {
  const starter = Number(env[variable]);
  // a script that became the agent is the agent itself, and a service manager starts it again
  return starter === pid || starter === ppid ? { pid: starter } : undefined;
}

export const starterOfThis = (): Starter | undefined => starterOf(process);
