import { createContext, Script } from 'node:vm';

export class OutOfTime extends Error {
  override readonly name = 'OutOfTime';
}

/**
 * Runs synchronous work and ends it when the time is up, wherever it is, even inside a regular expression. Costs about 0.1 ms.
 * @throws OutOfTime
 */
export function within<T>(ms: number, work: () => T): T {
  sandbox.work = work;
  try {
    return script.runInContext(context, { timeout: ms }) as T;
  } catch (error) {
    if ((error as { readonly code?: unknown } | null)?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT')
      throw new OutOfTime(`not done after ${ms} ms`);
    throw error;
  } finally {
    sandbox.work = undefined;
  }
}

// one for all calls, which cannot overlap: making one costs several times what a call does
const sandbox: { work: (() => unknown) | undefined } = { work: undefined };
const context = createContext(sandbox);

const script = new Script('work()');
