import { getCACertificates, type PeerCertificate, type SecureVersion } from 'node:tls';

export type TlsArgs = {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly insecure?: boolean;
  readonly minVersion?: SecureVersion;
};

export type TlsOptions = {
  readonly ca?: string | string[];
  readonly cert?: string;
  readonly key?: string;
  readonly rejectUnauthorized: boolean;
  readonly minVersion: SecureVersion;
};

export function tlsOptions({ ca, cert, key, insecure = false, minVersion = 'TLSv1.2' }: TlsArgs): TlsOptions {
  if ((cert === undefined) !== (key === undefined)) throw new Error('Give `cert` and `key` together.');
  return {
    // what the administrators of the host trust counts, too
    ca: ca ?? [...getCACertificates('default'), ...getCACertificates('system')],
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    rejectUnauthorized: !insecure,
    minVersion,
  };
}

export type CertificateNote = {
  readonly subject: string;
  readonly issuer: string;
  readonly validTo: string;
  readonly daysLeft: number;
};

export function noteOf(certificate: PeerCertificate, now: number): CertificateNote | undefined {
  if (certificate.valid_to === undefined) return undefined;
  const end = new Date(certificate.valid_to);
  return {
    subject: String(certificate.subject?.CN ?? certificate.subjectaltname ?? ''),
    issuer: String(certificate.issuer?.CN ?? certificate.issuer?.O ?? ''),
    validTo: end.toISOString(),
    daysLeft: Math.floor((end.getTime() - now) / 86_400_000),
  };
}
