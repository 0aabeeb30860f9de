import { describe, expect, it } from '@jest/globals';
import type { ClientSetup } from './client-setup.ts';
import { installerOptions } from './run-installer.ts';

const setup: ClientSetup = {
  serverUrl: 'http://muster:8000',
  token: 'mjt_secret',
  identity: undefined,
  name: 'web 1',
  tags: 'a,b=c',
  slots: undefined,
  ca: undefined,
  isService: false,
  isInstalled: true,
  isUninstall: false,
  dataDir: '/srv/data',
  prefix: '/srv/program',
};

describe('the options of the installer', () => {
  it('are those of the set-up, without the token, as each shell writes them', () => {
    expect(installerOptions(setup, 'sh')).toEqual([
      '--no-service', '--name', 'web 1', '--tags', 'a,b=c', '--data-dir', '/srv/data', '--prefix', '/srv/program',
    ]); // biome-ignore format: a list
    expect(installerOptions(setup, 'ps1')).toEqual([
      '-NoService', '-Name', 'web 1', '-Tags', 'a,b=c', '-DataDir', '/srv/data', '-Prefix', '/srv/program',
    ]); // biome-ignore format: a list
  });

  it('name the server to a host that has joined it by another address', () => {
    const known = { agentId: 'agt_1', name: 'web', serverUrl: 'http://muster:8000', serverPublicKey: '' };
    expect(installerOptions({ ...setup, identity: known }, 'sh')).not.toContain('--server');
    const moved = installerOptions({ ...setup, identity: known, serverUrl: 'https://muster' }, 'sh');
    expect(moved.slice(0, 3)).toEqual(['--no-service', '--server', 'https://muster']);
  });

  it('of a service leave the folder of the program to the installer', () => {
    expect(installerOptions({ ...setup, isService: true, prefix: undefined, name: undefined, tags: undefined }, 'sh')).toEqual([
      '--data-dir',
      '/srv/data',
    ]);
  });

  it('of a removal name the folders', () => {
    expect(installerOptions({ ...setup, isUninstall: true, name: undefined, tags: undefined }, 'sh')).toEqual([
      '--uninstall', '--no-service', '--data-dir', '/srv/data', '--prefix', '/srv/program',
    ]); // biome-ignore format: a list
  });
});
