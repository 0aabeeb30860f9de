import { setTimeout as pause } from 'node:timers/promises';
import type { PluginContext } from '../../shared/plugin-api.ts';
import { type Message, type Route, shown } from './exchange.ts';
import { type Followed, follow } from './follow.ts';
import { networkError, Unreachable } from './network-error.ts';
import type { RetryPolicy } from './retry.ts';
import { type TlsArgs, tlsOptions } from './tls.ts';

export type RouteArgs = TlsArgs & {
  readonly timeoutSeconds?: number;
  readonly connectTimeoutSeconds?: number;
  readonly maxRedirects?: number;
  readonly blockPrivate?: boolean;
  readonly proxy?: string;
};

export type Exchanged<Taken> = {
  readonly followed: Followed;
  readonly taken: Taken;
  readonly milliseconds: number;
  readonly tries: number;
};

/**
 * Sends until there is an answer that is not to be retried, and takes what is wanted of it within the same time limit.
 * @param take reads the answer
 */
export async function send<Taken>(
  message: Message,
  args: RouteArgs,
  policy: RetryPolicy,
  { signal, log }: Pick<PluginContext, 'signal' | 'log'>,
  take: (followed: Followed) => Promise<Taken>,
): Promise<Exchanged<Taken>> {
  const { timeoutSeconds = 30, connectTimeoutSeconds = 10, maxRedirects = 5, blockPrivate = false, proxy } = args;
  const route: Route = { tls: tlsOptions(args), connectTimeoutSeconds, blockPrivate, proxy };
  if (args.insecure === true)
    log('WARNING: `insecure` is set. The certificate is NOT checked: anybody on the way can read and change this.');
  for (let tries = 1; ; tries += 1) {
    const begun = performance.now();
    const time = AbortSignal.timeout(timeoutSeconds * 1000);
    let wait: number | undefined;
    try {
      const followed = await follow(message, route, maxRedirects, AbortSignal.any([signal, time]));
      const { status, headers, stream } = followed.answer;
      const milliseconds = Math.round(performance.now() - begun);
      log(`${message.method} ${shown(message.url)}: ${status} after ${milliseconds} ms`);
      wait = policy.afterStatus(tries, status, headers['retry-after']);
      if (wait === undefined) return { followed, taken: await take(followed), milliseconds, tries };
      stream.destroy();
    } catch (error) {
      const why = time.aborted && !signal.aborted ? outOfTime(message, timeoutSeconds) : asNetworkError(error, message);
      wait = why instanceof Unreachable && !signal.aborted ? policy.afterNetworkError(tries) : undefined;
      if (wait === undefined) throw why;
      log(why.message);
    }
    log(`Trying again in ${wait} s.`);
    await pause(wait * 1000, undefined, { signal });
  }
}

const outOfTime = ({ url }: Message, seconds: number): Unreachable =>
  new Unreachable(`${shown(url)}: not done within ${seconds} s (\`timeoutSeconds\`).`);

/** The connection may break while the answer is read, too; what has a sentence keeps it. */
function asNetworkError(error: unknown, { url }: Message): Error {
  const code = (error as NodeJS.ErrnoException).code;
  return code === undefined || (error as Error).name === 'AbortError' ? (error as Error) : networkError(error, shown(url));
}
