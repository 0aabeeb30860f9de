import { describe, expect, it } from '@jest/globals';
import { parseDpkg, parsePolicy, parseSimulated } from './apt.ts';
import { hasVersion, parseCheck, parseRpm } from './dnf.ts';
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
    const text = `
curl.x86_64                  8.6.0-10.fc40              updates
bind-libs.x86_64             32:9.18.28-2.fc40          updates
Obsoleting Packages
grub2-tools.x86_64           1:2.06-123.fc40            updates
    grub2-tools.x86_64       1:2.06-116.fc40            @anaconda
`;
    expect([...parseCheck(text)]).toEqual([
      ['curl', '8.6.0-10.fc40'],
      ['bind-libs', '9.18.28-2.fc40'],
    ]);
    expect(hasVersion('6.8.5-301.fc40, 6.9.4-200.fc40', '6.9.4')).toBe(true);
    expect(hasVersion('8.6.0-10.fc40', '8.6')).toBe(false);
  });

  it('winget export and winget show --versions', () => {
    const text = JSON.stringify({
      Sources: [
        {
          Packages: [{ PackageIdentifier: 'Git.Git', Version: '2.45.1' }, { PackageIdentifier: 'No.Version' }],
          SourceDetails: {},
        },
        { SourceDetails: {} },
      ],
    });
    expect([...parseExport(text)]).toEqual([
      ['Git.Git', '2.45.1'],
      ['No.Version', ''],
    ]);
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
