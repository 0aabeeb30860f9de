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
};

type Ready = { readonly type: 'ready'; readonly url: string; readonly signInUrl: string };

/** @throws with what the server wrote, if it ends instead of getting ready */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const { dataDir, pluginsDir, port = 0, settings = {} } = options;
  const program = startProgram({
    script: 'server/main.ts',
    env: {
      MUSTER_DATA_DIR: dataDir,
      MUSTER_PLUGINS_DIR: pluginsDir,
      MUSTER_PORT: String(port),
      MUSTER_LOG_LEVEL: 'info',
      ...settings,
    },
  });
  const { url, signInUrl } = await readyOf(program);
  const token = (await readFile(join(dataDir, 'admin.token'), 'utf8')).trim();
  return Object.assign(program, { url, signInUrl, token });
}

function readyOf(program: ChildProgram): Promise<Ready> {
  return new Promise((resolve, reject) => {
    program.child.on('message', (message: Ready) => {
      if (message.type === 'ready') resolve(message);
    });
    program.child.once('close', () => reject(new Error(`The server ended before it was ready:\n${program.output()}`)));
  });
}
