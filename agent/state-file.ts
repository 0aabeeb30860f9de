import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import * as z from 'zod';

/**
 * How the agent of a folder is, for whoever installs it, updates it, or looks on the host itself:
 *
 *   starting ──> waiting (for its server) ──> online ──> waiting …
 *       └──────────────┴───────────────────────┴──> ended (stopped, or a person has to do something first)
 */
const agentState = z.object({
  state: z.enum(['starting', 'waiting', 'online', 'ended']),
  /** a sentence; null: there is nothing to say */
  why: z.string().nullable(),
  /** of the error that ended it */
  code: z.string().nullable(),
  /** as the server calls it, once it is online */
  name: z.string().nullable(),
  server: z.string().nullable(),
  version: z.string(),
  pid: z.int(),
});
export type AgentState = z.infer<typeof agentState>;

export type StateFile = { tell(change: Partial<Pick<AgentState, 'state' | 'why' | 'code' | 'name' | 'server'>>): void };

/** A write that fails is no reason for an agent to fail: it only tells. */
export function createStateFile(path: string, version: string): StateFile {
  let state: AgentState = { state: 'starting', why: null, code: null, name: null, server: null, version, pid: process.pid };
  return {
    tell(change) {
      // what was said of the state before does not hold for the next
      state = { ...state, why: null, code: null, ...change };
      try {
        writeFileSync(`${path}.new`, `${JSON.stringify(state)}\n`, { mode: 0o600 });
        renameSync(`${path}.new`, path);
      } catch {
        // no space, or the folder was removed under it: both are told by whoever needs the folder
      }
    },
  };
}

/** undefined: no agent has told anything there */
export function readState(path: string): AgentState | undefined {
  try {
    return agentState.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
}
