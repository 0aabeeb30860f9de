import { setTimeout as pause } from 'node:timers/promises';
import type { PluginContext, PluginResult } from '../../shared/plugin-api.ts';
import { type Service, type ServiceManager, type Verb, whatIs } from './service.ts';

export type ReachArgs = {
  readonly name: string;
  /** so long it may take */
  readonly waitSeconds?: number;
  /** so long a service that was started must stay up */
  readonly stableSeconds?: number;
};

const lookEveryMs = 200;

/** The service, which must be there and be allowed to change. */
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
  verb: Exclude<Verb, 'enable' | 'disable'>,
  { name, waitSeconds = 90, stableSeconds = 1 }: ReachArgs,
  { signal }: Pick<PluginContext, 'signal'>,
): Promise<PluginResult> {
  const before = await existing(manager, name);
  const wanted = verb === 'stop' ? 'stopped' : 'running';
  const isThere = (service: Service): boolean =>
    service.state === wanted || (verb === 'stop' && service.state === 'failed') || hasRunOnce(before, service);
  if (isThere(before) && (verb === 'start' || verb === 'stop') && before.state !== 'failed')
    return { status: 'success', message: `${whatIs(before)} already.`, data: { changed: false, ...plain(before) } };
  if (verb === 'reload' && before.state !== 'running')
    throw new Error(`${whatIs(before)}: only a service that runs can be told to reload.`);

  const since = new Date();
  const end = Date.now() + waitSeconds * 1000;
  await manager.order(verb, name);
  let service = await existing(manager, name);
  while (service.state === 'changing' && Date.now() < end) {
    await pause(lookEveryMs, undefined, { signal });
    service = await existing(manager, name);
  }
  if (wanted === 'running' && service.state === 'running' && stableSeconds > 0) {
    const { life, pid } = service;
    await pause(stableSeconds * 1000, undefined, { signal });
    service = await existing(manager, name);
    if (service.state === 'running' && verb !== 'reload' && (service.life !== life || service.pid !== pid))
      return failure(`${name} did not stay up: it was started again by itself within ${stableSeconds} s`);
  }
  if (isThere(service)) {
    const changed = verb !== 'start' && verb !== 'stop' ? true : service.state !== before.state || service.life !== before.life;
    return { status: 'success', message: `${whatIs(service)}.`, data: { changed, ...plain(service) } };
  }
  const late = service.state === 'changing' ? ` after ${waitSeconds} s` : '';
  return failure(`${whatIs(service)}${late}, and should be ${wanted}`);

  async function failure(sentence: string): Promise<PluginResult> {
    const words = await manager.lastWords(name, since);
    return {
      status: 'failed',
      message: `${sentence}.${words === '' ? '' : ` Its last words: ${words}`}`,
      data: { changed: true, ...plain(await existing(manager, name)) },
    };
  }
}

/** A service that does one thing and ends (systemd: `oneshot`) was started well when it is stopped again. */
const hasRunOnce = (before: Service, now: Service): boolean =>
  now.state === 'stopped' && now.life !== before.life && now.life !== '';

export const plain = ({ name, description, state, detail, enabled, startMode, pid }: Service) => ({
  name,
  description,
  state,
  detail,
  enabled: enabled ?? null,
  startMode,
  pid,
});
