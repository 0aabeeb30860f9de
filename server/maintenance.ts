import { setPriority } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { MusterError, problemOf } from '../shared/errors.ts';
import { type BackupReport, makeBackup } from './backup/make-backup.ts';
import { backupText, restoreText } from './backup/report-text.ts';
import { restoreBackup } from './backup/restore-backup.ts';
import { checkDatabase } from './check/check-database.ts';
import { migrations } from './schema/migrations/all.ts';
import { readServerSettings } from './settings.ts';
import { version } from './version.ts';

/**
 * Work on the data folder of this host, beside a running server or without one: `backup [FILE]`, `restore FILE`, `check`. In a process of its
 * own, because the file of the database must never be opened a second time in the process of the server.
 */
await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<void> {
  const json = args.includes('--json');
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        'data-dir': { type: 'string' },
        json: { type: 'boolean' },
        force: { type: 'boolean' },
        'nothing-ran-since': { type: 'boolean' },
        deep: { type: 'boolean' },
      },
      allowPositionals: true,
    });
    const [what, file] = positionals;
    const { values: settings } = await readServerSettings({
      flags: { dataDir: values['data-dir'] },
      env: process.env,
      cwd: process.cwd(),
    });
    const { dataDir } = settings;
    if (what === 'backup') {
      yieldToTheServer();
      const report = makeBackup({ dataDir, file: resolve(file ?? backupName(Date.now())), version, now: Date.now });
      tell(report, backupText(report), json);
    } else if (what === 'restore' && file !== undefined) {
      const report = await restoreBackup({
        file: resolve(file),
        dataDir,
        occupied: values.force === true ? 'set-aside' : 'refuse',
        since: values['nothing-ran-since'] === true ? 'nothing-ran' : 'may-have-worked',
        migrations,
        now: Date.now,
      });
      tell(report, restoreText(report, values['nothing-ran-since'] === true ? 'nothing-ran' : 'may-have-worked'), json);
    } else if (what === 'check') {
      yieldToTheServer();
      const depth = values.deep === true ? 'deep' : 'quick';
      for (const finding of checkDatabase({ dataDir, migrations, depth, now: Date.now() }))
        process.stdout.write(`${JSON.stringify(finding)}\n`);
    } else throw new MusterError('field_invalid', `There is nothing such as ${what}: say backup, restore or check.`);
  } catch (error) {
    refuse(error, json);
  }
}

/** Such as `muster-backup-20260105T120000Z.db`, which sorts by time. */
const backupName = (now: number): string => `muster-backup-${new Date(now).toISOString().replace(/[-:]|\.\d+/g, '')}.db`;

/** The server goes first where both want the processor. */
function yieldToTheServer(): void {
  try {
    setPriority(10);
  } catch {
    // a host that does not allow it makes the backup all the same
  }
}

function tell(report: BackupReport | object, text: string, json: boolean): void {
  process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : text);
}

function refuse(error: unknown, json: boolean): void {
  const known =
    error instanceof MusterError ? error : new MusterError('internal', error instanceof Error ? error.message : String(error));
  process.stderr.write(json ? `${JSON.stringify({ error: problemOf(known) })}\n` : `muster: ${known.message}\n`);
  process.exitCode = 2;
}
