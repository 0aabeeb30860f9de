/**
 * `keep-server.ts DATA`: the server as Task Scheduler runs it, with its log in DATA/server.log, which Windows has nobody to rotate for. A server
 * that ends by itself is started again, after pauses that grow; one that was asked to end is not.
 *
 * If this process is ended, so is the server: it goes when whoever started it is gone. On Windows that is at once, and not in order, because
 * Windows ends the children of a Node that is ended (`schtasks /End`) in the same instant. Nothing that was acknowledged is lost by that.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { entries, nodeFlags } from '../../../cli/processes/entries.ts';
import { openBoundedLog } from './bounded-log.ts';
import { restartPauseMs, steadyMs } from './restart-pause.ts';

const logBytes = 10 * 1024 * 1024;

const [dataDir = ''] = process.argv.slice(2);
const log = openBoundedLog(join(dataDir, 'server.log'), logBytes);
const over = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => over.abort(signal));

process.exitCode = await keepServer();
log.close();

/** @returns the exit code of the last one */
async function keepServer(): Promise<number> {
  let failures = 0;
  for (;;) {
    const began = performance.now();
    const exitCode = await runServer();
    if (exitCode === 0 || over.signal.aborted) return exitCode;
    failures = performance.now() - began > steadyMs ? 1 : failures + 1;
    const waitMs = restartPauseMs(failures);
    const msg = `server ended with code ${exitCode}, and is started again in ${waitMs / 1000} s`;
    log.write(Buffer.from(`${JSON.stringify({ level: 50, time: new Date().toISOString(), msg })}\n`));
    await pause(waitMs, undefined, { signal: over.signal }).catch(() => undefined);
    if (over.signal.aborted) return exitCode;
  }
}

function runServer(): Promise<number> {
  const server = spawn(process.execPath, [...nodeFlags, entries.server, `--data-dir=${dataDir}`], {
    // where its plugins are
    cwd: fileURLToPath(new URL('../../..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    windowsHide: true,
  });
  for (const stream of [server.stdout, server.stderr]) stream?.on('data', (data: Buffer) => log.write(data));
  const end = (): void => void server.kill(over.signal.reason);
  over.signal.addEventListener('abort', end);
  return new Promise((ended) => {
    server.once('error', (error) => {
      log.write(Buffer.from(`${error.message}\n`));
      // it has not started, and nothing of it will close
      if (server.pid === undefined) ended(1);
    });
    server.once('close', (code) => {
      over.signal.removeEventListener('abort', end);
      ended(code ?? 1);
    });
  });
}
