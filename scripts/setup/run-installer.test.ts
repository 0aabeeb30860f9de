import { describe, expect, it } from '@jest/globals';
import type { ClientSetup } from './client-setup.ts';
import { installerOptions, posixWords, spelledOut } from './run-installer.ts';

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

const words = (of: ClientSetup): string[] => posixWords(installerOptions(of));

describe('the options of the installer', () => {
  it('are those of the set-up, without the token, as each shell writes them', () => {
    expect(words(setup)).toEqual([
      '--no-service', '--name', 'web 1', '--tags', 'a,b=c', '--data-dir', '/srv/data', '--prefix', '/srv/program',
    ]); // biome-ignore format: a list
    expect(spelledOut(installerOptions(setup))).toEqual({
      NoService: true,
      Name: 'web 1',
      Tags: 'a,b=c',
      DataDir: '/srv/data',
      Prefix: '/srv/program',
    });
  });

  it('name the server to a host that has joined it by another address', () => {
    const known = { agentId: 'agt_1', name: 'web', serverUrl: 'http://muster:8000', serverPublicKey: '' };
    expect(words({ ...setup, identity: known })).not.toContain('--server');
    const moved = words({ ...setup, identity: known, serverUrl: 'https://muster' });
    expect(moved.slice(0, 3)).toEqual(['--no-service', '--server', 'https://muster']);
  });

  it('of a service leave the folder of the program to the installer', () => {
    expect(words({ ...setup, isService: true, prefix: undefined, name: undefined, tags: undefined })).toEqual([
      '--data-dir',
      '/srv/data',
    ]);
  });

  it('of a removal name the folders', () => {
    expect(words({ ...setup, isUninstall: true, name: undefined, tags: undefined })).toEqual([
      '--uninstall', '--no-service', '--data-dir', '/srv/data', '--prefix', '/srv/program',
    ]); // biome-ignore format: a list
  });
});
