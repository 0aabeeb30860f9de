import type { Command } from 'commander';
import { runInForeground } from '../processes/in-foreground.ts';
import type { Surroundings } from '../surroundings.ts';

type Options = { readonly dataDir?: string; readonly force?: true; readonly nothingRanSince?: true; readonly json?: true };

/** `muster backup` and `muster restore`: on the host of the server, by a program of the server that works on its data folder. */
export function addBackup(program: Command, surroundings: Surroundings, exit: (code: number) => void): void {
  const run = async (what: 'backup' | 'restore', file: string | undefined, options: Options): Promise<void> => {
    // the flag may stand before the command too
    const json = options.json === true || program.opts().json === true;
    const args = [
      what,
      ...(options.dataDir === undefined ? [] : [`--data-dir=${options.dataDir}`]),
      ...(options.force ? ['--force'] : []),
      ...(options.nothingRanSince ? ['--nothing-ran-since'] : []),
      ...(json ? ['--json'] : []),
      ...(file === undefined ? [] : ['--', file]),
    ];
    exit(await runInForeground('maintenance', args, { surroundings, logsToStderr: false, onMessage: () => undefined }));
  };
  const add = (name: 'backup' | 'restore', summary: string, description: string): Command =>
    program
      .command(name)
      .helpGroup('Processes:')
      .summary(summary)
      .description(description)
      .option('--data-dir <path>', 'data folder of the server (MUSTER_DATA_DIR; default: ./data)');

  add(
    'backup',
    'copy the whole server into one file',
    'Copies the database, the key of the server, the admin token and the settings of its folder into one new file, on the host of the server. The server may run meanwhile.',
  )
    .argument('[file]', 'default: muster-backup-<UTC time>.db in this folder')
    .option('--json', 'print JSON for a program and nothing else')
    .action((file: string | undefined, options: Options) => run('backup', file, options));
  add(
    'restore',
    'make a data folder of a backup',
    'Makes a data folder of a backup, on the host of the server. No server may run on it.',
  )
    .argument('<file>', 'made by `muster backup`')
    .option('--force', 'set a folder that is not empty aside, as <folder>.before-restore-<UTC time>')
    .option(
      '--nothing-ran-since',
      'the server has not worked after the backup: open work goes on where it was, instead of being ended',
    )
    .option('--json', 'print JSON for a program and nothing else')
    .action((file: string, options: Options) => run('restore', file, options));
}
