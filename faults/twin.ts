import { cp, rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { startProgram } from '../tests/support/child-program.ts';
import type { Fleet, FleetAgent } from './fleet.ts';

/** A second process with the identity of an agent, from a copy of its folder: as when somebody clones a host, or installs one anew. */
export async function createTwin(
  fleet: Fleet,
  agent: FleetAgent,
  { withJournal, forMs }: { readonly withJournal: boolean; readonly forMs: number },
): Promise<{ hit: boolean; note: string }> {
  const folder = `${agent.folder}-twin`;
  await rm(folder, { recursive: true, force: true });
  await cp(agent.folder, folder, {
    recursive: true,
    filter: (path) =>
      !(withJournal ? /agent\.lock|work/ : /agent\.lock|work|journal|spool/).test(path.slice(agent.folder.length)),
  });
  const twin = startProgram({
    program: 'agent',
    env: {
      LC_MUSTER_FAULTS: fleet.folder,
      MUSTER_SERVER: `http://127.0.0.1:${agent.link.port}`,
      MUSTER_AGENT_DIR: folder,
      MUSTER_AGENT_DRAIN_SECONDS: '0',
      // it takes the seat of the agent, and no work
      MUSTER_AGENT_SLOTS: '1',
      MUSTER_LOG_LEVEL: 'info',
    },
  });
  await pause(forMs);
  const text = twin.output();
  await twin.stop();
  await rm(folder, { recursive: true, force: true });
  return { hit: /"msg":"(connected|refused)"/.test(text), note: /"msg":"([a-z_]+)"/.exec(text)?.[1] ?? '' };
}
