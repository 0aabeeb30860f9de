/**
 * How every state word looks: a colour, an icon of its own shape and a word, so that none of the three is needed to tell them apart.
 * Execution states, run states, agent statuses, task statuses and the like share the table, because a word means one thing everywhere.
 */
export type Badge = { readonly tone: Tone; readonly icon: string; readonly word: string };
export type Tone = 'good' | 'bad' | 'busy' | 'wait' | 'warn' | 'off';

const table: Readonly<Record<string, Badge>> = {
  queued: { tone: 'wait', icon: 'clock', word: 'Queued' },
  offered: { tone: 'busy', icon: 'send', word: 'Offered' },
  running: { tone: 'busy', icon: 'player-play', word: 'Running' },
  unknown: { tone: 'warn', icon: 'help-circle', word: 'Unknown' },
  cancelling: { tone: 'warn', icon: 'hand-stop', word: 'Cancelling' },
  succeeded: { tone: 'good', icon: 'circle-check', word: 'Succeeded' },
  failed: { tone: 'bad', icon: 'circle-x', word: 'Failed' },
  timed_out: { tone: 'bad', icon: 'hourglass-empty', word: 'Timed out' },
  cancelled: { tone: 'off', icon: 'ban', word: 'Cancelled' },
  expired: { tone: 'off', icon: 'clock-off', word: 'Expired' },
  skipped: { tone: 'off', icon: 'player-skip-forward', word: 'Skipped' },
  rejected: { tone: 'bad', icon: 'shield-x', word: 'Rejected' },
  lost: { tone: 'bad', icon: 'ghost', word: 'Lost' },
  active: { tone: 'busy', icon: 'activity', word: 'Active' },
  paused: { tone: 'warn', icon: 'player-pause', word: 'Paused' },
  done: { tone: 'off', icon: 'check', word: 'Done' },
  Online: { tone: 'good', icon: 'plug-connected', word: 'Online' },
  Idle: { tone: 'warn', icon: 'zzz', word: 'Idle' },
  Offline: { tone: 'off', icon: 'plug-connected-x', word: 'Offline' },
  Revoked: { tone: 'bad', icon: 'lock', word: 'Revoked' },
  current: { tone: 'good', icon: 'circle-check', word: 'Current' },
  outdated: { tone: 'warn', icon: 'history', word: 'Outdated' },
  missing: { tone: 'wait', icon: 'download', word: 'Not there yet' },
  not_for_it: { tone: 'off', icon: 'ban', word: 'Other platform' },
  Earlier: { tone: 'off', icon: 'history', word: 'Earlier' },
  Later: { tone: 'wait', icon: 'arrow-right', word: 'Later' },
  waiting: { tone: 'wait', icon: 'clock', word: 'Waiting' },
  downloading: { tone: 'busy', icon: 'download', word: 'Downloading' },
  ready: { tone: 'busy', icon: 'hourglass-empty', word: 'Ready to switch' },
  switching: { tone: 'busy', icon: 'refresh', word: 'Switching' },
  healthy: { tone: 'good', icon: 'heartbeat', word: 'Updated' },
  rolled_back: { tone: 'bad', icon: 'history', word: 'Rolled back' },
  not_possible: { tone: 'off', icon: 'ban', word: 'Not possible' },
  ended: { tone: 'off', icon: 'player-stop', word: 'Ended' },
  other_build: { tone: 'warn', icon: 'history', word: 'Other build' },
  valid: { tone: 'good', icon: 'circle-check', word: 'Valid' },
  used: { tone: 'off', icon: 'check', word: 'Used up' },
  revoked: { tone: 'off', icon: 'lock', word: 'Revoked' },
  enabled: { tone: 'good', icon: 'user', word: 'Enabled' },
  disabled: { tone: 'off', icon: 'ban', word: 'Disabled' },
};

/** A word that the table does not know is shown as it is. */
export const badge = (word: string): Badge =>
  Object.hasOwn(table, word) ? (table[word] as Badge) : { tone: 'off', icon: 'point', word };
export const badgeWords = Object.keys(table);
