import { AddressRefused } from './address-guard.ts';

/** The other side could not be reached, or fell silent: another try may go better. */
export class Unreachable extends Error {}

/** @param where the address, without what may be secret in it */
export function networkError(error: unknown, where: string): Error {
  if (error instanceof AddressRefused || error instanceof Unreachable) return error;
  const { code = '', message } = error as NodeJS.ErrnoException;
  const lasting = lastingMeanings[code];
  if (lasting !== undefined) return new Error(`${where}: ${lasting} (${code}).`, { cause: error });
  if (code.startsWith('ERR_SSL') || code === 'EPROTO')
    return new Error(
      `${where}: TLS could not be agreed on (${code}). Does the port speak TLS, and a version that \`minVersion\` allows?`,
    );
  const passing = passingMeanings[code];
  if (passing !== undefined) return new Unreachable(`${where}: ${passing} (${code}).`, { cause: error });
  return error instanceof Error
    ? new Error(`${where}: ${message}${message.endsWith('.') ? '' : '.'}`, { cause: error })
    : new Error(where);
}

const passingMeanings: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there, or a firewall refused',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was closed while the request was sent',
  ETIMEDOUT: 'no answer from the host',
  EHOSTUNREACH: 'no way leads to the host',
  ENETUNREACH: 'no way leads to its network',
  ENOTFOUND: 'there is no such name',
  EAI_AGAIN: 'the name service did not answer',
};

const lastingMeanings: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself; give it as `ca` to trust it',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate comes from an authority that this host does not know; give that as `ca`',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'it does not send the certificates between its own and a known authority, or that is unknown; see `ca`',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate comes from an authority that this host does not know; give that as `ca`',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet: is the clock of this host right?',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
};
