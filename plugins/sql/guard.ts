import type { Session } from './session.ts';

/** How long the server may take to end a statement before the connection is given up. */
const patienceMs = 5_000;

/**
 * Work on the session that ends in time: when the time is up, or the execution is stopped, the statement is ended on the server, and the
 * work fails with a sentence.
 */
export async function guarded<Value>(
  session: Session,
  { timeoutSeconds, signal }: { readonly timeoutSeconds: number; readonly signal: AbortSignal },
  work: () => Promise<Value>,
): Promise<Value> {
  signal.throwIfAborted();
  let why: string | undefined;
  const timers: NodeJS.Timeout[] = [];
  let giveUp: (error: Error) => void = () => undefined;
  const givenUp = new Promise<never>((_, reject) => {
    giveUp = reject;
  });
  const end = (reason: string): void => {
    if (why !== undefined) return;
    why = reason;
    timers.push(setTimeout(() => giveUp(new Error(reason)), patienceMs));
    void session.kill();
  };
  const stopped = (): void => end('The statement was stopped with its execution.');
  signal.addEventListener('abort', stopped);
  timers.push(
    setTimeout(() => end(`The statement was ended after ${timeoutSeconds} s (\`timeoutSeconds\`).`), timeoutSeconds * 1000),
  );
  try {
    const value = await Promise.race([work(), givenUp]);
    // some statements that are ended answer as if they were done, such as SLEEP
    if (why !== undefined) throw new Error(why);
    return value;
  } catch (error) {
    throw why === undefined ? error : new Error(why, { cause: error });
  } finally {
    signal.removeEventListener('abort', stopped);
    for (const timer of timers) clearTimeout(timer);
  }
}

/** Whether work is done within a moment; it is not waited for longer, as its connection may be dead. */
export async function isDoneSoon(work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const moment = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, patienceMs, false);
  });
  const isDone = await Promise.race([work.then(() => true).catch(() => false), moment]);
  clearTimeout(timer);
  return isDone;
}
