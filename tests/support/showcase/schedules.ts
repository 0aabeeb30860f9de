import type { Task } from '../../../shared/api/tasks.ts';
import type { ApiClient, TaskDraft } from '../api-client.ts';

/** What the fleet does by itself; `past` is how often it was done before the showing. */
export type ShownSchedule = {
  readonly draft: TaskDraft;
  readonly role: string | null;
  readonly past: { readonly every: number; readonly runs: number; readonly hosts: number };
};

const hour = 3600;
const day = 24 * hour;
const shell = (command: string) => ({ plugin: 'shell', args: { command } });

export const showcaseSchedules: readonly ShownSchedule[] = [
  {
    draft: {
      name: 'Nightly database backup', owner: 'tag:db', ...shell('pg_dumpall | gzip > /backup/all.gz'), type: 'Scheduled', cron: '0 3 * * *',
      timeZone: 'Europe/Berlin', retries: { count: 2 }, locks: ['backup-storage'], excludeDates: ['2030-12-25'],
    },
    role: 'db', past: { every: day, runs: 30, hosts: 20 },
  },
  {
    draft: {
      name: 'Config drift check', owner: 'tag:app & tag:env=prod', ...shell('drift --check'), type: 'Scheduled', cron: '*/30 * * * *', timeZone: 'Etc/UTC',
      blackout: ['Mon-Fri 12:00-13:30'],
    },
    role: 'app', past: { every: hour / 2, runs: 160, hosts: 20 },
  },
  {
    draft: { name: 'Reload nginx with the new certificate', owner: 'tag:web', ...shell('nginx -t && nginx -s reload'), type: 'Scheduled', cron: '15 4 * * 1', timeZone: 'Europe/Berlin', splaySeconds: 600 },
    role: 'web', past: { every: 7 * day, runs: 4, hosts: 100 },
  },
  {
    draft: { name: 'Synthetic checkout', owner: 'Anyone', ...shell('checkout-probe --region all'), type: 'Interval', everySeconds: 300 },
    role: 'app', past: { every: 300, runs: 280, hosts: 1 },
  },
  {
    draft: { name: 'Latency to the upstreams', owner: 'tag:web & tag:env=prod', ...shell('probe-upstreams'), type: 'Interval', everySeconds: 120 },
    role: 'web', past: { every: 120, runs: 60, hosts: 100 },
  },
  {
    draft: { name: 'Certificate expiry check', owner: 'tag:edge', ...shell('check-certs --days 21'), type: 'Scheduled', cron: '0 6 * * *', timeZone: 'America/New_York' },
    role: 'edge', past: { every: day, runs: 25, hosts: 24 },
  },
  {
    draft: { name: 'Cache hit ratio', owner: 'tag:cache', ...shell('redis-cli info stats'), type: 'Interval', everySeconds: 900 },
    role: 'cache', past: { every: 900, runs: 120, hosts: 12 },
  },
  {
    draft: { name: 'Windows updates pending', owner: 'os:windows', ...shell('Get-WindowsUpdate'), type: 'Scheduled', cron: '0 5 * * 2', timeZone: 'Etc/UTC' },
    role: 'win', past: { every: 7 * day, runs: 4, hosts: 8 },
  },
  {
    draft: { name: 'Disk space report', owner: 'ALL', ...shell('df -h /'), type: 'Scheduled', cron: '0 7 * * 1', timeZone: 'Etc/UTC' },
    role: null, past: { every: 7 * day, runs: 4, hosts: 150 },
  },
]; // biome-ignore format: a table

export async function createSchedules(api: ApiClient): Promise<Task[]> {
  const tasks: Task[] = [];
  for (const { draft } of showcaseSchedules) tasks.push((await api.createTask(draft)).task);
  return tasks;
}
