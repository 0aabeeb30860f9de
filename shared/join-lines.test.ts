import { describe, expect, it } from '@jest/globals';
import { joinLines } from './join-lines.ts';

const token = `mjt_a.${'0'.repeat(32)}`;

describe('the lines by which a host joins', () => {
  it('fetch the installer, for the platforms that there are executables for', () => {
    expect(joinLines('http://muster:8000', token, ['linux-arm64', 'windows-x64'])).toEqual([
      { where: 'On Linux', line: `curl -fsSL http://muster:8000/install.sh | sudo sh -s -- --token ${token}` },
      {
        where: 'On Windows, as an administrator',
        line: `powershell -NoProfile -ExecutionPolicy Bypass -Command "& ([scriptblock]::Create((irm http://muster:8000/install.ps1))) -Token ${token}"`,
      },
    ]);
    expect(joinLines('http://muster:8000', token, []).map(({ where }) => where)).toEqual(['In a folder with Muster']);
  });

  it('let an old Windows speak a TLS that servers take', () => {
    const [windows] = joinLines('https://muster', token, ['windows-x64']);
    expect(windows?.line).toContain(
      `-Command "[Net.ServicePointManager]::SecurityProtocol = 'Tls12'; & ([scriptblock]::Create((irm https://muster/install.ps1))) -Token ${token}"`,
    );
  });
});
