import { describe, expect, it } from '@jest/globals';
import { parseDpkg, parsePolicy, parseSimulated } from './apt.ts';
import { hasVersion, isLocked, parseCheck, parseRpm } from './dnf.ts';
import { changeSentence, changesOf } from './package-changes.ts';
import { wantedOf } from './package-manager.ts';
import { parseExport, parseVersions } from './winget.ts';

describe('what package managers answer', () => {
  it('dpkg-query: only what is installed', () => {
    const text = 'ii \tadduser\t3.134\nrc \tgone\t1.0\nii \tlibc6:amd64\t2.36-9+deb12u14\nun \tnever\t\nhi \theld\t1:2-3\n';
    expect([...parseDpkg(text)]).toEqual([
      ['adduser', '3.134'],
      ['libc6:amd64', '2.36-9+deb12u14'],
      ['held', '1:2-3'],
    ]);
  });

  it('apt-get --simulate and apt-cache policy', () => {
    const text = `NOTE: This is only a simulation!
Inst curl [7.88.1-10+deb12u8] (7.88.1-10+deb12u12 Debian:12.9/stable [amd64]) []
Inst libnew (1.0 Debian:12.9/stable [amd64])
Conf curl (7.88.1-10+deb12u12 Debian:12.9/stable [amd64])`;
    expect([...parseSimulated(text)]).toEqual([['curl', '7.88.1-10+deb12u12']]);
    expect(parsePolicy('curl:\n  Installed: (none)\n  Candidate: 7.88.1-10\n  Version table:\n')).toBe('7.88.1-10');
    expect(parsePolicy('x:\n  Installed: (none)\n  Candidate: (none)\n')).toBeUndefined();
    expect(parsePolicy('')).toBeUndefined();
  });

  it('rpm and dnf check-upgrade', () => {
    expect([
      ...parseRpm('bash\t5.2.26-3.fc40\nkernel\t6.8.5-301.fc40\nkernel\t6.9.4-200.fc40\ngpg-pubkey\ta15b79cc-63d04c2c\n'),
    ]).toEqual([
      ['bash', '5.2.26-3.fc40'],
      ['kernel', '6.8.5-301.fc40, 6.9.4-200.fc40'],
    ]);
    // dnf 5, from github.com/AvengeMedia/DankMaterialShell/issues/3522
    const five = `Upgrades
apparmor-libs.x86_64                      6.0.0~alpha1-1.fc44 terra
proton-vpn-daemon.noarch                  0.13.8-1.fc44       protonvpn-fedora-stable
python3-proton-vpn-api-core.aarch64       5.6.10-1.fc44       protonvpn-fedora-stable
python3-proton-vpn-api-core.x86_64        5.6.10-1.fc44       protonvpn-fedora-stable

Obsoleting packages
python3-proton-vpn-api-core.x86_64        5.6.10-1.fc44       protonvpn-fedora-stable
    python3-proton-vpn-local-agent.x86_64 1.6.3-1.fc44        protonvpn-fedora-stable
`;
    expect([...parseCheck(five)]).toEqual([
      ['apparmor-libs', '6.0.0~alpha1-1.fc44'],
      ['proton-vpn-daemon', '0.13.8-1.fc44'],
      ['python3-proton-vpn-api-core', '5.6.10-1.fc44'],
    ]);
    // dnf 4: what is obsoleted is from github.com/rpm-software-management/dnf5/pull/353, the line above it from dnf 4.14
    const four = `
words.noarch                                2.1-1                                t
Obsoleting Packages
kernel-headers.x86_64                                                         6.2.6-100.fc36                                                     updates
    kernel-headers.x86_64                                                     5.18.13-200.fc36                                                   @updates
`;
    expect([...parseCheck(four)]).toEqual([['words', '2.1-1']]);
    expect(hasVersion('6.8.5-301.fc40, 6.9.4-200.fc40', '6.9.4')).toBe(true);
    expect(hasVersion('8.6.0-10.fc40', '8.6')).toBe(false);
    expect(hasVersion('9.18.28-2.fc40', '32:9.18.28')).toBe(true);
    // github.com/rpm-software-management/dnf5/issues/2435, and termux-fedora issue 36 for dnf 4
    const locked = (line: string) => isLocked({ exitCode: 1, stdout: '', complaints: [line] });
    expect(locked('Transaction failed: Failed to obtain rpm transaction lock. Another transaction is in progress.')).toBe(true);
    expect(locked('Failed to obtain the transaction lock (logged in as: root).')).toBe(true);
    expect(locked('Error: Unable to find a match: nosuch')).toBe(false);
  });

  it('winget export and winget show --versions', () => {
    // from github.com/Romanitho/Winget-Install-GUI/issues/5, two of its packages; the version as in microsoft/winget-cli issue 2030
    const text = `{
	"$schema" : "https://aka.ms/winget-packages.schema.2.0.json",
	"CreationDate" : "2022-04-26T06:20:50.804-00:00",
	"Sources" :
	[
		{
			"Packages" :
			[
				{ "PackageIdentifier" : "Lexikos.AutoHotkey" },
				{ "PackageIdentifier" : "Microsoft.WindowsTerminal", "Version" : "1.11.3471.0" }
			],
			"SourceDetails" :
			{
				"Argument" : "https://winget.azureedge.net/cache",
				"Identifier" : "Microsoft.Winget.Source_8wekyb3d8bbwe",
				"Name" : "winget",
				"Type" : "Microsoft.PreIndexed.Package"
			}
		}
	],
	"WinGetVersion" : "1.3.0-preview"
}`;
    expect([...parseExport(text)]).toEqual([
      ['Lexikos.AutoHotkey', ''],
      ['Microsoft.WindowsTerminal', '1.11.3471.0'],
    ]);
    expect([...parseExport('{"Sources":[{"SourceDetails":{}}]}')]).toEqual([]);
    // no recorded answer was at hand: this is its shape
    expect(parseVersions('Found Git [Git.Git]\r\nVersion\r\n-------\r\n2.45.2\r\n2.45.1\r\n')).toBe('2.45.2');
    expect(parseVersions('')).toBeUndefined();
  });

  it('is told as what changed', () => {
    const changes = changesOf(new Map([['a', '1'], ['b', '1'], ['c', '1']]), new Map([['b', '2'], ['c', '1'], ['d', '4']])); // biome-ignore format: two states
    expect(changes).toEqual([
      { name: 'a', before: '1', after: null },
      { name: 'b', before: '1', after: '2' },
      { name: 'd', before: null, after: '4' },
    ]);
    expect(changeSentence(changes)).toBe('Installed d 4; removed a; changed b 1 → 2.');
    expect(wantedOf('nginx=1:1.2=3')).toEqual({ name: 'nginx', version: '1:1.2=3' });
  });
});
