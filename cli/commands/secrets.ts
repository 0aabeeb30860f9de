import type { Command } from 'commander';
import { type SecretSummary, secretSummary } from '../../shared/api/secrets.ts';
import type { Context, Perform } from '../context.ts';
import { limitOption } from '../flags.ts';
import { addDefaultInGroup, addGroup, addInGroup } from '../groups.ts';
import type { Column } from '../output/table.ts';
import { ago } from '../output/times.ts';
import { readList } from '../pages.ts';
import { printList } from '../print-list.ts';

const path = '/api/v1/secrets';

export function addSecrets(program: Command, perform: Perform): void {
  const group = addGroup(program, 'secrets', 'Access:', 'secrets that tasks name');
  addDefaultInGroup(group, 'list', 'list secrets, without their values').addOption(limitOption()).action(perform(list));
  addInGroup(group, 'set', 'write or replace a secret; its value comes from the standard input, or is asked for')
    .argument('<name>', 'of the secret')
    .action(perform(set, { value: 'the value' }));
  addInGroup(group, 'remove', 'remove a secret').argument('<name>', 'of the secret').action(perform(remove));
}

async function list(context: Context, { limit }: { readonly limit: number }): Promise<undefined> {
  const page = await readList(context.client, path, secretSummary, { limit });
  printList(context, page, columns(context.surroundings.now()), 'No secrets.');
}

const columns = (now: number): Column<SecretSummary>[] => [
  { title: 'NAME', value: ({ name, usable }) => (usable ? name : `${name} (cannot be opened)`), flexible: true },
  { title: 'WRITTEN', value: ({ updatedAt }) => ago(updatedAt, now) },
  { title: 'BY', value: ({ updatedBy }) => updatedBy, flexible: true },
  { title: 'USED', value: ({ lastUsedAt }) => ago(lastUsedAt, now) },
  { title: 'TASKS', value: ({ usedByCount }) => String(usedByCount) },
];

async function set(context: Context, name: string): Promise<undefined> {
  const value = await context.surroundings.readSecret(`Value of ${name}: `);
  const written = await context.client.put(`${path}/${encodeURIComponent(name)}`, secretSummary, { value });
  context.print(written, () => `${name} is written. Nobody can read it again.\n`);
}

async function remove(context: Context, name: string): Promise<undefined> {
  await context.client.delete(`${path}/${encodeURIComponent(name)}`);
  context.print({ name, removed: true }, () => `${name} is removed.\n`);
}
