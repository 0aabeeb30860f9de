/** The name of the host, made to fit what names may look like. */
export function defaultAgentName(hostname: string): string {
  const plain = hostname
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9_]+/, '')
    .slice(0, 128);
  return plain === '' || plain === 'ALL' || plain === 'Anyone' ? `host-${plain}`.replace(/-$/, '') : plain;
}
