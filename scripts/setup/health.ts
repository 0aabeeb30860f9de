import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';

export type Health = {
  readonly status: number;
  /** it says what a Muster server says */
  readonly isMuster: boolean;
  readonly date: string | undefined;
  readonly location: string | undefined;
};

const answer = z.object({ status: z.literal('ok') });
const patienceMs = 10_000;
const largest = 64 * 1024;

export type HealthOptions = {
  /** of a server on this host, whose certificate is for the name that others call it by */
  readonly anyCertificate?: boolean;
};

/** @throws what the network says */
export function askHealth(server: string, { anyCertificate = false }: HealthOptions = {}): Promise<Health> {
  const url = new URL('/healthz', server);
  const ask = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = ask(url, { agent: false, rejectUnauthorized: !anyCertificate, signal: AbortSignal.timeout(patienceMs) });
    request.once('error', reject);
    request.once('response', (response) => void readHealth(response).then(resolve, reject));
    request.end();
  });
}

async function readHealth(response: IncomingMessage): Promise<Health> {
  let text = '';
  for await (const piece of response.setEncoding('utf8')) {
    text += String(piece);
    if (text.length > largest) break;
  }
  const { statusCode: status = 0, headers } = response;
  return { status, isMuster: status === 200 && isHealth(text), date: headers.date, location: headers.location };
}

function isHealth(text: string): boolean {
  try {
    return answer.safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}

const lookEveryMs = 200;
const looksBetween = 5;

/**
 * Waits until a server of this host answers.
 * @param isOver asked every second: nothing will answer any more
 * @returns whether it did in time
 */
export async function awaitHealth(server: string, seconds: number, isOver?: () => Promise<boolean>): Promise<boolean> {
  const end = performance.now() + seconds * 1000;
  for (let look = 1; ; look += 1) {
    const health = await askHealth(server, { anyCertificate: true }).catch(() => undefined);
    if (health?.isMuster === true) return true;
    if (performance.now() > end || (look % looksBetween === 0 && (await isOver?.()) === true)) return false;
    await pause(lookEveryMs);
  }
}
