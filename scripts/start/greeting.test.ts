import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { type GreetingFacts, greeting } from './greeting.ts';

const facts: GreetingFacts = {
  version: '1.2.3',
  url: 'http://127.0.0.1:8000',
  signInUrl: 'http://127.0.0.1:8000/sign-in?code=x',
  tokenFile: '/home/me/muster/data/admin.token',
  agentName: 'web1',
  dataDir: '/home/me/muster/data',
  cwd: '/home/me/muster',
};

test('in the usual place the commands are as short as they can be', () => {
  const text = greeting(facts);
  expect(text).toContain('\n  dashboard   http://127.0.0.1:8000/sign-in?code=x\n');
  expect(text).toContain('\n  npx muster run -- uname -a\n');
  expect(text).toContain('\n  npx muster agents\n');
  expect(text).toContain('\n  TOKEN=$(cat data/admin.token)\n  curl -X POST http://127.0.0.1:8000/tasks ');
  expect(text).toContain('\n  this host   web1, Online\n');
});

test('elsewhere they name the server and the folder', () => {
  const text = greeting({
    ...facts,
    url: 'http://127.0.0.1:9000',
    dataDir: '/var/lib/muster',
    tokenFile: '/var/lib/muster/admin.token',
  });
  expect(text).toContain('\n  MUSTER_DATA_DIR=/var/lib/muster npx muster run --server http://127.0.0.1:9000 -- uname -a\n');
  expect(text).toContain('TOKEN=$(cat /var/lib/muster/admin.token)');
});

test('a token of the settings is not looked for in a file, and a host without an agent is told', () => {
  const text = greeting({ ...facts, tokenFile: null, agentName: undefined });
  expect(text).toContain('TOKEN="$MUSTER_ADMIN_TOKEN"');
  expect(text).toContain('\n  this host   has no agent\n');
});

test('the line with the token is one that a shell can run, also with a space in the path', () => {
  const cwd = mkdtempSync(join(tmpdir(), "muster's start "));
  try {
    const dataDir = join(cwd, 'my data');
    mkdirSync(dataDir);
    writeFileSync(join(dataDir, 'admin.token'), 'mst_secret\n');
    const line = /^ +(TOKEN=.*)$/m.exec(greeting({ ...facts, cwd, dataDir, tokenFile: join(dataDir, 'admin.token') }))?.[1];
    expect(execFileSync('/bin/sh', ['-c', `${line}; echo "$TOKEN"`], { cwd, encoding: 'utf8' })).toBe('mst_secret\n');
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
});
