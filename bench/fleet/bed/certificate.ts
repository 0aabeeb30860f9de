import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

export type Certificate = { readonly certFile: string; readonly keyFile: string };

/** A certificate for loopback that signs itself, valid for two days. */
export async function makeCertificate(folder: string): Promise<Certificate> {
  const [certFile, keyFile] = [join(folder, 'tls.pem'), join(folder, 'tls.key')];
  const what = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const whom = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
  try {
    await promisify(execFile)('openssl', [...what, ...whom, '-keyout', keyFile, '-out', certFile]);
  } catch (cause) {
    throw new Error('A certificate for TLS could not be made with openssl. Install it, or measure without TLS: --no-tls.', {
      cause,
    });
  }
  return { certFile, keyFile };
}
