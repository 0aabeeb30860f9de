import { flushCompileCache, registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { census } from './census.ts';
import type { FromChild, ToChild } from './child-messages.ts';
import { protections } from './protections.ts';
import { sourceChanges } from './source-change.ts';

/**
 * Loaded into a server or an agent of the harness before its own code (`node --import`). It puts calls in the place of the markers of
 * named instants, turns protections off that are named in MUSTER_FAULTS_BREAK, and does what the harness says over the IPC channel.
 * What the process itself starts has neither: an agent hands down neither its flags nor its environment nor the channel.
 */
declare global {
  var musterInstant: ((name: string) => void) | undefined;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const broken = new Set((process.env.MUSTER_FAULTS_BREAK ?? '').split(',').filter((name) => name !== ''));
delete process.env.MUSTER_FAULTS_BREAK;
const changes = sourceChanges(protections.filter(({ name }) => broken.has(name)));

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    const change = url.startsWith('file:') ? changes.get(fileURLToPath(url).slice(root.length)) : undefined;
    if (change === undefined || loaded.source === undefined || loaded.source === null) return loaded;
    const text = typeof loaded.source === 'string' ? loaded.source : Buffer.from(loaded.source as Uint8Array).toString('utf8');
    return { ...loaded, source: change(text) };
  },
});

type Armed = { readonly name: string; left: number; readonly act: 'SIGKILL' | 'SIGSTOP' | 'report' };
/** From the start on, for what happens before the harness can say anything: `NAME:HITS`. */
const [armedName, armedHits] = (process.env.MUSTER_FAULTS_ARM ?? '').split(':');
delete process.env.MUSTER_FAULTS_ARM;
let armed: Armed | undefined = armedName ? { name: armedName, left: Number(armedHits), act: 'SIGKILL' } : undefined;
const counts: Record<string, number> = {};

globalThis.musterInstant = (name) => {
  counts[name] = (counts[name] ?? 0) + 1;
  if (armed?.name !== name) return;
  armed.left -= 1;
  if (armed.left > 0) return;
  const { act } = armed;
  armed = undefined;
  tell({ type: 'hit', name });
  // it is delivered before the call returns: nothing of ours runs after it
  if (act !== 'report') process.kill(process.pid, act);
};

const realNow = Date.now;
let offsetMs = 0;
const RealDate = Date;

/** The clock of the host as this process sees it; monotonic time stays as it is. */
function setClock(ms: number): void {
  offsetMs = ms;
  if (globalThis.Date !== RealDate) return;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, newTarget) =>
      Reflect.construct(
        target,
        args.length === 0 ? [realNow() + offsetMs] : args,
        newTarget === globalThis.Date ? target : newTarget,
      ),
    apply: () => new RealDate(realNow() + offsetMs).toString(),
    get: (target, key, receiver) => (key === 'now' ? () => realNow() + offsetMs : Reflect.get(target, key, receiver)),
  });
}

function tell(message: FromChild): void {
  process.send?.({ faults: message }, undefined, undefined, () => {});
}

process.on('message', (message: { readonly faults?: ToChild }) => {
  const order = message.faults;
  if (order === undefined) return;
  if (order.type === 'arm') armed = { name: order.name, left: order.hits, act: order.act };
  else if (order.type === 'disarm') armed = undefined;
  else if (order.type === 'clock') setClock(order.offsetMs);
  else tell({ type: 'census', census: { ...census(), instants: counts } });
});
process.channel?.unref();
// a process that is killed would leave nothing of what it has compiled to the next one
setTimeout(flushCompileCache, 2000).unref();
