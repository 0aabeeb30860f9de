import { expect, test } from '@jest/globals';
import { addressesIn, missingPackages } from './lockfile.ts';

const musl = '@swc/core-linux-x64-musl';

test('a package for another platform that has no entry is named with its version and platform', () => {
  const lockfile = { packages: { 'node_modules/@swc/core': { dev: true, optionalDependencies: { [musl]: '1.2.3' } } } };
  expect(Object.fromEntries(missingPackages(lockfile))).toEqual({
    [`node_modules/${musl}`]: { version: '1.2.3', cpu: ['x64'], dev: true, libc: ['musl'], optional: true, os: ['linux'] },
  });
});

test('a package that has its entry is left alone', () => {
  const parent = { optionalDependencies: { [musl]: '1.2.3' } };
  const lockfile = { packages: { 'node_modules/@swc/core': parent, [`node_modules/${musl}`]: { version: '1.2.3' } } };
  expect(missingPackages(lockfile).size).toBe(0);
});

test('a download address is found', () => {
  const lockfile = {
    packages: { 'node_modules/a': { resolved: 'https://registry.example/a.tgz' }, 'node_modules/b': { resolved: 'b' } },
  };
  expect(addressesIn(lockfile)).toEqual(['https://registry.example/a.tgz']);
});
