import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { Answer } from './endpoint.ts';

const zip = promisify(gzip);
/** A smaller answer fits into a packet or two as it is. */
const leastBytes = 4096;

/** The same answer as gzip, made outside of the main thread, if the client takes it and it is large. */
export async function compressedFor(accepted: string | undefined, answer: Answer): Promise<Answer> {
  const { body, headers } = answer;
  const varied = { ...headers, vary: 'Accept-Encoding' };
  if (typeof body !== 'string' || body.length < leastBytes || !/\bgzip\b/.test(accepted ?? ''))
    return { ...answer, headers: varied };
  // the fastest level: what is sent is mostly names that go on from each other
  const small = await zip(body, { level: constants.Z_BEST_SPEED });
  return { ...answer, headers: { ...varied, 'content-encoding': 'gzip' }, body: small };
}
