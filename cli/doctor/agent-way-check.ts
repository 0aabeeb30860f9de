import { z } from 'zod';
import type { Finding } from '../output/findings.ts';

const patienceMs = 5000;
const challenge = z.object({ type: z.literal('challenge') });

/**
 * Whether an agent that is told this address would get through: a server that pages and the API reach through a proxy may still not be
 * reached by agents, if the proxy does not pass on WebSocket. Says nothing but hello.
 */
export async function checkAgentWay(server: string): Promise<Finding> {
  const what = 'WebSocket';
  const why = await whyNotThrough(`${server.replace(/^http/, 'ws')}/agent/v1/connect`);
  if (why === undefined) return { level: 'ok', what, detail: `${server} answers agents over WebSocket` };
  return {
    level: 'fail',
    what,
    detail: `${server} does not answer agents over WebSocket: ${why}.`,
    remedy: 'If a proxy is in front, let it pass on upgrades to WebSocket: deploy/nginx and deploy/caddy show how.',
  };
}

/** @returns undefined if the server said its first word */
function whyNotThrough(url: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url);
    const done = (why: string | undefined): void => {
      clearTimeout(patience);
      resolve(why);
      socket.close();
    };
    const patience = setTimeout(() => done(`nothing came in ${patienceMs / 1000} s`), patienceMs);
    socket.addEventListener('message', ({ data }) => done(isChallenge(String(data)) ? undefined : 'what answers is not Muster'));
    socket.addEventListener('error', () => done('the upgrade was refused'));
    socket.addEventListener('close', () => done('the connection was closed'));
  });
}

function isChallenge(text: string): boolean {
  try {
    return challenge.safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}
