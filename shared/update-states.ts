/**
 * How an update of the agents is, and how it is on one host. The one table of both; nothing else repeats it.
 *
 * An update:
 *   running ──> paused (too many errors, or by hand) ──> running
 *      └──> done: every wave was begun and no host of it is under way; hosts that come back later still get it
 *   done ──> paused: as above, because of hosts that came back later
 *   running, paused, done ──> ended: taken back by hand, or replaced by a newer update
 *
 * A host of it:
 *   waiting (its wave has not begun, it is away, or its turn is yet to come)
 *     └──> offered ──> downloading ──> ready (verified; it waits until it may switch) ──> switching
 *                                                                                   ├──> healthy
 *                                                                                   └──> rolled_back
 *   failed: nothing was switched (download, signature, space, rights), or it did not come back; if it does after all, it tells how it ended.
 *   offered, downloading, ready ──> waiting: the update was paused, or the host went away before it had switched.
 *   current: it had this executable already.
 *   not_possible: it cannot replace itself (from source, without the starter, no executable for its platform)
 */
export const updateStates = ['running', 'paused', 'done', 'ended'] as const;
export type UpdateState = (typeof updateStates)[number];

export const hostUpdateStates = [
  'waiting', 'offered', 'downloading', 'ready', 'switching', 'healthy', 'current', 'failed', 'rolled_back', 'not_possible',
] as const; // biome-ignore format: a table of names
export type HostUpdateState = (typeof hostUpdateStates)[number];

/** What an agent itself tells of its update. */
export const toldUpdateStates = [
  'downloading',
  'ready',
  'switching',
  'healthy',
  'failed',
  'rolled_back',
] as const satisfies HostUpdateState[];
export type ToldUpdateState = (typeof toldUpdateStates)[number];

export const isUpdateOver = (state: HostUpdateState): boolean =>
  ['healthy', 'current', 'failed', 'rolled_back', 'not_possible'].includes(state);

/** The host was given the order and has not told the end of it. */
export const isUnderWay = (state: HostUpdateState): boolean =>
  state === 'offered' || state === 'downloading' || state === 'ready' || state === 'switching';

/** Those that stop a wave when there are too many. */
export const isUpdateError = (state: HostUpdateState): boolean => state === 'failed' || state === 'rolled_back';

/**
 * When an agent that has the new executable switches to it.
 * idle: as soon as nothing runs; it takes new work meanwhile, and after `drainAfterSeconds` takes none until it has switched
 * drain: it takes no new work from now on, and switches when what runs has ended
 * now: at once; what runs is ended as at a stop of the agent (`MUSTER_AGENT_DRAIN_SECONDS`)
 */
export const switchModes = ['idle', 'drain', 'now'] as const;
export type SwitchMode = (typeof switchModes)[number];
