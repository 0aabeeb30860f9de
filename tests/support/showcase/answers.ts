/** What a host of the showing does with a command: it prints and ends, or goes on for as long as it is shown. */
export type Answer =
  | { readonly kind: 'ends'; readonly output: string; readonly exitCode: number; readonly afterMs: number }
  | { readonly kind: 'stays'; readonly output: string; readonly fraction: number; readonly text: string };

/** One command, many hosts: most say the same, some do not, and on one it fails. */
export const releaseCommand = 'cat /etc/app/release && openssl version && systemctl is-active app';
/** Never ends by itself. */
export const rolloutCommand = 'apt-get -y dist-upgrade';

const release = (version: string, openssl: string): string => `app ${version}\nOpenSSL ${openssl}\nactive\n`;

export function answerOf(host: string, command: string): Answer {
  const number = Number(/(\d+)$/.exec(host)?.[1] ?? 0);
  const ends = (output: string, exitCode = 0): Answer => ({
    kind: 'ends',
    output,
    exitCode,
    afterMs: 40 + ((number * 37) % 160),
  });

  if (command === releaseCommand) {
    if (host === 'web-005') return ends('cat: /etc/app/release: No space left on device\n', 1);
    if (host === 'web-011' || host === 'app-004') return ends(release('4.18.2', '3.0.9 30 May 2023'));
    if (host.startsWith('edge-')) return ends(release('4.17.9-edge', '3.0.15 3 Sep 2024'));
    if (host.startsWith('db-')) return ends('app is not installed on this host\n');
    return ends(release('4.18.2', '3.0.15 3 Sep 2024'));
  }
  if (command === rolloutCommand) {
    if (number < 10 || (number > 14 && number < 80))
      return ends('Reading package lists...\n0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n');
    return {
      kind: 'stays',
      output: 'Reading package lists...\nGet:1 openssl amd64 3.0.15\n',
      fraction: 0.4,
      text: 'unpacking 12 of 31',
    };
  }
  if (command.startsWith('nginx -t') && number % 19 === 4) return ends('nginx: [emerg] host not found in upstream "app"\n', 1);
  return ends('ok\n');
}
