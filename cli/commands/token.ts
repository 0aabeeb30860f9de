import { type Command, Option } from 'commander';
import { type ApiToken, apiToken, tokenCreated } from '../../shared/api/access.ts';
import { roles } from '../../shared/permissions.ts';
import type { Context, Perform } from '../context.ts';
import { limitOption, seconds } from '../flags.ts';
import { addDefaultInGroup, addGroup, addInGroup } from '../groups.ts';
import type { Column } from '../output/table.ts';
import { ago } from '../output/times.ts';
import { readList } from '../pages.ts';
import { printList } from '../print-list.ts';

const path = '/api/v1/tokens';
const flags = { name: '--name', role: '--role', expiresInSeconds: '--expires-in' } as const;

export function addToken(program: Command, perform: Perform): void {
  const group = addGroup(program, 'token', 'Access:', 'API tokens');
  addDefaultInGroup(group, 'list', 'list API tokens').addOption(limitOption()).action(perform(list));
  addInGroup(group, 'create', 'make an API token; it is shown once')
    .requiredOption('--name <text>', 'what it is for')
    .addOption(new Option('--role <role>', 'what it may do').choices(roles).default('operator'))
    .addOption(new Option('--expires-in <seconds>', 'such as 30d (default: never)').argParser(seconds))
    .action(perform(create, flags));
  addInGroup(group, 'revoke', 'revoke an API token, at once and for good')
    .argument('<id>', 'of the token')
    .action(perform(revoke));
}

async function list(context: Context, { limit }: { readonly limit: number }): Promise<undefined> {
  const page = await readList(context.client, path, apiToken, { limit });
  printList(context, page, columns(context.surroundings.now()), 'No API tokens.');
}

const columns = (now: number): Column<ApiToken>[] => [
  { title: 'ID', value: ({ id }) => id },
  { title: 'NAME', value: ({ name }) => name, flexible: true },
  { title: 'ROLE', value: ({ role }) => role },
  {
    title: 'STATE',
    value: (token) => stateOf(token, now),
    colour: (token) => (stateOf(token, now) === 'valid' ? 'green' : 'dim'),
  },
  { title: 'USED', value: ({ lastUsedAt }) => ago(lastUsedAt, now) },
  { title: 'EXPIRES', value: ({ expiresAt }) => (expiresAt === null ? 'never' : ago(expiresAt, now)) },
  { title: 'BY', value: ({ createdBy }) => createdBy, flexible: true },
];

function stateOf({ revoked, expiresAt }: ApiToken, now: number): string {
  if (revoked) return 'revoked';
  return expiresAt !== null && Date.parse(expiresAt) <= now ? 'expired' : 'valid';
}

type CreateOptions = { readonly name: string; readonly role: string; readonly expiresIn?: number };

async function create(context: Context, { name, role, expiresIn }: CreateOptions): Promise<undefined> {
  const body = { name, role, ...(expiresIn === undefined ? {} : { expiresInSeconds: expiresIn }) };
  const created = await context.client.post(path, tokenCreated, body);
  context.print(created, () => `${created.token}\n`);
  context.say(`It is shown only now. Its role is ${created.role}; \`muster token revoke ${created.id}\` ends it.`);
}

async function revoke(context: Context, id: string): Promise<undefined> {
  await context.client.delete(`${path}/${encodeURIComponent(id)}`);
  context.print({ id, revoked: true }, () => `${id} is revoked.\n`);
}
