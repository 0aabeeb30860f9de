import { startServerInProcess } from '../server-in-process.ts';

/** Pages that are declared and yet nothing to look at, each with the reason. */
const notLookedAt: ReadonlyMap<string, string> = new Map([
  ['/clients', 'leads to /agents'],
  ['/executions/:id/log.txt', 'a file to save'],
  ['/assets/*path', 'the files of the pages'],
]);

/** The paths of all pages of the dashboard that can be opened, as they are declared: `/runs/:id`. */
export async function declaredPages(): Promise<string[]> {
  const server = await startServerInProcess();
  try {
    return server.running.pages
      .filter((page) => page.startsWith('GET '))
      .map((page) => page.slice('GET '.length))
      .filter((path) => !notLookedAt.has(path));
  } finally {
    await server.stop();
  }
}
