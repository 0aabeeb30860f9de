/** Why an execution is where it is. Every row of the ledger that is not plainly running carries one of these codes and a sentence. */
export const reasonCodes = {
  // queued
  waiting: 'Waiting for the dispatcher.',
  host_offline: 'The host is not connected, or not Online.',
  no_eligible_agent: 'No Online agent can run this plugin.',
  slots_full: 'Every slot is taken.',
  concurrency: 'As many as may run at a time are under way; it waits for its turn.',
  retry_backoff: 'Waiting before the next attempt.',
  lease_ended: 'The offer was not accepted in time; it goes to an agent again.',
  agent_declined: 'The agent declined the offer; it goes to an agent again.',
  never_started: 'The agent never started it, which its journal proves; it goes to an agent again.',
  server_stopping: 'The server is stopping; the offer goes out again after its start.',
  splay: 'Waiting for its place in the time over which the firing is spread.',
  run_before: 'Waiting for the run before it to end.',
  // unknown and lost
  agent_silent: 'The agent fell silent; the truth is on the host.',
  agent_restarted: 'The agent restarted while the work ran; whether it finished cannot be known.',
  journal_foreign:
    'The agent came back with a journal that is not the one which held this attempt (its folder was copied, set back or emptied); whether the work finished cannot be known.',
  given_up: 'The agent did not return in time; whether the work finished cannot be known.',
  agent_removed: 'The agent was removed or revoked.',
  journal_damaged: 'The journal of the agent no longer holds this attempt; whether the work finished cannot be known.',
  // ends
  finished: 'The work finished.',
  snapshot: 'Its time was up; what it had printed until then is the result.',
  exit_code: 'The program ended with a non-zero exit code.',
  plugin_error: 'The plugin raised an error.',
  status_failed: 'The plugin reported status failed.',
  time_limit: 'The time limit passed; the process tree was killed.',
  cancel_requested: 'Cancelled on request.',
  cancel_forced: 'Cancelled on the ledger alone: the agent did not confirm in time.',
  restored: 'The server was restored from a backup that is older; whether this ran after the backup cannot be known.',
  expired: 'No host took it before it expired.',
  if_offline: 'The host was not connected, or not Online, and the task says not to wait.',
  // skipped
  no_host_matched: 'No host matched the owner.',
  overlap: 'The run before it was still active.',
  window: 'It fell into a time in which the task may not run.',
  misfired: 'The server was not running at the time of the firing.',
  paused: 'The task was paused.',
  queue_full: 'The queue was full.',
  run_too_large: 'The owner reaches more hosts than a run may have.',
  // rejected
  plugin_unknown: 'The agent does not know the plugin.',
  plugin_tampered: 'The plugin on the host does not match its signed hash.',
  action_unknown: 'The plugin has no such action.',
  args_invalid: 'The arguments do not fit the schema of the action.',
  platform_unsupported: 'The plugin does not run on this platform.',
  runtime_missing: 'The interpreter that the plugin needs is not on the host.',
  secret_missing: 'A secret that the task names is not there, or cannot be opened.',
  host_disk_full: 'The agent could not write its journal, so it started nothing.',
} as const satisfies Record<string, string>;

export type ReasonCode = keyof typeof reasonCodes;

export const isReasonCode = (value: string): value is ReasonCode => Object.hasOwn(reasonCodes, value);
