/** `node --liftoff-only scripts/check-powershell.ts FILE…`: one line per fault, exit code 1 if there are any. */
import { readFile } from 'node:fs/promises';
import { includedBy } from './powershell/included-scripts.ts';
import { createPowerShellCheck } from './powershell/powershell-faults.ts';

const faultsOf = await createPowerShellCheck();
for (const file of process.argv.slice(2)) {
  for (const { line, why } of faultsOf(await readFile(file, 'utf8'), await includedBy(file))) {
    process.stdout.write(`${file}:${line}: ${why}\n`);
    process.exitCode = 1;
  }
}
