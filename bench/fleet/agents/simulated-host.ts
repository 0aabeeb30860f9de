import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import type { AgentKey } from '../../../agent/identity/agent-key.ts';
import type { Facts } from '../../../shared/metrics.ts';

/** A host that is enrolled: what its agent would find in its folder, and what it tells of itself. One line of a file that load processes read. */
export type SimulatedHost = {
  readonly agentId: string;
  readonly name: string;
  /** Ed25519, PKCS#8 DER, base64 */
  readonly privateKey: string;
  /** SPKI DER, base64 */
  readonly publicKey: string;
  readonly slots: number;
  readonly facts: Facts;
  readonly runtimes: Readonly<Record<string, string>>;
};

export function makeKeys(): Pick<SimulatedHost, 'privateKey' | 'publicKey'> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
    publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
  };
}

export function agentKeyOf({ privateKey, publicKey }: Pick<SimulatedHost, 'privateKey' | 'publicKey'>): AgentKey {
  const key = createPrivateKey({ key: Buffer.from(privateKey, 'base64'), format: 'der', type: 'pkcs8' });
  return { publicKey, sign: (text) => sign(null, Buffer.from(text, 'utf8'), key).toString('base64') };
}
