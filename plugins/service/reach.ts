import { setTimeout as pause } from 'node:timers/promises';
import type { PluginContext, PluginResult } from '../../shared/plugin-api.ts';
import { type OrderEnd, type Service, type ServiceManager, type Verb, whatIs } from './service.ts';

export type ReachArgs = {
  readonly name: string;
  /** so long it may take */
  readonly waitSeconds?: number;
  /** so long a service that was started must stay up */
  readonly stableSeconds?: number;
};

type Reaching = Exclude<Verb, 'enable' | 'disable'>;

const lookEveryMs = 200;

/** The service, which must be there. */
export async function existing(manager: ServiceManager, name: string): Promise<Service> {
  const service = await manager.look(name);
  if (service === undefined) throw new Error(`There is no service ${name} on this host.`);
  return service;
}

/**
 * Gives the order, and waits until the service is as it should be: started and still up a moment later, or stopped. Whatever else it
 * comes to is a failure, with the last words of the service in the log.
 */
export async function reach(
  manager: ServiceManager,
  verb: Reaching,
  { name, waitSeconds = 90, stableSeconds = 1 }: ReachArgs,
  { signal }: Pick<PluginContext, 'signal'>,
): Promise<PluginResult> {
  const before = await existing(manager, name);
  if ((verb === 'start' && before.state === 'running') || (verb === 'stop' && isDown(before)))
    return { status: 'success', message: `${whatIs(before)} already.`, data: { changed: false, ...plain(before) } };
  if (verb === 'reload' && before.state !== 'running')
    throw new Error(`${whatIs(before)}: only a service that runs can be told to reload.`);

  const since = new Date();
  const until = Date.now() + waitSeconds * 1000;
  const end = await manager.order(verb, name, waitSeconds);
  let service = await existing(manager, name);
  while (end === 'done' && service.state === 'changing' && Date.now() < until) {
    await pause(lookEveryMs, undefined, { signal });
    service = await existing(manager, name);
  }
  let trouble = troubleOf(verb, end, service, waitSeconds);
  if (trouble === undefined && verb !== 'stop' && service.state === 'running') {
    const { life } = service;
    await pause(stableSeconds * 1000, undefined, { signal });
    service = await existing(manager, name);
    if (service.life !== life && service.state !== 'stopped')
      trouble = `${name} did not stay up: it is started again and again by itself (${service.detail})`;
    else if (service.state !== 'running') trouble = `${whatIs(service)} ${stableSeconds} s after it had come up`;
  }
  const data = { changed: verb !== 'stop' || service.state !== before.state, ...plain(service) };
  if (trouble === undefined) return { status: 'success', message: `${whatIs(service)}.`, data };
  const words = await manager.lastWords(name, since);
  return { status: 'failed', message: `${trouble}.${words === '' ? '' : ` Its last words: ${words}`}`, data };
}

/** A service whose end was not a good one is down, too. */
const isDown = ({ state }: Service): boolean => state === 'stopped' || state === 'failed';

function troubleOf(verb: Reaching, end: OrderEnd, service: Service, waitSeconds: number): string | undefined {
  if (verb === 'stop' ? isDown(service) : end === 'done' && isUp(service)) return undefined;
  const wanted = verb === 'stop' ? 'stopped' : 'running';
  if (end === 'late' && isUp(service)) return `${service.name}: its ${verb} took longer than ${waitSeconds} s`;
  if (end === 'late' || service.state === 'changing') return `${whatIs(service)} after ${waitSeconds} s, and should be ${wanted}`;
  if (!isUp(service) || verb === 'stop')
    return `${whatIs(service)}, and should be ${wanted}${end === 'done' ? '' : `: ${wordsOf(end)}`}`;
  return end === 'done' ? undefined : `${service.name}: ${wordsOf(end)}`;
}

const wordsOf = ({ refused }: { readonly refused: string }): string => refused.replace(/\.$/, '');

const isUp = ({ state, isOnce }: Service): boolean => state === 'running' || (isOnce === true && state === 'stopped');

export const plain = ({ name, description, state, detail, enabled, startMode, pid }: Service) => ({
  name,
  description,
  state,
  detail,
  enabled: enabled ?? null,
  startMode,
  pid,
});
