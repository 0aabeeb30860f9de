import type { Finding } from '../output/findings.ts';
import { checkAgentWay } from './agent-way-check.ts';
import { lookAtServer } from './server-checks.ts';

/** Whether the address that join commands and links hold leads to a server, over WebSocket too. */
export async function checkPublicUrl(publicUrl: string): Promise<Finding> {
  const what = 'public URL';
  const { reached } = await lookAtServer(publicUrl, Date.now);
  if (!reached)
    return {
      level: 'fail',
      what,
      detail: `MUSTER_PUBLIC_URL is ${publicUrl}, and no Muster answers there as seen from this host.`,
      remedy: 'Join commands hold this address: correct it, or mend the proxy or the name.',
    };
  const way = await checkAgentWay(publicUrl);
  return way.level === 'ok' ? { level: 'ok', what, detail: publicUrl } : way;
}
