import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { findInstallation, type InstallationResources } from './installation.ts';
import { starterOf } from './starter.ts';

const own = 'muster-agent-1.0.0-aaaaaaaaaaaa';
const next = 'muster-agent-2.0.0+rc.1-bbbbbbbbbbbb';

describe('the installation of an agent', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'muster-installation-'));
    symlinkSync(own, join(folder, 'muster-agent'));
  });
  afterEach(() => {
    chmodSync(folder, 0o700);
    rmSync(folder, { recursive: true, force: true });
  });

  const find = (given: Partial<InstallationResources> = {}) =>
    findInstallation({ isExecutable: true, execPath: join(folder, own), starter: { pid: 1 }, isWindows: false, ...given });
  const why = (given: Partial<InstallationResources> = {}): string => {
    const found = find(given);
    return 'notUpdatable' in found ? found.notUpdatable : '';
  };

  it('is pointed at another executable in one step', () => {
    // of a switch that was cut off
    symlinkSync('whatever', join(folder, '.muster-agent.next'));
    const found = find();
    if ('notUpdatable' in found) throw new Error(found.notUpdatable);
    expect(found.installation).toMatchObject({ folder, name: own });
    found.installation.point(next);
    expect(found.installation.current()).toBe(next);
    expect(readlinkSync(join(folder, 'muster-agent'))).toBe(next);
  });

  it('has a file with the name on Windows, where links take rights', () => {
    writeFileSync(join(folder, 'current.txt'), `${own}.exe\r\n`);
    const found = find({ isWindows: true, execPath: join(folder, `${own}.exe`) });
    if ('notUpdatable' in found) throw new Error(found.notUpdatable);
    found.installation.point(`${next}.exe`);
    expect(readFileSync(join(folder, 'current.txt'), 'utf8')).toBe(`${next}.exe`);
    expect(found.installation.current()).toBe(`${next}.exe`);
  });

  it('cannot be updated where something is missing for it, and says what', () => {
    expect(why()).toBe('');
    expect(why({ isExecutable: false })).toBe('It runs from its source, and is updated with it.');
    expect(why({ starter: undefined })).toContain('It was not started by the program of the installer');
    expect(why({ execPath: join(folder, 'muster-agent-linux-x64') })).toContain('It was not installed by the installer.');
    expect(why({ execPath: join(folder, next) })).toContain('It was not installed by the installer.');
    expect(why({ isWindows: true })).toContain('It was not installed by the installer. To update it, run the install line again');
    mkdirSync(join(folder, 'empty'));
    expect(why({ execPath: join(folder, 'empty', own) })).toContain('It was not installed by the installer.');
  });

  const itAsAnyone = process.geteuid?.() === 0 ? it.skip : it;
  itAsAnyone('cannot be updated by an account that may not write it', () => {
    chmodSync(folder, 0o500);
    expect(why()).toContain(`Its account cannot write ${folder}.`);
  });
});

describe('the starter of an agent', () => {
  it.each([
    ['became the agent', { pid: 7, ppid: 1 }, { pid: 7 }],
    ['is its parent', { pid: 8, ppid: 7 }, { pid: 7 }],
    ['is gone', { pid: 8, ppid: 1 }, undefined],
  ])('is known where it %s', (_, ids, starter) => {
    expect(starterOf({ env: { MUSTER_AGENT_STARTER_PID: '7' }, ...ids })).toEqual(starter);
    expect(starterOf({ env: {}, ...ids })).toBeUndefined();
  });
});
