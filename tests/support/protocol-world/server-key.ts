import { generateKeyPairSync, sign } from 'node:crypto';

const keys = generateKeyPairSync('ed25519');

/** The key by which the agents of the world know their server. */
export const serverKey = {
  publicKey: keys.publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
  sign: (text: string): string => sign(null, Buffer.from(text), keys.privateKey).toString('base64'),
};
