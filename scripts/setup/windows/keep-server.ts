/**
 * `keep-server.ts DATA`: the server as Task Scheduler runs it, with its log in DATA/server.log, which Windows has nobody to rotate for. If this
 * process is ended, the server ends in order: it goes when whoever started it is gone.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { entries, nodeFlags } from '../../../cli/processes/entries.ts';
import { openBoundedLog } from './bounded-log.ts';

const logBytes = 10 * 1024 * 1024;

const [dataDir = ''] = process.argv.slice(2);
const log = openBoundedLog(join(dataDir, 'server.log'), logBytes);
const server = spawn(process.execPath, [...nodeFlags, entries.server, `--data-dir=${dataDir}`], {
  // where its plugins are
  cwd: fileURLToPath(new URL('../../..', import.meta.url)),
  stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  windowsHide: true,
});
for (const stream of [server.stdout, server.stderr]) stream?.on('data', (data: Buffer) => log.write(data));
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void server.kill(signal));
server.once('error', (error) => {
  log.write(Buffer.from(`${error.message}\n`));
  process.exitCode = 1;
});
server.once('close', (code) => {
  log.close();
  process.exitCode = code ?? 1;
});
