import Module from 'node:module';
import { resolve } from 'node:path';

/**
 * The internal subcommand `script`: runs a script as Node itself would, because the hosts of a single executable need have no Node. Also what
 * a plugin gets that forks a script of its own: for it this program is `process.execPath`.
 */
export function runNodeScript([file, ...args]: readonly string[]): void {
  if (file === undefined) {
    process.stderr.write('muster-agent script: name the file of a script.\n');
    process.exitCode = 2;
    return;
  }
  process.argv = [process.execPath, resolve(file), ...args];
  leaveOutWarning('MODULE_TYPELESS_PACKAGE_JSON');
  Module.runMain();
}

/** A script alone in a folder has no package.json that could say what it is, and need not have one. */
function leaveOutWarning(code: string): void {
  const printers = process.listeners('warning');
  process.removeAllListeners('warning');
  process.on('warning', (warning: Error & { readonly code?: string }) => {
    if (warning.code !== code) for (const print of printers) print(warning);
  });
}
