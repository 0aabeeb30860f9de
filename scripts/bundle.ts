/**
 * `npm run bundle`: one archive from which a machine without any network is set up: the server with its packages and its Node, the agents, the
 * plugins, the documentation and the set-up scripts (docs/setup.md). The same source and the same executables give the same archive.
 *
 *   --platform linux-x64   of the server (also linux-arm64, windows-x64); default: that of this machine
 *   --agents DIR           folder with the executables of the agent; default dist/agents, which is built if it is not there
 *   --out DIR              default dist
 *   --quick                packs quickly instead of small
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createGzip } from 'node:zlib';
import packageJson from '../package.json' with { type: 'json' };
import { type ReleasePlatform, releasePlatforms } from '../shared/release.ts';
import { preparedProgram, prepareRuntimes } from './build-agent/base-runtime.ts';
import { withNativeParts } from './build-agent/native-parts.ts';
import { sourceCommit } from './build-agent/source-commit.ts';
import { type Target, targets } from './build-agent/targets.ts';
import { sourceTime } from './bundle/source-time.ts';
import { tarOf } from './bundle/tar.ts';
import { zipOf } from './bundle/zip.ts';
import { agentFiles, builtAgents } from './program-tree/agent-files.ts';
import { packageFiles } from './program-tree/package-files.ts';
import { programFiles } from './program-tree/program-files.ts';
import { runtimeFiles } from './program-tree/runtime-files.ts';
import { fileEntry, inOrder, type TreeEntry, textEntry } from './program-tree/tree-entry.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const ownAgents = join(root, 'dist', 'agents');

try {
  const { values } = parseArgs({
    options: {
      platform: { type: 'string' },
      agents: { type: 'string' },
      out: { type: 'string', default: join(root, 'dist') },
      quick: { type: 'boolean', default: false },
    },
  });
  await bundle({
    platform: platformOf(values.platform),
    agents: values.agents === undefined ? ownAgents : resolve(values.agents),
    out: resolve(values.out),
    isQuick: values.quick,
  });
} catch (error) {
  process.stderr.write(`bundle: ${(error as Error).message}\n`);
  process.exitCode = 1;
}

type Order = { readonly platform: ReleasePlatform; readonly agents: string; readonly out: string; readonly isQuick: boolean };

async function bundle({ platform, agents, out, isQuick }: Order): Promise<void> {
  const commit = sourceCommit(root, process.env);
  await findAgents(agents, commit, isQuick);
  const target = targets.find((each) => each.platform === platform);
  if (target === undefined) throw new Error(`There is no Node for ${platform}.`);
  const runtimes = await prepareRuntimes(root, [target]);
  const entries = inOrder([
    ...programFiles(root),
    ...packageFiles(root, platform),
    ...(await nativeFiles(target)),
    ...runtimeFiles(root, { platform, program: preparedProgram(runtimes, target), version: runtimes.version }),
    ...agentFiles(agents),
    textEntry('bundle.json', `${JSON.stringify({ version: packageJson.version, platform, commit }, null, 2)}\n`),
  ]);

  const folder = `muster-${packageJson.version}-${platform}`;
  const file = join(out, `${folder}.${platform === 'windows-x64' ? 'zip' : 'tar.gz'}`);
  await mkdir(out, { recursive: true });
  // put in place as a whole: somebody may be fetching the one before
  const fresh = `${file}.${process.pid}`;
  try {
    await write(entries, fresh, folder, isQuick ? 1 : 9);
    await rename(fresh, file);
  } finally {
    await rm(fresh, { force: true });
  }
  const { size } = await stat(file);
  process.stdout.write(`${file} ${(size / 1e6).toFixed(1)} MB, ${entries.length} files\n  sha256 ${await sha256Of(file)}\n`);
}

/** npm installs the native part of the terminal for this platform alone; for another it comes from where that of its executable does. */
async function nativeFiles(target: Target): Promise<TreeEntry[]> {
  const place = `node_modules/${target.native.package}`;
  if (existsSync(join(root, place))) return [];
  const equipped = await withNativeParts(root, [target]);
  return equipped.flatMap(({ assets }) => Object.entries(assets).map(([name, file]) => fileEntry(`${place}/${name}`, file)));
}

async function write(entries: readonly TreeEntry[], file: string, folder: string, level: number): Promise<void> {
  const shape = { folder, time: sourceTime(root, process.env) };
  const output = createWriteStream(file);
  if (/\.zip\.\d+$/.test(file)) await pipeline(Readable.from(zipOf(entries, { ...shape, level })), output);
  else await pipeline(Readable.from(tarOf(entries, shape)), createGzip({ level }), output);
}

/** Executables that are there already may be of another commit: which ones go along is told, and not changed behind one's back. */
async function findAgents(folder: string, commit: string, isQuick: boolean): Promise<void> {
  const built = builtAgents(folder);
  if (built !== undefined) {
    const platforms = built.files.map(({ platform }) => platform).join(', ');
    const remark = built.commit === commit ? '' : ` (of commit ${built.commit}, and the server is of ${commit})`;
    process.stdout.write(`agents ${built.version}: ${platforms}${remark}\n`);
    return;
  }
  if (folder !== ownAgents)
    throw new Error(`--agents ${folder} holds no release.json: build the executables with npm run build:agent.`);
  await buildAgents(isQuick);
}

function buildAgents(isQuick: boolean): Promise<void> {
  const program = fileURLToPath(new URL('./build-agent.ts', import.meta.url));
  const child = spawn(process.execPath, [program, ...(isQuick ? ['--quick'] : [])], { stdio: 'inherit' });
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('close', (code) => (code === 0 ? done() : fail(new Error('The executables of the agent could not be built.'))));
  });
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

function platformOf(wanted: string | undefined): ReleasePlatform {
  const name = wanted ?? `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const platform = releasePlatforms.find((each) => each === name);
  if (platform === undefined)
    throw new Error(`--platform ${name}: there is no such platform; known are ${releasePlatforms.join(', ')}.`);
  return platform;
}
