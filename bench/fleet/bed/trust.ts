import { readFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';

/** Whatever this process connects to from now on may prove itself with this certificate. */
export function trustCertificate(certFile: string): void {
  setDefaultCACertificates([...getCACertificates('default'), readFileSync(certFile, 'utf8')]);
}
