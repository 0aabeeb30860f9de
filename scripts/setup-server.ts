/**
 * What setup_server.sh and setup_server.ps1 do once there is a Node: start the server from this folder, or install it as a service, and say
 * where it is. Their options are these flags.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runSetup } from './setup/run-setup.ts';
import { runServerHere } from './setup/server-here.ts';
import { installServerService } from './setup/server-service.ts';
import { readThisTree } from './setup/this-tree.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string' },
    host: { type: 'string' },
    'public-url': { type: 'string' },
    'data-dir': { type: 'string' },
    service: { type: 'boolean', default: false },
  },
});

process.exitCode = await runSetup(async (lines) => {
  const tree = readThisTree();
  const { service, 'data-dir': dataDir, ...rest } = values;
  const settings = { ...rest, ...(dataDir === undefined ? {} : { 'data-dir': resolve(dataDir) }) };
  // relative paths of the settings, and the plugins, are those of the folder that is set up
  process.chdir(tree.top);
  return service ? await installServerService({ tree, settings, lines }) : await runServerHere({ tree, settings, lines });
});
