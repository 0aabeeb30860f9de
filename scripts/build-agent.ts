/**
 * `npm run build:agent`: the agent as one executable for each kind of host, packed for download, with `release.json`, which tells a server
 * what it has to offer. The same source, on any machine, gives the same executables.
 *
 *   --target linux-x64   only this one; may be given several times
 *   --out DIR            default dist/agents
 *   --quick              packs quickly instead of small
 */
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import packageJson from '../package.json' with { type: 'json' };
import { protocolVersion } from '../shared/protocol.ts';
import { type Release, release } from '../shared/release.ts';
import { prepareRuntimes } from './build-agent/base-runtime.ts';
import { makeBuildFolder } from './build-agent/build-folder.ts';
import { bundleAgent } from './build-agent/bundle.ts';
import { packExecutable } from './build-agent/downloads.ts';
import { makeExecutables } from './build-agent/executables.ts';
import { withNativeParts } from './build-agent/native-parts.ts';
import { sourceCommit } from './build-agent/source-commit.ts';
import { type Target, targets } from './build-agent/targets.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

try {
  const { values } = parseArgs({
    options: {
      target: { type: 'string', multiple: true },
      out: { type: 'string', default: join(root, 'dist', 'agents') },
      quick: { type: 'boolean', default: false },
    },
  });
  await buildAgent(targetsOf(values.target), resolve(values.out), values.quick ? 'quick' : 'small');
} catch (error) {
  process.stderr.write(`build:agent: ${(error as Error).message}\n`);
  process.exitCode = 1;
}

async function buildAgent(wanted: readonly Target[], out: string, effort: 'small' | 'quick'): Promise<void> {
  const runtimes = await prepareRuntimes(root, wanted);
  const equipped = await withNativeParts(root, wanted);
  await mkdir(out, { recursive: true });
  // on the same disk, so that the finished files are only renamed: a server may be reading the folder
  const folder = await makeBuildFolder(out);
  try {
    const commit = sourceCommit(root, process.env);
    const bundle = join(folder, 'muster-agent.cjs');
    await bundleAgent({ root, commit, outfile: bundle });
    await makeExecutables({ runtimes, bundle, targets: equipped, folder });
    const files: Release['files'] = [];
    for (const target of wanted) {
      const file = await packExecutable(folder, target, effort);
      files.push(file);
      process.stdout.write(
        `${file.name} ${megabytes(file.bytes)}${file.downloads.map((each) => `, ${each.encoding} ${megabytes(each.bytes)}`).join('')}\n  sha256 ${file.sha256}\n`,
      );
    }
    await Promise.all([rm(bundle), rm(join(folder, 'pkg'), { recursive: true })]);
    const made = release.parse({ version: packageJson.version, commit, protocol: protocolVersion, files });
    await writeFile(join(folder, 'release.json'), `${JSON.stringify(made, null, 2)}\n`);
    await putInPlace(folder, out);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What is told of comes before what tells of it; what an earlier build left and this one does not tell of goes. */
async function putInPlace(from: string, to: string): Promise<void> {
  const fresh = await readdir(from);
  const told = fresh.filter((name) => name !== 'release.json');
  for (const name of [...told, 'release.json']) await rename(join(from, name), join(to, name));
  const old = (await readdir(to)).filter((name) => name.startsWith('muster-agent-') && !fresh.includes(name));
  for (const name of old) await rm(join(to, name));
}

function targetsOf(wanted: readonly string[] | undefined): readonly Target[] {
  const platforms = targets.map(({ platform }) => platform);
  const unknown = wanted?.find((name) => !platforms.some((platform) => platform === name));
  if (unknown !== undefined)
    throw new Error(`--target ${unknown}: there is no such platform; known are ${platforms.join(', ')}.`);
  return targets.filter(({ platform }) => wanted?.includes(platform) ?? true);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
