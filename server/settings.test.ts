import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readServerSettings } from './settings.ts';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'muster-settings-'));
});
afterEach(() => rm(cwd, { recursive: true, force: true }));

const read = (env: Record<string, string> = {}) => readServerSettings({ flags: {}, env, cwd });
const writeConfig = async (path: string, content: unknown) => {
  await mkdir(join(cwd, path, '..'), { recursive: true });
  await writeFile(join(cwd, path), JSON.stringify(content));
};

test('paths are absolute, from the folder in which the server was started', async () => {
  const { values } = await read({ MUSTER_TLS_CERT: 'c.pem', MUSTER_TLS_KEY: '/k.pem' });
  expect(values).toMatchObject({
    config: undefined,
    dataDir: join(cwd, 'data'),
    pluginsDir: join(cwd, 'plugins'),
    tlsCert: join(cwd, 'c.pem'),
    tlsKey: '/k.pem',
  });
});

test('the config file in the data folder is read if it is there', async () => {
  await writeConfig('data/muster.json', { port: 9000 });
  const { values, sources } = await read();
  expect(values).toMatchObject({ port: 9000, config: join(cwd, 'data/muster.json') });
  expect(sources.port).toBe('file');
});

test('a config file that was named must be there', async () => {
  await writeConfig('etc/m.json', { port: 9001, dataDir: 'elsewhere' });
  expect((await read({ MUSTER_CONFIG: 'etc/m.json' })).values).toMatchObject({ port: 9001, dataDir: join(cwd, 'elsewhere') });
  await expect(read({ MUSTER_CONFIG: 'etc/missing.json' })).rejects.toMatchObject({
    code: 'field_invalid',
    message: expect.stringMatching(/etc\/missing\.json cannot be read/),
  });
});

test('the config file in the data folder cannot say where the data folder is', async () => {
  await writeConfig('data/muster.json', { dataDir: 'elsewhere' });
  await expect(read()).rejects.toMatchObject({ message: expect.stringContaining('dataDir cannot be set') });
});

test('variables of the agent are no mistake for the server, others are named', async () => {
  const { warnings } = await read({ MUSTER_SERVER: 'http://x', MUSTER_AGENT_NAME: 'a', MUSTER_POTR: '1' });
  expect(warnings).toEqual(['MUSTER_POTR is not a setting of Muster and has no effect.']);
});
