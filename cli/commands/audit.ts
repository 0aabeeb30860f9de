import type { Command } from 'commander';
import { type AuditEntry, auditEntry } from '../../shared/api/access.ts';
import type { Context, Perform } from '../context.ts';
import { addSharedOptions, limitOption } from '../flags.ts';
import type { Column } from '../output/table.ts';
import { ago } from '../output/times.ts';
import { readList } from '../pages.ts';
import { printList } from '../print-list.ts';

const flags = { actor: '--actor', action: '--action', subject: '--subject', since: '--since', until: '--until' } as const;

type AuditOptions = {
  readonly actor?: string;
  readonly action?: string;
  readonly subject?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit: number;
};

export function addAudit(program: Command, perform: Perform): void {
  const command = program
    .command('audit')
    .helpGroup('Access:')
    .summary('who did what')
    .description('Who did what, newest first. --json prints each entry whole, with its detail.')
    .option('--actor <name>', 'only what this one did')
    .option('--action <action>', 'only this, such as task.created')
    .option('--subject <subject>', 'only what was done to this: an id or a name')
    .option('--since <time>', 'then or later: an instant, or how long ago, such as 24h')
    .option('--until <time>', 'before')
    .addOption(limitOption());
  addSharedOptions(command).action(perform(list, flags));
}

async function list(context: Context, { actor, action, subject, since, until, limit }: AuditOptions): Promise<undefined> {
  const query = { actor, action, subject, since, until, limit };
  const page = await readList(context.client, '/api/v1/audit', auditEntry, query);
  printList(context, page, columns(context.surroundings.now()), 'No entries.');
}

const columns = (now: number): Column<AuditEntry>[] => [
  { title: 'WHEN', value: ({ at }) => ago(at, now) },
  { title: 'WHO', value: ({ actor }) => actor, flexible: true },
  { title: 'WHAT', value: ({ action }) => action },
  { title: 'TO WHAT', value: ({ subject }) => subject, flexible: true },
  { title: 'DETAIL', value: ({ detail }) => (Object.keys(detail).length === 0 ? '' : JSON.stringify(detail)), flexible: true },
];
