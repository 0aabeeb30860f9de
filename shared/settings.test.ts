import { describe, expect, test } from '@jest/globals';
import type { MusterError } from './errors.ts';
import { flagOf, parseConfigFile, resolveSettings, type Sources } from './settings.ts';
import { agentSettings } from './settings-agent.ts';
import { checkServerSettings, serverSettings } from './settings-server.ts';

const resolve = (sources: Partial<Sources>) => resolveSettings(serverSettings, { flags: {}, env: {}, ...sources });
const resolveAgent = (env: Sources['env']) => resolveSettings(agentSettings, { flags: {}, env }).values;
const file = (content: Record<string, unknown>) => ({ path: '/etc/muster.json', content });

function errorOf(work: () => unknown): MusterError {
  try {
    work();
  } catch (error) {
    return error as MusterError;
  }
  throw new Error('nothing was thrown');
}

describe('settings', () => {
  test('come from the flag, else the environment, else the file, else the default', () => {
    const flags = { port: '1' };
    const env = { MUSTER_PORT: '2' };
    const from = (sources: Partial<Sources>) => {
      const { values, sources: origin } = resolve(sources);
      return [values.port, origin.port];
    };
    expect(from({ flags, env, file: file({ port: 3 }) })).toEqual([1, 'flag']);
    expect(from({ env, file: file({ port: 3 }) })).toEqual([2, 'environment']);
    expect(from({ file: file({ port: 3 }) })).toEqual([3, 'file']);
    expect(from({})).toEqual([8000, 'default']);
  });

  test('treat an empty variable as unset', () => {
    expect(resolve({ env: { MUSTER_PORT: '', MUSTER_PUBLIC_URL: '' } }).values).toMatchObject({
      port: 8000,
      publicUrl: undefined,
    });
  });

  test('say which one is wrong, where it came from, and what is allowed', () => {
    expect(errorOf(() => resolve({ env: { MUSTER_PORT: 'http' } }))).toMatchObject({
      code: 'field_invalid',
      message: 'MUSTER_PORT must be a whole number from 0 to 65535 and not "http".',
      details: { field: 'port' },
    });
    expect(errorOf(() => resolve({ flags: { logLevel: 'loud' } })).message).toMatch(
      /^--log-level must be one of trace, debug, info.* and not "loud"\.$/,
    );
    expect(errorOf(() => resolve({ file: file({ dataDir: 7 }) })).message).toBe(
      'dataDir in /etc/muster.json must be a path and not 7.',
    );
  });

  test('refuse keys of the file that are no settings, and name variables that have no effect', () => {
    expect(errorOf(() => resolve({ file: file({ prot: 1 }) }))).toMatchObject({
      code: 'field_unknown',
      message: expect.stringMatching(/^prot in \/etc\/muster\.json is no setting\. Known are host, port/),
    });
    expect(errorOf(() => resolve({ file: file({ config: 'x' }) })).code).toBe('field_unknown');
    const env = { MUSTER_PROT: '1', MUSTER_SERVER: 'x', HOME: '/root' };
    expect(resolveSettings(serverSettings, { flags: {}, env }, ['MUSTER_SERVER']).warnings).toEqual([
      'MUSTER_PROT is not a setting of Muster and has no effect.',
    ]);
  });

  test('never show a secret, not even a wrong one', () => {
    const { values } = resolve({ env: { MUSTER_ADMIN_TOKEN: 'x'.repeat(32) } });
    expect(JSON.stringify(values)).not.toContain('xxx');
    expect(values.adminToken?.reveal()).toBe('x'.repeat(32));
    const { message } = errorOf(() => resolve({ env: { MUSTER_ADMIN_TOKEN: 'letmein' } }));
    expect(message).toMatch(/^MUSTER_ADMIN_TOKEN must be 32 to 512/);
    expect(message).not.toContain('letmein');
  });

  test('read times as seconds or as durations, tags with commas or as a list, URLs without a slash at the end', () => {
    expect(resolve({ env: { MUSTER_OFFLINE_AFTER_SECONDS: '10m' } }).values.offlineAfterSeconds).toBe(600);
    expect(errorOf(() => resolve({ env: { MUSTER_LEASE_SECONDS: 'soon' } })).message).toMatch(
      /^MUSTER_LEASE_SECONDS must be seconds from 1 to 3600/,
    );
    expect(resolveAgent({ MUSTER_AGENT_TAGS: 'web, env=prod,' }).tags).toEqual(['web', 'env=prod']);
    expect(resolveAgent({ MUSTER_SERVER: 'https://muster.example:8000/' }).server).toBe('https://muster.example:8000');
    expect(errorOf(() => resolveAgent({ MUSTER_SERVER: 'muster.example' })).message).toContain('http://');
  });

  test('that only make sense together are checked together', () => {
    const check = (env: Sources['env']) => errorOf(() => checkServerSettings(resolve({ env }).values)).details.field;
    expect(check({ MUSTER_TLS_KEY: 'key.pem' })).toBe('tlsCert');
    expect(check({ MUSTER_TLS_CERT: 'cert.pem' })).toBe('tlsKey');
    expect(check({ MUSTER_IDLE_AFTER_SECONDS: '300' })).toBe('offlineAfterSeconds');
    expect(check({ MUSTER_HEARTBEAT_SECONDS: '60' })).toBe('heartbeatSeconds');
    checkServerSettings(resolve({}).values);
  });
});

test.each([...Object.entries(serverSettings), ...Object.entries(agentSettings)])(
  'the default of %s is a value that it allows',
  (_key, { value, default: fallback }) => {
    if (fallback !== undefined) expect(value.schema.safeParse(fallback)).toMatchObject({ success: true });
  },
);

test('no variable and no flag has two meanings', () => {
  for (const table of [serverSettings, agentSettings]) {
    const names = Object.entries(table).flatMap(([key, { env }]) => [env, flagOf(key)]);
    expect(new Set(names).size).toBe(names.length);
  }
  expect(flagOf('tlsCert')).toBe('--tls-cert');
});

test('a config file is one JSON object', () => {
  expect(parseConfigFile('/m.json', '{"port":1}')).toEqual({ path: '/m.json', content: { port: 1 } });
  expect(errorOf(() => parseConfigFile('/m.json', '{port:1}')).message).toMatch(/^\/m\.json is not valid JSON/);
  expect(errorOf(() => parseConfigFile('/m.json', '[]')).message).toContain('one JSON object');
});
