import { type Command, Option } from 'commander';
import { type JoinToken, joinToken, joinTokenCreated } from '../../shared/api/access.ts';
import { MusterError } from '../../shared/errors.ts';
import { joinLines } from '../../shared/join-lines.ts';
import { type ReleasePlatform, signedRelease } from '../../shared/release.ts';
import { isLoopback } from '../connection.ts';
import type { Context, Perform } from '../context.ts';
import { limitOption, seconds, wholeNumber, words } from '../flags.ts';
import { addDefaultInGroup, addGroup, addInGroup } from '../groups.ts';
import type { Column } from '../output/table.ts';
import { ago, moment } from '../output/times.ts';
import { readList } from '../pages.ts';
import { printList } from '../print-list.ts';

const path = '/api/v1/join-tokens';
const flags = { expiresInSeconds: '--expires-in', maxUses: '--uses', agentName: '--name', tags: '--tags' } as const;

export function addJoinToken(program: Command, perform: Perform): void {
  const group = addGroup(program, 'join-token', 'Access:', 'tokens by which agents join');
  addDefaultInGroup(group, 'list', 'list join tokens').addOption(limitOption()).action(perform(list));
  addInGroup(group, 'create', 'make a join token; prints the command to run on the other host')
    .addOption(new Option('--uses <count>', 'how many agents may join with it').argParser(wholeNumber(1, 100_000)).default(1))
    .addOption(new Option('--expires-in <seconds>', 'such as 1h or 7d (default: 24h)').argParser(seconds))
    .option('--name <name>', 'fixes the name of the agent that joins')
    .addOption(new Option('--tags <tags>', 'tags of the agents that join, such as web,env=prod').argParser(words))
    .action(perform(create, flags));
  addInGroup(group, 'revoke', 'revoke a join token; agents that joined by it stay')
    .argument('<id>', 'of the join token')
    .action(perform(revoke));
}

async function list(context: Context, { limit }: { readonly limit: number }): Promise<undefined> {
  const page = await readList(context.client, path, joinToken, { limit });
  printList(context, page, columns(context.surroundings.now()), 'No join tokens. `muster join-token create` makes one.');
}

const columns = (now: number): Column<JoinToken>[] => [
  { title: 'ID', value: ({ id }) => id },
  {
    title: 'STATE',
    value: (token) => stateOf(token, now),
    colour: (token) => (stateOf(token, now) === 'valid' ? 'green' : 'dim'),
  },
  { title: 'USED', value: ({ uses, maxUses }) => `${uses}/${maxUses}`, align: 'right' },
  { title: 'EXPIRES', value: ({ expiresAt }) => ago(expiresAt, now) },
  { title: 'NAME', value: ({ agentName }) => agentName ?? '–', flexible: true },
  { title: 'TAGS', value: ({ tags }) => tags.join(' ') || '–', flexible: true },
  { title: 'BY', value: ({ createdBy }) => createdBy, flexible: true },
];

function stateOf({ revoked, expiresAt, uses, maxUses }: JoinToken, now: number): string {
  if (revoked) return 'revoked';
  if (Date.parse(expiresAt) <= now) return 'expired';
  return uses >= maxUses ? 'used up' : 'valid';
}

type CreateOptions = {
  readonly uses: number;
  readonly expiresIn?: number;
  readonly name?: string;
  readonly tags?: readonly string[];
};

async function create(context: Context, { uses, expiresIn, name, tags }: CreateOptions): Promise<undefined> {
  const body = {
    maxUses: uses,
    ...(expiresIn === undefined ? {} : { expiresInSeconds: expiresIn }),
    ...(name === undefined ? {} : { agentName: name }),
    ...(tags === undefined ? {} : { tags }),
  };
  const platforms = await platformsAt(context);
  const created = await context.client.post(path, joinTokenCreated, body);
  const { server } = context.client;
  const lines = joinLines(server, created.token, platforms);
  const command = lines[0]?.line ?? '';
  context.print({ ...created, command, commands: lines }, () =>
    lines.map(({ where, line }) => (lines.length > 1 ? `# ${where}\n${line}\n` : `${line}\n`)).join(''),
  );
  const many = created.maxUses === 1 ? 'one host' : `at most ${created.maxUses} hosts`;
  context.say(
    `Run this line ${platforms.length > 0 ? '' : 'in a folder with Muster '}on ${many}, before ${moment(created.expiresAt)}. The token is shown only now.`,
  );
  if (isLoopback(new URL(server).hostname)) {
    context.say(
      `${server} is reached from this host alone. For others let the server listen on an address of the network ` +
        '(MUSTER_HOST, with MUSTER_TLS_CERT and MUSTER_TLS_KEY) and put that address into the line.',
    );
  }
}

/** For which the server has executables; a server that has none says `not_found`. */
async function platformsAt({ client }: Context): Promise<ReleasePlatform[]> {
  try {
    return (await client.get('/downloads/release.json', signedRelease)).release.files.map(({ platform }) => platform);
  } catch (error) {
    if (error instanceof MusterError && error.code === 'not_found') return [];
    throw error;
  }
}

async function revoke(context: Context, id: string): Promise<undefined> {
  await context.client.delete(`${path}/${encodeURIComponent(id)}`);
  context.print({ id, revoked: true }, () => `${id} is revoked.\n`);
}
