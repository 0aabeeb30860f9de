import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { executableName } from '../agent/update/installation.ts';
import { eventually } from './support/eventually.ts';
import { before, makeStarterHost, type StarterHost } from './support/installed-starter.ts';
import { killedAt } from './support/killed-at.ts';
import { type ReleaseServer, startReleaseServer } from './support/release-server.ts';

const program = resolve(import.meta.dirname, 'support/update-program.ts');
const quoted = (words: readonly string[]): string => words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');

/** Real programs under the real starter, each killed once at a line of its source, and started again as a service manager does. */
(process.platform === 'linux' ? describe : describe.skip)('an agent that is killed in the middle of its update', () => {
  let folder: string;
  let host: StarterHost;
  let server: ReleaseServer;
  let next: string;
  let isOver: boolean;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'muster-killed-'));
    host = await makeStarterHost(join(folder, 'host'), { name: 'sh', file: '/bin/sh', args: [], path: process.env.PATH ?? '' });
    server = await startReleaseServer();
    const release = server.publish('2.0.0', 'whatever');
    const [file] = release.files;
    if (file === undefined) throw new Error('nothing was published');
    next = executableName(release, file, false);
    writeFileSync(join(folder, 'order.json'), JSON.stringify(server.order(release)));
    isOver = false;
  });
  afterEach(async () => {
    isOver = true;
    await host.close();
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** @param flags of Node in its first life */
  function version(name: string, flags: readonly string[] = []): void {
    const args = [program, join(folder, 'host/data'), join(host.bin, name), join(folder, 'order.json'), server.publicKey];
    const mark = join(folder, `killed-${name}`);
    const first = `[ -e ${mark} ] || { touch ${mark}; exec ${quoted([process.execPath, ...flags, ...args])}; }`;
    host.version(name, `${flags.length === 0 ? '' : first}\nexec ${quoted([process.execPath, ...args])}`);
  }

  /** As systemd does it, for as long as the test runs. */
  function serve(): void {
    if (isOver) return;
    host.start().on('exit', () => setImmediate(serve));
  }

  it.each([
    ['before it has noted anything', 'agent/update/update-record.ts', '// instant: update-starts-written'],
    ['when it has noted it, and not switched', 'agent/update/updates.ts', '// instant: update-marked'],
    ['in the middle of the switch', 'agent/update/installation.ts', '// instant: update-half-switched'],
    ['when it has switched', 'agent/update/updates.ts', '// instant: update-switched'],
  ])(
    'switches in its next life: killed %s',
    async (_, file, line) => {
      version(before, killedAt(file, line));
      version(next);
      serve();
      await eventually('it is healthy', () => host.state()?.state === 'healthy', 20_000);
      expect(host.current()).toBe(next);
      expect(readdirSync(host.bin).sort()).toEqual(['muster-agent', before, next, 'start-agent'].sort());
      expect(host.starts().filter(({ name }) => name === next)).toHaveLength(1);
    },
    30_000,
  );

  it.each([
    ['before it knows', 'agent/update/update-end.ts', '// instant: update-not-yet-healthy'],
    ['when it has noted it', 'agent/update/update-end.ts', '// instant: update-healthy'],
    ['when it has told it', 'support/update-program.ts', '// instant: update-welcomed'],
  ])(
    'stays the new one, though that was killed %s',
    async (_, file, line) => {
      version(before);
      version(next, killedAt(file, line));
      serve();
      await eventually('it is started again', () => host.starts().filter(({ name }) => name === next).length === 2, 20_000);
      await eventually('it is healthy', () => host.state()?.state === 'healthy', 20_000);
      expect(host.current()).toBe(next);
      expect(host.starts().filter(({ name }) => name === before)).toHaveLength(1);
    },
    30_000,
  );
});
