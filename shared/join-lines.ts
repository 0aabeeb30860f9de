import type { ReleasePlatform } from './release.ts';

/** A line that joins a host, and where it is run. */
export type JoinLine = { readonly where: string; readonly line: string };

/**
 * The lines by which a host joins: those that fetch the installer, for the platforms that there are executables for; where there are none,
 * the one for a folder with Muster in it.
 * @param serverUrl as hosts reach it; a plain URL, since it stands in a line of a shell
 */
export function joinLines(serverUrl: string, token: string, platforms: readonly ReleasePlatform[]): JoinLine[] {
  const lines = [
    platforms.some((platform) => platform.startsWith('linux')) && {
      where: 'On Linux',
      line: `curl -fsSL ${serverUrl}/install.sh | sudo sh -s -- --token ${token}`,
    },
    platforms.some((platform) => platform.startsWith('windows')) && {
      where: 'On Windows, as an administrator',
      line: `powershell -NoProfile -ExecutionPolicy Bypass -Command "${newTls(serverUrl)}& ([scriptblock]::Create((irm ${serverUrl}/install.ps1))) -Token ${token}"`,
    },
  ].filter((line) => line !== false);
  return lines.length > 0
    ? lines
    : [{ where: 'In a folder with Muster', line: `npx muster agent --server ${serverUrl} --join-token ${token}` }];
}

/** Windows Server 2016 by itself offers only a TLS that is too old; it holds for the process that the line starts. */
const newTls = (serverUrl: string): string =>
  serverUrl.startsWith('https:') ? "[Net.ServicePointManager]::SecurityProtocol = 'Tls12'; " : '';
