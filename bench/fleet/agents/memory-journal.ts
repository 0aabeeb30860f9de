import type { Journal } from '../../../agent/journal/journal.ts';

/**
 * Stands for the journal on the disk of a host: ten thousand hosts have ten thousand disks, and this machine has one. What the server sees
 * of a journal is here: the starts that it remembers, and what the hello lists, which the held attempts keep in memory anyway.
 */
export const createMemoryJournal = (life: string): Journal => ({
  found: new Map(),
  begin: async () => {},
  lives: () => [life],
  welcomed: () => {},
  started: () => written,
  spawned: () => {},
  ended: () => written,
  forgotten: () => {},
  trouble: () => undefined,
  close: async () => {},
});

const written = Promise.resolve();
