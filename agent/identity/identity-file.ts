import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { MusterError } from '../../shared/errors.ts';
import { agentName } from '../../shared/names.ts';
import { writeDurably } from '../durable-file.ts';

/** Who this agent is, and which server it belongs to. Written once, at enrolment; the server may rename it later. */
const identity = z.object({
  agentId: z.string().min(1).max(64),
  name: agentName,
  serverUrl: z.url(),
  /** pinned at enrolment, SPKI DER, base64 */
  serverPublicKey: z.base64(),
});
export type Identity = z.infer<typeof identity>;

export function readIdentity(path: string): Identity | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return identity.parse(JSON.parse(text));
  } catch (cause) {
    throw new MusterError(
      'state_conflict',
      `${path} cannot be read as an agent's identity. Restore it, or remove it and enrol again.`,
      { cause },
    );
  }
}

export const writeIdentity = (path: string, of: Identity): void => writeDurably(path, `${JSON.stringify(of, null, 2)}\n`);
