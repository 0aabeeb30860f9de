import type { Json } from '../../shared/json.ts';
import type { PluginContext, PluginResult } from '../../shared/plugin-api.ts';
import { readBody, readStart, saveBody } from './answer-body.ts';
import { shown } from './exchange.ts';
import { type ExpectedStatus, isExpected } from './expected-status.ts';
import type { Followed } from './follow.ts';
import { compilePath } from './json-path.ts';
import { type MessageArgs, messageOf, secretsOf } from './request-message.ts';
import { type RetryArgs, retryPolicy } from './retry.ts';
import { type RouteArgs, send } from './send.ts';

type RequestArgs = MessageArgs &
  RouteArgs & {
    readonly expectedStatus?: ExpectedStatus;
    readonly retries?: RetryArgs;
    readonly pick?: Readonly<Record<string, string>>;
    readonly saveTo?: string;
    readonly maxBytes?: number;
    readonly logBody?: boolean;
  };

const maxLoggedBytes = 16 * 1024;
const defaultMaxBytes = 10 * 1024 * 1024;

export async function request(args: RequestArgs, context: PluginContext): Promise<PluginResult> {
  const { expectedStatus = '200-299', pick = {}, saveTo, maxBytes = defaultMaxBytes, logBody = true } = args;
  const paths = Object.entries(pick).map(([name, path]) => [name, compilePath(path)] as const);
  if (saveTo !== undefined && paths.length > 0)
    throw new Error('Give either `saveTo` or `pick`: a saved answer is not held in memory.');
  isExpected(200, expectedStatus); // a mistake in it is told before anything is sent
  const message = await messageOf(args);
  const take = async ({ answer: { status, stream } }: Followed): Promise<{ bytes: number; body?: Buffer }> => {
    if (!isExpected(status, expectedStatus)) return { bytes: 0, body: await readStart(stream, maxLoggedBytes) };
    if (saveTo !== undefined) return { bytes: await saveBody(stream, saveTo, maxBytes) };
    const body = await readBody(stream, maxBytes);
    return { bytes: body.length, body };
  };
  const policy = retryPolicy(args.retries, message.method, Date.now);
  const { followed, taken, milliseconds, tries } = await send(message, args, policy, context, take);
  const { status, headers } = followed.answer;
  if (logBody && taken.body !== undefined) logText(taken.body, secretsOf(args), context);
  const data: Record<string, Json> = {
    status,
    milliseconds,
    tries,
    url: shown(followed.url),
    contentType: headers['content-type'] ?? null,
  };
  const what = `${message.method} ${shown(message.url)} answered ${status}`;
  if (!isExpected(status, expectedStatus))
    return { status: 'failed', message: `${what}, not the expected ${expectedText(expectedStatus)}.`, data };
  const picked: Record<string, Json> = paths.length === 0 ? {} : { picked: pickFrom(taken.body ?? Buffer.alloc(0), paths) };
  const saved: Record<string, Json> = saveTo === undefined ? {} : { savedTo: saveTo };
  return {
    status: 'success',
    message: `${what} (${taken.bytes} bytes).`,
    data: { ...data, bytes: taken.bytes, ...picked, ...saved },
  };
}

type CheckArgs = Pick<MessageArgs, 'url' | 'method' | 'headers' | 'username' | 'password' | 'bearer'> &
  RouteArgs & {
    readonly expectedStatus?: ExpectedStatus;
    readonly contains?: string;
    readonly maxMilliseconds?: number;
    readonly minDaysLeft?: number;
    readonly retries?: RetryArgs;
  };

/** Whatever is wrong is the result, with the numbers as far as they are known. */
export async function check(args: CheckArgs, context: PluginContext): Promise<PluginResult> {
  const { expectedStatus = '200-299', contains, maxMilliseconds, minDaysLeft } = args;
  isExpected(200, expectedStatus);
  const message = await messageOf(args);
  if (minDaysLeft !== undefined && message.url.protocol !== 'https:')
    throw new Error('`minDaysLeft` is about a certificate: the `url` must begin with https.');
  const take = async ({ answer }: Followed): Promise<string> =>
    (await readStart(answer.stream, defaultMaxBytes)).toString('utf8');
  const where = shown(message.url);
  try {
    const policy = retryPolicy(args.retries, message.method, Date.now);
    const { followed, taken, milliseconds, tries } = await send(message, args, policy, context, take);
    const { status, certificate } = followed.answer;
    const data = { up: true, status, milliseconds, tries, ...(certificate === undefined ? {} : { certificate }) };
    const faults = [
      ...(isExpected(status, expectedStatus) ? [] : [`it answered ${status}, not the expected ${expectedText(expectedStatus)}`]),
      ...(contains === undefined || taken.includes(contains) ? [] : ['its answer does not contain the expected text']),
      ...(maxMilliseconds === undefined || milliseconds <= maxMilliseconds
        ? []
        : [`it took ${milliseconds} ms, more than ${maxMilliseconds}`]),
      ...(minDaysLeft === undefined || (certificate?.daysLeft ?? -1) >= minDaysLeft
        ? []
        : [`its certificate ends in ${certificate?.daysLeft ?? 'unknown'} days, fewer than ${minDaysLeft}`]),
    ];
    if (faults.length > 0) return { status: 'failed', message: `${where}: ${faults.join('; ')}.`, data };
    const days = certificate === undefined ? '' : `, certificate good for ${certificate.daysLeft} days`;
    return { status: 'success', message: `${where} is up: ${status} in ${milliseconds} ms${days}.`, data };
  } catch (error) {
    if (context.signal.aborted) throw error;
    return { status: 'failed', message: (error as Error).message, data: { up: false } };
  }
}

const expectedText = (expected: ExpectedStatus): string => (Array.isArray(expected) ? expected.join(', ') : String(expected));

/** A path that picks one value gives it, one that picks several gives a list; nothing is an error, as nobody picks for that. */
function pickFrom(body: Buffer, paths: readonly (readonly [string, (document: unknown) => unknown[]])[]): Record<string, Json> {
  let document: unknown;
  try {
    document = JSON.parse(body.toString('utf8'));
  } catch {
    throw new Error('The answer is not JSON, so that nothing can be picked from it.');
  }
  return Object.fromEntries(
    paths.map(([name, select]) => {
      const values = select(document);
      if (values.length === 0) throw new Error(`The path of \`pick.${name}\` finds nothing in the answer.`);
      return [name, (values.length === 1 ? values[0] : values) as Json];
    }),
  );
}

function logText(body: Buffer, secrets: readonly string[], { log }: PluginContext): void {
  if (body.length === 0) return;
  let text = body.includes(0) ? `[${body.length} bytes that are not text]` : body.subarray(0, maxLoggedBytes).toString('utf8');
  for (const secret of secrets) text = text.replaceAll(secret, '***');
  log(body.length > maxLoggedBytes ? `${text}\n[cut: ${body.length} bytes in all]` : text);
}
