import type { ServerAddresses } from './server-settings.ts';
import { spelled } from './spelling.ts';
import { commandOf, type ThisTree } from './this-tree.ts';

export type ServerFacts = {
  readonly tree: Pick<ThisTree, 'isBundle'>;
  readonly platform: NodeJS.Platform;
  readonly addresses: ServerAddresses;
  /** the way in */
  readonly dashboard: string;
  /** null: the settings gave the token */
  readonly tokenFile: string | null;
  /** undefined: the usual one, where commands find the token by themselves */
  readonly dataDir: string | undefined;
};

/** What a person needs to know of a server that is up: where it is, how to get in, and how the first host is added. */
export function nextSteps({
  tree,
  platform,
  addresses: { here, forOthers },
  dashboard,
  tokenFile,
  dataDir,
}: ServerFacts): string {
  const folder = platform === 'win32' ? `$env:MUSTER_DATA_DIR = '${dataDir}'; ` : `MUSTER_DATA_DIR='${dataDir}' `;
  const command = `${dataDir === undefined ? '' : folder}${commandOf(tree, platform)} join-token create --server ${here}`;
  const address = forOthers ?? here;
  return `
  dashboard   ${dashboard}
  API token   ${tokenFile ?? 'that of MUSTER_ADMIN_TOKEN'}

Next, add a host. Make a join token, here:

  ${command}

and use it on the host, in a folder of Muster like this one; on Linux, or on Windows:

  sh setup_client.sh --server-url ${address} --token TOKEN
  powershell -ExecutionPolicy Bypass -File setup_client.ps1 -ServerUrl ${address} -Token TOKEN
${forOthers === undefined ? onlyHere(platform) : ''}`;
}

const onlyHere = (platform: NodeJS.Platform): string => `
The server listens for this host alone. For others, set it up with ${spelled('host', platform)} 0.0.0.0 and ${spelled('public-url', platform)}, and behind TLS
if the network is not yours alone (docs/production.md).
`;
