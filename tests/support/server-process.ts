import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ChildProgram, startProgram } from './child-program.ts';

/** `muster server` in a process of its own, ready. */
export type ServerProcess = ChildProgram & {
  readonly url: string;
  /** opens the dashboard once */
  readonly signInUrl: string;
  /** of `admin` */
  readonly token: string;
};

export type ServerProcessOptions = {
  readonly dataDir: string;
  readonly pluginsDir: string;
  /** default: a free one */
  readonly port?: number;
  /** variables, such as `MUSTER_LEASE_SECONDS` */
  readonly settings?: Readonly<Record<string, string>>;
  /** further flags of Node */
  readonly flags?: readonly string[];
};

const patienceMs = 15_000;

type Ready = { readonly type: 'ready'; readonly url: string; readonly signInUrl: string };

/** @throws with what the server wrote, if it ends instead of getting ready */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const { dataDir, pluginsDir, port = 0, settings = {}, flags = [] } = options;
  const program = startProgram({
    program: 'server',
    flags,
    env: {
      MUSTER_DATA_DIR: dataDir,
      MUSTER_PLUGINS_DIR: pluginsDir,
      // whether something was built here decides nothing
      MUSTER_AGENTS_DIR: join(dataDir, 'no-agents'),
      MUSTER_PORT: String(port),
      MUSTER_LOG_LEVEL: 'info',
      ...settings,
    },
  });
  const { url, signInUrl } = await readyOf(program);
  const token = (await readFile(join(dataDir, 'admin.token'), 'utf8')).trim();
  return Object.assign(program, { url, signInUrl, token });
}

async function readyOf(program: ChildProgram): Promise<Ready> {
  const { promise, resolve, reject } = Promise.withResolvers<Ready>();
  const fail = (what: string): void => reject(new Error(`The server ${what}:\n${program.output()}`));
  program.child.on('message', (message: Ready) => {
    if (message.type === 'ready') resolve(message);
  });
  program.child.once('close', () => fail('ended before it was ready'));
  const patience = setTimeout(() => fail('was not ready in time'), patienceMs);
  try {
    return await promise;
  } catch (error) {
    if (program.isRunning()) await program.kill();
    throw error;
  } finally {
    clearTimeout(patience);
  }
}
