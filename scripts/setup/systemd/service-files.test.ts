import { describe, expect, it } from '@jest/globals';
import { dropInFor } from './drop-in.ts';
import { settingIn, withSettings } from './environment-file.ts';

describe('the settings of the service', () => {
  it('keep what somebody wrote, and change what is given', () => {
    const present = '# by hand\nMUSTER_PORT=8000\nMUSTER_LOG_LEVEL=warn\n';
    expect(withSettings(present, { MUSTER_PORT: '9000', MUSTER_HOST: '0.0.0.0', MUSTER_DATA_DIR: undefined })).toBe(
      '# by hand\nMUSTER_LOG_LEVEL=warn\nMUSTER_PORT=9000\nMUSTER_HOST=0.0.0.0\n',
    );
    expect(withSettings('', {})).toBe('');
  });

  it.each(['/srv/my data', 'C:\\a "b"', '$HOME and `id`', 'plain', 'http://[::1]:8000/x=y'])(
    'hold %s, and are read back',
    (value) => {
      expect(settingIn(withSettings('', { MUSTER_DATA_DIR: value }), 'MUSTER_DATA_DIR')).toBe(value);
    },
  );

  it('are read as systemd reads them: the last counts, and quotes go', () => {
    expect(settingIn("A=1\nA='two words'\n", 'A')).toBe('two words');
    expect(settingIn('B=1\n', 'A')).toBeUndefined();
  });
});

describe('what the unit is told besides', () => {
  it('is nothing for the usual settings', () => {
    expect(dropInFor({ dataDir: '/var/lib/muster', port: 8000 })).toBeUndefined();
  });

  it('is the folder of the data, and the right to a port of the first thousand', () => {
    expect(dropInFor({ dataDir: '/home/me/100% mine', port: 443 })).toBe(
      [
        '# written by setup_server.sh', '[Service]', 'ReadWritePaths="/home/me/100%% mine"', 'ProtectHome=no',
        'CapabilityBoundingSet=CAP_NET_BIND_SERVICE', 'AmbientCapabilities=CAP_NET_BIND_SERVICE', '',
      ].join('\n'), // biome-ignore format: a list
    );
  });
});
