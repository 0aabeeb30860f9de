import type { SignedEntry } from '../../shared/plugin-bundle.ts';
import { serverRequest } from '../link/server-request.ts';
import { parseBundle, sha256Of } from './bundle-folder.ts';

/** Where bundles come from while a connection lasts. */
export type DownloadAccess = { readonly serverUrl: string; readonly token: string; readonly proxy?: string | undefined };

/**
 * @returns the canonical text of the bundle, proved to be the one that the entry names
 * @throws Error with a sentence if it could not be had now
 */
export async function downloadBundle({ serverUrl, token, proxy }: DownloadAccess, entry: SignedEntry): Promise<string> {
  const reply = await serverRequest(serverUrl, `/agent/v1/plugins/${entry.sha256}`, {
    method: 'GET',
    headers: { authorization: `Bearer ${token}` },
    maxBytes: entry.bytes,
    timeoutMs: 30_000,
    proxy,
  });
  if (reply.status !== 200) throw new Error(`the server answered with status ${reply.status}`);
  if (reply.body.length !== entry.bytes) throw new Error(`the bundle has ${reply.body.length} bytes, not ${entry.bytes}`);
  if (sha256Of(reply.body) !== entry.sha256) throw new Error('the bundle does not have the signed SHA-256');
  const text = reply.body.toString('utf8');
  const { manifest } = parseBundle(text);
  if (manifest.name !== entry.name) throw new Error(`the bundle is of the plugin ${manifest.name}, not ${entry.name}`);
  return text;
}
