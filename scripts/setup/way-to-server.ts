import { lookup } from 'node:dns/promises';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { askHealth, type Health } from './health.ts';
import { SetupStop, setupCodes } from './setup-stop.ts';
import { spelled } from './spelling.ts';
import type { StatusLines } from './status-lines.ts';

const patienceMs = 10_000;
const toldSeconds = 300;
const tooFarSeconds = 86_400;

/**
 * Goes the way to the server step by step before anything is set up, so that what fails is told by its name: the name, the port, TLS, the
 * server itself, the clocks.
 * @throws SetupStop
 */
export async function checkWayToServer(server: string, lines: StatusLines): Promise<void> {
  const { protocol, hostname, port: givenPort } = new URL(server);
  const isTls = protocol === 'https:';
  const host = hostname.replace(/^\[|\]$/g, '');
  const port = givenPort === '' ? (isTls ? 443 : 80) : Number(givenPort);

  await checkName(host, lines);
  await checkPort(host, port, lines);
  if (isTls) await checkTls(host, port, lines);
  checkClock(await checkServer(server, isTls, lines), Date.now(), lines);
}

async function checkName(host: string, lines: StatusLines): Promise<void> {
  if (isIP(host) !== 0) return;
  try {
    const addresses = await lookup(host, { all: true });
    lines.ok(`The name ${host} is known: ${addresses.map(({ address }) => address).join(', ')}.`);
  } catch (error) {
    throw unreached(
      `The name ${host} is not known to this host (${codeOf(error)}): check ${spelled('server-url')}, and the DNS of this host.`,
    );
  }
}

async function checkPort(host: string, port: number, lines: StatusLines): Promise<void> {
  try {
    const socket = await opened(connect({ host, port }), 'connect');
    socket.destroy();
    lines.ok(`Port ${port} of ${host} can be reached.`);
  } catch (error) {
    throw unreached(`Port ${port} of ${host} cannot be reached: ${portTrouble(codeOf(error))}`);
  }
}

function portTrouble(code: string): string {
  switch (code) {
    case 'ECONNREFUSED':
      return `nothing listens there, or a firewall refuses it. Does the server run, and is it set up with ${spelled('host')} so that other hosts reach it?`;
    case 'ETIMEDOUT':
      return `no answer in ${patienceMs / 1000} s. A firewall may swallow it: on the way, or on the server (a Windows server needs a rule, docs/setup.md).`;
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return `there is no way to it from here (${code}). Check the address, and the network of this host.`;
    default:
      return `${code}.`;
  }
}

async function checkTls(host: string, port: number, lines: StatusLines): Promise<void> {
  try {
    const name = isIP(host) === 0 ? { servername: host } : {};
    const socket = await opened(connectTls({ host, port, ...name }), 'secureConnect');
    socket.destroy();
    lines.ok('TLS works, and the certificate is trusted.');
  } catch (error) {
    throw unreached(`TLS with ${host} does not work: ${tlsTrouble(error as NodeJS.ErrnoException)}`);
  }
}

function tlsTrouble({ code = '', message }: NodeJS.ErrnoException): string {
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `${message.replace(/\.?$/, '.')} Use the name that the certificate is for.`;
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID')
    return `the certificate is not valid today (${code}). Renew it, or set the clock of this host.`;
  if (/SELF_SIGNED|ISSUER|UNABLE_TO_VERIFY|UNTRUSTED/.test(code))
    return `this host does not trust the certificate (${code}). Name the file of the authority that issued it with ${spelled('ca')}.`;
  if (/^ERR_SSL|EPROTO/.test(code)) return `what answers there speaks no TLS (${code}). Is it http:// instead of https://?`;
  return `${code === '' ? message : code}.`;
}

async function checkServer(server: string, isTls: boolean, lines: StatusLines): Promise<Health> {
  let health: Health;
  try {
    health = await askHealth(server);
  } catch (error) {
    const hint = isTls ? '' : ' Is it https:// instead of http://?';
    throw unreached(`${server} does not answer /healthz (${codeOf(error)}).${hint}`);
  }
  if (health.location !== undefined)
    throw unreached(
      `${server} leads elsewhere, to ${health.location}: give the address that it leads to as ${spelled('server-url')}.`,
    );
  if (!health.isMuster)
    throw unreached(
      `What answers at ${server} is not a Muster server (status ${health.status}): check ${spelled('server-url')}.`,
    );
  lines.ok(`A Muster server answers at ${server}.`);
  return health;
}

/** As the installers do: certificates, tokens and the order of events depend on clocks. */
export function checkClock({ date }: Pick<Health, 'date'>, now: number, lines: StatusLines): void {
  const there = Date.parse(date ?? '');
  if (Number.isNaN(there)) return;
  const seconds = Math.round(Math.abs(now - there) / 1000);
  if (seconds > tooFarSeconds)
    throw new SetupStop(
      setupCodes.clockFarOff,
      `The clock of this host is ${Math.floor(seconds / 3600)} hours away from that of the server: set it, and run this again.`,
    );
  if (seconds > toldSeconds)
    lines.note(
      `The clock of this host is ${Math.floor(seconds / 60)} minutes away from that of the server: let both keep time by NTP.`,
    );
  else lines.ok('The clocks of this host and the server agree.');
}

/** Settles when the socket is open. */
async function opened<S extends Socket>(socket: S, event: 'connect' | 'secureConnect'): Promise<S> {
  const { promise, resolve, reject } = Promise.withResolvers<S>();
  socket.once(event, () => resolve(socket));
  socket.once('error', reject);
  socket.setTimeout(patienceMs, () => reject(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })));
  try {
    return await promise;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

const unreached = (sentence: string): SetupStop => new SetupStop(setupCodes.notReached, sentence);

/** Of several addresses that were tried, the first that has a name. */
function codeOf(error: unknown): string {
  const { code, message, name } = error as NodeJS.ErrnoException;
  if (name === 'TimeoutError') return 'ETIMEDOUT';
  return code ?? message;
}
