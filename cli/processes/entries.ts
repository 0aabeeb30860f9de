import { fileURLToPath } from 'node:url';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The programs that run as processes of their own. They are started, never imported: the CLI talks to a server as anyone does. */
export const entries = {
  server: at('../../bin/muster-server.js'),
  agent: at('../../bin/muster-agent.js'),
  maintenance: at('../../bin/muster-maintenance.js'),
} as const;
export type EntryName = keyof typeof entries;

/** Flags of Node for such a process. */
export const nodeFlags: readonly string[] = [
  // the young generation would grow to 130 MB under load and stay there; a third of that is as fast
  '--max-semi-space-size=16',
  '--import',
  new URL('./leave-with-parent.js', import.meta.url).href,
];
