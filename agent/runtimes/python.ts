import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import type { Json } from '../../shared/json.ts';
import { jobEnvironment } from '../execution/environment.ts';
import { exitSentence, type ProgramExit } from '../execution/exit-sentence.ts';
import { findProgram } from '../execution/find-program.ts';
import { endOfError, endOfProgram, endOfValue, type WorkEnd } from '../execution/job-end.ts';
import { versionOf } from './program-version.ts';
import { beginProgram } from './program-work.ts';
import { pythonShim } from './python-shim.ts';
import type { RuntimeAdapter, RuntimeResources } from './runtime.ts';

type Interpreter = { readonly file: string; readonly args: readonly string[] };

const whatToInstall = process.platform === 'win32' ? 'it from python.org or the Microsoft Store' : 'the package python3';

/**
 * Python files: a public function is an action. A JSON array of arguments is passed by position, an object by keyword. `print` goes to the
 * log, line by line; what the function returns is the result.
 */
export function createPythonRuntime(resources: RuntimeResources): RuntimeAdapter {
  const find = (): Interpreter | undefined => findPython(resources.env);
  return {
    missing: () => (find() === undefined ? `Python 3 was not found on this host: install ${whatToInstall}.` : undefined),
    async version() {
      const python = find();
      return versionOf(python?.file, resources.env, [...(python?.args ?? []), '--version']);
    },
    begin(job, sink) {
      const python = find() ?? { file: 'python3', args: [] };
      const entry = join(job.bundleDir, job.manifest.entry);
      const vendor = join(job.bundleDir, 'vendor');
      // written when the function is over, so that the workspace is empty for as long as it runs
      const end = join(job.workspace, '.muster-end.json');
      const isGivenSecrets = Object.keys(job.secrets).length > 0;
      // -B: no __pycache__ in the bundle, which is signed
      const args = [...python.args, '-B', '-X', 'utf8', '-c', pythonShim];
      const input = JSON.stringify({ entry, vendor, action: job.action, args: job.args, end: isGivenSecrets ? null : end });
      const env = jobEnvironment(resources.env, job);
      return beginProgram(job, sink, resources, { file: python.file, args, env, input }, (exit, printed) => {
        const onLine = printedEnd.safeParse(printed?.data).data?.pythonEnd;
        const told = (isGivenSecrets ? undefined : readEnd(end)) ?? onLine;
        // a function that returns nothing may print its result as any program does
        const isNothingReturned = told === undefined ? isGivenSecrets : 'returned' in told && told.returned === null;
        if (isNothingReturned && printed !== undefined && onLine === undefined) return endOfProgram(exit, printed);
        return endOfPython(told, exit);
      });
    },
    async close() {},
  };
}

const toldEnd = z.union([
  z.strictObject({ returned: z.unknown() }),
  z.strictObject({ raised: z.string() }),
  z.strictObject({ unwritable: z.string() }),
  z.strictObject({ exit: z.union([z.int(), z.string()]) }),
]);
type ToldEnd = z.infer<typeof toldEnd>;
const printedEnd = z.strictObject({ pythonEnd: toldEnd });

function endOfPython(told: ToldEnd | undefined, exit: ProgramExit): WorkEnd {
  if (told === undefined) return endOfError(`Python ended before the function returned. ${exitSentence(exit)}`, exit.exitCode);
  if ('raised' in told) return endOfError(told.raised);
  if ('unwritable' in told) return endOfError(`The function returned what cannot be written as JSON: ${told.unwritable}.`);
  if ('exit' in told) {
    return typeof told.exit === 'string'
      ? endOfError(told.exit, 1)
      : endOfProgram({ exitCode: told.exit, signal: null }, undefined);
  }
  // it returned, but Python broke down on its way out: what was to be done in its last moments may be missing
  if (exit.exitCode !== 0) return endOfProgram(exit, undefined);
  return { ...endOfValue(told.returned as Json), exitCode: 0 };
}

function readEnd(path: string): ToldEnd | undefined {
  try {
    return toldEnd.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined; // it was never written: the interpreter was killed, or called os._exit
  }
}

/** `python` may be Python 2 or, on Windows, a stub that opens the shop; `py` is the launcher of Windows. */
function findPython(env: Readonly<Record<string, string>>): Interpreter | undefined {
  const launcher = process.platform === 'win32' ? findProgram(['py'], env) : undefined;
  if (launcher !== undefined) return { file: launcher, args: ['-3'] };
  const file = findProgram(['python3', 'python'], env);
  return file === undefined || /\\WindowsApps\\/i.test(file) ? undefined : { file, args: [] };
}
