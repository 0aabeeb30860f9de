import { z } from 'zod';
import manifest from '../../package.json' with { type: 'json' };
import { type Agent, agent } from '../../shared/api/agents.ts';
import { task } from '../../shared/api/tasks.ts';
import { MusterError } from '../../shared/errors.ts';
import type { Client } from '../client.ts';
import type { Finding } from '../output/findings.ts';
import { readList } from '../pages.ts';

export type ServerLook = { readonly reached: boolean; readonly findings: readonly Finding[] };

const patienceMs = 5000;
const readiness = z.object({ status: z.string(), checks: z.record(z.string(), z.string()) });
const description = z.object({ info: z.object({ title: z.string(), version: z.string() }) });

/** Is there a server, is it Muster, is it ready, of which version, and do the clocks agree? Asks nothing that needs a token. */
export async function lookAtServer(server: string, now: () => number): Promise<ServerLook> {
  const what = 'server';
  try {
    const askedAt = now();
    const response = await fetch(`${server}/readyz`, { signal: AbortSignal.timeout(patienceMs), redirect: 'manual' });
    const answeredAt = now();
    const ready = readiness.safeParse(await response.json().catch(() => undefined));
    if (!ready.success) return { reached: false, findings: [notMuster(server)] };
    const clock = clockFinding(response.headers.get('date'), askedAt, answeredAt);
    const version = await versionFinding(server);
    if (ready.data.status === 'ready')
      return { reached: true, findings: [{ level: 'ok', what, detail: server }, version, ...clock] };
    const failing = Object.entries(ready.data.checks).filter(([, result]) => result !== 'ok');
    const detail = `${server} answers, but is not ready: ${failing.map(([name, result]) => `${name} ${result}`).join(', ')}.`;
    return {
      reached: true,
      findings: [{ level: 'fail', what, detail, remedy: 'The log of the server tells more.' }, version, ...clock],
    };
  } catch (error) {
    const cause = (error as Error).cause as NodeJS.ErrnoException | undefined;
    const why = cause?.code ?? cause?.message ?? (error as Error).message;
    return {
      reached: false,
      findings: [
        {
          level: 'fail',
          what,
          detail: `There is no answer from ${server} (${why}).`,
          remedy: 'Start it with `npm start` or `npx muster server`, or name another one with --server or MUSTER_SERVER.',
        },
      ],
    };
  }
}

const notMuster = (server: string): Finding => ({
  level: 'fail',
  what: 'server',
  detail: `What answers at ${server} is not Muster.`,
  remedy: 'Check --server or MUSTER_SERVER.',
});

async function versionFinding(server: string): Promise<Finding> {
  const what = 'version';
  const response = await fetch(`${server}/api/v1/openapi.json`, { signal: AbortSignal.timeout(patienceMs) });
  const described = description.safeParse(await response.json().catch(() => undefined));
  if (!described.success) return notMuster(server);
  const { version } = described.data.info;
  if (version === manifest.version) return { level: 'ok', what, detail: version };
  return {
    level: 'warn',
    what,
    detail: `The server is ${version}, this command ${manifest.version}.`,
    remedy: 'Use the same version on both sides.',
  };
}

/** The answer was made between asking and answering, and its date is cut to the second. */
function clockFinding(date: string | null, askedAt: number, answeredAt: number): Finding[] {
  const what = 'clock';
  const served = Date.parse(date ?? '');
  if (Number.isNaN(served)) return [];
  const behind = Math.max(0, askedAt - (served + 999));
  const ahead = Math.max(0, served - answeredAt);
  const difference = Math.round(Math.max(behind, ahead) / 1000);
  if (difference < 5) return [{ level: 'ok', what, detail: 'the same as that of the server' }];
  const detail = `The clock of the server is ${difference} s ${ahead > behind ? 'ahead' : 'behind'}.`;
  return [{ level: 'warn', what, detail, remedy: 'Let both hosts keep time by NTP.' }];
}

export async function checkToken(client: Client): Promise<Finding> {
  const what = 'token';
  try {
    await readList(client, '/api/v1/tasks', task, { limit: 1 });
    return { level: 'ok', what, detail: 'the server knows it' };
  } catch (error) {
    if (!(error instanceof MusterError)) throw error;
    return { level: 'fail', what, detail: error.message };
  }
}

export async function checkAgents(client: Client): Promise<Finding> {
  const what = 'agents';
  const { items, next } = await readList(client, '/api/v1/agents', agent, { limit: 10_000 });
  const connected = items.filter((one: Agent) => one.connected).length;
  const detail = `${connected} of ${items.length}${next === null ? '' : ' or more'} connected`;
  if (connected > 0)
    return {
      level: connected === items.length ? 'ok' : 'warn',
      what,
      detail,
      ...(connected < items.length && { remedy: '`npx muster agents` shows which.' }),
    };
  return {
    level: 'warn',
    what,
    detail: items.length === 0 ? 'There are none.' : `None of ${items.length} is connected.`,
    remedy: '`npm start` runs one on this host; `npx muster join-token create` prints the command that adds another host.',
  };
}
