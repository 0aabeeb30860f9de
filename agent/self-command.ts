import { isSea } from 'node:sea';
import { fileURLToPath } from 'node:url';

/** The command line that starts this program again with one of its subcommands: as a single executable, as a bundle, or from its source. */
export function selfCommand(subcommand: string): { file: string; args: string[] } {
  if (isSea()) return { file: process.execPath, args: [subcommand] };
  // a bundle has no address of its own modules: there the script that was started is the whole program
  const entry =
    import.meta.url === undefined ? process.argv[1] : fileURLToPath(new URL('../bin/muster-agent.js', import.meta.url));
  return { file: process.execPath, args: [entry ?? '', subcommand] };
}
