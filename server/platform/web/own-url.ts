/**
 * The address of this server as the browser of a page sees it. It goes into commands that people copy into a shell, so a header that holds
 * anything but the characters of an address is not believed.
 */
export function ownUrl(headers: Readonly<Record<string, string | undefined>>): string {
  const { origin } = headers;
  const host = headers['x-forwarded-host'] ?? headers.host;
  const scheme = headers['x-forwarded-proto'] === 'https' ? 'https' : 'http';
  if (origin !== undefined && /^https?:\/\/[\w.:[\]-]+$/.test(origin)) return origin;
  return `${scheme}://${host !== undefined && /^[\w.:[\]-]+$/.test(host) ? host : 'localhost:8000'}`;
}
