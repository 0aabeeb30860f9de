import type { BackupReport } from './make-backup.ts';
import type { RestoreOrder, RestoreReport } from './restore-backup.ts';

export const backupText = ({ file, bytes, madeAt, counts, files, durationMs }: BackupReport): string =>
  [
    `${file}  ${size(bytes)}, checked, in ${(durationMs / 1000).toFixed(1)} s`,
    `  as of      ${new Date(madeAt).toISOString()}`,
    `  holds      ${countsText(counts)}`,
    `  and        ${files.join(', ') || 'no other files'}`,
    '  It holds the key of the server and the admin token: keep it where only you can read it.',
    '',
  ].join('\n');

export function restoreText(report: RestoreReport, since: RestoreOrder['since']): string {
  const { dataDir, madeAt, version, counts, files, setAside, open } = report;
  return [
    `${dataDir} is as it was at ${new Date(madeAt).toISOString()} (Muster ${version})`,
    `  holds      ${countsText(counts)}`,
    `  and        ${files.join(', ') || 'no other files'}`,
    ...(setAside === null ? [] : [`  before     is kept in ${setAside}`]),
    '',
    'When the server starts on it:',
    ...openWork(open, since),
    '  - Agents come back by themselves. Those that joined after the backup are not known and must join again.',
    '  - What was revoked, withdrawn or deleted after the backup is valid again: do it once more.',
    '  - Firings of schedules that were due meanwhile are treated as if the server had been down.',
    '',
  ].join('\n');
}

const openWork = (open: number, since: RestoreOrder['since']): string[] =>
  since === 'nothing-ran'
    ? [`  - ${open} open executions go on where they were.`]
    : [
        `  - ${open} executions that were open in the backup end as lost or cancelled with the reason "restored": they may have been done`,
        '    since, so that nothing starts them again. What agents still know of started ones is added to them.',
        '  - Work that began after the backup is stopped on the hosts: the ledger does not know it.',
      ];

const countsText = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([table, count]) => `${count} ${table.replace('_', ' ')}`)
    .join(', ');

function size(bytes: number): string {
  return bytes < 1024 ** 2 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}
