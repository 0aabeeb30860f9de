/**
 * What setup_client.sh and setup_client.ps1 do once there is a Node: try the way to the server, then join this host by the agent of this folder or
 * by the installer. Their options are these flags; the join token comes by MUSTER_JOIN_TOKEN, which others cannot see.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runAgentHere } from './setup/agent-here.ts';
import { readClientSetup } from './setup/client-setup.ts';
import { runInstaller } from './setup/run-installer.ts';
import { runSetup } from './setup/run-setup.ts';
import { readThisTree } from './setup/this-tree.ts';
import { checkWayToServer } from './setup/way-to-server.ts';

const { values } = parseArgs({
  options: {
    'server-url': { type: 'string' },
    'client-name': { type: 'string' },
    tags: { type: 'string' },
    slots: { type: 'string' },
    ca: { type: 'string' },
    'data-dir': { type: 'string' },
    service: { type: 'boolean', default: false },
    uninstall: { type: 'boolean', default: false },
  },
});

process.exitCode = await runSetup(async (lines) => {
  const tree = readThisTree();
  const absolute = (path: string | undefined): string | undefined => (path === undefined ? undefined : resolve(path));
  const flags = { ...values, ca: absolute(values.ca), 'data-dir': absolute(values['data-dir']) };
  process.chdir(tree.top);
  const setup = readClientSetup(flags, process.env, tree);
  if (setup.isUninstall) return await runInstaller({ tree, setup, lines });
  await checkWayToServer(setup.serverUrl, lines);
  return setup.isInstalled ? await runInstaller({ tree, setup, lines }) : await runAgentHere({ setup, lines });
});
