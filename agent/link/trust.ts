import { readFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { MusterError } from '../../shared/errors.ts';

/**
 * Trusts the authority of this PEM file besides those that the host trusts: for servers whose certificate a company issued itself. Holds for
 * every connection that the agent makes.
 * @throws MusterError `field_invalid` if the file cannot be read or holds no certificate
 */
export function trustAuthority(path: string): void {
  const wrong = (why: string, cause?: unknown): MusterError =>
    new MusterError('field_invalid', `--ca: ${path} ${why}.`, { field: 'ca', ...(cause === undefined ? {} : { cause }) });
  let pem: string;
  try {
    pem = readFileSync(path, 'utf8');
  } catch (cause) {
    throw wrong(`cannot be read (${(cause as NodeJS.ErrnoException).code})`, cause);
  }
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) throw wrong('holds no certificate in PEM form');
  try {
    setDefaultCACertificates([...getCACertificates('default'), ...getCACertificates('system'), pem]);
  } catch (cause) {
    throw wrong('holds a certificate that cannot be used', cause);
  }
}
