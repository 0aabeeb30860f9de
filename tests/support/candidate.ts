import type { Candidate } from '../../server/features/tasks/assignment.ts';

/** An agent as the choice of a host sees it: Online, idle, with two slots. */
export const candidate = (id: string, changes: Partial<Candidate> = {}): Candidate => ({
  id,
  name: id,
  status: 'Online',
  connected: true,
  os: 'linux',
  slots: 2,
  held: 0,
  load1: 0,
  ...changes,
});
