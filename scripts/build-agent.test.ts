import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sha256Of } from '../agent/plugins/bundle-folder.ts';
import packageJson from '../package.json' with { type: 'json' };
import { release } from '../shared/release.ts';

const run = promisify(execFile);
const build = resolve(import.meta.dirname, 'build-agent.ts');
const platform = `${process.platform}-${process.arch}`;
const isMade = platform === 'linux-x64' || platform === 'linux-arm64';
const patienceMs = 120_000;

(isMade ? describe : describe.skip)(`a build of the agent${isMade ? '' : ' (NOT TESTED: this takes Linux)'}`, () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'muster-build-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const made = (out: string) => release.parse(JSON.parse(readFileSync(join(out, 'release.json'), 'utf8')));
  const buildIn = (cwd: string, out: string) =>
    run(process.execPath, [build, '--quick', '--target', platform, '--out', out], {
      cwd,
      env: { ...process.env, MUSTER_COMMIT: 'a1b2c3' },
    });

  it(
    'is the same wherever it is made, and says what it is',
    async () => {
      const [one, other] = [join(folder, 'one'), join(folder, 'another', 'with a longer name')];
      await buildIn(tmpdir(), one);
      await buildIn(folder, other);
      expect(made(other)).toEqual(made(one));
      expect(made(one)).toMatchObject({ version: packageJson.version, commit: 'a1b2c3', files: [{ platform }] });

      const [file] = made(one).files;
      const { stdout } = await run(join(one, file?.name ?? ''), ['--version'], { env: {} });
      expect(stdout).toBe(`muster-agent ${packageJson.version} (a1b2c3)\n`);
      const executable = readFileSync(join(one, file?.name ?? ''));
      expect([executable.length, sha256Of(executable)]).toEqual([file?.bytes, file?.sha256]);
      const [gzip] = file?.downloads ?? [];
      expect(gunzipSync(readFileSync(join(one, gzip?.name ?? ''))).equals(executable)).toBe(true);
      expect(readdirSync(one).sort()).toEqual([file?.name, gzip?.name, 'release.json'].sort());
      // the machine that made it is no business of those who run it
      expect(executable.includes(folder)).toBe(false);
    },
    patienceMs,
  );

  it('is refused for a platform that there is none for', async () => {
    await expect(run(process.execPath, [build, '--target', 'vms-vax'])).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('known are linux-x64, linux-arm64, windows-x64'),
    });
  });
});
