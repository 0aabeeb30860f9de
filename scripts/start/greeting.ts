import { relative, sep } from 'node:path';
import { defaultServer } from '../../cli/connection.ts';

export type GreetingFacts = {
  readonly version: string;
  readonly url: string;
  readonly signInUrl: string;
  /** null: the settings gave the token */
  readonly tokenFile: string | null;
  readonly agentName: string | undefined;
  readonly dataDir: string;
  readonly cwd: string;
};

/** What a person sees when all is up: the way in, and three things to try that work as they stand. */
export function greeting({ version, url, signInUrl, tokenFile, agentName, dataDir, cwd }: GreetingFacts): string {
  const token = tokenFile === null ? '"$MUSTER_ADMIN_TOKEN"' : `$(cat ${shellWord(shortest(tokenFile, cwd))})`;
  const folder = shortest(dataDir, cwd);
  const before = folder === 'data' || tokenFile === null ? '' : `MUSTER_DATA_DIR=${shellWord(folder)} `;
  const server = url === defaultServer ? '' : ` --server ${url}`;
  return `
Muster ${version} is ready.

  dashboard   ${signInUrl}
              (signs you in once, within ten minutes)
  API token   ${tokenFile ?? 'that of MUSTER_ADMIN_TOKEN'}
  this host   ${agentName === undefined ? 'has no agent' : `${agentName}, Online`}

Try:

  ${before}npx muster run${server} -- uname -a

  ${before}npx muster agents${server}

  TOKEN=${token}
  curl -X POST ${url}/tasks -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \\
    -d '{"owner":"Anyone","plugin":"create_incident","action":"main","args":["P1","Database connection failed"],"type":"Adhoc"}'

Ctrl-C stops it.
`;
}

/** Relative where that is inside the present folder, as a person would write it. */
function shortest(path: string, cwd: string): string {
  const inside = relative(cwd, path);
  return inside !== '' && !inside.startsWith('..') ? inside.split(sep).join('/') : path;
}

const shellWord = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
