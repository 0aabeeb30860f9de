import { flushCompileCache } from 'node:module';
import { parseArgs } from 'node:util';
import { type Logger, pino } from 'pino';
import { MusterError } from '../shared/errors.ts';
import { flagOf, type ResolvedSettings } from '../shared/settings.ts';
import { type ServerSettings, serverSettings } from '../shared/settings-server.ts';
import { createLogOutput } from './log-output.ts';
import { systemClock } from './platform/clock.ts';
import { explainSqliteError } from './platform/db/sqlite/errors.ts';
import { type RunningServer, startServer } from './server.ts';
import { readServerSettings } from './settings.ts';

/**
 * The server as a process: settings from flags, environment and file; logs to standard output as JSON lines; SIGTERM and SIGINT end it in
 * order. A parent that opened an IPC channel is told when it is ready.
 */
await main();

async function main(): Promise<void> {
  let resolved: ResolvedSettings<typeof serverSettings>;
  try {
    resolved = await readServerSettings({ flags: flagsOf(process.argv.slice(2)), env: process.env, cwd: process.cwd() });
  } catch (error) {
    return refuse(error);
  }
  const { values: settings, warnings } = resolved;
  const log = pino({ level: settings.logLevel, base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, createLogOutput(1));
  for (const warning of warnings) log.warn(warning);
  warnOfOpenListener(settings, (message) => log.warn(message));

  const ending = endOnSignal(log);
  let server: RunningServer;
  try {
    server = await startServer({ settings, clock: systemClock, log });
  } catch (cause) {
    // of a read, which tells it as the driver does
    const error = explainSqliteError(cause, settings.dataDir);
    if (!isOfTheSettings(error)) log.fatal({ err: error }, 'server could not start');
    refuse(error, settings);
    // what was built before the error (the database, a watched folder) would keep the process
    process.exit();
  }
  ending.serverStarted(server);
  process.send?.({ type: 'ready', url: server.url, signInUrl: server.signInUrl, tokenFile: server.tokenFile });
  if (process.send === undefined)
    log.info({ signInUrl: server.signInUrl, tokenFile: server.tokenFile }, 'sign in with this link once, or with the token');

  // a server is now and then killed, and would leave nothing for its next start
  flushCompileCache();

  process.on('unhandledRejection', (error) => {
    log.fatal({ err: error }, 'unhandled rejection');
    process.exit(1);
  });
}

/** From here on SIGTERM and SIGINT end the server in order; one that comes while it starts waits until it has. A second one does not wait. */
function endOnSignal(log: Logger): { serverStarted(server: RunningServer): void } {
  const started = Promise.withResolvers<RunningServer>();
  let isEnding = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (isEnding) process.exit(1);
      isEnding = true;
      log.info({ signal }, 'server stopping');
      started.promise
        .then((server) => server.stop())
        .then(
          () => process.exit(0),
          (error: unknown) => {
            log.fatal({ err: error }, 'server did not stop cleanly');
            process.exit(1);
          },
        );
    });
  }
  return { serverStarted: started.resolve };
}

function flagsOf(args: readonly string[]): Record<string, unknown> {
  const keys = Object.keys(serverSettings);
  const options = Object.fromEntries(keys.map((key) => [flagOf(key).slice(2), { type: 'string' as const }]));
  try {
    const { values } = parseArgs({ args: [...args], options, strict: true, allowPositionals: false });
    return Object.fromEntries(keys.map((key) => [key, values[flagOf(key).slice(2)]]));
  } catch (error) {
    throw new MusterError(
      'field_unknown',
      `${error instanceof Error ? error.message : error} The flags are ${keys.map(flagOf).join(', ')}.`,
      { cause: error },
    );
  }
}

/** A person reads this in a terminal: one sentence, no stack. */
function refuse(error: unknown, settings?: ServerSettings): void {
  process.stderr.write(`muster server: ${sentenceOf(error, settings)}\n`);
  process.exitCode = 1;
}

/** The sentence of `refuse` says it all, so that a log entry would only repeat it. */
function isOfTheSettings(error: unknown): boolean {
  return error instanceof MusterError || ['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL'].includes(String(codeOf(error)));
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function sentenceOf(error: unknown, settings: ServerSettings | undefined): string {
  const code = codeOf(error);
  if (code === 'EADDRINUSE')
    return `port ${settings?.port} is taken by another program: end it, or choose another port with MUSTER_PORT or --port.`;
  if (code === 'EACCES')
    return `no right to listen on port ${settings?.port} or to write ${settings?.dataDir}: check MUSTER_PORT and MUSTER_DATA_DIR.`;
  if (code === 'EADDRNOTAVAIL') return `${settings?.host} is not an address of this host: check MUSTER_HOST.`;
  return error instanceof Error ? error.message : String(error);
}

function warnOfOpenListener(settings: ServerSettings, warn: (message: string) => void): void {
  const loopback = settings.host === 'localhost' || settings.host === '::1' || settings.host.startsWith('127.');
  if (!loopback && settings.tlsCert === undefined) {
    warn(
      `Listening on ${settings.host} without TLS: tokens, passwords and output cross the network in clear text. Set MUSTER_TLS_CERT and MUSTER_TLS_KEY, or put a TLS proxy in front.`,
    );
  }
}
