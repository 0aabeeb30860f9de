import { existsSync } from 'node:fs';

const folders = ['shared', 'server', 'agent', 'cli', 'plugins', 'tests', 'scripts', 'faults', 'bench'];

export default {
  rootDir: import.meta.dirname,
  roots: folders.filter((folder) => existsSync(new URL(folder, import.meta.url))).map((folder) => `<rootDir>/${folder}`),
  testMatch: ['**/*.test.ts'],
  testEnvironment: '<rootDir>/scripts/test-environment.ts',
  testTimeout: 20_000,
  // many tests wait for other processes most of their time
  maxWorkers: 3,
  forceExit: false,
  injectGlobals: false,
  watchman: false,
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2024', experimental: { keepImportAttributes: true } },
        module: { type: 'es6' },
      },
    ],
  },
  reporters: ['default', '<rootDir>/scripts/test-summary.ts'],
};
