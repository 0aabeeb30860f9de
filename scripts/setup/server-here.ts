import { join } from 'node:path';
import { onInterrupt } from '../../cli/processes/interrupts.ts';
import type { ServerReady } from '../../cli/processes/server-ready.ts';
import { startServer } from '../start/processes.ts';
import { readStartSettings, type StartSettings } from '../start/start-settings.ts';
import { askHealth, awaitHealth } from './health.ts';
import { nextSteps } from './next-steps.ts';
import { addressesOf, flagsOf, type ServerAddresses, type ServerSetup } from './server-settings.ts';
import { SetupStop, setupCodes } from './setup-stop.ts';
import type { StatusLines } from './status-lines.ts';
import type { ThisTree } from './this-tree.ts';

export type ServerHere = { readonly tree: ThisTree; readonly settings: ServerSetup; readonly lines: StatusLines };

const healthSeconds = 30;

/** Runs the server from this folder until somebody ends it. @returns the exit code */
export async function runServerHere({ tree, settings, lines }: ServerHere): Promise<number> {
  const start = await readStartSettings(flagsOf(settings), process.env, tree.top);
  const asked = Promise.withResolvers<'asked'>();
  const ignoreInterrupts = onInterrupt(() => asked.resolve('asked'));
  lines.doing('Starting the server.');
  const told: string[] = [];
  let isUp = false;
  const { server, ready } = startServer(start, {
    cwd: tree.top,
    out: lines.text,
    // while it starts, what it complains of is the reason why it does not
    err: (text) => (isUp ? lines.note(text.trim()) : void told.push(text.trim())),
  });
  try {
    const first = await Promise.race([ready, server.ended.then(() => undefined), asked.promise]);
    if (first === 'asked') return 0;
    if (first === undefined) return await refused(told, start, lines);
    // the port is known now, also of a server that took any free one
    const addresses = addressesOf({ ...start.server, port: Number(new URL(first.url).port) });
    if (!(await awaitHealth(addresses.here, healthSeconds)))
      throw new SetupStop(setupCodes.notUp, `The server started and does not answer at ${addresses.here}/healthz.`);
    isUp = true;
    for (const sentence of told) lines.note(sentence);
    tell(first, { tree, start, addresses, lines });
    const end = await Promise.race([server.ended, asked.promise]);
    if (end === 'asked') return 0;
    throw new SetupStop(
      setupCodes.unexpected,
      `The server ended ${end.signal === null ? `with code ${end.code}` : `by ${end.signal}`}.`,
    );
  } finally {
    await server.stop();
    ignoreInterrupts();
  }
}

type Up = Omit<ServerHere, 'settings'> & { readonly start: StartSettings; readonly addresses: ServerAddresses };

function tell({ url, signInUrl, tokenFile }: ServerReady, { tree, start: { server }, addresses, lines }: Up): void {
  lines.ok(`The server answers at ${addresses.here}.`);
  const isUsual = server.dataDir === join(tree.top, 'data');
  const dashboard = `${signInUrl.replace(url, addresses.here)} (signs you in once, within ten minutes)`;
  const dataDir = isUsual ? undefined : server.dataDir;
  const steps = nextSteps({ tree, platform: process.platform, addresses, dashboard, tokenFile, dataDir });
  lines.text(`${steps}\nCtrl-C stops the server.\n`);
}

/** A server that did not start has said why, unless it is that one runs here already. */
async function refused(told: readonly string[], { server }: StartSettings, lines: StatusLines): Promise<number> {
  const why = told.at(-1)?.replace(/^muster server: /, '') ?? 'It said nothing.';
  const isRunning = why.includes('is in use by the process');
  const { here } = addressesOf(server);
  if (isRunning && (await askHealth(here, { anyCertificate: true }).catch(() => undefined))?.isMuster === true) {
    lines.ok(`Nothing to do: the server of ${server.dataDir} runs already, at ${here}.`);
    return 0;
  }
  throw new SetupStop(setupCodes.notUp, `The server did not start: ${why}`);
}
