import { agentSettings } from './settings-agent.ts';
import { serverSettings } from './settings-server.ts';

/**
 * Every `MUSTER_…` variable that means something to some part of Muster: one environment may serve server, agent and command line, and
 * none of them warns of what is another's.
 */
export const knownVariables: readonly string[] = [
  ...Object.values(serverSettings).map(({ env }) => env),
  ...Object.values(agentSettings).map(({ env }) => env),
  // of the command line, where a token is never a setting of a file
  'MUSTER_TOKEN',
  // of the program that starts an installed agent
  'MUSTER_AGENT_STARTER_PID',
];
