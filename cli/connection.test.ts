import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { checkToken, findToken, serverOf } from './connection.ts';

let cwd: string;
const here = 'http://127.0.0.1:8000';

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'muster cli '));
  mkdirSync(join(cwd, 'data'));
  writeFileSync(join(cwd, 'data', 'admin.token'), 'from-file\n');
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

describe('the server', () => {
  test.each([
    [{}, {}, here],
    [{}, { MUSTER_SERVER: '' }, here],
    [{}, { MUSTER_SERVER: 'https://muster.example/' }, 'https://muster.example'],
    [{ server: 'http://a:1' }, { MUSTER_SERVER: 'http://b:2' }, 'http://a:1'],
  ])('of %j and %j is %s', (options, env, server) => {
    expect(serverOf(options, env)).toBe(server);
  });

  test.each([
    ['--server', { server: 'localhost:8000' }, {}],
    ['MUSTER_SERVER', {}, { MUSTER_SERVER: 'ftp://a' }],
  ])('a wrong one is told by %s', (named, options, env) => {
    expect(() => serverOf(options, env)).toThrow(new RegExp(`^${named} must be a URL that begins with http`));
  });
});

describe('the token', () => {
  test.each([
    ['--token', { token: 'flag' }, { MUSTER_TOKEN: 'a', MUSTER_ADMIN_TOKEN: 'b' }, 'flag'],
    ['MUSTER_TOKEN', {}, { MUSTER_TOKEN: 'a', MUSTER_ADMIN_TOKEN: 'b' }, 'a'],
    ['MUSTER_ADMIN_TOKEN', {}, { MUSTER_ADMIN_TOKEN: 'b' }, 'b'],
  ])('of %s goes first', (from, options, env, value) => {
    expect(findToken(options, here, { env, cwd })).toEqual({ value, from });
  });

  test('is read from the data folder of a server on this host', () => {
    for (const server of [here, 'http://localhost:9', 'http://[::1]:8000'])
      expect(findToken({}, server, { env: {}, cwd }).value).toBe('from-file');
  });

  test('of this host is not shown to a server elsewhere, unless its folder is named', () => {
    expect(findToken({}, 'https://muster.example', { env: {}, cwd }).value).toBeUndefined();
    expect(findToken({}, 'https://muster.example', { env: { MUSTER_DATA_DIR: 'data' }, cwd }).value).toBe('from-file');
  });

  test('that is nowhere leaves word of where it was looked for', () => {
    expect(findToken({}, here, { env: { MUSTER_DATA_DIR: 'other' }, cwd })).toEqual({
      value: undefined,
      from: join(cwd, 'other', 'admin.token'),
    });
  });

  test('that no header can hold is refused by the name of where it came from', () => {
    expect(() => checkToken({ value: 'two words', from: 'MUSTER_TOKEN' })).toThrow(/^What MUSTER_TOKEN holds is not a token/);
  });
});
