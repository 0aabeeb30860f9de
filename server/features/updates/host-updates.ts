import type { Release, ReleaseFile } from '../../../shared/release.ts';
import { releasePlatformOf } from '../../../shared/release.ts';
import { type HostUpdateState, isUnderWay, isUpdateOver, type ToldUpdateState } from '../../../shared/update-states.ts';
import type { AgentView } from '../agents/agents.ts';

/** What becomes of one host of an update (`shared/update-states.ts`), as rules about values. */

/** Whether a host that waits can be told now. */
export type Fitness =
  | { readonly kind: 'offer' }
  | { readonly kind: 'current' }
  | { readonly kind: 'not_possible'; readonly message: string }
  /** connected, and about to tell what it runs as */
  | { readonly kind: 'soon' }
  | { readonly kind: 'away' };

/** An agent tells what it runs as within seconds; one that did not in this time never will. */
export const tellsWithinMs = 60_000;

export type Presence = {
  /** ms that its connection has been open; undefined: it is not connected */
  readonly connectedMs: number | undefined;
  /** whether it told on this connection what it runs as */
  readonly hasTold: boolean;
};

/** @param agent undefined: it was removed */
export function fitnessOf(agent: AgentView | undefined, { connectedMs, hasTold }: Presence, release: Release): Fitness {
  if (agent === undefined) return notPossible('The agent was removed.');
  if (agent.revoked) return notPossible('The agent was revoked.');
  if (connectedMs === undefined) return { kind: 'away' };
  if (hasTold && isTarget(agent, release)) return { kind: 'current' };
  const file = fileFor(agent, release);
  if (file === undefined)
    return notPossible(
      `The release has no executable for ${agent.os || 'an unknown system'} ${agent.arch}`.trimEnd().concat('.'),
    );
  if (!hasTold)
    return connectedMs < tellsWithinMs
      ? { kind: 'soon' }
      : notPossible('This agent is too old to update itself: run the install line again on this host.');
  const why = agent.executable?.notUpdatable;
  return why === null || why === undefined ? { kind: 'offer' } : notPossible(why);
}

const notPossible = (message: string): Fitness => ({ kind: 'not_possible', message });

export function fileFor({ os, arch }: Pick<AgentView, 'os' | 'arch'>, { files }: Release): ReleaseFile | undefined {
  const platform = releasePlatformOf(os, arch);
  return files.find((file) => file.platform === platform);
}

/** Whether what it told to run as is the executable of the release. */
export const isTarget = (agent: Pick<AgentView, 'os' | 'arch' | 'executable'>, release: Release): boolean =>
  agent.executable !== null && agent.executable.sha256 === (fileFor(agent, release)?.sha256 ?? '');

/** What its row becomes when an agent shows up with the executable of the update; undefined: it says so already. */
export function afterArrival(state: HostUpdateState): 'healthy' | 'current' | undefined {
  if (state === 'healthy' || state === 'current') return undefined;
  return state === 'waiting' || state === 'not_possible' ? 'current' : 'healthy';
}

/**
 * What its row becomes when an agent tells how its update is; undefined: the word is late and changes nothing. An end always counts, also
 * after the server has given the host up.
 */
export function afterTold(state: HostUpdateState, told: ToldUpdateState): HostUpdateState | undefined {
  if (isUpdateOver(told)) return state === told ? undefined : told;
  return state === 'healthy' || state === 'current' || state === 'rolled_back' ? undefined : told;
}

/** A server that stops in between asks for the outcome after its own return, so that this counts from there. */
export const returnSeconds = 120;
/** An agent of another protocol tells nothing until it has switched. */
export const otherProtocolSeconds = 900;

const minute = 60_000;
const longestMs: Readonly<Record<'offered' | 'downloading' | 'ready' | 'switching', number>> = {
  offered: minute,
  // the agent has bounds of its own, and tells when it gives up
  downloading: 120 * minute,
  ready: 7 * 24 * 60 * minute,
  // it may have to wait for the end of what runs
  switching: 30 * minute,
};

/** By when a host under way must be further, from now on; null: nothing is under way. */
export function deadlineOf(state: HostUpdateState, isAway: boolean, now: number, healthySeconds: number): number | null {
  if (!isUnderWay(state)) return null;
  if (isAway) return now + (healthySeconds + returnSeconds) * 1000;
  return now + longestMs[state as keyof typeof longestMs] + (state === 'switching' ? healthySeconds * 1000 : 0);
}

/** What becomes of a host under way whose deadline has passed. */
export function afterDeadline({
  state,
  isAway,
  otherProtocol,
}: {
  state: HostUpdateState;
  isAway: boolean;
  otherProtocol: number | null;
}): { readonly state: 'waiting' | 'failed'; readonly message: string } {
  if (otherProtocol !== null)
    return {
      state: 'failed',
      message: `It was told how to update and still speaks protocol ${otherProtocol}. Look at the log of the agent on the host.`,
    };
  // nothing was switched yet: the host is well, and only away
  if (isAway && (state === 'offered' || state === 'downloading'))
    return { state: 'waiting', message: `It went away ${state === 'offered' ? 'before it began' : 'during the download'}.` };
  return { state: 'failed', message: overdueText(state, isAway) };
}

function overdueText(state: HostUpdateState, isAway: boolean): string {
  if (isAway)
    return 'It did not come back in time. Look at the service of the agent on the host; when it is back, it tells how the update ended.';
  if (state === 'offered') return 'It did not answer to the order.';
  if (state === 'downloading') return 'The download came to no end within two hours.';
  if (state === 'ready') return 'It had no moment without work within a week. Try again with `--drain`.';
  return 'It told that it switches, and did not.';
}
