import { createPublicKey, verify } from 'node:crypto';
import { type HelloOfAnyProtocol, proofText } from '../../../shared/protocol.ts';

/** Whether the hello comes from the one who holds the private key of this agent at this very moment. */
export function proves(
  agent: { readonly publicKey: string },
  hello: Pick<HelloOfAnyProtocol, 'nonce' | 'agentId' | 'signature' | 'protocol'>,
  serverNonce: string,
): boolean {
  const key = createPublicKey({ key: Buffer.from(agent.publicKey, 'base64'), format: 'der', type: 'spki' });
  const text = proofText('agent', serverNonce, hello.nonce, hello.agentId, hello.protocol);
  return verify(null, Buffer.from(text), key, Buffer.from(hello.signature, 'base64'));
}
