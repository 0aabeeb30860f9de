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
    const values = ['http://muster:8000', 'web 1', 'a,b=c', '/srv/data', '/srv/program'];
    expect(installerOptions(setup, 'sh')).toEqual([
      '--no-service', '--server', values[0], '--name', values[1], '--tags', values[2], '--data-dir', values[3], '--prefix', values[4],
    ]); // biome-ignore format: a list
    expect(installerOptions(setup, 'ps1')).toEqual([
      '-NoService', '-Server', values[0], '-Name', values[1], '-Tags', values[2], '-DataDir', values[3], '-Prefix', values[4],
    ]); // biome-ignore format: a list
  });

  it('of a service leave the folder of the program to the installer', () => {
    expect(installerOptions({ ...setup, isService: true, prefix: undefined, name: undefined, tags: undefined }, 'sh')).toEqual([
      '--server', 'http://muster:8000', '--data-dir', '/srv/data',
    ]); // biome-ignore format: a list
  });

  it('of a removal name the folders', () => {
    expect(installerOptions({ ...setup, isUninstall: true, name: undefined, tags: undefined }, 'sh')).toEqual([
      '--uninstall', '--no-service', '--data-dir', '/srv/data', '--prefix', '/srv/program',
    ]); // biome-ignore format: a list
  });
});
